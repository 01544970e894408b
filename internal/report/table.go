package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report/layout"
	"example.com/fetch/internal/units"
)

// What the table prints, and what it does not:
//
//   - Rows are in the order of the list. Up to maxRows all are there; of more, the slowest and the first failures.
//   - On a terminal no line is longer than it is wide: the last column is cut, never wrapped, and before it gets too
//     narrow to be of use, columns that say nothing go, then names are shortened, then other columns go.
//   - In a file nothing is cut.
//   - Nothing that came from a server or a list is printed but through Printable.

const (
	maxRows     = 1000 // above that the table is a selection
	selection   = 20   // rows of each part of it
	maxFailures = 40   // classes of failure that get a part: more than there are
)

// table keeps the rows that it will print: all while they are few, and the selection from the start.
type table struct {
	w        io.Writer
	o        Options
	seen     int64
	rows     []*row // nil above maxRows
	slowest  best
	failures map[string]*best
}

func newTable(w io.Writer, _ *Run, o Options) Handler {
	slowestFirst := func(a, b *row) int { return cmp.Or(cmp.Compare(b.latency, a.latency), byPlace(a, b)) }
	return &table{w: w, o: o, slowest: best{order: slowestFirst}, failures: map[string]*best{}}
}

func (t *table) Result(r *record.Record) error {
	if t.o.NoResults {
		return nil
	}
	row := rowOf(r, t.o)
	if t.seen++; t.seen <= maxRows {
		t.rows = append(t.rows, row)
	} else {
		t.rows = nil
	}
	part := &t.slowest
	if !row.ok {
		if part = t.failures[row.class]; part == nil && len(t.failures) < maxFailures {
			part = &best{order: byPlace}
			t.failures[row.class] = part
		}
	}
	if part != nil {
		part.add(row)
	}
	return nil
}

func (t *table) End(s *measure.Summary) error {
	p := page(t.o)
	switch {
	case t.seen > maxRows:
		t.selected(p)
	case len(t.rows) > 0:
		slices.SortStableFunc(t.rows, byPlace)
		results(p, t.rows, t.o)
		p.Blank()
	}
	show(p, summary(s, t.o), layout.Label)
	_, err := t.w.Write(p.Out)
	return err
}

// page is the page that a report is laid out on.
func page(o Options) *layout.Page {
	return &layout.Page{Width: o.Width, Cut: o.Width > 0, Color: o.Color}
}

// selected prints the selection.
func (t *table) selected(p *layout.Page) {
	p.Parts("", fmt.Sprintf("%s results, too many to list. All of them: -f ndjson, or --report all.csv", units.Count(t.seen)))
	p.Blank()
	if n := len(t.slowest.rows); n > 0 {
		p.Parts("", fmt.Sprintf("the %d slowest of %s that succeeded", n, units.Count(t.slowest.seen)))
		results(p, t.slowest.rows, t.o)
		p.Blank()
	}
	for _, class := range slices.Sorted(maps.Keys(t.failures)) {
		f := t.failures[class]
		title := fmt.Sprintf("all %d with %s", len(f.rows), class)
		if f.seen > int64(len(f.rows)) {
			title = fmt.Sprintf("the first %d of %s with %s", len(f.rows), units.Count(f.seen), class)
		}
		p.Parts("", title)
		results(p, f.rows, t.o)
		p.Blank()
	}
}
