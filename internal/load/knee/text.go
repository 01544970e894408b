package knee

import (
	"cmp"
	"strconv"
	"strings"

	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report/layout"
	"example.com/fetch/internal/units"
)

// What the text prints, and what it does not:
//
//   - No line is wider than the width: the sentences go on in the next line, what else is too long is cut.
//   - Nothing that came from outside is printed with characters that a terminal would obey.
//   - Green is the knee, red a step at which requests fail.

// Options say how the text is to look.
type Options struct {
	Color bool
	Width int // columns; 0: 80; 40 at the least
}

// Text is the steps for people: a table, a plot, and the knee in a sentence.
func Text(steps []Step, o Options) string {
	const leastWidth = 40
	p := &layout.Page{Width: max(leastWidth, cmp.Or(o.Width, layout.UsualWidth)), Cut: true, Color: o.Color}
	all, found := rows(steps)
	end := len(steps)
	if end > 0 {
		end = failing(steps)
	}
	colors := make([]string, len(steps))
	for i := range steps {
		if all[i].Knee {
			colors[i] = units.Green
		} else if i >= end && steps[i].failures() > 0 {
			colors[i] = units.Red
		}
	}
	if name := target(steps); name != "" {
		p.Line("", record.Printable(name))
		p.Blank()
	}
	t := table(all)
	t.RowColor = func(n int) string { return colors[n] }
	p.Table(t)
	p.Blank()
	if plot := newPlot(steps, colors, p); plot != nil {
		for _, line := range plot.lines(all) {
			p.Out = append(append(p.Out, line...), '\n')
		}
		p.Blank()
	}
	p.Sentence(found.Words)
	return string(p.Out)
}

// table has a line for each step.
func table(all []row) *layout.Table {
	t := &layout.Table{}
	for _, title := range []string{"USERS", "OK/S", "× FIRST", "OK", "FAILED", "MEAN", "P50", "P99"} {
		t.Columns = append(t.Columns, layout.Column{Title: title})
	}
	t.Columns = append(t.Columns, layout.Column{Left: true})
	open := len(all) > 0 && all[0].Rate > 0
	if open {
		t.Columns[0].Title = "ASKED"
	}
	for i := range all {
		r := &all[i]
		load, times, mark := units.Count(int64(r.Users)), units.None, ""
		if open {
			load = strconv.FormatFloat(r.Rate, 'f', -1, 64) + "/s"
		}
		if r.TimesFirst > 0 {
			times = units.Ratio(r.TimesFirst)
		}
		if r.Knee {
			mark = "← knee"
		}
		t.Add(load, bare(r.OKRate), times, units.Count(r.OK), units.Count(r.Failed),
			units.SecondsOf(r.Mean), units.SecondsOf(r.P50), units.SecondsOf(r.P99), mark)
	}
	return t
}

// bare is a rate where what stands around it says that it is a second's.
func bare(rate float64) string { return strings.TrimSuffix(units.PerSecond(rate), "/s") }
