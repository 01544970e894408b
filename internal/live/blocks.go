package live

import (
	"math"
	"strings"

	"example.com/fetch/internal/units"
)

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
