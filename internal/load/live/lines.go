package live

import (
	"fmt"
	"strings"
	"time"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/units"
)

// The sizes of a terminal, and from which of them on there is more to see.
const (
	usualWidth  = 80
	usualHeight = 24
	listWidth   = 40 // more than two lines
	listHeight  = 12
	drawnHeight = 16 // the histogram
	tallHeight  = 24 // a higher one
)

// label is how many columns the name at the beginning of a line takes.
const label = 10

// frame is one view being made.
type frame struct {
	View
	live    *measure.Live
	elapsed time.Duration
	room    int // columns that may be written to
	color   bool
}

// Lines are the view for the bottom of a terminal of width columns and height lines; 0 of either means the usual 80 by 24.
// No line takes the last column, and they are fewer than height. What changes from one frame to the next keeps its place:
// numbers have columns of their own, and lines appear only with what they tell of.
func (v View) Lines(l measure.Live, elapsed time.Duration, width, height int, color bool) []string {
	if width <= 0 {
		width = usualWidth
	}
	if height <= 0 {
		height = usualHeight
	}
	f := frame{View: v, live: &l, elapsed: elapsed, room: width - 1, color: color}
	if width < listWidth || height < listHeight {
		return []string{f.bar(), f.short()}[:min(2, max(height-1, 1))]
	}
	lines := []string{f.bar(), f.rates(), f.flight(), f.statuses()}
	if l.Failed > 0 {
		lines = append(lines, f.failures())
	}
	lines = append(lines, f.latencies()...)
	switch {
	case height >= tallHeight:
		lines = append(lines, f.histogram(3)...)
	case height >= drawnHeight:
		lines = append(lines, f.histogram(1)...)
	}
	return append(lines, f.rateLine(), f.latencyLine())
}

// item is a part of a line, of at least width columns.
type item struct {
	text  string
	width int // above 0: set to the right, as numbers are; below: to the left
	color string
}

// line is a name, if there is one, and what there is to say of it. Where it is too long, the last items go.
func (f *frame) line(name string, items ...item) string {
	room := f.room
	var b strings.Builder
	if name != "" {
		b.WriteString(f.named(name))
		room -= label
	}
	gap := ""
	for _, it := range items {
		text := gap + fmt.Sprintf("%*s", it.width, it.text)
		if room -= units.Width(text); room < 0 {
			break
		}
		b.WriteString(units.Painted(text, it.color, f.color))
		gap = "  "
	}
	return strings.TrimRight(b.String(), " ")
}

// named is the name at the beginning of a line.
func (f *frame) named(name string) string {
	return units.Painted(units.PadRight(name, label), units.Dim, f.color)
}

// short is all that a small terminal can show besides the bar.
func (f *frame) short() string {
	recent := &f.live.Recent.Response
	return f.line("", item{text: units.PerSecond(rateNow(f.live)), width: 7}, f.failed(),
		item{text: "p99 " + units.SecondsOf(recent.P99), width: -10}, f.ok(),
		item{text: "p50 " + units.SecondsOf(recent.P50), width: -10},
		item{text: units.Count(f.live.InFlight) + " in flight", width: 13})
}

// rates compares how many answers come with how many requests were asked for.
func (f *frame) rates() string {
	items := []item{{text: units.PerSecond(rateNow(f.live)) + " now", width: 12}}
	if target := f.target(f.elapsed); target > 0 && f.Asked.Model == measure.ModelOpen {
		items = append(items, item{text: units.PerSecond(target) + " asked", width: 14})
	}
	return f.line("answers", append(items,
		item{text: units.PerSecond(f.averageRate(f.live, f.elapsed)) + " on average", width: 19},
		item{text: units.Size(f.live.Wire) + " received", width: 14})...)
}

// flight tells what is under way.
func (f *frame) flight() string {
	l := f.live
	waiting := item{text: units.Count(l.Waiting) + " waiting", width: 14}
	if l.Waiting > 0 {
		waiting.color = units.Yellow
	}
	items := []item{{text: units.Count(l.InFlight), width: 7}, waiting}
	if users := f.target(f.elapsed); users > 0 && f.Asked.Model == measure.ModelClosed {
		items = append(items, item{text: units.Counted(int64(users), "user", "users"), width: 12})
	}
	return f.line("in flight", append(items,
		item{text: units.Counted(l.Opened, "connection", "connections") + " opened", width: 25},
		item{text: units.Count(l.Reused) + " reused", width: 16})...)
}

func (f *frame) ok() item {
	return item{text: units.Count(f.live.OK) + " ok", width: 12}
}

func (f *frame) failed() item {
	it := item{text: units.Count(f.live.Failed) + " failed", width: 10}
	if f.live.Failed > 0 {
		it.color = units.Red
	}
	return it
}

// statuses counts the requests by what came of them; the warm-up beside them, while nothing else can be told.
func (f *frame) statuses() string {
	items := []item{f.ok(), f.failed()}
	if f.live.OK+f.live.Failed == 0 && f.live.WarmUp.Requests > 0 {
		return f.line("requests", append(items, item{text: units.Count(f.live.WarmUp.Requests) + " in the warm-up"})...)
	}
	return f.line("requests", append(items, counted(f.live.Statuses)...)...)
}

// failures counts them by class.
func (f *frame) failures() string {
	return f.line("failed", counted(f.live.Classes)...)
}

// counted are names with how often they were counted, most often first.
func counted(c measure.Counts) []item {
	var items []item
	for _, name := range units.ByCount(c) {
		items = append(items, item{text: name + " " + units.Count(c[name])})
	}
	return items
}
