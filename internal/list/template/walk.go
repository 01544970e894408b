package template

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/list/table"
)

// Visitor receives what a walk finds. An error of Give or Bad ends the walk.
type Visitor struct {
	Hold  Hold
	Give  func(*fetcher.Request) error  // each request
	Count func(requests int64)          // if not nil, called with their number instead of Give, because there may be very many combinations
	Bad   func(*format.LineError) error // each row that cannot be read
}

// walk iterates once over the rows of a table with all combinations of the sets, one at a time or in batches.
type walk struct {
	Visitor
	maker
	ctx  context.Context
	rows *table.Reader // nil: no table

	same  []int                          // the variables that a template uses besides the list: they must not change within a batch
	batch []fetcher.Row                  // that is being collected
	first int64                          // its first line number
	times int64                          // number of requests per template of a batch
	end   func(rows []fetcher.Row) error // handles a batch, whose rows it owns
}

// Walk returns nil at the end of the table.
func (f *Filled) Walk(ctx context.Context, v Visitor) error {
	w := &walk{Visitor: v, maker: maker{Filled: f}, ctx: ctx}
	rows, done, err := f.table.read(v.Hold)
	if err != nil {
		return err
	}
	defer done()
	w.rows = rows
	key := w.variables.batch
	if key < 0 {
		return w.singly()
	}
	for i := range w.variables.names {
		if i != key && slices.ContainsFunc(w.templates, func(t *template) bool { return t.uses(i) }) {
			w.same = append(w.same, i)
		}
	}
	switch {
	case key < w.variables.table:
		return w.inBatches()
	}
	return w.inBatchesOfSet()
}

// count counts the requests of a number of rows or batches.
func (w *walk) count(times int64) { w.Count(times * int64(len(w.templates))) }

// give calls Give for all templates with a row, or a batch of rows.
func (w *walk) give(v *values, rows []fetcher.Row) error {
	if w.ctx.Err() != nil {
		return context.Cause(w.ctx)
	}
	for _, t := range w.templates {
		if err := w.Give(w.request(t, v, rows)); err != nil {
			return err
		}
	}
	return nil
}

// each calls take for each valid row, and flush at the end and before each bad row, because a pending batch precedes
// it.
func (w *walk) each(take func(row fetcher.Row, line int64) error) error {
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
			return w.flush()
		case isBad && !bad.Final:
			if err = w.flush(); err == nil {
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

// singly handles each row with each combination.
func (w *walk) singly() error {
	c := w.sets.combine("")
	return w.each(func(row fetcher.Row, line int64) error {
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

// inBatches collects rows of the table into batches, and handles each with each combination.
func (w *walk) inBatches() error {
	c, sample := w.sets.combine(""), w.sets.combine("")
	sample.next()
	w.times = c.count
	w.end = func(rows []fetcher.Row) error {
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
	}
	return w.each(func(row fetcher.Row, line int64) error { return w.put(row, sample.on(row), line) })
}

// maxTried is the maximum number of combinations that a check tries.
const maxTried = 100_000

// inBatchesOfSet collects the values of a set into batches; it varies fastest.
func (w *walk) inBatchesOfSet() error {
	c, tried := w.sets.combine(w.Batch.Column), 0
	w.times, w.end = 1, w.together
	return w.each(func(row fetcher.Row, line int64) error {
		for c.next() {
			if w.ctx.Err() != nil {
				return context.Cause(w.ctx)
			}
			if tried++; w.Count != nil && tried > maxTried && len(c.all) == 1 && len(w.batch) == 0 && w.rows == nil {
				left, size := c.count-c.number+1, int64(w.Batch.Size)
				c.number = 0 // it starts again
				w.count((left + size - 1) / size)
				break
			}
			full := c.on(row)
			if err := w.put(full, full, line); err != nil {
				return err
			}
		}
		return nil
	})
}

// together handles a batch.
func (w *walk) together(rows []fetcher.Row) error {
	key := w.variables.batch
	return w.give(&values{row: rows[0], list: listOf(rows, key), batch: key}, rows)
}

// maxBatch is the maximum number of rows of one request.
const maxBatch = 100_000

// Batch makes one request from several rows.
type Batch struct {
	Column string // the variable that becomes the list of their values; empty means a request per row
	Size   int    // maximum number of rows in a batch, from 1
}

// ParseBatch parses COLUMN:SIZE. The error matches ErrInput.
func ParseBatch(text string) (Batch, error) {
	i := strings.LastIndexByte(text, ':')
	if i <= 0 {
		return Batch{}, format.BadInput("--batch", "there is no COLUMN:SIZE", "write it like cid:100")
	}
	n, _ := strconv.Atoi(text[i+1:])
	if n < 1 || n > maxBatch {
		return Batch{}, format.BadInput("--batch", fmt.Sprintf("the size is not a number from 1 to %d", maxBatch),
			"write it like cid:100")
	}
	return Batch{Column: text[:i], Size: n}, nil
}

// check finds the column of a batch among the variables.
func (b Batch) check(v *variables) error {
	if b.Column == "" {
		return nil
	}
	index, ok := v.lookup(b.Column)
	if !ok {
		bad := v.unknown(b.Column)
		return format.BadInput("--batch", bad.Problem, bad.Hint)
	}
	v.batch = index
	return nil
}

// put adds a row to a batch; it ends the batch before if the row does not belong to it, and its own if that is full.
// Full is the row with the values of sets. A row that does not make a request is a batch of its own, so that the
// order is kept.
func (w *walk) put(row, full fetcher.Row, line int64) error {
	key := w.variables.batch
	v := &values{row: full, list: []string{full[key].Value}, batch: key}
	alone := slices.ContainsFunc(w.templates, func(t *template) bool {
		req := t.request
		return w.fill(t, &req, v) != nil
	})
	differs := func(i int) bool { return i < len(row) && row[i].Value != w.batch[0][i].Value }
	if alone || len(w.batch) > 0 && slices.ContainsFunc(w.same, differs) {
		if err := w.flush(); err != nil {
			return err
		}
	}
	if len(w.batch) == 0 {
		w.first, w.batch = line, make([]fetcher.Row, 0, min(w.Batch.Size, 1000))
	}
	if w.batch = append(w.batch, row); alone || len(w.batch) == w.Batch.Size {
		return w.flush()
	}
	return nil
}

// flush ends the pending batch, if there is one.
func (w *walk) flush() error {
	rows := w.batch
	if w.batch = nil; len(rows) == 0 {
		return nil
	}
	if w.line = w.first; w.Count != nil {
		w.count(w.times)
		return nil
	}
	return w.end(rows)
}

// listOf returns the values of one variable in all rows.
func listOf(rows []fetcher.Row, variable int) []string {
	list := make([]string, 0, len(rows))
	had := make(map[string]bool, len(rows))
	for _, row := range rows {
		if value := row[variable].Value; !had[value] { // a repeated value would be returned twice, for each of its rows
			had[value] = true
			list = append(list, value)
		}
	}
	return list
}

// batchName returns the name of a request for several rows, like "cid 1 to 300".
func batchName(column string, list []string) string {
	name := column + " " + brief(list[0])
	if len(list) > 1 {
		name += " to " + brief(list[len(list)-1])
	}
	return name
}

// brief returns a value, cut if it is long.
func brief(value string) string {
	const most = 40
	if cut := truncated(value, most); len(cut) < len(value) {
		return cut + "…"
	}
	return value
}
