package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"example.com/fetch/fetcher"
)

// maxTemplates is how many templates a list may have, all of which are held in memory.
const maxTemplates = 100_000

// filled is a list whose entries are templates, filled in from the rows of a table and the values of sets.
type filled struct {
	table     *rowTable
	sets      *sets
	variables *variables
	batch     Batch
	templates []*template
	rows      int64 // of the table, as often as there are combinations, if it was checked
}

// fillsIn reports whether the entries of the list are templates.
func (o *Options) fillsIn() bool { return o.Rows != "" || len(o.Set) > 0 }

// openTemplates reads the heading of the table, all templates, and, if it can be read again, the table.
func (l *List) openTemplates(ctx context.Context, stdin io.Reader) error {
	o := &l.options
	f := &filled{batch: o.Batch}
	if o.Rows == stdinSource && l.usesStdin() {
		return &InputError{Input: "-", Problem: "standard input is named twice", Hint: "write - once, for the list or for --rows"}
	}
	var err error
	if f.sets, err = parseSets(o.Set); err != nil {
		return err
	}
	f.sets.addSecrets(o.SecretValues)
	if f.table, err = openRows(o.Rows, stdin); err != nil {
		return err
	}
	if f.table.closer != nil {
		l.open = f.table.closer
	}
	if f.variables, err = newVariables(f.table.columns, f.sets.names()); err != nil {
		return err
	}
	f.variables.word = f.table.word
	if err := f.batch.check(f.variables); err != nil {
		return err
	}
	l.filled = f
	if len(o.Query) > 0 {
		l.query = newAddedQuery(o.Query, f.variables)
		if _, p := l.query.on("http://h/", &values{row: make(fetcher.Row, len(f.variables.names))}); p != nil {
			return &InputError{Problem: p.what, Hint: p.hint}
		}
	}
	if err := l.readTemplates(ctx); err != nil {
		return err
	}
	if err := f.nameColumn(); err != nil {
		return err
	}
	l.known = !f.table.isStream()
	if !l.known {
		return nil
	}
	return l.checkRows(ctx)
}

// nameColumn makes the first line of a table of one value a line its heading, if that is what the templates name.
func (f *filled) nameColumn() error {
	v := f.variables
	switch {
	case !v.headed:
		return nil
	case v.valued:
		return &InputError{
			Input: f.table.name(), Problem: fmt.Sprintf("its first line is a heading for {%s}, but not for {%s}", plain(v.word), v.names[0]), Hint: "use one of them",
		}
	}
	v.nameColumn()
	return f.table.takeHeading()
}

func (l *List) readTemplates(ctx context.Context) error {
	var bad BadLinesError
	for _, in := range l.inputs {
		in.templates = func(url []byte) *LineError {
			_, bad := compile(url, l.filled.variables)
			return bad
		}
		if err := l.readTemplatesOf(ctx, in, &bad); err != nil {
			return err
		}
	}
	switch {
	case bad.Count > 0:
		return &bad
	case len(l.filled.templates) == 0:
		return l.empty()
	}
	l.findSecrets()
	return nil
}

func (l *List) readTemplatesOf(ctx context.Context, in *input, bad *BadLinesError) error {
	return l.eachEntry(ctx, in, func(line *LineError) { bad.Add(line) }, func(d *opened) error { return l.addTemplate(in, d) })
}

func (l *List) addTemplate(in *input, d decoder) error {
	f := l.filled
	if len(f.templates) == maxTemplates {
		return &InputError{
			Input: in.name, Problem: fmt.Sprintf("there are more than %d templates", maxTemplates), Hint: "put what differs into the table of --rows",
		}
	}
	req := l.options.Template
	d.fill(&req)
	t, bad := compile([]byte(req.URL), f.variables)
	if bad != nil {
		bad.Input = in.name
		return bad
	}
	if err := t.complete(req); err != nil {
		return err
	}
	if t.query = l.query; t.query != nil {
		t.query.use(t.use)
	}
	if key := f.variables.batch; key >= 0 && !t.used[key] {
		return &InputError{
			Input: in.name, Problem: fmt.Sprintf("the template %s has no {%s}, which --batch makes a list", t.shown, plain(f.batch.Column)),
			Hint: fmt.Sprintf("write {%s} where the list belongs", plain(f.batch.Column)),
		}
	}
	f.templates = append(f.templates, t)
	return nil
}

