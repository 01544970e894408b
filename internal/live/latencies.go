package live

import (
	"strings"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/units"
)

// cell is how many columns a time takes, with the gap before it.
const cell = 7

// The figures that are shown: where there is room, and where there is less.
var (
	wide   = measure.FiguresOf("p50", "p75", "p90", "p95", "p99", "p99.9", "max")
	narrow = measure.FiguresOf("p50", "p90", "p99", "max")
)

// latencies is the table of response and service times of successes, of late and of all. Where it is narrow, response
// times are all.
func (f *frame) latencies() []string {
	head := f.cells(func(c *measure.Figure) string { return c.Name })
	title := units.PadRight("response", label) + head
	if f.split() {
		title += units.PadRight("   service", label) + head
	}
	return []string{
		units.Painted(title, units.Dim, f.color),
		f.row("last 10 s", &f.live.Recent.Response, &f.live.Recent.Service),
		f.row("all", new(f.live.Response.Latency()), new(f.live.Service.Latency())),
	}
}

func (f *frame) row(name string, response, service *measure.Latency) string {
	line := f.named(name) + f.times(response)
	if f.split() {
		line += strings.Repeat(" ", label) + f.times(service)
	}
	return line
}

// times are the figures of a distribution.
func (f *frame) times(l *measure.Latency) string {
	return f.cells(func(c *measure.Figure) string { return units.SecondsOf(c.Of(l)) })
}

// cells sets a text in each column.
func (f *frame) cells(text func(*measure.Figure) string) string {
	var b strings.Builder
	for _, c := range f.columns() {
		b.WriteString(units.PadLeft(text(c), cell))
	}
	return b.String()
}

// split reports whether there is room for response and service times.
func (f *frame) split() bool { return f.room >= 2*(label+4*cell) }

// columns are the figures that there is room for.
func (f *frame) columns() []*measure.Figure {
	if f.room >= 2*(label+len(wide)*cell) {
		return wide
	}
	return narrow
}
