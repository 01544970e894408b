package live

import (
	"math"
	"strings"

	"example.com/fetch/internal/units"
)

// blocks are columns of one to eight eighths of a line.
var blocks = []rune("▁▂▃▄▅▆▇█")

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
		below := (height - 1 - i) * len(blocks)
		for j, v := range values {
			eighths := 0
			if v > 0 {
				eighths = max(int(math.Round(v/most*float64(height*len(blocks)))), 1)
			}
			cell := " "
			if n := min(eighths-below, len(blocks)); n > 0 {
				cell = string(blocks[n-1])
				if colors != nil {
					cell = units.Painted(cell, colors[j], true)
				}
			}
			b.WriteString(cell)
		}
		lines[i] = b.String()
	}
	return lines
}
