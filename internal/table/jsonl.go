package table

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/jsonx"
)

// readFirstObject takes the columns from the first object.
func (r *Reader) readFirstObject() error {
	line, err := r.objectLine()
	if err == io.EOF {
		return &Unusable{Problem: "there is no row in it", Hint: "write a JSON object on each line"}
	}
	var row fetcher.Row
	if err == nil {
		row, err = r.members(line)
	}
	if bad, ok := err.(*Error); ok {
		return &Unusable{Line: bad.Line, Problem: bad.Problem, Hint: bad.Hint}
	}
	if err != nil {
		return err
	}
	var names []string
	for _, c := range row {
		names = append(names, c.Column)
	}
	if len(names) == 0 {
		return &Unusable{Line: r.row, Problem: "the first object has no keys", Hint: "its keys name the columns"}
	}
	r.first = row
	return r.setColumns(names)
}

// nextObject reads a row of JSON Lines, in the order of the columns.
func (r *Reader) nextObject() (fetcher.Row, error) {
	line, err := r.objectLine()
	if err != nil {
		return nil, err
	}
	found, err := r.members(line)
	if err != nil {
		return nil, err
	}
	row := make(fetcher.Row, len(r.columns))
	for i, c := range found {
		at := i
		if i >= len(r.columns) || c.Column != r.columns[i] {
			var known bool
			if at, known = r.index[c.Column]; !known {
				continue
			}
		}
		if row[at].Column != "" {
			return nil, &Error{Line: r.row, Problem: fmt.Sprintf("the key %q is there twice", c.Column), Hint: "write it once"}
		}
		row[at] = fetcher.Cell{Column: r.columns[at], Value: c.Value}
	}
	for i := range row {
		if row[i].Column == "" {
			return nil, &Error{
				Line: r.row, Problem: fmt.Sprintf("there is no key %q, which the first object has", r.columns[i]),
				Hint: "write it with null if there is no value",
			}
		}
	}
	return row, nil
}

// objectLine reads up to the next line that is not blank.
func (r *Reader) objectLine() ([]byte, error) {
	for {
		line, err := r.line()
		if err != nil {
			return nil, err
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if !utf8.Valid(line) {
			return nil, r.notUTF8()
		}
		return line, nil
	}
}

// members gives keys and values of a line that is a JSON object.
func (r *Reader) members(line []byte) (fetcher.Row, error) {
	var row fetcher.Row
	object := jsonx.NewReader(line)
	for object.Open('{'); object.More('}'); {
		column := object.KeyString()
		row = append(row, fetcher.Cell{Column: column, Value: object.Cell()})
	}
	if object.End() != nil {
		return nil, &Error{Line: r.row, Problem: "the line is not a JSON object", Hint: `write one on each line, like {"name": "water"}`}
	}
	return row, nil
}
