package template

import (
	"errors"
	"io"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/list/table"
)

// rowTable is the table that templates are filled in from.
type rowTable struct {
	input   *format.Input // nil: there is none, which is like one row without columns
	columns []string
	heading *table.Heading // of a file
	word    string         // its first line, which may be its heading: see table.Reader.Word
	headed  bool           // it is
	entries bool           // it is a JSON array, whose elements are counted instead of lines
	stream  *table.Reader  // of a stream, open since its heading was read
	closer  io.Closer      // of a stream; may be nil
}

// openRows finds out what the table is, and reads its heading.
func openRows(name string, stdin io.Reader) (*rowTable, error) {
	if name == "" {
		return &rowTable{}, nil
	}
	in, err := format.NewInput(0, name, stdin)
	if err != nil {
		return nil, err
	}
	if in.IsURL() {
		return nil, &format.InputError{Input: "--rows", Problem: "is a URL, not a file", Hint: "fetch it first, and name the file"}
	}
	t := &rowTable{input: in}
	r, closer, err := t.begin()
	if err != nil {
		return nil, err
	}
	if in.IsStream() {
		t.columns, err = r.Columns()
	} else if t.heading, err = r.Heading(); err == nil {
		t.columns = t.heading.Columns()
	}
	if err != nil {
		if closer != nil {
			closer.Close()
		}
		return nil, t.unusable(err)
	}
	t.entries, t.word = r.Entries(), r.Word()
	if in.IsStream() {
		t.stream, t.closer = r, closer
		return t, nil
	}
	return t, closer.Close()
}

// begin begins to read the table.
func (t *rowTable) begin() (r *table.Reader, closer io.Closer, err error) {
	in := t.input
	switch {
	case t.stream != nil:
		return t.stream, t.closer, in.Begin()
	case in.IsStdin():
		return table.NewReader(in.Stdin, 0), nil, nil
	}
	f, err := table.Open(in.Text)
	if err != nil {
		return nil, nil, in.Unreadable(err)
	}
	if t.heading != nil {
		f.Use(t.heading)
	}
	if t.headed {
		if err := f.TakeWord(); err != nil {
			f.Close()
			return nil, nil, t.unusable(err)
		}
	}
	return f.Reader, f, nil
}

// takeHeading makes the first line the heading.
func (t *rowTable) takeHeading() error {
	t.columns, t.headed = []string{t.word}, true
	if t.stream == nil {
		return nil
	}
	if err := t.stream.TakeWord(); err != nil {
		return t.unusable(err)
	}
	return nil
}

// place says of an error where in the table it is.
func (t *rowTable) place(e *format.LineError, line int64) {
	e.Input = t.name()
	if t.entries {
		e.Entry = line
	} else {
		e.Line = line
	}
}

// isStream reports whether the table can be read only once.
func (t *rowTable) isStream() bool { return t.stream != nil }

// name is the table in messages.
func (t *rowTable) name() string {
	if t.input == nil {
		return "--set"
	}
	return t.input.Name
}

// unusable is what makes the table unusable as an error of ours.
func (t *rowTable) unusable(err error) error {
	if u, ok := errors.AsType[*table.Unusable](err); ok {
		return &format.InputError{Input: t.input.Name, Problem: u.Place() + u.Problem, Hint: u.Hint}
	}
	return t.input.Unreadable(err)
}

// rowReader reads the rows of one sequence of requests.
type rowReader struct {
	table  *rowTable
	reader *table.Reader // nil where there is no table
	given  bool          // the only row, where there is no table
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
		e := &format.LineError{Problem: bad.Problem, Hint: bad.Hint, Partial: format.Partial{Row: bad.Row, Shifted: true}}
		r.table.place(e, bad.Line)
		return nil, 0, e
	}
	if err == io.EOF {
		return nil, 0, err
	}
	return nil, 0, r.table.unusable(err)
}

// read opens the table for a sequence of requests. Hold notes what is being read, so that it can be closed meanwhile. done
// is to be called at the end.
func (t *rowTable) read(hold Hold) (r *rowReader, done func(), err error) {
	r, done = &rowReader{table: t}, func() {}
	if t.input == nil {
		return r, done, nil
	}
	reader, closer, err := t.begin()
	if err != nil {
		return nil, nil, err
	}
	r.reader = reader
	if closer != nil {
		done, err = hold(t.input, closer)
	}
	return r, done, err
}

// Hold notes that an input is being read, until release closes it.
type Hold func(in *format.Input, open io.Closer) (release func(), err error)
