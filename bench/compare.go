package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"time"
)

// compare runs each tool that is installed so many times, in turns so that a slow minute of the machine hits all alike,
// and puts the medians into t. A tool that fails is left out from then on, and the table says why.
func (b *bench) compare(ctx context.Context, t *table, tools []tool, runs int, j job, serve serverFor) error {
	for _, tl := range tools {
		if tl.program == "" || lookPath(tl.program) == "" {
			t.missing = append(t.missing, tl.name)
			continue
		}
		t.rows = append(t.rows, &row{tool: tl})
	}
	for n := range runs {
		for _, r := range t.rows {
			if r.err != nil {
				continue
			}
			fmt.Fprintf(b.log, "%s: run %d of %d: %s\n", t.title, n+1, runs, r.tool.name)
			u, err := b.once(ctx, r.tool, j, serve)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				r.err = err
				continue
			}
			r.runs = append(r.runs, u)
		}
	}
	return nil
}

// once is one run of one tool.
func (b *bench) once(ctx context.Context, t tool, j job, serve serverFor) (usage, error) {
	s, done, err := serve(ctx)
	if err != nil {
		return usage{}, err
	}
	defer done()
	j.base = s.url
	if err := b.prepare(&j, t); err != nil {
		return usage{}, err
	}
	defer os.RemoveAll(j.dir)
	return measure(ctx, t, j, s)
}

// column is one figure of a run.
type column struct {
	title  string
	value  func(usage) float64
	format string
}

var (
	cpuEach = column{"CPU per request, µs", func(u usage) float64 {
		return float64(u.cpu.Nanoseconds()) / 1e3 / float64(u.requests)
	}, "%.1f"}
	wallEach = column{"wall per request, µs", func(u usage) float64 {
		return float64(u.wall.Nanoseconds()) / 1e3 / float64(u.requests)
	}, "%.1f"}
	perSecond = column{"requests/s", func(u usage) float64 { return float64(u.requests) / u.wall.Seconds() }, "%.0f"}
	cpuTotal  = column{"CPU, ms", func(u usage) float64 { return float64(u.cpu.Microseconds()) / 1e3 }, "%.0f"}
	wallTotal = column{"wall, s", func(u usage) float64 { return u.wall.Seconds() }, "%.3f"}
	atOnce    = column{"at once, says the server", func(u usage) float64 { return float64(u.peak) }, "%.0f"}
	memory    = column{"memory, MB", func(u usage) float64 { return float64(u.memory) / 1e6 }, "%.1f"}
)

// overFloor is the wall as a multiple of the least it could be.
func overFloor(floor time.Duration) column {
	return column{"wall over floor", func(u usage) float64 { return u.wall.Seconds() / floor.Seconds() }, "%.3f"}
}

// memoryEach is the memory for each of n requests.
func memoryEach(n int) column {
	return column{"memory each, KB", func(u usage) float64 { return float64(u.memory) / 1e3 / float64(n) }, "%.1f"}
}

// row is one tool with its runs.
type row struct {
	tool tool
	runs []usage
	err  error
}

// median is the middle one of the runs by this column; with an even number, the lower of the two.
func (r *row) median(c column) float64 {
	values := make([]float64, 0, len(r.runs))
	for _, u := range r.runs {
		values = append(values, c.value(u))
	}
	slices.SortFunc(values, cmp.Compare)
	return values[(len(values)-1)/2]
}
