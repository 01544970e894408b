package table

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/jsonx"
)

// maxColumns is how many keys the objects of a table may have.
const maxColumns = 10_000

// openArray begins to read a JSON array, the bracket of which comes next.
func (r *Reader) openArray() {
	r.array = jsonx.NewStream(r.lines.buffer)
	r.array.Open('[')
}

// Entries reports whether the rows are the elements of a JSON array, which Line and the errors count instead of lines.
func (r *Reader) Entries() bool { return r.array != nil }

// nextJSON reads the next object as it stands: a line that is not blank, or an element of the array.
func (r *Reader) nextJSON() ([]byte, error) {
	if r.array != nil {
		return r.element()
	}
	for {
		line, err := r.line()
		if err != nil {
			return nil, err
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			return line, nil
		}
	}
}

// element reads the next element of the array; what follows the array may only be white space.
func (r *Reader) element() ([]byte, error) {
	if !r.array.More() {
		r.array.End()
		if err := r.array.Err(); err != nil {
			return nil, r.broken(err)
		}
		return nil, io.EOF
	}
	r.row++
	value, err := r.array.Value(MaxRow)
	switch {
	case err != nil:
		return nil, r.bad("the row is longer than 1 MiB", "")
	case value == nil:
		return nil, r.broken(r.array.Err())
	}
	return value, nil
}

// broken ends the reading of an array: where the next row begins cannot be known.
func (r *Reader) broken(err error) error {
	if _, ok := err.(*jsonx.Error); !ok {
		return err
	}
	return &Unusable{Problem: "is no valid JSON array " + err.Error(), Hint: "make or fetch the file again"}
}

// members gives keys and values of the next object, in its order.
func (r *Reader) members() (fetcher.Row, error) {
	text, err := r.nextJSON()
	if err != nil {
		return nil, err
	}
	if !utf8.Valid(text) {
		return nil, r.notUTF8()
	}
	var row fetcher.Row
	object := jsonx.NewReader(text)
	for object.Open('{'); object.More('}'); {
		key := object.KeyString()
		row = append(row, fetcher.Cell{Column: key, Value: Cell(object.Value())})
	}
	switch {
	case object.End() == nil:
		return row, nil
	case r.array != nil:
		return nil, r.bad("it is not a JSON object", `write it like {"name": "water"}`)
	}
	return nil, r.bad("the line is not a JSON object", `write one on each line, like {"name": "water"}`)
}

// Cell is a valid JSON value as the text of a cell: a string as what it stands for, null as nothing, and any other as it
// is written.
func Cell(value []byte) string {
	if bytes.HasPrefix(value, []byte("{")) || bytes.HasPrefix(value, []byte("[")) {
		return string(value)
	}
	return jsonx.Cell(value)
}

// bad is the error of the last row.
func (r *Reader) bad(problem, hint string) *Error {
	return &Error{Line: r.row, Entry: r.array != nil, Problem: problem, Hint: hint}
}

// readFirstObject takes the columns from the first object.
func (r *Reader) readFirstObject() error {
	row, err := r.members()
	if err == io.EOF {
		return &Unusable{Problem: "there is no row in it", Hint: "write a JSON object on each line, or an array of them"}
	}
	if bad, ok := err.(*Error); ok {
		return &Unusable{Line: bad.Line, Entry: bad.Entry, Problem: bad.Problem, Hint: bad.Hint}
	}
	if err != nil {
		return err
	}
	names := make([]string, len(row))
	for i, c := range row {
		names[i] = c.Column
	}
	if len(names) == 0 {
		return &Unusable{Line: r.row, Entry: r.array != nil, Problem: "the first object has no keys", Hint: "its keys name the columns"}
	}
	r.first = row
	return r.setColumns(names)
}

// nextObject reads a row, in the order of the columns. What an object does not have is an empty cell.
func (r *Reader) nextObject() (fetcher.Row, error) {
	found := r.first
	if r.first = nil; found == nil {
		var err error
		if found, err = r.members(); err != nil {
			return nil, err
		}
	}
	row := make(fetcher.Row, len(r.columns))
	var unknown *Error
	for i, c := range found {
		at, known := i, i < len(r.columns) && c.Column == r.columns[i]
		if !known {
			at, known = r.index[c.Column]
		}
		switch {
		case !known:
			unknown = r.bad(fmt.Sprintf("the key %q is new: the first object does not have it", c.Column),
				"write it there, with null if it has no value; a table in a file may have new keys anywhere")
		case row[at].Column != "":
			return nil, r.bad(fmt.Sprintf("the key %q is there twice", c.Column), "write it once")
		default:
			row[at] = fetcher.Cell{Column: r.columns[at], Value: c.Value}
		}
	}
	for i, column := range r.columns {
		row[i].Column = column
	}
	if unknown != nil {
		unknown.Row = row
		return nil, unknown
	}
	return row, nil
}

// Heading is the columns of a table. It does not change.
type Heading struct {
	columns []string
	index   map[string]int // where the keys of objects belong
}

// Columns are the names, in their order.
func (h *Heading) Columns() []string { return h.columns }

// Heading reads what there is to be known of the columns: of most tables the first line, but of one of JSON objects all of
// it, since any object may have a key that those before it have not. The rows are to be read with another Reader, to which
// Use gives the heading. The error is as that of Columns.
func (r *Reader) Heading() (*Heading, error) {
	if _, err := r.Columns(); err != nil {
		return nil, err
	}
	if r.format == JSONL {
		if err := r.readAllKeys(); err != nil {
			return nil, err
		}
	}
	return &Heading{r.columns, r.index}, nil
}

// Use takes the heading from another Reader of the same table of JSON objects. It is to be called before anything is read.
func (r *Reader) Use(h *Heading) { r.heading = h }

// readAllKeys makes a column of every key, in the order in which they come.
func (r *Reader) readAllKeys() error {
	var names []string
	known := map[string]bool{}
	for row := r.first; ; {
		for _, c := range row {
			if !known[c.Column] {
				name := strings.Clone(c.Column) // it may be a part of a whole line
				known[name] = true
				names = append(names, name)
			}
		}
		if len(names) > maxColumns {
			return &Unusable{Problem: fmt.Sprintf("its objects have more than %d different keys", maxColumns), Hint: "is it a table?"}
		}
		var err error
		row, err = r.members()
		if _, bad := err.(*Error); err != nil && !bad {
			if err == io.EOF {
				return r.setColumns(names)
			}
			return err
		}
	}
}
