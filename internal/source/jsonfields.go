package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"
)

// field is a key of a JSON object with its value, which is valid JSON without blanks around it.
type field struct {
	key   string
	value []byte
}

// fieldsOf gives the fields of a JSON object in their order.
func fieldsOf(text []byte) ([]field, *LineError) {
	if !utf8.Valid(text) {
		return nil, &LineError{Problem: "the line is not UTF-8", Hint: "save the list as UTF-8"}
	}
	if !json.Valid(text) || text[0] != '{' {
		return nil, notObject(text)
	}
	// What is valid can be cut without being checked again.
	fields := make([]field, 0, 8)
	for rest := text[1:]; ; {
		rest = bytes.TrimLeft(rest, blanks+",")
		if rest[0] == '}' {
			return fields, nil
		}
		n := valueLength(rest)
		f := field{}
		f.key, _ = asString(rest[:n])
		rest = bytes.TrimLeft(rest[n:], blanks+":")
		n = valueLength(rest)
		f.value, rest = rest[:n], rest[n:]
		fields = append(fields, f)
	}
}

// valueLength is the length of the value that valid JSON begins with.
func valueLength(text []byte) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '"':
			i += stringLength(text[i:]) - 1
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		default:
			if depth > 0 {
				continue
			}
			if n := bytes.IndexAny(text[i:], blanks+",]}"); n >= 0 {
				return i + n
			}
			return len(text)
		}
		if depth == 0 {
			return i + 1
		}
	}
	return len(text)
}

func stringLength(text []byte) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

// repeatedKey is a key that stands there twice; "" and false if there is none.
func repeatedKey(fields []field) (string, bool) {
	seen := make(map[string]struct{}, len(fields))
	for _, f := range fields {
		if _, twice := seen[f.key]; twice {
			return shortened(f.key), true
		}
		seen[f.key] = struct{}{}
	}
	return "", false
}

func hasKey(fields []field, key string) bool {
	return slices.ContainsFunc(fields, func(f field) bool { return f.key == key })
}

// notObject says what a line has in place of an object.
func notObject(text []byte) *LineError {
	switch {
	case text[0] == '[':
		return &LineError{Problem: "a JSON list, not an object", Hint: "write each object on a line of its own; jq -c '.[]' does it"}
	case text[0] == '{':
		var value json.RawMessage
		return notJSON(json.Unmarshal(text, &value))
	}
	return &LineError{Problem: "the line is no JSON object", Hint: `write objects like {"url": "http://HOST/PATH"}, one on each line`}
}

// notJSON says what is wrong with a line, but nothing of what it holds.
func notJSON(err error) *LineError {
	e := &LineError{Problem: "the line is not JSON", Hint: "check its quotes, commas and brackets"}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok && strings.Contains(syntax.Error(), "unexpected end") {
		e.Problem = "the object does not end on this line"
		e.Hint = "write each object on one line; jq -c . does it"
	}
	return e
}

// asString gives the text of a JSON value, which must be valid, and whether it is a string.
func asString(value []byte) (string, bool) {
	if len(value) == 0 || value[0] != '"' {
		return "", false
	}
	if bytes.IndexByte(value, '\\') < 0 {
		return string(value[1 : len(value)-1]), true
	}
	var text string
	err := json.Unmarshal(value, &text)
	return text, err == nil
}
