package live

import (
	"fmt"
	"strings"

	"example.com/fetch/internal/units"
)

// The size of a terminal that does not report it.
const (
	usualWidth  = 80
	usualHeight = 24
)

const (
	leastCells = 8 // of the bar; with fewer there is none
	gap        = "  "
)

// bar returns the percentage and a bar of at most most cells, within room columns, including the gap after it:
// only the percentage, or neither, if there is too little room.
func bar(share float64, room, most int, color bool) string {
	percent := fmt.Sprintf("%3d%%", int(100*share)) // truncated: 100 means all
	cells := min(room-len(percent)-len(" []"), most)
	switch {
	case room < len(percent):
		return ""
	case cells < leastCells:
		return percent + gap
	}
	full := int(share * float64(cells))
	left := strings.Repeat(" ", cells-full)
	if full < cells {
		left = ">" + left[1:]
	}
	return percent + " [" + units.Painted(strings.Repeat("=", full), units.Green, color) + left + "]" + gap
}

// item is a part of a line.
type item struct {
	text  string
	width int // positive: right-aligned in this width, for numbers; negative: left-aligned
	color string
	rank  int // if the line is too long, the items of the highest rank are dropped first
}

func (it *item) set() string { return fmt.Sprintf("%*s", it.width, it.text) }

// fit drops items, the highest rank first, until they fit into room columns or one is left.
func fit(items []item, room int) []item {
	for length(items) > room && len(items) > 1 {
		worst := 0
		for i, it := range items {
			if it.rank > items[worst].rank {
				worst = i
			}
		}
		items = append(items[:worst], items[worst+1:]...)
	}
	return items
}

// length returns the number of columns of items with the gaps between them.
func length(items []item) int {
	n := (len(items) - 1) * len(gap)
	for i := range items {
		n += units.Width(items[i].set())
	}
	return n
}

// joined returns the items side by side, in room columns.
func joined(items []item, room int, color bool) string {
	var b strings.Builder
	for i := range items {
		text := cut(items[i].set(), room)
		switch {
		case i == 0:
		case items[i].width > 0: // its column includes the gap
			text = gap + text
		default:
			b.WriteString(gap)
		}
		b.WriteString(units.Painted(text, items[i].color, color))
	}
	return b.String()
}

// cut shortens a text to room columns.
func cut(s string, room int) string {
	switch {
	case units.Width(s) <= room:
		return s
	case units.Width(s) != len(s): // a reason has × and →
		return units.Cut(s, room)
	case room <= len("..."):
		return s[:max(room, 0)]
	}
	return s[:room-len("...")] + "..."
}
