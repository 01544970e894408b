package live

import (
	"fmt"
	"slices"
	"strings"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
)

// Minimum sizes of a terminal for showing more.
const (
	listWidth   = 40 // more than two lines
	listHeight  = 12
	drawnHeight = 16 // the histogram
	tallHeight  = 24 // a higher one
)

const (
	mostLoadCells = 100 // of the bar
	usualText     = 30  // columns: shorter text does not change the length of the bar
)

// label is the width of the name at the beginning of a line.
const label = 10

// Lines returns the frame for the bottom of a terminal of width columns and height lines. No line uses the last
// column, and there are fewer lines than height. Figures keep their places from one frame to the next: numbers
// have columns of their own, and lines are shown only if they have content.
func (f *frame) Lines(width, height int, color bool) []string {
	f.room, f.color = width-1, color
	if width < listWidth || height < listHeight {
		return []string{f.bar(), f.short()}[:min(2, max(height-1, 1))]
	}
	figures := []string{f.rates(), f.flight(), f.statuses()}
	if f.live.Failed > 0 {
		figures = append(figures, f.failures())
	}
	figures = append(figures, f.latencies()...)
	course := []string{f.rateLine(), f.latencyLine()}

	// The rest is shown if there is room.
	room := height - 1 - 1 - len(figures) - len(course)
	take := func(lines ...string) []string {
		lines = slices.DeleteFunc(lines, func(line string) bool { return line == "" })
		lines = lines[:min(len(lines), max(room, 0))]
		room -= len(lines)
		return lines
	}
	head, limits := take(f.aim(), f.stage()), take(f.thresholds()...)
	figures = append(figures, take(f.lag())...)
	notes := take(f.notes())
	var drawn []string
	switch {
	case height >= tallHeight && room >= 4:
		drawn = f.histogram(3)
	case height >= drawnHeight && room >= 2:
		drawn = f.histogram(1)
	}
	return slices.Concat([]string{f.bar()}, head, limits, figures, notes, drawn, course)
}

// aim returns the target of the load.
func (f *frame) aim() string {
	if f.Asked.Target == "" {
		return ""
	}
	return f.named("target") + units.Cut(record.Printable(f.Asked.Target), f.room-label)
}

// stage returns the progress through the stages.
func (f *frame) stage() string {
	c := f.course()
	if c.N == 0 {
		return ""
	}
	to := units.Counted(int64(c.To), "user", "users")
	if f.Asked.Model == measure.ModelOpen {
		to = units.PerSecond(c.To)
	}
	return f.line("stage", item{text: fmt.Sprintf("%d of %d", c.N, c.Of), width: 7}, item{text: "to " + to, width: 14},
		item{text: clock(c.Past) + " of " + clock(c.For)})
}

// thresholds returns the thresholds, crossed ones first, in as many lines as necessary.
func (f *frame) thresholds() (lines []string) {
	var crossed, others []item
	for _, limit := range f.limits() {
		text := units.Cut(record.Printable(limit.Threshold)+" "+record.Printable(limit.Measured), f.room-label-2)
		switch {
		case limit.Crossed:
			crossed = append(crossed, item{text: "✗ " + text, color: units.Red})
		case limit.OK:
			others = append(others, item{text: "✓ " + text, color: units.Green})
		default:
			others = append(others, item{text: units.Cut("? "+record.Printable(limit.Threshold), f.room-label)})
		}
	}
	name := "limits"
	for all := append(crossed, others...); len(all) > 0; name = " " {
		for i := range all {
			all[i].rank = i
		}
		n := len(fit(slices.Clone(all), f.room-label))
		lines = append(lines, f.line(name, all[:n]...))
		all = all[n:]
	}
	return lines
}

// lag returns the delay by this client itself.
func (f *frame) lag() string {
	if f.live.Lag.N() == 0 {
		return ""
	}
	return f.named("lag") + f.times(&f.live.Lag)
}

// notes counts the results by note.
func (f *frame) notes() string {
	if len(f.live.Notes) == 0 {
		return ""
	}
	return f.line("notes", counted(f.live.Notes)...)
}

// bar returns the first line: the progress of the test, and the remaining time.
func (f *frame) bar() string {
	p := f.progress()
	text := p.text
	switch {
	case !p.bounded:
		return units.Cut(text, f.room)
	case p.share >= 1 && f.live.InFlight+f.live.Waiting > 0:
		text += ", the last " + units.Count(f.live.InFlight+f.live.Waiting) + " are on their way"
	default:
		text += p.ending()
	}
	const percent = len("100%")
	drawn := bar(p.share, max(f.room-len(gap)-max(len(text), usualText), percent), mostLoadCells, f.color)
	if len(drawn) == percent+len(gap) {
		return units.Cut(drawn+text, f.room)
	}
	return drawn + text
}

