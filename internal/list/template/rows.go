package template

import (
	"errors"
	"io"
	"os"

	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/list/table"
)

// rowTable is the table that templates are filled in from.
type rowTable struct {
	*format.Input // nil: no table, equivalent to one row without columns
	columns       []string
	word          string        // its first line, a potential heading: see table.Reader.Word
	headed        bool          // it is the heading
	entries       bool          // elements of a JSON array are counted instead of lines
	first         *table.Reader // has read the heading; for a stream it continues with the rows
	closer        io.Closer     // of a stream; may be nil
}

// openRows opens the table and reads its heading.
func openRows(name string, stdin io.Reader) (*rowTable, error) {
	if name == "" {
		return &rowTable{}, nil
	}
	in, err := format.NewInput(0, name, stdin)
	if err != nil {
		return nil, err
	}
	if in.IsURL() {
		return nil, format.BadInput("--rows", "is a URL, not a file", "fetch it first, and name the file")
	}
	t := &rowTable{Input: in}
	r, closer, err := t.begin()
	if err != nil {
		return nil, err
	}
	if in.IsStream() {
		t.columns, err = r.Columns()
	} else {
		t.columns, err = r.Heading()
	}
	if err != nil {
		err = t.unusable(err)
	}
	t.first, t.entries, t.word = r, r.Entries(), r.Word()
	switch {
	case err == nil && in.IsStream():
		t.closer = closer
	case closer != nil:
		closer.Close()
	}
	return t, err
}

// begin starts reading the table.
func (t *rowTable) begin() (r *table.Reader, closer io.Closer, err error) {
	switch {
	case t.first != nil && t.IsStream():
		return t.first, t.closer, t.Begin()
	case t.IsStdin():
		return table.NewReader(t.Stdin, 0), nil, nil
	}
	f, err := os.Open(t.Text)
	if err != nil {
		return nil, nil, t.Unreadable(err)
	}
	if t.first == nil {
		return table.NewReader(f, table.FormatOf(t.Text)), f, nil
	}
	r = t.first.Again(f)
	if t.headed {
		if err := r.TakeWord(); err != nil {
			f.Close()
			return nil, nil, t.unusable(err)
		}
	}
	return r, f, nil
}

// takeHeading makes the first line the heading.
func (t *rowTable) takeHeading() error {
	t.columns, t.headed = []string{t.word}, true
	if t.IsStream() {
		if err := t.first.TakeWord(); err != nil {
			return t.unusable(err)
		}
	}
	return nil
}

// place adds the place in the table to an error.
func (t *rowTable) place(e *format.LineError, line int64) {
	if e.Input = "--set"; t.Input != nil {
		e.Input = t.Name
	}
	if t.entries {
		e.Entry = line
	} else {
		e.Line = line
	}
}

// unusable converts an error that makes the table unusable.
func (t *rowTable) unusable(err error) error {
	if u, ok := errors.AsType[*table.Error](err); ok {
		return format.BadInput(t.Name, u.Place()+u.Problem, u.Hint)
	}
	return t.Unreadable(err)
}

// badRow converts the error of a row.
func (t *rowTable) badRow(bad *table.Error) *format.LineError {
	e := format.BadLine(bad.Problem, bad.Hint)
	e.Partial = format.Partial{Row: bad.Row, Shifted: true}
	t.place(e, bad.Line)
	return e
}

// read opens the table for a sequence of requests; the reader is nil if there is none. Hold registers what is being
// read, so that it can be closed meanwhile. Done must be called at the end.
func (t *rowTable) read(hold Hold) (r *table.Reader, done func(), err error) {
	done = func() {}
	if t.Input == nil {
		return nil, done, nil
	}
	r, closer, err := t.begin()
	if err == nil && closer != nil {
		done, err = hold(t.Input, closer)
	}
	return r, done, err
}

// Hold registers that an input is being read, until release closes it.
type Hold func(in *format.Input, open io.Closer) (release func(), err error)