// checkRows reads the table, counts requests and rows, and gathers the rows that cannot be read.
func (l *List) checkRows(ctx context.Context) error {
	var bad BadLinesError
	f := l.filled
	w, before := &walk{list: l, ctx: ctx}, l.newSeen()
	w.bad = func(line *LineError) error {
		if l.options.SkipBad {
			l.total++
			f.rows++
		} else {
			bad.Add(line)
		}
		return nil
	}
	w.count = func(times int64, rows int) {
		f.rows += times * int64(rows)
		l.total += times * int64(len(f.templates))
	}
	if before != nil {
		w.count = nil
		w.give = func(v *values, rows []fetcher.Row) error {
			f.rows += max(int64(len(rows)), 1)
			for _, t := range f.templates {
				if l.isDouble(before, w.request(t, v, rows)) {
					l.doubles.Add(1)
				} else {
					l.total++
				}
			}
			return nil
		}
	}
	switch err := w.run(); {
	case err != nil:
		return err
	case bad.Count > 0:
		return &bad
	case l.total == 0:
		return l.noRows()
	}
	return nil
}

// noRows is the error of a table without rows.
func (l *List) noRows() error {
	return &InputError{Input: l.filled.table.name(), Problem: "there is no row in it", Hint: "write rows below the heading"}
}

// errStopped ends a walk whose requests are not wanted any more.
var errStopped = errors.New("stopped")

// fill gives the requests, for each row or batch those of all templates. A row that cannot be read is one request, which
// fails.
func (l *List) fill(ctx context.Context) iter.Seq2[*fetcher.Request, error] {
	return func(yield func(*fetcher.Request, error) bool) {
		f := l.filled
		w, before := &walk{list: l, ctx: ctx}, l.newSeen()
		if !l.known {
			l.doubles.Store(0)
		}
		var seq int64
		give := func(req *fetcher.Request) error {
			seq++
			if req.Seq = seq; !yield(req, nil) {
				return errStopped
			}
			return nil
		}
		w.bad = func(line *LineError) error {
			if !l.options.SkipBad {
				return line
			}
			return give(l.failedRow(line))
		}
		w.give = func(v *values, rows []fetcher.Row) error {
			for _, t := range f.templates {
				req := w.request(t, v, rows)
				if l.isDouble(before, req) {
					if !l.known { // or they have been counted by Open
						l.doubles.Add(1)
					}
					continue
				}
				if err := give(req); err != nil {
					return err
				}
			}
			return nil
		}
		err := w.run()
		switch {
		case err == nil && seq == 0:
			yield(nil, l.noRows())
		case err != nil && err != errStopped:
			if ctx.Err() != nil {
				err = context.Cause(ctx)
			}
			yield(nil, err)
		}
	}
}

// failedRow is the request that stands for a row that cannot be read: with all columns, and as many of their cells as
// there are.
func (l *List) failedRow(line *LineError) *fetcher.Request {
	v := l.filled.variables
	req := l.failed(line, 0)
	row := make(fetcher.Row, len(v.names))
	for i, name := range v.names {
		row[i].Column = name
		if i < len(req.Row) {
			row[i].Value = req.Row[i].Value
		}
	}
	if v.label >= 0 && !l.options.Secrets.Column(v.names[v.label]) {
		req.Name = row[v.label].Value
	}
	row = l.visible(row)
	req.Row = row
	if v.batch >= 0 {
		req.Row, req.Rows = nil, []fetcher.Row{row}
	}
	return req
}

// Columns are the names of the columns of a request's Row, or of the Rows of a batch: those of the table, then those of
// Options.Set. It is nil if the entries of the list are no templates.
func (l *List) Columns() []string {
	if l.filled == nil {
		return nil
	}
	return slices.Clip(l.filled.variables.names[:len(l.filled.variables.names)-l.hidden()])
}

// Templates is how many templates there are; 0 if the entries of the list are none.
func (l *List) Templates() int {
	if l.filled == nil {
		return 0
	}
	return len(l.filled.templates)
}

// RowCount is the number of rows: those of the table, as often as there are combinations of sets, but not as often as
// there are templates; with Options.SkipBad also those that cannot be read, once. It is not known if the table is a
// stream, and if there is none.
func (l *List) RowCount() (int64, bool) {
	if l.filled == nil || !l.known {
		return 0, false
	}
	return l.filled.rows, true
}
