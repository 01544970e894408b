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
		return nil, notJSON(body, len(body)-len(text), err)
	}
	return value, nil
}

// recordSeparator stands before each text of a JSON text sequence (RFC 7464), and in no JSON.
const recordSeparator = "\x1e"

// DecodeAll is Decode for a body that may be several JSON values: lines of NDJSON, a JSON text sequence, or just one after
// another.
func DecodeAll(body []byte) (all []any, err error) {
	from := len(body) - len(bytes.TrimPrefix(body, byteOrderMark))
	for piece := range bytes.SplitSeq(body[from:], []byte(recordSeparator)) {
		r := jsonx.NewReader(piece)
		for r.Another() {
			all = append(all, r.Any())
		}
		if err := r.End(); err != nil {
			return nil, notJSON(body[:from+len(piece)], from, err)
		}
		from += len(piece) + len(recordSeparator)
	}
	if len(all) == 0 {
		return nil, errEmpty
	}
	return all, nil
}

var errEmpty = errors.New("an empty body instead of JSON")

// notJSON says what a body is instead of JSON, after the error of what begins at the byte from.
func notJSON(body []byte, from int, err error) error {
	if len(bytes.TrimLeft(bytes.TrimPrefix(body, byteOrderMark), " \t\r\n")) == 0 {
		return errEmpty
	}
	if other := otherThanJSON(body); other != "" {
		return errors.New(other + " instead of JSON")
	}
	var bad *jsonx.Error
	if !errors.As(err, &bad) {
		return err
	}
	at := from + int(bad.Offset)
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
