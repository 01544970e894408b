package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// works are the comparisons. Each gives its tables in Markdown.
var works = map[string]func(*bench, context.Context) (string, error){
	"throughput": comparing((*bench).startServer, (*bench).throughput),
	"load":       comparing((*bench).startServer, (*bench).load),
	"files":      comparing((*bench).startServer, (*bench).files),
	"select":     comparing((*bench).startServer, (*bench).selection),
	"slow":       comparing((*bench).startOwn, (*bench).slow),
	"inflight":   comparing((*bench).startOwn, (*bench).inFlight),
	"politeness": (*bench).politeness,
}

// table is one work and its outcome: a row a tool, ours first, a column a figure, each with its ratio to one of the tools.
type table struct {
	title   string
	against string // the tool that ratios are to; empty: ours
	columns []column
	notes   []string
	server  string // what a note says of it; empty: its name

	tools []tool
	job   job
	times int  // runs of each tool; 0: as many as asked for
	fresh bool // each run has a server that was started anew

	rows    []*row
	missing []string // tools that are not installed
}

// row is one tool with its runs.
type row struct {
	tool tool
	runs []usage
	err  error
}

// comparing is a work that starts a server, and runs each tool of a table that is installed so many times, in turns so that a
// slow minute of the machine hits all alike. A tool that fails is left out from then on, and the table says why.
func comparing(start starter, plan func(*bench, *server) *table) func(*bench, context.Context) (string, error) {
	return func(b *bench, ctx context.Context) (string, error) {
		s, err := start(b, ctx, 0)
		if err != nil {
			return "", err
		}
		defer func() { s.stop() }()
		t := plan(b, s)
		t.notes = slices.Insert(t.notes, 0, "server: "+cmp.Or(t.server, s.name)+"; "+pinning())
		for _, tl := range t.tools {
			if lookPath(b.argv(tl, t.job, s)[0]) == "" {
				t.missing = append(t.missing, tl.name)
			} else {
				t.rows = append(t.rows, &row{tool: tl})
			}
		}
		times := cmp.Or(t.times, b.runs)
		for n := range times {
			for _, r := range t.rows {
				if r.err != nil {
					continue
				}
				fmt.Fprintf(os.Stderr, "%s: run %d of %d: %s\n", t.title, n+1, times, r.tool.name)
				if t.fresh {
					s.stop()
					if s, err = start(b, ctx, 0); err != nil {
						return "", err
					}
				}
				u, err := b.once(ctx, r.tool, t.job, s)
				if ctx.Err() != nil {
					return "", ctx.Err()
				}
				if r.err = err; err == nil {
					r.runs = append(r.runs, u)
				}
			}
		}
		return t.markdown(), nil
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

// median is the middle one of the runs by this column; with an even number, the lower of the two.
func (r *row) median(c column) float64 {
	var values []float64
	for _, u := range r.runs {
		values = append(values, c.value(u))
	}
	slices.Sort(values)
	return values[(len(values)-1)/2]
}

// markdown is the table with what a reader must know beside the figures. A ratio is that tool's figure over the reference's:
// 2.00x is twice that.
func (t *table) markdown() string {
	head := []string{"tool", "runs", "requests"}
	for _, c := range t.columns {
		head = append(head, c.title, "to "+cmp.Or(t.against, "ours"))
	}
	var reference *row
	if i := slices.IndexFunc(t.rows, func(r *row) bool { return t.against == "" || r.tool.name == t.against }); i >= 0 {
		reference = t.rows[i]
	}
	lines, notes := [][]string{head}, slices.Clone(t.notes)
	for _, r := range t.rows {
		if r.err != nil {
			notes = append(notes, fmt.Sprintf("%s failed: %v", r.tool.name, r.err))
			continue
		}
		line := []string{r.tool.name, strconv.Itoa(len(r.runs)), strconv.Itoa(r.runs[0].requests)}
		for _, c := range t.columns {
			value, ratio := r.median(c), "-"
			if reference != nil && reference.err == nil && reference.median(c) > 0 && value > 0 {
				ratio = fmt.Sprintf("%.2fx", value/reference.median(c))
			}
			line = append(line, fmt.Sprintf(c.format, value), ratio)
		}
		lines = append(lines, line)
	}
	if len(t.missing) > 0 {
		notes = append(notes, "not installed: "+strings.Join(t.missing, ", "))
	}
	return tableOf(t.title, "|---"+strings.Repeat("|---:", len(head)-1), lines) + "\n- " + strings.Join(notes, "\n- ") + "\n\n"
}

// tableOf is a table in Markdown, the head first, which the rule stands below.
func tableOf(title, rule string, lines [][]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n", title)
	for i, line := range lines {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(line, " | "))
		if i == 0 {
			b.WriteString(rule + "|\n")
		}
	}
	return b.String()
}
