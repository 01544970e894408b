package report

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"example.com/fetch/internal/record"
)

// jsonObject says whether a value is an object, and jsonNull whether it is null. Both want valid JSON.
func jsonObject(value []byte) bool { return len(value) > 0 && value[0] == '{' }
func jsonNull(value []byte) bool   { return len(value) > 0 && value[0] == 'n' }

// validJSON is value without the blanks around it. What is not JSON becomes a string that holds it, as in a record that
// is stored.
func validJSON(value []byte) []byte {
	if !json.Valid(value) {
		return record.AppendValue(nil, value)
	}
	return bytes.Trim(value, " \t\r\n")
}

// jsonCell is a value as a cell: a string without its quotes, a number by its digits, null as nothing, and an array or an
// object as compact JSON. It wants valid JSON.
func jsonCell(value []byte) string {
	switch {
	case len(value) == 0 || value[0] == 'n':
		return ""
	case value[0] == '"':
		return jsonString(value)
	case value[0] == '[' || value[0] == '{':
		return string(compact(record.AppendValue(nil, value)))
	}
	return string(value)
}

// jsonString is the text of a JSON string.
func jsonString(value []byte) string {
	inside := value[1 : len(value)-1]
	if bytes.IndexByte(inside, '\\') < 0 && utf8.Valid(inside) {
		return string(inside)
	}
	var s string
	_ = json.Unmarshal(value, &s) // valid JSON
	return s
}

// compact leaves out the blanks between the tokens, in place.
func compact(value []byte) []byte {
	kept := value[:0]
	for i := 0; i < len(value); {
		switch c := value[i]; c {
		case ' ', '\t', '\r', '\n':
			i++
		case '"':
			n := stringLen(value[i:])
			kept = append(kept, value[i:i+n]...)
			i += n
		default:
			kept = append(kept, c)
			i++
		}
	}
	return kept
}

// members calls yield for each key of an object, with its quotes, and its value. It wants valid JSON.
func members(object []byte, yield func(key, value []byte)) {
	rest := blank(object[1:])
	for len(rest) > 0 && rest[0] == '"' {
		n := stringLen(rest)
		key := rest[:n]
		rest = blank(blank(rest[n:])[1:]) // the colon
		n = valueLen(rest)
		yield(key, rest[:n])
		rest = blank(rest[n:])
		if len(rest) > 0 && rest[0] == ',' {
			rest = blank(rest[1:])
		}
	}
}

// blank is s without the blanks that it begins with.
func blank(s []byte) []byte {
	for len(s) > 0 && (s[0] == ' ' || s[0] == '\n' || s[0] == '\r' || s[0] == '\t') {
		s = s[1:]
	}
	return s
}

// stringLen is the length of the string that s begins with, with both its quotes.
func stringLen(s []byte) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

// valueLen is the length of the value that s begins with.
func valueLen(s []byte) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			i += stringLen(s[i:]) - 1
		case '[', '{':
			depth++
			continue
		case ']', '}':
			depth--
			if depth < 0 {
				return i // of what holds it
			}
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
			continue
		default:
			continue
		}
		if depth == 0 {
			return i + 1
		}
	}
	return len(s)
}
