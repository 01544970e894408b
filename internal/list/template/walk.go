package template

import (
	"context"
	"errors"
	"io"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/format"
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
	rows *rowReader
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
		err = w.singly()
	case key < f.variables.table:
		err = w.inBatches()
	default:
		err = w.inBatchesOfSet()
	}
	if err == io.EOF {
		return nil
	}
	return err
}

// count counts what there is for so many rows, or batches of them.
func (w *Walk) count(times int64) { w.Count(times * int64(len(w.Filled.templates))) }

// give gives the requests of all templates for a row, or for a batch of rows.
func (w *Walk) give(v *values, rows []fetcher.Row) error {
	for _, t := range w.Filled.templates {
		if err := w.Give(w.request(t, v, rows)); err != nil {
			return err
		}
	}
	return nil
}

// row reads on to the next row that can be read. What is held back of a batch goes before one that cannot.
func (w *Walk) row(flush func() error) (fetcher.Row, int64, error) {
	for {
		if w.ctx.Err() != nil {
			return nil, 0, context.Cause(w.ctx)
		}
		row, line, err := w.rows.next()
		bad, ok := errors.AsType[*format.LineError](err)
		if !ok {
			return row, line, err
		}
		if err := flush(); err != nil {
			return nil, 0, err
		}
		if err := w.Bad(bad); err != nil {
			return nil, 0, err
		}
	}
}

// singly gives each row with each combination.
func (w *Walk) singly() error {
	c := w.Filled.sets.combine("")
	for {
		row, line, err := w.row(func() error { return nil })
		if err != nil {
			return err
		}
		w.line = line
		if w.Count != nil {
			w.count(c.count)
			continue
		}
		for c.next() {
			if w.ctx.Err() != nil {
				return context.Cause(w.ctx)
			}
			if err := w.give(&values{row: c.on(row)}, nil); err != nil {
				return err
			}
		}
	}
}

// inBatches puts rows of the table together, and gives each batch with each combination. A row that makes no request is
// given by itself, and ends the batch before it, so that all stay in their order.
func (w *Walk) inBatches() error {
	f := w.Filled
	c, sample := f.sets.combine(""), f.sets.combine("")
	sample.next()
	g := f.group()
	flush := func() error {
		w.line = g.line
		rows := g.take()
		if len(rows) == 0 {
			return nil
		}
		if w.Count != nil {
			w.count(c.count)
			return nil
		}
		for c.next() {
			full := rows
			if len(c.cells) > 0 {
				full = make([]fetcher.Row, len(rows))
				for i, row := range rows {
					full[i] = c.on(row)
				}
			}
			if err := w.together(full); err != nil {
				return err
			}
		}
		return nil
	}
	for {
		row, line, err := w.row(flush)
		if err == io.EOF {
			return flush()
		}
		if err != nil {
			return err
		}
		if err := w.put(g, row, sample.on(row), line, flush); err != nil {
			return err
		}
	}
}

// put adds a row to a batch, or makes one of its own of it. Full is the row with the values of sets.
func (w *Walk) put(g *group, row, full fetcher.Row, line int64, flush func() error) error {
	alone := &values{row: full, list: []string{full[g.key].Value}, batch: g.key}
	if w.problemOf(alone) == nil {
		return g.put(row, line, flush)
	}
	if err := flush(); err != nil {
		return err
	}
	if err := g.put(row, line, flush); err != nil {
		return err
	}
	return flush()
}

// maxTried is how many combinations a check goes through.
const maxTried = 100_000

// inBatchesOfSet puts the values of a set together, which varies fastest.
func (w *Walk) inBatchesOfSet() error {
	f := w.Filled
	c, g := f.sets.combine(f.Batch.Column), f.group()
	flush := func() error {
		w.line = g.line
		rows := g.take()
		switch {
		case len(rows) == 0:
			return nil
		case w.Count != nil:
			w.count(1)
			return nil
		}
		return w.together(rows)
	}
	tried := 0
	for {
		row, line, err := w.row(flush)
		if err == io.EOF {
			return flush()
		}
		if err != nil {
			return err
		}
		for c.next() {
			if w.ctx.Err() != nil {
				return context.Cause(w.ctx)
			}
			if tried++; w.Count != nil && tried > maxTried && c.isAlone() && len(g.rows) == 0 && w.rows.reader == nil {
				n, size := c.skip(), int64(g.size)
				w.count((n + size - 1) / size)
				break
			}
			full := c.on(row)
			if err := w.put(g, full, full, line, flush); err != nil {
				return err
			}
		}
	}
}

// together gives a batch.
func (w *Walk) together(rows []fetcher.Row) error {
	if w.ctx.Err() != nil {
		return context.Cause(w.ctx)
	}
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
