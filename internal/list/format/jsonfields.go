package format

import (
	"errors"
	"slices"
	"unicode/utf8"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/jsonx"
)

// fieldsOf gives the fields of a JSON object in their order.
func fieldsOf(text []byte) ([]jsonx.Member, *LineError) {
	if !utf8.Valid(text) {
		return nil, &LineError{Problem: "the line is not UTF-8", Hint: "save the list as UTF-8"}
	}
	fields, err := jsonx.Members(text)
	if err != nil {
		return nil, notObject(text, err)
	}
	return fields, nil
}

// repeatedKey is a key that stands there twice; "" and false if there is none.
func repeatedKey(fields []jsonx.Member) (string, bool) {
	seen := make(map[string]struct{}, len(fields))
	for _, f := range fields {
		if _, twice := seen[f.Key]; twice {
			return Shortened(f.Key), true
		}
		seen[f.Key] = struct{}{}
	}
	return "", false
}

// repeatedColumn is a column that a row has twice; "" and false if there is none.
func repeatedColumn(row fetcher.Row) (string, bool) {
	if len(row) < 2 {
		return "", false
	}
	seen := make(map[string]struct{}, len(row))
	for _, c := range row {
		if _, twice := seen[c.Column]; twice {
			return Shortened(c.Column), true
		}
		seen[c.Column] = struct{}{}
	}
	return "", false
}

func hasKey(fields []jsonx.Member, key string) bool {
	return slices.ContainsFunc(fields, func(f jsonx.Member) bool { return f.Key == key })
}

// notObject says what a line has in place of an object, but nothing of what it holds.
func notObject(text []byte, err error) *LineError {
	switch {
	case text[0] == '[':
		return &LineError{Problem: "a JSON list, not an object", Hint: "write each object on a line of its own; jq -c '.[]' does it"}
	case text[0] != '{':
		return &LineError{Problem: "the line is no JSON object", Hint: `write objects like {"url": "http://HOST/PATH"}, one on each line`}
	case errors.Is(err, jsonx.ErrEnd):
		return &LineError{Problem: "the object does not end on this line", Hint: "write each object on one line; jq -c . does it"}
	}
	return &LineError{Problem: "the line is not JSON", Hint: "check its quotes, commas and brackets"}
}
