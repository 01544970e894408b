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
	err = eachValue(body, func(r *jsonx.Reader) { all = append(all, r.Any()) })
	return all, err
}

// eachValue has one read each of the values that DecodeAll reads.
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

// maxValues bounds, in bytes, what is taken from one answer.
const maxValues = 64 << 20

// budget is how much more may be taken from one answer.
type budget struct {
	bytes, values int
	most          int
	exceeded      bool
}

// newBudget is that of an answer of whose values one may make so much.
func newBudget(most int64) *budget {
	n := int(min(most, maxValues))
	return &budget{bytes: n, most: n, values: maxOutputs}
}

// encode makes JSON of values, in the form of jq. Its only error is that they are too many, too large or too deep.
func (b *budget) encode(values []any) ([]json.RawMessage, error) {
	b.exceeded = true // until all is well
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

// encoded is the JSON of a value that an expression gave.
func encoded(value any) json.RawMessage {
	text, _ := gojq.Marshal(value) // which never fails
	return text
}

// errTooLarge says that values have no room.
var errTooLarge = errors.New("values too large")

func (b *budget) tooLarge() error {
	if b.most < maxValues {
		return fmt.Errorf("values of more than %s, an eighth of --max-memory", units.Size(int64(b.most)))
	}
	return fmt.Errorf("values of more than %d MiB", maxValues>>20)
}

// spend gives what is left of room after the least that the JSON of a value takes. An expression may repeat a large string
// without end, and nest its output deeper than anybody can read.
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
