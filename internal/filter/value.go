package filter

import (
	"bytes"
	"encoding/json"

	"example.com/fetch/internal/jsonx"
)

// Value is what a program printed, as a value: without the newline at its end, and if it is JSON, that value; otherwise a
// string that holds it, with U+FFFD for bytes that are not UTF-8. It shares no memory with output.
func Value(output []byte) json.RawMessage {
	text := bytes.TrimSuffix(output, []byte("\n"))
	if len(text) < len(output) {
		text = bytes.TrimSuffix(text, []byte("\r"))
	}
	text = bytes.ToValidUTF8(text, []byte("\uFFFD"))
	if jsonx.Valid(text) {
		return jsonx.Compact(text)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(string(text)); err != nil { // a string cannot fail
		return json.RawMessage(`""`)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
