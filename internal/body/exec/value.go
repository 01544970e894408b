package exec

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"example.com/fetch/internal/jsonx"
)

// Value is what a program printed, as a value: without the newline at its end, and if it is JSON, that value; otherwise a
// string that holds it, with U+FFFD for bytes that are not UTF-8. It shares no memory with output. whole reports whether there
// were no such bytes.
func Value(output []byte) (value json.RawMessage, whole bool) {
	text := bytes.TrimSuffix(output, []byte("\n"))
	if len(text) < len(output) {
		text = bytes.TrimSuffix(text, []byte("\r"))
	}
	if whole = utf8.Valid(text); !whole {
		text = bytes.ToValidUTF8(text, []byte("\uFFFD"))
	}
	if jsonx.Valid(text) {
		return jsonx.Compact(text), whole
	}
	value, _ = jsontext.AppendQuote(nil, text) // all of it is UTF-8
	return value, whole
}
