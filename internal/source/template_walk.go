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
	list     *List
	ctx      context.Context
	checking bool // every template is tried before give is called

	// give is called for each row, or each batch, for which every template can be filled in.
	give func(v *values, rows []fetcher.Row) error
	// bad is called for each bad row; an error of it ends the walk.
	bad func(*LineError) error
	// more, if not nil, is told how often give would still be called, and with how many rows each time, instead of that:
	// where there are very many combinations, not all are gone through.
	more  func(times, rows int64)
	tried int64 // combinations

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
	// What a bad row would spoil is all of its requests, so it has to be known before the first of them.
	w.checking = w.checking || len(f.templates)+len(f.sets.all) > 1 && !(rows.checked && f.bad == 0)
	key := f.variables.batch
	switch {
	case key < 0:
		return w.singly()
	case key < f.variables.table:
		return w.inBatches()
	}
	return w.inBatchesOfSet()
}

// row reads on to the next row that can be read.
func (w *walk) row() (fetcher.Row, int64, error) {
	for {
		if w.ctx.Err() != nil {
			return nil, 0, context.Cause(w.ctx)
		}
		row, line, err := w.rows.next()
		bad, ok := errors.AsType[*LineError](err)
		if !ok {
			return row, line, err
		}
		if err := w.bad(bad); err != nil {
			return nil, 0, err
		}
	}
}

// singly gives each row with each combination.
func (w *walk) singly() error {
	f := w.list.filled
	c := f.sets.combine("")
	for {
		row, line, err := w.row()
		if err != nil {
			return endOf(err)
		}
		w.line = line
		for c.next() {
			if w.ctx.Err() != nil {
				return context.Cause(w.ctx)
			}
			if w.isEnough(c) {
				w.more(c.skip(), 1)
				break
			}
			v := &values{row: c.on(row)}
			ofRow, err := w.one(v)
			if err != nil {
				return err
			}
			if ofRow { // it is bad with any combination
				c.skip()
				break
			}
		}
	}
}

// maxTried is how many combinations a check goes through; after that, it is the first for each row.
const maxTried = 100_000

// isEnough says whether the combinations from the present one on need not be gone through.
func (w *walk) isEnough(c *combinations) bool {
	w.tried++
	return w.more != nil && w.tried > maxTried && c.number > 1
}

// endOf is the error of a walk that ends so.
func endOf(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// one gives one row if it is good. ofRow says that it is bad, and that this is the table's fault.
func (w *walk) one(v *values) (ofRow bool, err error) {
	if w.checking {
		if bad, ofRow := w.try(v, w.line); bad != nil {
			return ofRow, w.bad(bad)
		}
		return false, w.give(v, nil)
	}
	err = w.give(v, nil)
	if bad, ok := errors.AsType[*LineError](err); ok {
		return false, w.bad(bad)
	}
	return false, err
}

// try fills in every template, and says what is wrong.
func (w *walk) try(v *values, line int64) (bad *LineError, ofRow bool) {
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
			return w.list.lineError(line, t, p), p.variable >= 0 && p.variable < t.variables.table
		}
	}
	return nil, false
}

// lineError says what is wrong with a row, and shows nothing of what it holds.
func (l *List) lineError(line int64, t *template, p *problem) *LineError {
	e := &LineError{Input: l.filled.table.name(), Line: line, Text: t.shown, Problem: p.what, Hint: p.hint}
	if p.variable >= 0 {
		what := "column"
		if p.variable >= t.variables.table {
			what = "value of --set"
		}
		e.Problem = fmt.Sprintf("the %s %s %s", what, shortened(t.variables.names[p.variable]), p.what)
	}
	if e.Hint == "" {
		e.Hint = "correct it, or pass over such rows with --skip-bad"
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

// inBatches puts rows of the table together, and gives each batch with each combination.
func (w *walk) inBatches() error {
	f := w.list.filled
	c, sample := f.sets.combine(""), f.sets.combine("")
	sample.next()
	g := f.group()
	flush := func() error {
		w.line = g.line
		rows := g.take()
		for len(rows) > 0 && c.next() {
			if w.isEnough(c) {
				w.more(c.skip(), int64(len(rows)))
				break
			}
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
		row, line, err := w.row()
		if err == io.EOF {
			return flush()
		}
		if err != nil {
			return err
		}
		if good, err := w.alone(sample.on(row), line); !good {
			if err != nil {
				return err
			}
			continue
		}
		if err := g.put(row, line, flush); err != nil {
			return err
		}
	}
}

// inBatchesOfSet puts the values of a set together, which varies fastest.
func (w *walk) inBatchesOfSet() error {
	f := w.list.filled
	c, g := f.sets.combine(f.batch.Column), f.group()
	flush := func() error {
		w.line = g.line
		return w.together(g.take())
	}
	for {
		row, line, err := w.row()
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
			if w.isEnough(c) && c.isAlone() && len(g.rows) == 0 && w.rows.reader == nil {
				n, size := c.skip(), int64(g.size)
				w.more(n/size, size)
				if n%size > 0 {
					w.more(1, n%size)
				}
				break
			}
			full := c.on(row)
			if good, err := w.alone(full, line); !good {
				if err != nil {
					return err
				}
				continue
			}
			if err := g.put(full, line, flush); err != nil {
				return err
			}
		}
	}
}

// alone says whether a row is good in a batch of its own.
func (w *walk) alone(row fetcher.Row, line int64) (bool, error) {
	key := w.list.filled.variables.batch
	value := row[key].Value
	v := &values{row: row, list: []string{value}, batch: key}
	bad, _ := w.try(v, line)
	if bad == nil && value == "" {
		t := w.list.filled.templates[0]
		bad = w.list.lineError(line, t, &problem{what: "is empty, and the batch needs it", variable: key})
	}
	if bad == nil {
		return true, nil
	}
	return false, w.bad(bad)
}

// together gives a batch.
func (w *walk) together(rows []fetcher.Row) error {
	if len(rows) == 0 {
		return nil
	}
	if w.ctx.Err() != nil {
		return context.Cause(w.ctx)
	}
	key := w.list.filled.variables.batch
	v := &values{row: rows[0], list: listOf(rows, key), batch: key}
	if bad, _ := w.try(v, w.line); bad != nil {
		return w.bad(bad)
	}
	return w.give(v, rows)
}

// request makes the request of one template for a row, or for a batch of rows.
func (w *walk) request(t *template, v *values, rows []fetcher.Row) (*fetcher.Request, *problem) {
	url, p := w.sent(t, v)
	if p != nil {
		return nil, p
	}
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
	if p := t.fillHeader(req, v); p != nil {
		return nil, p
	}
	if p := t.fillBody(req, v); p != nil {
		return nil, p
	}
	if t.hides {
		w.hide(t, req, v)
	} else {
		req.Name = t.nameOf(v)
	}
	return req, nil
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
	return t.request.Name + " " + name
}
