package knee

import (
	"strconv"
	"strings"

	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
)

// What the text prints, and what it does not:
//
//   - No line is wider than the width: the sentences go on in the next line, what else is too long is cut.
//   - Nothing that came from outside is printed with characters that a terminal would obey.
//   - Green is the knee, red a step at which requests fail.

const (
	usualWidth = 80
	leastWidth = 40
)

// Options say how the text is to look.
type Options struct {
	Color bool
	Width int // columns; 0: 80; 40 at the least
}

// Text is the steps for people: a table, a plot, and the knee in a sentence.
func Text(steps []Step, o Options) string {
	if o.Width == 0 {
		o.Width = usualWidth
	}
	o.Width = max(leastWidth, o.Width)
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
	var lines []string
	if name := target(steps); name != "" {
		lines = append(lines, units.Cut(record.Printable(name), o.Width), "")
	}
	for i, line := range table(all) {
		color := units.Dim
		if i > 0 {
			color = colors[i-1]
		}
		lines = append(lines, units.Painted(units.Cut(line, o.Width), color, o.Color))
	}
	lines = append(lines, "")
	if p := newPlot(steps, colors, o); p != nil {
		lines = append(append(lines, p.lines(all)...), "")
	}
	lines = append(lines, units.Wrap("", 0, found.Words, o.Width)...)
	return strings.Join(lines, "\n") + "\n"
}

// table has a heading, and a line for each step.
func table(all []row) []string {
	open := len(all) > 0 && all[0].Rate > 0
	heading := []string{"USERS", "OK/S", "× FIRST", "OK", "FAILED", "MEAN", "P50", "P99"}
	if open {
		heading[0] = "ASKED"
	}
	lines := [][]string{heading}
	for i := range all {
		r := &all[i]
		load, times := units.Count(int64(r.Users)), units.None
		if open {
			load = strconv.FormatFloat(r.Rate, 'f', -1, 64) + "/s"
		}
		if r.TimesFirst > 0 {
			times = units.Ratio(r.TimesFirst)
		}
		lines = append(lines, []string{
			load, bare(r.OKRate), times, units.Count(r.OK), units.Count(r.Failed),
			units.SecondsOf(r.Mean), units.SecondsOf(r.P50), units.SecondsOf(r.P99),
		})
	}
	widths := make([]int, len(heading))
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], units.Width(cell))
		}
	}
	set := make([]string, len(lines))
	for n, line := range lines {
		for i := range line {
			line[i] = units.PadLeft(line[i], widths[i])
		}
		set[n] = strings.Join(line, "  ")
		if n > 0 && all[n-1].Knee {
			set[n] += "  ← knee"
		}
	}
	return set
}

// bare is a rate where what stands around it says that it is a second's.
func bare(rate float64) string { return strings.TrimSuffix(units.PerSecond(rate), "/s") }
