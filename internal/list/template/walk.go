package template

import (
	"context"
	"io"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/list/table"
)

// Walk goes once over the rows of a table with all combinations of the sets, one at a time or in batches.
type Walk struct {
	Filled *Filled
	Hold   Hold
	// Give is called with each request; an error of it ends the walk.
	Give func(*fetcher.Request) error
	// Count, if not nil, is told how many requests there are, instead of Give: there may be very many combinations.
	Count func(requests int64)
	// Bad is called for each row that cannot be read; an error of it ends the walk.
	Bad func(*format.LineError) error

	ctx  context.Context
	rows *table.Reader // nil: there is no table
	maker
}

// Run ends with nil at the end of the table.
func (w *Walk) Run(ctx context.Context) error {
	f := w.Filled
	rows, done, err := f.table.read(w.Hold)
	if err != nil {
		return err
	}
	defer done()
	w.ctx, w.rows, w.maker = ctx, rows, f.maker()
	switch key := f.variables.batch; {
	case key < 0:
		return w.singly()
	case key < f.variables.table:
		return w.inBatches()
	}
	return w.inBatchesOfSet()
}

// count counts what there is for so many rows, or batches of them.
func (w *Walk) count(times int64) { w.Count(times * int64(len(w.Filled.templates))) }

// give gives the requests of all templates for a row, or for a batch of rows.
func (w *Walk) give(v *values, rows []fetcher.Row) error {
	if w.ctx.Err() != nil {
		return context.Cause(w.ctx)
	}
	for _, t := range w.Filled.templates {
		if err := w.Give(w.request(t, v, rows)); err != nil {
			return err
		}
	}
	return nil
}

// each calls take with each row that can be read, and flush at the end, and before each row that cannot: what is held back
// of a batch goes before it.
func (w *Walk) each(flush func() error, take func(row fetcher.Row, line int64) error) error {
	for given := false; w.ctx.Err() == nil; given = true {
		row, line, err := fetcher.Row{}, int64(0), error(nil)
		if w.rows != nil {
			row, err = w.rows.Next()
			line = w.rows.Line()
		} else if given {
			err = io.EOF
		}
		bad, isBad := err.(*table.Error)
		switch {
		case err == nil:
			err = take(row, line)
		case err == io.EOF:
			return flush()
		case isBad && !bad.Final:
			if err = flush(); err == nil {
				err = w.Bad(w.table.badRow(bad))
			}
		default:
			err = w.table.unusable(err)
		}
		if err != nil {
			return err
		}
	}
	return context.Cause(w.ctx)
}

// singly gives each row with each combination.
func (w *Walk) singly() error {
	c := w.Filled.sets.combine("")
	return w.each(func() error { return nil }, func(row fetcher.Row, line int64) error {
		w.line = line
		if w.Count != nil {
			w.count(c.count)
			return nil
		}
		for c.next() {
			if err := w.give(&values{row: c.on(row)}, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// inBatches puts rows of the table together, and gives each batch with each combination. A row that makes no request is
// given by itself, and ends the batch before it, so that all stay in their order.
func (w *Walk) inBatches() error {
	sets := w.Filled.sets
	c, sample := sets.combine(""), sets.combine("")
	sample.next()
	g := w.group(c.count, func(rows []fetcher.Row) error {
		for c.next() {
			full := make([]fetcher.Row, len(rows))
			for i, row := range rows {
				full[i] = c.on(row)
			}
			if err := w.together(full); err != nil {
				return err
			}
		}
		return nil
	})
	return w.each(g.flush, func(row fetcher.Row, line int64) error { return w.put(g, row, sample.on(row), line) })
}

// put adds a row to a batch, or makes one of its own of it. Full is the row with the values of sets.
func (w *Walk) put(g *group, row, full fetcher.Row, line int64) error {
	alone := &values{row: full, list: []string{full[g.key].Value}, batch: g.key}
	if w.problemOf(alone) == nil {
		return g.put(row, line)
	}
	if err := g.flush(); err != nil {
		return err
	}
	if err := g.put(row, line); err != nil {
		return err
	}
	return g.flush()
}

// maxTried is how many combinations a check goes through.
const maxTried = 100_000

// inBatchesOfSet puts the values of a set together, which varies fastest.
func (w *Walk) inBatchesOfSet() error {
	c, g := w.Filled.sets.combine(w.Filled.Batch.Column), w.group(1, w.together)
	tried := 0
	return w.each(g.flush, func(row fetcher.Row, line int64) error {
		for c.next() {
			if w.ctx.Err() != nil {
				return context.Cause(w.ctx)
			}
			if tried++; w.Count != nil && tried > maxTried && len(c.sets) == 1 && len(g.rows) == 0 && w.rows == nil {
				left, size := c.count-c.number+1, int64(g.size)
				c.number = 0 // it begins again
				w.count((left + size - 1) / size)
				break
			}
			full := c.on(row)
			if err := w.put(g, full, full, line); err != nil {
				return err
			}
		}
		return nil
	})
}

// together gives a batch.
func (w *Walk) together(rows []fetcher.Row) error {
	key := w.Filled.variables.batch
	return w.give(&values{row: rows[0], list: listOf(rows, key), batch: key}, rows)
}

// problemOf is why a row makes no request of its own, of some template; nil if it makes all of them.
func (w *Walk) problemOf(v *values) *problem {
	for _, t := range w.Filled.templates {
		_, p := w.url(t, v)
		if p == nil && len(t.header) > 0 {
			req := t.request
			p = t.fillHeader(&req, v)
		}
		if p == nil {
			p = t.checkFiles(v)
		}
		if p != nil {
			return p
		}
	}
	return nil
}
