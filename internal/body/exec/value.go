package exec

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

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
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(string(text)); err != nil { // a string cannot fail
		return json.RawMessage(`""`), whole
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), whole
}
