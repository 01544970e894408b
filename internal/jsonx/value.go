package jsonx

import (
	"bytes"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// Valid reports whether text is one value, white space around it aside.
func Valid(text []byte) bool { return jsontext.Value(text).IsValid(lenient, lenientUTF8) }

// Member is a member of an object.
type Member struct {
	Key   string
	Value []byte // as it stands, without the white space around it; a part of the text
}

// Members reads a text that is an object, and returns its members in their order. The error is an *Error.
func Members(text []byte) (members []Member, err error) {
	err = Read(text, func(r *Reader) {
		if !r.Open('{') {
			return
		}
		members = make([]Member, 0, 8)
		for r.More() {
			key := r.KeyString()
			members = append(members, Member{key, r.Value()})
		}
	})
	if err != nil {
		return nil, err
	}
	return members, nil
}

// String returns the text of a value that is valid, and whether it is a string.
func String(value []byte) (text string, ok bool) {
	if len(value) == 0 || value[0] != '"' {
		return "", false
	}
	if isPlain(value) {
		return string(value[1 : len(value)-1]), true
	}
	return string(unquoted(nil, value)), true
}

// Cell returns a value that is valid as the text of a cell: a string as what it stands for, null as nothing, a number by
// its digits, an array or an object as Compact writes it.
func Cell(value []byte) string {
	if len(value) == 0 {
		return ""
	}
	switch value[0] {
	case '"':
		text, _ := String(value)
		return text
	case 'n':
		return ""
	case '{', '[':
		return string(Compact(value))
	}
	return string(value)
}

// Compact returns a value without the white space between its parts, which stay as they are. The value is not changed; if
// it is not valid, it is returned as it is.
func Compact(value []byte) []byte {
	compact := jsontext.Value(slices.Clone(bytes.Trim(value, " \t\r\n")))
	if compact.Compact() != nil {
		return value
	}
	return compact
}
