package source

import (
	"context"
	"errors"
	"fmt"
	"io"

	"example.com/fetch/fetcher"
)

// walk goes once over the rows of a table with all combinations of the sets, one at a time or in batches.
type walk struct {
	list *List
	ctx  context.Context

	// give is called for each row, or each batch.
	give func(v *values, rows []fetcher.Row) error
	// bad is called for each row that cannot be read; an error of it ends the walk.
	bad func(*LineError) error
	// count, if not nil, is told how often give would be called, and with how many rows each time, instead of that: there may
	// be very many combinations.
	count func(times int64, rows int)

	rows *rowReader
	line int64 // of the row, or of the first of the batch
	expander
}

// run ends with nil at the end of the table.
func (w *walk) run() error {
	rows, done, err := w.list.beginRows(w.ctx)
	if err != nil {
		return err
	}
	defer done()
	f := w.list.filled
	w.rows = rows
	key := f.variables.batch
	switch {
	case key < 0:
		return w.singly()
	case key < f.variables.table:
		return w.inBatches()
	}
	return w.inBatchesOfSet()
}

// row reads on to the next row that can be read. What is held back of a batch goes before one that cannot.
func (w *walk) row(flush func() error) (fetcher.Row, int64, error) {
	for {
		if w.ctx.Err() != nil {
			return nil, 0, context.Cause(w.ctx)
		}
		row, line, err := w.rows.next()
		bad, ok := errors.AsType[*LineError](err)
		if !ok {
			return row, line, err
		}
		if err := flush(); err != nil {
			return nil, 0, err
		}
		if err := w.bad(bad); err != nil {
			return nil, 0, err
		}
	}
}

// singly gives each row with each combination.
func (w *walk) singly() error {
	c := w.list.filled.sets.combine("")
	for {
		row, line, err := w.row(func() error { return nil })
		if err != nil {
			return endOf(err)
		}
		w.line = line
		if w.count != nil {
			w.count(c.count, 1)
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

// endOf is the error of a walk that ends so.
func endOf(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// problemOf is why a row makes no request of its own, of some template; nil if it makes all of them.
func (w *walk) problemOf(v *values) *problem {
	for _, t := range w.list.filled.templates {
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

// lineError says what is wrong with a row, and shows nothing of what it holds.
func (l *List) lineError(line int64, t *template, p *problem) *LineError {
	e := &LineError{Text: t.shown, Problem: p.what, Hint: p.hint, Values: true}
	if l.filled != nil {
		l.filled.table.place(e, line)
	}
	if p.variable >= 0 {
		what := "column"
		if p.variable >= t.variables.table {
			what = "value of --set"
		}
		if p.variable >= len(t.variables.names)-l.hidden() {
			what = "value of --secret-env"
		}
		e.Problem = fmt.Sprintf("the %s %s %s", what, shortened(t.variables.names[p.variable]), p.what)
	}
	if e.Hint == "" {
		e.Hint = "correct it, or take the row out"
	}
	return e
}

// group makes room for batches.
func (f *filled) group() *group {
	g := &group{key: f.variables.batch, size: f.batch.Size}
	for i := range f.variables.names {
		for _, t := range f.templates {
			if t.used[i] && i != g.key {
				g.same = append(g.same, i)
				break
			}
		}
	}
	return g
}

// inBatches puts rows of the table together, and gives each batch with each combination. A row that makes no request is
// given by itself, and ends the batch before it, so that all stay in their order.
func (w *walk) inBatches() error {
	f := w.list.filled
	c, sample := f.sets.combine(""), f.sets.combine("")
	sample.next()
	g := f.group()
	flush := func() error {
		w.line = g.line
		rows := g.take()
		if len(rows) == 0 {
			return nil
		}
		if w.count != nil {
			w.count(c.count, len(rows))
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
func (w *walk) put(g *group, row, full fetcher.Row, line int64, flush func() error) error {
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
func (w *walk) inBatchesOfSet() error {
	f := w.list.filled
	c, g := f.sets.combine(f.batch.Column), f.group()
	flush := func() error {
		w.line = g.line
		rows := g.take()
		switch {
		case len(rows) == 0:
			return nil
		case w.count != nil:
			w.count(1, len(rows))
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
			if tried++; w.count != nil && tried > maxTried && c.isAlone() && len(g.rows) == 0 && w.rows.reader == nil {
				n, size := c.skip(), int64(g.size)
				w.count(n/size, g.size)
				if n%size > 0 {
					w.count(1, int(n%size))
				}
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
func (w *walk) together(rows []fetcher.Row) error {
	if w.ctx.Err() != nil {
		return context.Cause(w.ctx)
	}
	key := w.list.filled.variables.batch
	return w.give(&values{row: rows[0], list: listOf(rows, key), batch: key}, rows)
}

// request makes the request of one template for a row, or for a batch of rows; one that fails, if their values make none.
func (w *walk) request(t *template, v *values, rows []fetcher.Row) *fetcher.Request {
	url, p := w.sent(t, v)
	req := new(fetcher.Request)
	*req = t.request
	req.URL = url
	switch req.Rows = rows; {
	case rows == nil:
		req.Row = w.list.visible(v.row)
	case w.list.hidden() > 0:
		req.Rows = make([]fetcher.Row, len(rows))
		for i, row := range rows {
			req.Rows[i] = w.list.visible(row)
		}
	}
	if p == nil {
		p = t.fillHeader(req, v)
	}
	if p == nil {
		p = t.fillBody(req, v)
	}
	if p != nil {
		req.URL = recordable(req.URL)
		req.Header, req.Body, req.Length = nil, nil, 0
		req.Err = w.list.lineError(w.line, t, p)
	}
	if t.hides {
		w.hide(t, req, v)
	} else {
		req.Name = t.nameOf(v)
	}
	return req
}

// nameOf is what a request is called: by the column name, or the variable that its template uses first, behind or in the
// name that the list gives it.
func (t *template) nameOf(v *values) string {
	name := ""
	switch label := t.variables.label; {
	case v.list != nil:
		name = batchName(t.variables.names[v.batch], v.list)
	case label >= 0 && !t.secret[label] && v.row[label].Value != "":
		name = v.row[label].Value
	case t.first >= 0:
		name = v.row[t.first].Value
	}
	switch {
	case t.name == nil:
		return name
	case t.name.each(func(int) {}):
		return string(t.name.append(nil, v, appendRaw))
	}
	if name == "" {
		return t.request.Name
	}
	return t.request.Name + " " + name
}
