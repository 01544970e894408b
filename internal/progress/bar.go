package progress

import (
	"fmt"
	"strings"

	"example.com/fetch/internal/units"
)

const (
	defaultWidth = 80
	defaultRows  = 24
	barMin       = 8 // columns between the brackets, below which there is no bar
	barMax       = 60
	gap          = "  "
)

// part is one item of the first line. Where the line is too long, the parts of the highest rank go first.
type part struct {
	text  string
	color string
	rank  int
}

// frame is the view as one line, or two when hosts hold things up, of less than width columns.
func frame(v view, width int, color bool) []string {
	room := width - 1
	lines := []string{first(v, room, color)}
	if held := v.held(); len(held) > 0 {
		lines = append(lines, units.Painted(waiting(held, room), units.Yellow, color))
	}
	return lines
}

// first is the line of figures, with the bar in what room they leave.
func first(v view, room int, color bool) string {
	parts := []part{{text: v.progress(), rank: 0}, {text: count(v.OK, "ok"), rank: 4}}
	if !v.known {
		parts[0].text += " done"
	}
	failed := part{text: count(v.Failed, "failed"), rank: 1}
	if v.Failed > 0 {
		failed.color = units.Red
	}
	parts = append(parts, failed)
	if v.Canceled > 0 {
		parts = append(parts, part{text: count(v.Canceled, "canceled"), rank: 6})
	}
	parts = append(parts, part{text: count(v.InFlight, "in flight"), rank: 5}, part{text: rateText(v.rate), rank: 3})
	if v.hasETA {
		parts = append(parts, part{text: "ETA " + short(v.eta), rank: 2})
	}
	parts = fit(parts, room)

	var b strings.Builder
	if v.known {
		b.WriteString(bar(v, room-length(parts)-len(gap), color))
	}
	for i, p := range parts {
		if i > 0 {
			b.WriteString(gap)
		}
		b.WriteString(units.Painted(cut(p.text, room), p.color, color))
	}
	return b.String()
}

// bar is the percentage and the bar in room columns, with the gap that follows: only the first or neither where there is too little.
func bar(v view, room int, color bool) string {
	share := 1.0
	if v.total > 0 {
		share = float64(v.Done) / float64(v.total)
	}
	percent := fmt.Sprintf("%3d%%", int(100*share)) // rounded down: 100 means all
	cells := min(room-len(percent)-len(" []"), barMax)
	switch {
	case room < len(percent):
		return ""
	case cells < barMin:
		return percent + gap
	}
	full := int(share * float64(cells))
	done, left := strings.Repeat("=", full), strings.Repeat(" ", cells-full)
	if full < cells {
		left = ">" + left[1:]
	}
	return percent + " [" + units.Painted(done, units.Green, color) + left + "]" + gap
}

// fit drops parts, the highest rank first, until they fit into room columns or one is left.
func fit(parts []part, room int) []part {
	for length(parts) > room && len(parts) > 1 {
		worst := 0
		for i, p := range parts {
			if p.rank > parts[worst].rank {
				worst = i
			}
		}
		parts = append(parts[:worst], parts[worst+1:]...)
	}
	return parts
}

// length is the number of columns of parts with the gaps between them.
func length(parts []part) int {
	n := (len(parts) - 1) * len(gap)
	for _, p := range parts {
		n += len(p.text)
	}
	return n
}

// waiting is the line of the hosts that hold things up: as many as fit, and how many more there are.
func waiting(held []string, room int) string {
	const intro = "waiting for "
	for n := len(held); n > 0; n-- {
		line := intro + strings.Join(held[:n], ", ")
		if more := len(held) - n; more > 0 {
			line += fmt.Sprintf(" and %d more", more)
		}
		if units.Width(line) <= room || n == 1 {
			return cut(line, room)
		}
	}
	return ""
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
