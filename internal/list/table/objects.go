package table

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/jsonx"
)

// maxColumns is how many keys the objects of a table may have.
const maxColumns = 10_000

// Objects reads JSON objects as they stand: one on each line, or the elements of an array.
type Objects struct {
	Count int64 // the number of the last one: of its line, or in the array

	lines *LineReader
	array *jsonx.Stream // nil: an object on each line
}

// NewObjects returns Objects of a text, which may be an array where that is allowed.
func NewObjects(text io.Reader, arrays bool) *Objects {
	o := &Objects{lines: NewLineReader(text)}
	if arrays {
		o.openArray()
	}
	return o
}

// openArray begins to read a JSON array of objects, if that is what comes next.
func (o *Objects) openArray() {
	if o.lines.beginsArray() {
		o.array = jsonx.NewStream(o.lines.buffer)
		o.array.Open('[')
	}
}

// IsArray reports whether they are the elements of an array.
func (o *Objects) IsArray() bool { return o.array != nil }

// Next gives the next one: a line that is not blank, or an element; what follows an array may only be white space. The error
// is ErrLongLine for one of more than MaxRow bytes, after which reading can go on, and a final *Error if the array is broken:
// where the next one begins cannot be known.
func (o *Objects) Next() ([]byte, error) {
	for o.array == nil {
		line, err := o.lines.Next()
		if line = bytes.TrimSpace(line); err != nil || len(line) > 0 {
			o.Count = o.lines.Line
			return line, err
		}
	}
	if !o.array.More() {
		return nil, cmp.Or(broken(o.array.End()), io.EOF)
	}
	o.Count++
	value, err := o.array.Value(MaxRow)
	switch {
	case err != nil:
		return nil, ErrLongLine
	case value == nil:
		return nil, broken(o.array.Err())
	}
	return value, nil
}

// broken is the error of an array of which nothing more can be read.
func broken(err error) error {
	if _, ok := err.(*jsonx.Error); !ok {
		return err
	}
	return unusable("is no valid JSON array "+err.Error(), "make or fetch the file again")
}

// Entries reports whether the rows are the elements of a JSON array, which Line and the errors count instead of lines.
func (r *Reader) Entries() bool { return r.objects.IsArray() }

// members gives keys and values of the next object, in its order.
func (r *Reader) members() (fetcher.Row, error) {
	text, err := r.objects.Next()
	if err == nil || err == ErrLongLine {
		r.row = r.objects.Count
	}
	switch {
	case err == ErrLongLine:
		return nil, r.bad("the row is longer than 1 MiB", "")
	case err != nil:
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
	case r.Entries():
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

// readFirstObject takes the columns from the first object.
func (r *Reader) readFirstObject() error {
	row, err := r.members()
	switch {
	case err == io.EOF:
		return unusable("there is no row in it", "write a JSON object on each line, or an array of them")
	case err != nil:
		return final(err)
	case len(row) == 0:
		return r.broken("the first object has no keys", "its keys name the columns")
	}
	r.first = row
	names := make([]string, len(row))
	for i, c := range row {
		names[i] = c.Column
	}
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

// Heading gives all that there is to be known of the columns: of most tables the first line, but of one of JSON objects all
// of it is read, since any object may have a key that those before it have not. The rows are to be read with another Reader,
// which Again makes. The error is as that of Columns.
func (r *Reader) Heading() ([]string, error) {
	if _, err := r.Columns(); err != nil {
		return nil, err
	}
	if r.format == JSONL {
		if err := r.readAllKeys(); err != nil {
			return nil, err
		}
	}
	return r.columns, nil
}

// Again reads the rows of the same table from its beginning, with the heading that has been read.
func (r *Reader) Again(source io.Reader) *Reader {
	again := NewReader(source, r.asked)
	again.heading = r
	return again
}

// readAllKeys makes a column of every key, in the order in which they come.
func (r *Reader) readAllKeys() error {
	var columns Columns
	row, err := r.first, error(nil)
	for {
		columns.Add(row, maxColumns+1)
		if len(columns.Names) > maxColumns {
			return unusable(fmt.Sprintf("its objects have more than %d different keys", maxColumns), "is it a table?")
		}
		row, err = r.members()
		switch {
		case err == io.EOF:
			return r.setColumns(columns.Names)
		case err != nil && !isBadRow(err):
			return err
		}
	}
}

// Columns gathers the names of the columns of rows, each once, in the order in which they come.
type Columns struct {
	Names []string
	known map[string]bool
}

// Add adds those of a row, as long as there are not so many.
func (c *Columns) Add(row fetcher.Row, most int) {
	for i, cell := range row {
		asInMost := i < len(c.Names) && c.Names[i] == cell.Column
		if asInMost || c.known[cell.Column] || len(c.Names) == most {
			continue
		}
		if c.known == nil {
			c.known = map[string]bool{}
		}
		name := strings.Clone(cell.Column) // it may be a part of a whole line
		c.known[name] = true
		c.Names = append(c.Names, name)
	}
}
