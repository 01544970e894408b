package live

import (
	"math"
	"strings"

	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
)

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
