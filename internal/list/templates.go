package list

import (
	"context"
	"errors"
	"io"
	"iter"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/list/template"
)

// openTemplates reads the heading of the table, all templates, and, if it can be read again, the table.
func (l *List) openTemplates(ctx context.Context, stdin io.Reader) (err error) {
	o := &l.options
	if o.Rows == "-" && l.usesStdin() {
		return format.BadInput("-", "standard input is named twice", "write - once, for the list or for --rows")
	}
	l.filled, err = template.Open(template.Sources{
		Rows: o.Rows, Set: o.Set, Batch: o.Batch, Query: o.Query, Secrets: o.SecretValues, Rules: o.Secrets,
	}, stdin)
	if err != nil {
		return err
	}
	if table := l.filled.Stream(); table != nil {
		l.open = table
	}
	if err := l.readTemplates(ctx); err != nil {
		return err
	}
	if err := l.filled.NameColumn(); err != nil {
		return err
	}
	if l.known = !l.filled.IsStream(); !l.known {
		return nil
	}
	return l.checkRows(ctx)
}

func (l *List) readTemplates(ctx context.Context) error {
	var bad format.BadLinesError
	for _, in := range l.inputs {
		in.Templates = l.filled.Check
		err := l.eachEntry(ctx, in, func(line *format.LineError) { bad.Add(line) }, func(d *format.Reader) error {
			req := l.options.Template
			d.Fill(&req)
			return l.filled.Add(in, req)
		})
		if err != nil {
			return err
		}
	}
	switch {
	case bad.Count > 0:
		return &bad
	case l.filled.Templates() == 0:
		return l.empty()
	}
	l.filled.FindSecrets(l.own.add, l.isCommon)
	return nil
}

// checkRows reads the table, counts requests and rows, and gathers the rows that cannot be read.
func (l *List) checkRows(ctx context.Context) error {
	var bad format.BadLinesError
	w := &template.Walk{Filled: l.filled, Hold: l.hold(ctx)}
	w.Bad = func(line *format.LineError) error {
		if l.options.SkipBad {
			l.total++
		} else {
			bad.Add(line)
		}
		return nil
	}
	if before := l.newSeen(); before == nil {
		w.Count = func(requests int64) { l.total += requests }
	} else {
		w.Give = func(req *fetcher.Request) error {
			if l.isDouble(before, req) {
				l.doubles.Add(1)
			} else {
				l.total++
			}
			return nil
		}
	}
	switch err := w.Run(ctx); {
	case err != nil:
		return err
	case bad.Count > 0:
		return &bad
	case l.total == 0:
		return l.filled.NoRows()
	}
	return nil
}

// errStopped ends a walk whose requests are not wanted any more.
var errStopped = errors.New("stopped")

// fill gives the requests, for each row or batch those of all templates. A row that cannot be read is one request, which
// fails.
func (l *List) fill(ctx context.Context) iter.Seq2[*fetcher.Request, error] {
	return func(yield func(*fetcher.Request, error) bool) {
		p := l.newPass(yield)
		w := &template.Walk{Filled: l.filled, Hold: l.hold(ctx)}
		stopped := func(goOn bool) error {
			if !goOn {
				return errStopped
			}
			return nil
		}
		w.Give = func(req *fetcher.Request) error { return stopped(p.give(req)) }
		w.Bad = func(line *format.LineError) error {
			if !l.options.SkipBad {
				return line
			}
			p.seq++
			req := l.failed(line, p.seq)
			l.filled.Failed(req)
			return stopped(yield(req, nil))
		}
		err := w.Run(ctx)
		switch {
		case err == nil && p.seq == 0:
			yield(nil, l.filled.NoRows())
		case err != nil && err != errStopped:
			if ctx.Err() != nil {
				err = context.Cause(ctx)
			}
			yield(nil, err)
		}
	}
}

// Columns are the names of the columns of a request's Row, or of the Rows of a batch: those of the table, then those of
// Options.Set. It is nil if the entries of the list are no templates.
func (l *List) Columns() []string {
	if l.filled == nil {
		return nil
	}
	return l.filled.Columns()
}

// Templates is how many templates there are; 0 if the entries of the list are none.
func (l *List) Templates() int {
	if l.filled == nil {
		return 0
	}
	return l.filled.Templates()
}
