package live

import (
	"strings"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/units"
)

// The sizes of a terminal from which on there is more to see.
const (
	listWidth   = 40 // more than two lines
	listHeight  = 12
	drawnHeight = 16 // the histogram
	tallHeight  = 24 // a higher one
)

const (
	mostLoadCells = 100 // of the bar
	usualText     = 30  // columns: while the text stays within them the bar keeps its length
)

// label is how many columns the name at the beginning of a line takes.
const label = 10

// drawing is a frame being drawn.
type drawing struct {
	*frame
	room  int // columns that may be written to
	color bool
}

// Lines are the frame for the bottom of a terminal of width columns and height lines. No line takes the last column, and they
// are fewer than height. What changes from one frame to the next keeps its place: numbers have columns of their own, and lines
// appear only with what they tell of.
func (f *frame) Lines(width, height int, color bool) []string {
	d := drawing{frame: f, room: width - 1, color: color}
	if width < listWidth || height < listHeight {
		return []string{d.bar(), d.short()}[:min(2, max(height-1, 1))]
	}
	lines := []string{d.bar(), d.rates(), d.flight(), d.statuses()}
	if f.live.Failed > 0 {
		lines = append(lines, d.failures())
	}
	lines = append(lines, d.latencies()...)
	switch {
	case height >= tallHeight:
		lines = append(lines, d.histogram(3)...)
	case height >= drawnHeight:
		lines = append(lines, d.histogram(1)...)
	}
	return append(lines, d.rateLine(), d.latencyLine())
}

// bar is the first line: how far the test has come, and how long it will still take.
func (d *drawing) bar() string {
	p := d.progress()
	text := p.text
	switch {
	case !p.bounded:
		return units.Cut(text, d.room)
	case p.share >= 1 && d.live.InFlight+d.live.Waiting > 0:
		text += ", the last " + units.Count(d.live.InFlight+d.live.Waiting) + " are on their way"
	default:
		text += p.ending()
	}
	const percent = len("100%")
	drawn := bar(p.share, max(d.room-len(gap)-max(len(text), usualText), percent), mostLoadCells, d.color)
	if len(drawn) == percent+len(gap) {
		return units.Cut(drawn+text, d.room)
	}
	return drawn + text
}

// line is a name, if there is one, and what there is to say of it. Where it is too long, the last items go.
func (d *drawing) line(name string, items ...item) string {
	room := d.room
	if name != "" {
		name = d.named(name)
		room -= label
	}
	for i := range items {
		items[i].rank = i
	}
	return strings.TrimRight(name+joined(fit(items, room), room, d.color), " ")
}

// named is the name at the beginning of a line.
func (d *drawing) named(name string) string {
	return units.Painted(units.PadRight(name, label), units.Dim, d.color)
}

// short is all that a small terminal can show besides the bar.
func (d *drawing) short() string {
	recent := d.live.Recent.Response.Latency()
	return d.line("", item{text: units.PerSecond(d.rateNow()), width: 7}, d.failed(),
		item{text: "p99 " + units.SecondsOf(recent.P99), width: -10}, d.ok(),
		item{text: "p50 " + units.SecondsOf(recent.P50), width: -10},
		item{text: units.Count(d.live.InFlight) + " in flight", width: 13})
}

// rates compares how many answers come with how many requests were asked for.
func (d *drawing) rates() string {
	items := []item{{text: units.PerSecond(d.rateNow()) + " now", width: 12}}
	if target := d.target(); target > 0 && d.Asked.Model == measure.ModelOpen {
		items = append(items, item{text: units.PerSecond(target) + " asked", width: 14})
	}
	return d.line("answers", append(items,
		item{text: units.PerSecond(d.averageRate()) + " on average", width: 19},
		item{text: units.Size(d.live.Wire) + " received", width: 14})...)
}

// flight tells what is under way.
func (d *drawing) flight() string {
	l := d.live
	waiting := item{text: units.Count(l.Waiting) + " waiting", width: 14}
	if l.Waiting > 0 {
		waiting.color = units.Yellow
	}
	items := []item{{text: units.Count(l.InFlight), width: 7}, waiting}
	if users := d.target(); users > 0 && d.Asked.Model == measure.ModelClosed {
		items = append(items, item{text: units.Counted(int64(users), "user", "users"), width: 12})
	}
	return d.line("in flight", append(items,
		item{text: units.Counted(l.Opened, "connection", "connections") + " opened", width: 25},
		item{text: units.Count(l.Reused) + " reused", width: 16})...)
}

func (d *drawing) ok() item {
	return item{text: units.Count(d.live.OK) + " ok", width: 12}
}

func (d *drawing) failed() item {
	it := item{text: units.Count(d.live.Failed) + " failed", width: 10}
	if d.live.Failed > 0 {
		it.color = units.Red
	}
	return it
}

// statuses counts the requests by what came of them; the warm-up beside them, while nothing else can be told.
func (d *drawing) statuses() string {
	items := []item{d.ok(), d.failed()}
	if d.live.OK+d.live.Failed == 0 && d.live.WarmUp.Requests > 0 {
		return d.line("requests", append(items, item{text: units.Count(d.live.WarmUp.Requests) + " in the warm-up"})...)
	}
	return d.line("requests", append(items, counted(d.live.Statuses)...)...)
}

// failures counts them by class.
func (d *drawing) failures() string {
	return d.line("failed", counted(d.live.Classes)...)
}

// counted are names with how often they were counted, most often first.
func counted(c measure.Counts) []item {
	var items []item
	for _, name := range units.ByCount(c) {
		items = append(items, item{text: name + " " + units.Count(c[name])})
	}
	return items
}

// cell is how many columns a time takes, with the gap before it.
const cell = 7

// The figures that are shown: where there is room, and where there is less.
var (
	wide   = measure.FiguresOf("p50", "p75", "p90", "p95", "p99", "p99.9", "max")
	narrow = measure.FiguresOf("p50", "p90", "p99", "max")
)

// latencies is the table of response and service times of successes, of late and of all. Where it is narrow, response
// times are all.
func (d *drawing) latencies() []string {
	head := d.cells(func(c *measure.Figure) string { return c.Name })
	title := units.PadRight("response", label) + head
	if d.split() {
		title += units.PadRight("   service", label) + head
	}
	return []string{
		units.Painted(title, units.Dim, d.color),
		d.row("last 10 s", &d.live.Recent),
		d.row("all", &d.live.Interval),
	}
}

func (d *drawing) row(name string, i *measure.Interval) string {
	line := d.named(name) + d.times(&i.Response)
	if d.split() {
		line += strings.Repeat(" ", label) + d.times(&i.Service)
	}
	return line
}

// times are the figures of a distribution.
func (d *drawing) times(t *measure.Distribution) string {
	l := t.Latency()
	return d.cells(func(c *measure.Figure) string { return units.SecondsOf(c.Of(&l)) })
}

// cells sets a text in each column.
func (d *drawing) cells(text func(*measure.Figure) string) string {
	var b strings.Builder
	for _, c := range d.columns() {
		b.WriteString(units.PadLeft(text(c), cell))
	}
	return b.String()
}

// split reports whether there is room for response and service times.
func (d *drawing) split() bool { return d.room >= 2*(label+4*cell) }

// columns are the figures that there is room for.
func (d *drawing) columns() []*measure.Figure {
	if d.room >= 2*(label+len(wide)*cell) {
		return wide
	}
	return narrow
}
