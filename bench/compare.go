package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"time"
)

// work is one comparison.
type work struct {
	name string
	run  func(*bench, context.Context) (result, error)
}

// result is what a work has found.
type result interface {
	text() string     // for a terminal
	markdown() string // for a document
}

var works = []work{
	{"throughput", comparing((*bench).startServer, (*bench).throughput)},
	{"load", comparing((*bench).startServer, (*bench).load)},
	{"files", comparing((*bench).startServer, (*bench).files)},
	{"select", comparing((*bench).startServer, (*bench).selection)},
	{"slow", comparing((*bench).startOwn, (*bench).slow)},
	{"inflight", comparing((*bench).startOwn, (*bench).inFlight)},
	{"politeness", (*bench).politeness},
}

// comparing is a work that starts a server, and runs each tool of a table that is installed so many times, in turns so that a
// slow minute of the machine hits all alike. A tool that fails is left out from then on, and the table says why.
func comparing(start starter, plan func(*bench, *server) *table) func(*bench, context.Context) (result, error) {
	return func(b *bench, ctx context.Context) (result, error) {
		s, err := start(b, ctx, 0)
		if err != nil {
			return nil, err
		}
		defer func() { s.stop() }()
		t := plan(b, s)
		t.notes = slices.Insert(t.notes, 0, "server: "+cmp.Or(t.server, s.name)+"; "+pinning())
		for _, tl := range t.tools {
			if lookPath(b.argv(tl, t.job, s)[0]) == "" {
				t.missing = append(t.missing, tl.name)
				continue
			}
			t.rows = append(t.rows, &row{tool: tl})
		}
		for n := range cmp.Or(t.times, b.runs) {
			for _, r := range t.rows {
				if r.err != nil {
					continue
				}
				fmt.Fprintf(b.log, "%s: run %d of %d: %s\n", t.title, n+1, cmp.Or(t.times, b.runs), r.tool.name)
				if t.fresh {
					s.stop()
					if s, err = start(b, ctx, 0); err != nil {
						return nil, err
					}
				}
				u, err := b.once(ctx, r.tool, t.job, s)
				switch {
				case ctx.Err() != nil:
					return nil, ctx.Err()
				case err != nil:
					r.err = err
				default:
					r.runs = append(r.runs, u)
				}
			}
		}
		return t, nil
	}
}

// once is one run of one tool.
func (b *bench) once(ctx context.Context, t tool, j job, s *server) (usage, error) {
	j.base = s.url
	if err := b.prepare(&j, t); err != nil {
		return usage{}, err
	}
	defer os.RemoveAll(j.dir)
	return b.measure(ctx, t, j, s)
}

// column is one figure of a run.
type column struct {
	title  string
	value  func(usage) float64
	format string
}

var (
	cpuEach   = column{"CPU per request, µs", func(u usage) float64 { return micros(u.cpu) / float64(u.requests) }, "%.1f"}
	wallEach  = column{"wall per request, µs", func(u usage) float64 { return micros(u.wall) / float64(u.requests) }, "%.1f"}
	perSecond = column{"requests/s", func(u usage) float64 { return float64(u.requests) / u.wall.Seconds() }, "%.0f"}
	cpuTotal  = column{"CPU, ms", func(u usage) float64 { return micros(u.cpu) / 1e3 }, "%.0f"}
	wallTotal = column{"wall, s", func(u usage) float64 { return u.wall.Seconds() }, "%.3f"}
	atOnce    = column{"at once, says the server", func(u usage) float64 { return float64(u.peak) }, "%.0f"}
	memory    = column{"memory, MB", func(u usage) float64 { return float64(u.memory) / 1e6 }, "%.1f"}
)

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// row is one tool with its runs.
type row struct {
	tool tool
	runs []usage
	err  error
}

// median is the middle one of the runs by this column; with an even number, the lower of the two.
func (r *row) median(c column) float64 {
	var values []float64
	for _, u := range r.runs {
		values = append(values, c.value(u))
	}
	slices.Sort(values)
	return values[(len(values)-1)/2]
}