// line returns a name, if there is one, and items. If it is too long, the last items are dropped.
func (f *frame) line(name string, items ...item) string {
	room := f.room
	if name != "" {
		name = f.named(name)
		room -= label
	}
	for i := range items {
		items[i].rank = i
	}
	return strings.TrimRight(name+joined(fit(items, room), room, f.color), " ")
}

// named returns the name at the beginning of a line.
func (f *frame) named(name string) string {
	return units.Painted(units.PadRight(name, label), units.Dim, f.color)
}

// short returns everything that a small terminal can show besides the bar.
func (f *frame) short() string {
	recent := f.live.Recent.Response.Latency()
	return f.line("", item{text: units.PerSecond(f.rateNow()), width: 7}, f.failed(),
		item{text: "p99 " + units.SecondsOf(recent.P99), width: -10}, f.ok(),
		item{text: "p50 " + units.SecondsOf(recent.P50), width: -10},
		item{text: units.Count(f.live.InFlight) + " in flight", width: 13})
}

// rates compares the rate of responses with the planned rate of requests.
func (f *frame) rates() string {
	items := []item{{text: units.PerSecond(f.rateNow()) + " now", width: 12}}
	if target := f.target(); target > 0 && f.Asked.Model == measure.ModelOpen {
		items = append(items, item{text: units.PerSecond(target) + " asked", width: 14})
	}
	return f.line("responses", append(items,
		item{text: units.PerSecond(f.averageRate()) + " on average", width: 19},
		item{text: units.Size(f.live.Wire) + " received", width: 14})...)
}

// flight returns what is in progress.
func (f *frame) flight() string {
	l := f.live
	waiting := item{text: units.Count(l.Waiting) + " waiting", width: 14}
	if l.Waiting > 0 {
		waiting.color = units.Yellow
	}
	items := []item{{text: units.Count(l.InFlight), width: 7}, waiting}
	if users := f.target(); users > 0 && f.Asked.Model == measure.ModelClosed {
		items = append(items, item{text: units.Counted(int64(users+0.5), "user", "users"), width: 12})
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

// statuses counts the requests by outcome, with the warm-up as long as there is nothing else.
func (f *frame) statuses() string {
	items := []item{f.ok(), f.failed()}
	if f.live.OK+f.live.Failed == 0 && f.live.WarmUp.Requests > 0 {
		return f.line("requests", append(items, item{text: units.Count(f.live.WarmUp.Requests) + " in the warm-up"})...)
	}
	return f.line("requests", append(items, counted(f.live.Statuses)...)...)
}

// failures counts failures by class.
func (f *frame) failures() string {
	return f.line("failed", counted(f.live.Classes)...)
}

// counted returns names with their counts, most frequent first.
func counted(c measure.Counts) []item {
	var items []item
	for _, text := range units.Tally(c, " ") {
		items = append(items, item{text: text})
	}
	return items
}

// cell is the width of a time, with the gap before it.
const cell = 7

// The figures that are shown, with more and with less room.
var (
	wide   = measure.FiguresOf("p50", "p75", "p90", "p95", "p99", "p99.9", "max")
	narrow = measure.FiguresOf("p50", "p90", "p99", "max")
)

// latencies returns the table of response and service times of successes, recent and overall. If it is narrow,
// only response times.
func (f *frame) latencies() []string {
	head := f.cells(func(c *measure.Figure) string { return c.Name })
	title := units.PadRight("response", label) + head
	if f.split() {
		title += units.PadRight("   service", label) + head
	}
	return []string{
		units.Painted(title, units.Dim, f.color),
		f.row("last 10 s", &f.live.Recent),
		f.row("all", &f.live.Interval),
	}
}

func (f *frame) row(name string, i *measure.Interval) string {
	line := f.named(name) + f.times(&i.Response)
	if f.split() {
		line += strings.Repeat(" ", label) + f.times(&i.Service)
	}
	return line
}

// times returns the figures of a distribution.
func (f *frame) times(t *measure.Distribution) string {
	l := t.Latency()
	return f.cells(func(c *measure.Figure) string { return units.SecondsOf(c.Of(&l)) })
}

// cells fills each column with a text.
func (f *frame) cells(text func(*measure.Figure) string) string {
	var b strings.Builder
	for _, c := range f.columns() {
		b.WriteString(units.PadLeft(text(c), cell))
	}
	return b.String()
}

// split reports whether there is room for response and service times.
func (f *frame) split() bool { return f.room >= 2*(label+4*cell) }

// columns returns the figures that fit.
func (f *frame) columns() []*measure.Figure {
	if f.room >= 2*(label+len(wide)*cell) {
		return wide
	}
	return narrow
}
