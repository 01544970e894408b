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

// maxColumns is the maximum number of keys of the objects of a table.
const maxColumns = 10_000

// Objects reads JSON objects without decoding them: one on each line, or the elements of an array.
type Objects struct {
	Count int64 // number of the last one: of its line, or in the array

	lines *LineReader
	array *jsonx.Stream // nil: an object on each line
}

// NewObjects returns Objects of a text, which may be an array if arrays is set.
func NewObjects(text io.Reader, arrays bool) *Objects {
	o := &Objects{lines: NewLineReader(text)}
	if arrays {
		o.openArray()
	}
	return o
}

// openArray starts reading a JSON array of objects, if that comes next.
func (o *Objects) openArray() {
	if o.lines.beginsArray() {
		o.array = jsonx.NewStream(o.lines.buffer)
		o.array.Open('[')
	}
}

// IsArray reports whether they are the elements of an array.
func (o *Objects) IsArray() bool { return o.array != nil }

// Next returns the next object: a line that is not blank, or an element; an array may only be followed by white
// space. The error is ErrLongLine for an object of more than MaxRow bytes, after which reading can continue, and a
// final *Error if the array is invalid, because the beginning of the next element cannot be known.
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

// broken returns the error of an array that cannot be read any further.
func broken(err error) error {
	if _, ok := err.(*jsonx.Error); !ok {
		return err
	}
	return unusable("is not a valid JSON array "+err.Error(), "make or fetch the file again")
}

// Entries reports whether the rows are the elements of a JSON array, which Line and the errors count instead of lines.
func (r *Reader) Entries() bool { return r.objects.IsArray() }

// members returns the keys and values of the next object, in order.
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

// Cell converts a valid JSON value to the text of a cell: a string is decoded, null is empty, and any other value is
// unchanged.
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

// nextObject reads a row, in the order of the columns. Missing keys are empty cells.
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

// Heading returns all columns: usually from the first line, but a table of JSON objects is read completely, because
// any object may have new keys. The rows must be read with another Reader, from Again. The errors are those of
// Columns.
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

// Again returns a Reader for the rows of the same table from its beginning, with the known heading.
func (r *Reader) Again(source io.Reader) *Reader {
	again := NewReader(source, r.asked)
	again.heading = r
	return again
}

// readAllKeys turns every key into a column, in order of appearance.
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

// Columns collects the names of the columns of rows, each once, in order of appearance.
type Columns struct {
	Names []string
	known map[string]bool
}

// Add adds the columns of a row, up to a maximum number.
func (c *Columns) Add(row fetcher.Row, most int) {
	for i, cell := range row {
		asInMost := i < len(c.Names) && c.Names[i] == cell.Column
		if asInMost || c.known[cell.Column] || len(c.Names) == most {
			continue
		}
		if c.known == nil {
			c.known = map[string]bool{}
		}
		name := strings.Clone(cell.Column) // it may share memory with a whole line
		c.known[name] = true
		c.Names = append(c.Names, name)
	}
}
