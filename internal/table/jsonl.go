package table

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"

	"example.com/fetch/fetcher"
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

// objectLine reads up to the next line that is not blank, and makes sure that it is a JSON object.
func (r *Reader) objectLine() ([]byte, error) {
	for {
		line, err := r.line()
		if err != nil {
			return nil, err
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		switch {
		case !utf8.Valid(line):
			return nil, r.notUTF8()
		case line[0] != '{' || !json.Valid(line):
			return nil, &Error{Line: r.row, Problem: "the line is not a JSON object", Hint: `write one on each line, like {"name": "water"}`}
		}
		return line, nil
	}
}

// members gives keys and values of a JSON object that is valid.
func (r *Reader) members(object []byte) (fetcher.Row, error) {
	var row fetcher.Row
	s := skipBlanks(object[1:])
	for s[0] != '}' {
		n := valueLength(s)
		key, err := cellOf(s[:n])
		if err != nil {
			return nil, r.notObject(err)
		}
		s = skipBlanks(skipBlanks(s[n:])[1:]) // the colon
		n = valueLength(s)
		value, err := cellOf(s[:n])
		if err != nil {
			return nil, r.notObject(err)
		}
		row = append(row, fetcher.Cell{Column: key, Value: value})
		if s = skipBlanks(s[n:]); s[0] == ',' {
			s = skipBlanks(s[1:])
		}
	}
	return row, nil
}

func (r *Reader) notObject(err error) error {
	return &Error{Line: r.row, Problem: "the JSON cannot be read: " + err.Error()}
}

func skipBlanks(s []byte) []byte { return bytes.TrimLeft(s, " \t\r\n") }

// valueLength is the length of the JSON value that s begins with, in JSON that is valid.
func valueLength(s []byte) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			for i++; s[i] != '"'; i++ {
				if s[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ' ', '\t', ':':
			if depth == 0 {
				return i
			}
		}
	}
	return len(s)
}

// cellOf is a JSON value as a cell.
func cellOf(value []byte) (string, error) {
	switch value[0] {
	case '"':
		if bytes.IndexByte(value, '\\') < 0 {
			return string(value[1 : len(value)-1]), nil
		}
		var s string
		err := json.Unmarshal(value, &s)
		return s, err
	case '{', '[':
		var b bytes.Buffer
		err := json.Compact(&b, value)
		return b.String(), err
	case 'n':
		return "", nil
	}
	return string(value), nil
}
