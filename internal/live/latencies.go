package live

import (
	"slices"
	"strings"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
)

// cell is how many columns a time takes, with the gap before it.
const cell = 7

// column is one figure of a distribution.
type column struct {
	name string
	of   func(*measure.Latency) *record.Micros
	wide bool // shown only where there is room
}

var columns = []column{
	{"p50", func(l *measure.Latency) *record.Micros { return l.P50 }, false},
	{"p75", func(l *measure.Latency) *record.Micros { return l.P75 }, true},
	{"p90", func(l *measure.Latency) *record.Micros { return l.P90 }, false},
	{"p95", func(l *measure.Latency) *record.Micros { return l.P95 }, true},
	{"p99", func(l *measure.Latency) *record.Micros { return l.P99 }, false},
	{"p99.9", func(l *measure.Latency) *record.Micros { return l.P999 }, true},
	{"max", func(l *measure.Latency) *record.Micros { return l.Max }, false},
}

// latencies is the table of response and service times of successes, of late and of all. Where it is narrow, response
// times are all.
func (f *frame) latencies() []string {
	head := f.cells(func(c column) string { return c.name })
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
	return f.cells(func(c column) string { return units.SecondsOf(c.of(l)) })
}

// cells sets a text in each column.
func (f *frame) cells(text func(column) string) string {
	var b strings.Builder
	for _, c := range f.columns() {
		b.WriteString(units.PadLeft(text(c), cell))
	}
	return b.String()
}

// split tells whether there is room for response and service times.
func (f *frame) split() bool { return f.room >= 2*(label+4*cell) }

// columns are those that there is room for.
func (f *frame) columns() []column {
	if f.room >= 2*(label+len(columns)*cell) {
		return columns
	}
	return slices.DeleteFunc(slices.Clone(columns), func(c column) bool { return c.wide })
}
