package format

import (
	"errors"
	"slices"
	"unicode/utf8"

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

// repeated is a name that is there twice; "" and false if there is none.
func repeated[T any](all []T, name func(T) string) (string, bool) {
	if len(all) < 2 {
		return "", false
	}
	seen := make(map[string]struct{}, len(all))
	for _, one := range all {
		if _, twice := seen[name(one)]; twice {
			return Shortened(name(one)), true
		}
		seen[name(one)] = struct{}{}
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
