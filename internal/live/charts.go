package live

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
)

// note is the width of the maximum after a history.
const note = 13

// rateLine returns the history of the rate of responses, a column per second, in red if requests failed.
func (f *frame) rateLine() string {
	return f.history("rate", units.PerSecond, func(s *measure.Second) (float64, string) {
		color := ""
		if s.Failed > 0 && f.color {
			color = units.Red
		}
		return measure.PerSecond(s.OK+s.Failed, s.To-s.From), color
	})
}

// latencyLine returns the history of the p99 of response times. In seconds with too few requests for a p99 it is
// their maximum.
func (f *frame) latencyLine() string {
	words := func(v float64) string { return units.Seconds(record.Micros(v)) }
	return f.history("p99", words, func(s *measure.Second) (float64, string) {
		return float64(*cmp.Or(s.P99, s.Max, new(record.Micros))), ""
	})
}

// history returns a line with a column for each of the last seconds, the newest last, as many as fit, and the
// value of the maximum.
func (f *frame) history(name string, words func(float64) string, of func(*measure.Second) (value float64, color string)) string {
	room := min(f.room-label-note, measure.LiveSeconds)
	all := f.live.Seconds[max(len(f.live.Seconds)-room, 0):]
	if len(all) == 0 {
		return f.named(name)
	}
	values, colors := make([]float64, len(all)), make([]string, len(all))
	for i := range all {
		values[i], colors[i] = of(&all[i])
	}
	free := strings.Repeat(" ", room-len(all))
	return f.named(name) + drawn(values, 1, colors)[0] + free + units.Cut("  to "+words(slices.Max(values)), note)
}

// histogram returns the histogram of the response times of all successes, in height lines including one for its
// scale; nothing without successes.
func (f *frame) histogram(height int) []string {
	const most = 120
	times := &f.live.Response
	if times.N() == 0 {
		return nil
	}
	s := newScale(times.Min(), times.Max(), min(f.room-label, most))
	values := make([]float64, s.cells)
	for at, count := range times.All {
		values[s.cell(at)] += float64(count)
	}
	var lines []string
	name := "times"
	for _, line := range drawn(values, height, nil) {
		lines = append(lines, f.named(name)+units.Painted(strings.TrimRight(line, " "), units.Green, f.color))
		name = ""
	}
	return append(lines, f.named(name)+units.Painted(s.marks(), units.Dim, f.color))
}

// scale divides the times between two round ones into cells whose bounds grow by a constant factor.
type scale struct {
	from, to record.Micros
	cells    int
}

// newScale returns a scale for times from least to most. Its ends are round, so that they seldom move.
func newScale(least, most record.Micros, cells int) scale {
	s := scale{from: 10, cells: cells} // shorter times count as 10 microseconds
	for next(s.from) <= least {
		s.from = next(s.from)
	}
	s.to = next(s.from)
	for s.to < most {
		s.to = next(s.to)
	}
	return s
}

// next returns the round time after a round one: 10, 20, 50, 100.
func next(round record.Micros) record.Micros {
	digit := round
	for digit >= 10 {
		digit /= 10
	}
	if digit == 2 {
		return round / 2 * 5
	}
	return round * 2
}

// cell returns the cell of a time.
func (s scale) cell(at record.Micros) int {
	part := math.Log(float64(max(at, s.from))/float64(s.from)) / math.Log(float64(s.to)/float64(s.from))
	return min(int(part*float64(s.cells)), s.cells-1)
}

// marks writes round times at their cells, as many as fit.
func (s scale) marks() string {
	line := ""
	for at := s.from; at < s.to; at = next(at) {
		text, cell := units.Seconds(at), s.cell(at)
		if cell >= len(line) && cell+len(text) <= s.cells {
			line = units.PadRight(line, cell) + text + "  "
		}
	}
	return strings.TrimRight(line, " ")
}

// lineEighths is how many steps of height a line has.
const lineEighths = 8

// drawn draws non-negative values as columns in height lines, the upper one first, scaled to the maximum.
// Positive values are always visible. Colors has a colour for each value, or is nil.
func drawn(values []float64, height int, colors []string) []string {
	most := slices.Max(values)
	lines := make([]string, height)
	for i := range lines {
		var b strings.Builder
		below := (height - 1 - i) * lineEighths
		for j, v := range values {
			eighths := 0
			if v > 0 {
				eighths = max(int(math.Round(v/most*float64(height*lineEighths))), 1)
			}
			cell := units.Block(eighths - below)
			if colors != nil && eighths > below {
				cell = units.Painted(cell, colors[j], true)
			}
			b.WriteString(cell)
		}
		lines[i] = b.String()
	}
	return lines
}
