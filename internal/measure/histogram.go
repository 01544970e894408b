package measure

import (
	"math"

	"example.com/fetch/internal/record"
)

// maxBars is how many bars a drawn histogram has at the most.
const maxBars = 20

// preferred are Renard's preferred numbers, 40 a decade (ISO 3): they grow by a constant factor, and are round.
var preferred = [40]float64{
	1, 1.06, 1.12, 1.18, 1.25, 1.32, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2, 2.12, 2.24, 2.36, 2.5, 2.65, 2.8, 3,
	3.15, 3.35, 3.55, 3.75, 4, 4.25, 4.5, 4.75, 5, 5.3, 5.6, 6, 6.3, 6.7, 7.1, 7.5, 8, 8.5, 9, 9.5,
}

// draw puts times into bars between round bounds, as fine as fit into maxBars. It is nil where there are no times.
func draw(t *Distribution) *Histogram {
	if t.n == 0 {
		return nil
	}
	var bounds []record.Micros
	for _, step := range []int{1, 2, 4, 8, 20, 40} { // 40, 20, 10, 5, 2 bars a decade, 1
		if bounds = boundsOf(t.min, t.max, step); len(bounds) <= maxBars+1 {
			break
		}
	}
	h := &Histogram{Bars: make([]Bar, len(bounds)-1)}
	for i := range h.Bars {
		h.Bars[i] = Bar{From: bounds[i], To: bounds[i+1]}
	}
	bar := 0
	for at, count := range t.All {
		for at > h.Bars[bar].To {
			bar++
		}
		h.Bars[bar].Count += count
	}
	return h
}

// boundsOf gives bounds so that the first lies below the least time, or is 0, and the last not below the largest. It
// takes each step-th of the preferred numbers.
func boundsOf(least, largest record.Micros, step int) []record.Micros {
	bounds := []record.Micros{0}
	for i := 0; ; i += step {
		decade, place := i/len(preferred), i%len(preferred)
		bound := record.Micros(math.Round(preferred[place] * math.Pow10(decade)))
		switch before := bounds[len(bounds)-1]; {
		case bound == before: // the first few, in whole microseconds
			continue
		case bound < least:
			bounds[0] = bound
		default:
			bounds = append(bounds, bound)
		}
		if bound >= largest {
			return bounds
		}
	}
}
