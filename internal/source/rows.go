package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/table"
)

// rowTable is the table that templates are filled in from.
type rowTable struct {
	input   *input // nil: there is none, which is like one row without columns
	columns []string
	stream  *table.Reader // of a stream, open since its heading was read
	closer  io.Closer     // of a stream; may be nil
}

// openRows finds out what the table is, and reads its heading.
func openRows(name string, stdin io.Reader) (*rowTable, error) {
	if name == "" {
		return &rowTable{}, nil
	}
	in, err := newInput(0, name, stdin)
	if err != nil {
		return nil, err
	}
	if in.kind == urlInput {
		return nil, &InputError{Input: "--rows", Problem: "is a URL, not a file", Hint: "fetch it first, and name the file"}
	}
	t := &rowTable{input: in}
	r, closer, _, err := t.begin()
	if err != nil {
		return nil, err
	}
	if t.columns, err = r.Columns(); err != nil {
		if closer != nil {
			closer.Close()
		}
		return nil, t.unusable(err)
	}
	if in.isStream() {
		t.stream, t.closer = r, closer
		return t, nil
	}
	return t, closer.Close()
}

// begin begins to read the table; checked says that it is as it was when it was opened.
func (t *rowTable) begin() (r *table.Reader, closer io.Closer, checked bool, err error) {
	in := t.input
	switch {
	case t.stream != nil:
		if !in.begun.CompareAndSwap(false, true) {
			return nil, nil, false, &InputError{Input: in.name, Problem: "has been read already, and cannot be read again"}
		}
		return t.stream, t.closer, false, nil
	case in.kind == stdinInput:
		return table.NewReader(in.stdin, 0), nil, false, nil
	}
	f, err := os.Open(in.text)
	if err != nil {
		return nil, nil, false, in.unreadable(err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, nil, false, in.unreadable(err)
	}
	return table.NewReader(f, table.FormatOf(in.text)), f, sameFile(in.info, info), nil
}

// isStream says whether the table can be read only once.
func (t *rowTable) isStream() bool { return t.stream != nil }

// name is the table in messages.
func (t *rowTable) name() string {
	if t.input == nil {
		return "--set"
	}
	return t.input.name
}

// unusable is what makes the table unusable as an error of ours.
func (t *rowTable) unusable(err error) error {
	if u, ok := errors.AsType[*table.Unusable](err); ok {
		problem := u.Problem
		if u.Line > 0 {
			problem = fmt.Sprintf("line %d: %s", u.Line, u.Problem)
		}
		return &InputError{Input: t.input.name, Problem: problem, Hint: u.Hint}
	}
	return t.input.unreadable(err)
}

// rowReader reads the rows of one sequence of requests.
type rowReader struct {
	table   *rowTable
	reader  *table.Reader // nil where there is no table
	given   bool          // the only row, where there is no table
	checked bool          // bad rows have been told of
}

// next gives a row and its line. The error is io.EOF at the end, a *LineError for a bad row, and otherwise final.
func (r *rowReader) next() (fetcher.Row, int64, error) {
	if r.reader == nil {
		if r.given {
			return nil, 0, io.EOF
		}
		r.given = true
		return fetcher.Row{}, 0, nil
	}
	row, err := r.reader.Next()
	switch bad := err.(type) {
	case nil:
		return row, r.reader.Line(), nil
	case *table.Error:
		return nil, 0, &LineError{Input: r.table.input.name, Line: bad.Line, Problem: bad.Problem, Hint: bad.Hint}
	}
	if err == io.EOF {
		return nil, 0, err
	}
	return nil, 0, r.table.unusable(err)
}

// beginRows opens the table for a sequence of requests, so that Close and ctx end it. done is to be called at its end.
func (l *List) beginRows(ctx context.Context) (r *rowReader, done func(), err error) {
	t := l.filled.table
	r = &rowReader{table: t, checked: true}
	if t.input == nil {
		return r, func() {}, nil
	}
	reader, closer, checked, err := t.begin()
	if err != nil {
		return nil, nil, err
	}
	r.reader, r.checked = reader, checked
	if closer == nil {
		return r, func() {}, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		closer.Close()
		return nil, nil, t.input.unreadable(fs.ErrClosed)
	}
	l.open = closer
	stop := context.AfterFunc(ctx, func() { closer.Close() }) // which ends a read of a pipe
	return r, func() {
		stop()
		l.mu.Lock()
		l.open = nil
		l.mu.Unlock()
		closer.Close() // a failure to close what was read changes nothing
	}, nil
}
