package live

import (
	"fmt"
	"strings"

	"example.com/fetch/internal/units"
)

const (
	leastCells = 8 // of the bar; with fewer there is none
	mostCells  = 100

	usualText = 30 // columns: while the text stays within them the bar keeps its length
)

// bar is the first line: how far the test has come, and how long it will still take.
func (f *frame) bar() string {
	p := f.progress(f.live, f.elapsed)
	text := p.text
	switch {
	case !p.bounded:
		return units.Cut(text, f.room)
	case p.share >= 1 && f.live.InFlight+f.live.Waiting > 0:
		text += ", the last " + units.Count(f.live.InFlight+f.live.Waiting) + " are on their way"
	default:
		text += p.ending()
	}
	percent := fmt.Sprintf("%3d%%", int(100*p.share)) // cut off: 100 means all
	cells := min(f.room-len(percent)-len(" []  ")-max(len(text), usualText), mostCells)
	if cells < leastCells {
		return units.Cut(percent+"  "+text, f.room)
	}
	full := int(p.share * float64(cells))
	left := strings.Repeat(" ", cells-full)
	if full < cells {
		left = ">" + left[1:]
	}
	done := units.Painted(strings.Repeat("=", full), units.Green, f.color)
	return percent + " [" + done + left + "]  " + text
}
