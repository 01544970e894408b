package extract

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"

	"example.com/fetch/internal/jsonx"
)

// byteOrderMark may stand before JSON, though it should not.
var byteOrderMark = []byte("\xef\xbb\xbf")

// Decode reads a body that is one JSON value (RFC 8259) into what expressions work on: nil, bool, json.Number, string,
// []any, map[string]any. Numbers keep their text. A byte order mark before the value is ignored; of a key that comes
// twice the last value counts; bytes in strings that are not UTF-8 become U+FFFD.
//
// The error says what the body is instead: empty, an HTML page, or not JSON from which byte on, counted from 1.
func Decode(body []byte) (any, error) {
	text := bytes.TrimPrefix(body, byteOrderMark)
	r := jsonx.NewReader(text)
	value := r.Any()
	if err := r.End(); err != nil {
		return nil, notJSON(body, text, err)
	}
	return value, nil
}

// notJSON says what a body is instead of JSON. text is the body after its byte order mark.
func notJSON(body, text []byte, err error) error {
	if len(bytes.TrimLeft(text, " \t\r\n")) == 0 {
		return errors.New("an empty body instead of JSON")
	}
	if other := otherThanJSON(body); other != "" {
		return errors.New(other + " instead of JSON")
	}
	var bad *jsonx.Error
	if !errors.As(err, &bad) {
		return err
	}
	at := int(bad.Offset) + len(body) - len(text)
	switch {
	case errors.Is(err, jsonx.ErrEnd):
		return fmt.Errorf("not JSON: it ends too early, after %d bytes", len(body))
	case errors.Is(err, jsonx.ErrTooDeep), errors.Is(err, jsonx.ErrLongNumber):
		return fmt.Errorf("JSON that cannot be read at byte %d: %w", at+1, bad.Err)
	case errors.Is(err, jsonx.ErrMore):
		next, _ := utf8.DecodeRune(body[at:])
		return fmt.Errorf("not JSON at byte %d: %q where the body should end: it holds more than one value", at+1, next)
	}
	return fmt.Errorf("not JSON at byte %d: %w", at+1, bad.Err)
}

// otherThanJSON names what a body looks like that is not JSON; "" if it looks like nothing in particular.
func otherThanJSON(body []byte) string {
	head := bytes.ToLower(body[:min(len(body), HeadSize)])
	head = bytes.TrimLeft(bytes.TrimPrefix(head, byteOrderMark), " \t\r\n")
	switch {
	case bytes.Contains(head, []byte("<!doctype html")), bytes.Contains(head, []byte("<html")):
		return "an HTML page"
	case bytes.HasPrefix(head, []byte("<")):
		return "XML or HTML"
	case bytes.HasPrefix(body, []byte("\xff\xfe")), bytes.HasPrefix(body, []byte("\xfe\xff")):
		return "text in UTF-16"
	case bytes.HasPrefix(body, []byte("\x1f\x8b")):
		return "a gzip file"
	case bytes.HasPrefix(body, []byte("PK\x03\x04")):
		return "a zip file"
	}
	return ""
}
