package live

import (
	"math"
	"strings"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
)

// note is how many columns the highest value takes, behind a history.
const note = 13

// rateLine is the history of the rate of answers, a column a second: red where requests failed.
func (f *frame) rateLine() string {
	seconds := f.seconds()
	values := make([]float64, len(seconds))
	colors := make([]string, len(seconds))
	most := 0.0
	for i, s := range seconds {
		values[i] = perSecond(s.OK+s.Failed, s.To-s.From)
		most = max(most, values[i])
		if s.Failed > 0 && f.color {
			colors[i] = units.Red
		}
	}
	return f.history("rate", values, colors, units.PerSecond(most))
}

// latencyLine is the history of the p99 of response times. Where too few requests ended in a second for a p99, it is their
// longest.
func (f *frame) latencyLine() string {
	seconds := f.seconds()
	values := make([]float64, len(seconds))
	most := record.Micros(0)
	for i, s := range seconds {
		at := s.P99
		if at == nil {
			at = s.Max
		}
		if at != nil {
			values[i] = float64(*at)
			most = max(most, *at)
		}
	}
	return f.history("p99", values, nil, units.Seconds(most))
}

// seconds are as many of the last ones as there is room for.
func (f *frame) seconds() []measure.Second {
	all := f.live.Seconds
	return all[max(len(all)-f.historyRoom(), 0):]
}

func (f *frame) historyRoom() int { return min(f.room-label-note, measure.LiveSeconds) }

// history is a line that has a column for each value, the newest last, and says what the highest stands for.
func (f *frame) history(name string, values []float64, colors []string, highest string) string {
	if len(values) == 0 {
		return f.named(name)
	}
	free := strings.Repeat(" ", f.historyRoom()-len(values))
	return f.named(name) + drawn(values, 1, colors)[0] + free + units.Cut("  to "+highest, note)
}

// histogram is that of the response times of all successes, in so many lines and one for its scale; none without any.
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

// newScale is for times from least to most. Being round, its ends seldom move when these do.
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

// next is the round time after a round one: 10, 20, 50, 100.
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

// cell is where a time belongs.
func (s scale) cell(at record.Micros) int {
	part := math.Log(float64(max(at, s.from))/float64(s.from)) / math.Log(float64(s.to)/float64(s.from))
	return min(int(part*float64(s.cells)), s.cells-1)
}

// marks writes round times at their cells, as far as there is room.
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

// drawn draws values of 0 or more as columns in so many lines, the upper one first, and the highest value as high
// as they are. What is above 0 can be seen. Colors has a colour for each value, or is nil.
func drawn(values []float64, height int, colors []string) []string {
	most := 0.0
	for _, v := range values {
		most = max(most, v)
	}
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
