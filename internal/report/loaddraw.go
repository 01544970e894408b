package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report/layout"
	"example.com/fetch/internal/units"
)

// bars draws the histogram of response times: a line per bar, with its bounds, count and share.
func bars(p *layout.Page, s *measure.LoadSummary) {
	if s.Drawn == nil || len(s.Drawn.Bars) == 0 {
		return
	}
	var most, all int64
	for _, b := range s.Drawn.Bars {
		most = max(most, b.Count)
		all += b.Count
	}
	if all == 0 {
		return
	}
	t := &layout.Table{Columns: []layout.Column{{Title: "above"}, {Title: "up to"}, {Title: "n"}, {Title: "share"}, {Title: "response ok", Left: true}}}
	var drawn []int64 // counts of the rows
	for i := 0; i < len(s.Drawn.Bars); i++ {
		b, empty := &s.Drawn.Bars[i], 0
		for i+empty < len(s.Drawn.Bars) && s.Drawn.Bars[i+empty].Count == 0 {
			empty++
		}
		drawn = append(drawn, b.Count)
		if empty > 1 { // several empty rows are merged into one
			t.Add("…", "", "", "", "")
			i += empty - 1
			continue
		}
		t.Add(given(b.From), given(b.To), units.Count(b.Count), units.Percent(float64(b.Count)/float64(all)), "")
	}
	room := t.Room(p)
	for i, count := range drawn {
		t.Rows[i][len(t.Columns)-1] = bar(count, most, room)
	}
	p.Blank()
	p.Table(t)
}

// bar draws n in proportion to most, which fills all columns, with a resolution of an eighth of a column. A
// count above 0 is always visible.
func bar(n, most int64, columns int) string {
	if n <= 0 || columns <= 0 {
		return ""
	}
	eighths := max(1, int(float64(n)/float64(most)*float64(columns)*8+0.5))
	s := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		s += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return s
}

// spark draws values as one line of blocks, scaled from 0 to the maximum. Missing values and 0 are blank.
func spark(values []float64) string {
	most := slices.Max(append([]float64{math.SmallestNonzeroFloat64}, values...))
	var line strings.Builder
	for _, v := range values {
		line.WriteString(units.Block(int(math.Ceil(max(v, 0) / most * 8))))
	}
	return line.String()
}

// listed is the maximum number of entries that are listed one per line; longer series are drawn.
const listed = 15

// series shows the test over time.
func series(p *layout.Page, s *measure.LoadSummary) {
	switch n := len(s.Seconds); {
	case n < 2: // the totals show the same
	case n <= listed:
		p.Blank()
		p.Table(seconds(s.Seconds))
	default:
		p.Blank()
		curves(p, s.Seconds)
	}
}

// seconds returns a table with a line for each entry of the series.
func seconds(all []measure.Second) *layout.Table {
	t := &layout.Table{Columns: []layout.Column{
		{Title: "from"}, {Title: "sent", Spare: 4}, {Title: "ok"}, {Title: "failed"}, {Title: "in flight", Spare: 2},
		{Title: "waiting", Spare: 1}, {Title: "p50"}, {Title: "p90", Spare: 3}, {Title: "p99"}, {Title: "max"},
	}}
	for i := range all {
		e := &all[i]
		t.Add(given(e.From), units.Count(e.Sent), units.Count(e.OK), units.Count(e.Failed), units.Count(e.InFlight),
			units.Count(e.Waiting), units.SecondsOf(e.P50), units.SecondsOf(e.P90), units.SecondsOf(e.P99), units.SecondsOf(e.Max))
	}
	return t
}

// curve is a quantity of the series to draw over time: a rate, or else a maximum.
type curve struct {
	name string
	rate bool
	at   func(*measure.Second) float64 // negative: no value
	show func(float64) string
}

// of returns the value of a column that merges several entries.
func (c *curve) of(entries []measure.Second) float64 {
	sum, most := 0.0, -1.0
	for i := range entries {
		v := c.at(&entries[i])
		sum += v
		most = max(most, v)
	}
	if !c.rate {
		return most
	}
	return sum / max(entries[len(entries)-1].To-entries[0].From, 1).Duration().Seconds()
}

func curvesOf(all []measure.Second) []curve {
	time := func(v float64) string { return units.Seconds(record.Micros(v)) }
	curves := []curve{
		{"ok/s", true, func(e *measure.Second) float64 { return float64(e.OK) }, number},
		{"p50", false, func(e *measure.Second) float64 { return float64(*cmp.Or(e.P50, new(record.Micros(-1)))) }, time},
		{"p99", false, func(e *measure.Second) float64 { return float64(*cmp.Or(e.P99, new(record.Micros(-1)))) }, time},
	}
	if slices.ContainsFunc(all, func(e measure.Second) bool { return e.Failed > 0 }) {
		curves = append(curves, curve{"failed/s", true, func(e *measure.Second) float64 { return float64(e.Failed) }, number})
	}
	return append(curves, curve{"in flight", false, func(e *measure.Second) float64 { return float64(e.InFlight) }, number})
}

// number formats a rate or a count with few digits.
func number(v float64) string {
	if v > 0 && v < 9.95 && v != float64(int64(v)) {
		return fmt.Sprintf("%.1f", v)
	}
	return units.Count(int64(v + 0.5))
}

// curves draws the series, one line per curve. If there are more entries than columns, a column merges several
// and shows the maximum of their times, so that no peak is lost.
func curves(p *layout.Page, all []measure.Second) {
	const legend = 22 // columns for the minimum and maximum
	columns := entriesOf(all, p.Width-layout.Label-legend)
	words := "until " + units.Seconds(all[len(all)-1].To)
	if each := columns[0]; len(each) > 1 {
		words += "; a column is " + units.Seconds(each[len(each)-1].To-each[0].From) + ", with the longest of its times"
	}
	p.Field(layout.Field{Name: "over time", Parts: []string{words}})
	for _, c := range curvesOf(all) {
		var values []float64
		for _, entries := range columns {
			values = append(values, c.of(entries))
		}
		known := slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return v < 0 })
		if len(known) > 0 { // or no success had a time
			between := c.show(slices.Min(known)) + " to " + c.show(slices.Max(known))
			p.Line("", units.PadLeft(c.name, layout.Label-2)+"  "+spark(values)+"  "+between)
		}
	}
}

// entriesOf distributes the entries over at most the given number of columns, the same number in each but the
// last. A last entry shorter than half of the first is merged into the column before, because its rate would be
// meaningless.
func entriesOf(all []measure.Second, most int) [][]measure.Second {
	whole := all
	if last := len(all) - 1; last > 0 && all[last].To-all[last].From < (all[0].To-all[0].From)/2 {
		whole = all[:last]
	}
	columns := slices.Collect(slices.Chunk(whole, (len(whole)+most-1)/most))
	if len(whole) < len(all) {
		last := &columns[len(columns)-1]
		*last = all[len(all)-len(*last)-1:]
	}
	return columns
}
