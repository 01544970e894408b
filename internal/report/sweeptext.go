package report

import (
	"strconv"
	"strings"

	"example.com/fetch/internal/load/knee"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report/layout"
	"example.com/fetch/internal/units"
)

// What the text prints, and what it does not:
//
//   - No line is wider than the width: the sentences go on in the next line, what else is too long is cut.
//   - Nothing that came from outside is printed with characters that a terminal would obey.
//   - Green is the knee, red a step at which requests fail.

// sweepText is the steps for people: a table, a plot, and the knee in a sentence. Of the options Width and Color count.
func sweepText(s *knee.Sweep, o Options) ([]byte, error) {
	p := loadPage(o)
	p.Cut = true
	colors := make([]string, len(s.Steps))
	for i := range s.Steps {
		if s.Steps[i].Knee {
			colors[i] = units.Green
		} else if s.Steps[i].Failing {
			colors[i] = units.Red
		}
	}
	if s.Target != "" {
		p.Line("", record.Printable(s.Target))
		p.Blank()
	}
	t := sweepTable(s.Steps)
	t.RowColor = func(n int) string { return colors[n] }
	p.Table(t)
	p.Blank()
	if plot := newPlot(s, colors, p); plot != nil {
		for _, line := range plot.lines(s.Steps) {
			p.Out = append(append(p.Out, line...), '\n')
		}
		p.Blank()
	}
	p.Sentence(s.Knee.Words)
	return p.Out, nil
}

// sweepTable has a line for each step.
func sweepTable(all []knee.Row) *layout.Table {
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
