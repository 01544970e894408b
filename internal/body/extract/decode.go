package extract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/itchyny/gojq"

	"example.com/fetch/internal/jsonx"
	"example.com/fetch/internal/units"
)

// byteOrderMark is accepted before JSON, although it is not valid there.
var byteOrderMark = []byte("\xef\xbb\xbf")

// Decode parses a body that is one JSON value (RFC 8259) into the types of expressions: nil, bool, json.Number,
// string, []any, map[string]any. Numbers keep their text. A byte order mark before the value is ignored; of a
// repeated key the last value counts; bytes in strings that are not UTF-8 become U+FFFD.
//
// The error says what the body is instead: empty, an HTML page, or not JSON from a certain byte on, counted from 1.
func Decode(body []byte) (any, error) {
	text := bytes.TrimPrefix(body, byteOrderMark)
	r := jsonx.NewReader(text)
	value := r.Any()
	if err := r.End(); err != nil {
		return nil, notJSON(body, len(body)-len(text), err)
	}
	return value, nil
}

// recordSeparator precedes each text of a JSON text sequence (RFC 7464), and never occurs in JSON.
const recordSeparator = "\x1e"

// DecodeAll is Decode for a body that may contain several JSON values: lines of NDJSON, a JSON text sequence, or
// simply one after another.
func DecodeAll(body []byte) (all []any, err error) {
	err = eachValue(body, func(r *jsonx.Reader) { all = append(all, r.Any()) })
	return all, err
}

// eachValue calls read for each value of a body for DecodeAll.
func eachValue(body []byte, read func(*jsonx.Reader)) error {
	n := 0
	from := len(body) - len(bytes.TrimPrefix(body, byteOrderMark))
	for piece := range bytes.SplitSeq(body[from:], []byte(recordSeparator)) {
		r := jsonx.NewReader(piece)
		for ; r.Another(); n++ {
			read(&r)
		}
		if err := r.End(); err != nil {
			return notJSON(body[:from+len(piece)], from, err)
		}
		from += len(piece) + len(recordSeparator)
	}
	if n == 0 {
		return errEmpty
	}
	return nil
}

var errEmpty = errors.New("an empty body instead of JSON")

// notJSON says what a body is instead of JSON, given the error of parsing from the byte from.
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

// otherThanJSON names what a body that is not JSON looks like; "" if unknown.
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

// maxValues limits, in bytes, the values extracted from one response.
const maxValues = 64 << 20

// budget is how much more may be extracted from one response.
type budget struct {
	bytes, values int
	most          int
	exceeded      bool
}

// newBudget returns the budget of a response with a limit for its values.
func newBudget(most int64) *budget {
	n := int(min(most, maxValues))
	return &budget{bytes: n, most: n, values: maxOutputs}
}

// encode encodes values as JSON, in the form of jq. Its only errors are too many, too large or too deeply nested
// values.
func (b *budget) encode(values []any) ([]json.RawMessage, error) {
	b.exceeded = true // cleared on success
	if b.values -= len(values); b.values < 0 {
		return nil, fmt.Errorf("more than %d values", maxOutputs)
	}
	var texts []json.RawMessage
	for _, value := range values {
		if _, err := spend(b.bytes, value, 0); err == errTooLarge {
			return nil, b.tooLarge()
		} else if err != nil {
			return nil, err
		}
		text := encoded(value)
		if b.bytes -= len(text); b.bytes < 0 {
			return nil, b.tooLarge()
		}
		texts = append(texts, text)
	}
	b.exceeded = false
	return texts, nil
}

// encoded returns the JSON of an output of an expression.
func encoded(value any) json.RawMessage {
	text, _ := gojq.Marshal(value) // never fails
	return text
}

// errTooLarge says that values exceed the budget.
var errTooLarge = errors.New("values too large")

func (b *budget) tooLarge() error {
	if b.most < maxValues {
		return fmt.Errorf("values of more than %s, an eighth of --max-memory", units.Size(int64(b.most)))
	}
	return fmt.Errorf("values of more than %d MiB", maxValues>>20)
}

// spend returns what remains of room after the minimum size of the JSON of a value. An expression may repeat a
// large string endlessly, and nest its output deeper than any parser accepts.
func spend(room int, value any, depth int) (left int, err error) {
	if depth > jsonx.MaxDepth {
		return 0, fmt.Errorf("a value nested deeper than %d", jsonx.MaxDepth)
	}
	room--
	switch value := value.(type) {
	case string:
		room -= len(value)
	case []any:
		for i := 0; i < len(value) && err == nil; i++ {
			room, err = spend(room, value[i], depth+1)
		}
	case map[string]any:
		for key, item := range value {
			if room, err = spend(room-len(key), item, depth+1); err != nil {
				break
			}
		}
	}
	if err == nil && room < 0 {
		err = errTooLarge
	}
	return room, err
}
