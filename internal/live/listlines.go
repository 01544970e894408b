package live

import (
	"fmt"
	"strings"

	"example.com/fetch/internal/units"
)

const mostListCells = 60 // of the bar

// lines are the view as one line, or two when hosts hold things up, of less than width columns.
func (v view) lines(width int, color bool) []string {
	room := width - 1
	lines := []string{v.figures(room, color)}
	if held := v.held(); len(held) > 0 {
		lines = append(lines, units.Painted(waiting(held, room), units.Yellow, color))
	}
	return lines
}

// figures is the line of figures, with the bar in what room they leave.
func (v view) figures(room int, color bool) string {
	items := []item{{text: v.progress(), rank: 0}, {text: count(v.OK, "ok"), rank: 4}}
	if !v.known {
		items[0].text += " done"
	}
	failed := item{text: count(v.Failed, "failed"), rank: 1}
	if v.Failed > 0 {
		failed.color = units.Red
	}
	items = append(items, failed)
	if v.Canceled > 0 {
		items = append(items, item{text: count(v.Canceled, "canceled"), rank: 6})
	}
	items = append(items, item{text: count(v.InFlight, "in flight"), rank: 5}, item{text: rateText(v.rate), rank: 3})
	if v.hasETA {
		items = append(items, item{text: "ETA " + short(v.eta), rank: 2})
	}
	items = fit(items, room)
	text := joined(items, room, color)
	if !v.known {
		return text
	}
	share := 1.0
	if v.total > 0 {
		share = float64(v.Done) / float64(v.total)
	}
	return bar(share, room-length(items)-len(gap), mostListCells, color) + text
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
