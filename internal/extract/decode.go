package extract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	// maxDepth is how deeply values may be nested, as in encoding/json.
	maxDepth = 10_000
	// maxDigits is the length of the longest number. To compute with one costs the square of its length.
	maxDigits = 10_000
)

// Decode reads a body that is one JSON value (RFC 8259) into what expressions work on: nil, bool, json.Number, string,
// []any, map[string]any. Numbers keep their text. A byte order mark before the value is ignored; of a key that comes
// twice the last value counts; bytes in strings that are not UTF-8 become U+FFFD.
//
// The error says what the body is instead: empty, an HTML page, or not JSON from which byte on, counted from 1.
func Decode(body []byte) (any, error) {
	d := decoder{text: string(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))}
	offset := len(body) - len(d.text)
	d.space()
	if d.at == len(d.text) {
		return nil, errors.New("an empty body instead of JSON")
	}
	v, err := d.value(0)
	if err == nil {
		if d.space(); d.at == len(d.text) {
			return v, nil
		}
		err = d.wrong("where the body should end: it holds more than one value")
	}
	if other := otherThanJSON(body); other != "" {
		return nil, errors.New(other + " instead of JSON")
	}
	if d.at >= len(d.text) {
		return nil, fmt.Errorf("not JSON: it ends too early, after %d bytes", len(body))
	}
	problem := "not JSON"
	if d.limited {
		problem = "JSON that cannot be read"
	}
	return nil, fmt.Errorf("%s at byte %d: %w", problem, offset+d.at+1, err)
}

// otherThanJSON names what a body looks like that is not JSON; "" if it looks like nothing in particular.
func otherThanJSON(body []byte) string {
	head := bytes.ToLower(body[:min(len(body), HeadSize)])
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
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

// decoder reads JSON. Strings without escapes, which are most, share the memory of the text.
type decoder struct {
	text    string
	at      int
	limited bool // what is wrong is one of our own bounds
}

func (d *decoder) space() {
	for d.at < len(d.text) {
		switch d.text[d.at] {
		case ' ', '\t', '\r', '\n':
			d.at++
		default:
			return
		}
	}
}

// wrong is the error for the character that comes next.
func (d *decoder) wrong(where string) error {
	r, _ := utf8.DecodeRuneInString(d.text[min(d.at, len(d.text)):])
	return fmt.Errorf("%q %s", r, where)
}

func (d *decoder) value(depth int) (any, error) {
	if d.at == len(d.text) {
		return nil, d.wrong("")
	}
	switch c := d.text[d.at]; {
	case c == '{' || c == '[':
		if depth == maxDepth {
			d.limited = true
			return nil, fmt.Errorf("values nested deeper than %d", maxDepth)
		}
		if c == '{' {
			return d.object(depth + 1)
		}
		return d.array(depth + 1)
	case c == '"':
		return boxed(d.string())
	case c == '-' || '0' <= c && c <= '9':
		return d.number()
	case c == 't':
		return true, d.word("true")
	case c == 'f':
		return false, d.word("false")
	case c == 'n':
		return nil, d.word("null")
	}
	return nil, d.wrong("where a value is due")
}

func boxed(s string, err error) (any, error) { return s, err }

func (d *decoder) word(word string) error {
	for i := range len(word) {
		if d.at == len(d.text) || d.text[d.at] != word[i] {
			return d.wrong("in what should be " + word)
		}
		d.at++
	}
	return nil
}

func (d *decoder) object(depth int) (any, error) {
	d.at++
	object := map[string]any{}
	for {
		d.space()
		switch {
		case d.at == len(d.text):
			return nil, d.wrong("")
		case d.text[d.at] == '}' && len(object) == 0:
			d.at++
			return object, nil
		case d.text[d.at] != '"':
			return nil, d.wrong("where a key in quotes is due")
		}
		key, err := d.string()
		if err != nil {
			return nil, err
		}
		if d.space(); d.at == len(d.text) || d.text[d.at] != ':' {
			return nil, d.wrong("where a colon is due")
		}
		d.at++
		d.space()
		if object[key], err = d.value(depth); err != nil {
			return nil, err
		}
		if more, err := d.more('}'); !more {
			return object, err
		}
	}
}

func (d *decoder) array(depth int) (any, error) {
	d.at++
	array := []any{}
	if d.space(); d.at < len(d.text) && d.text[d.at] == ']' {
		d.at++
		return array, nil
	}
	for {
		d.space()
		v, err := d.value(depth)
		if err != nil {
			return nil, err
		}
		array = append(array, v)
		if more, err := d.more(']'); !more {
			return array, err
		}
	}
}

// more reads what stands after a member: a comma, or the end.
func (d *decoder) more(end byte) (bool, error) {
	d.space()
	if d.at < len(d.text) {
		switch d.text[d.at] {
		case ',':
			d.at++
			return true, nil
		case end:
			d.at++
			return false, nil
		}
	}
	return false, d.wrong(fmt.Sprintf("where a comma or %c is due", end))
}

func (d *decoder) number() (any, error) {
	from := d.at
	if d.text[d.at] == '-' {
		d.at++
	}
	if d.at < len(d.text) && d.text[d.at] == '0' {
		d.at++ // no digit may follow
	} else if !d.digits() {
		return nil, d.wrong("where a digit is due")
	}
	if d.at < len(d.text) && d.text[d.at] == '.' {
		if d.at++; !d.digits() {
			return nil, d.wrong("where a digit is due")
		}
	}
	if d.at < len(d.text) && d.text[d.at]|0x20 == 'e' {
		if d.at++; d.at < len(d.text) && (d.text[d.at] == '+' || d.text[d.at] == '-') {
			d.at++
		}
		if !d.digits() {
			return nil, d.wrong("where a digit is due")
		}
	}
	if d.at-from > maxDigits {
		d.at, d.limited = from, true
		return nil, fmt.Errorf("a number of more than %d characters", maxDigits)
	}
	return json.Number(d.text[from:d.at]), nil
}

func (d *decoder) digits() bool {
	from := d.at
	for d.at < len(d.text) && '0' <= d.text[d.at] && d.text[d.at] <= '9' {
		d.at++
	}
	return d.at > from
}

// string reads a string whose opening quote comes next.
func (d *decoder) string() (string, error) {
	d.at++
	from, ascii := d.at, true
	for ; d.at < len(d.text); d.at++ {
		switch c := d.text[d.at]; {
		case c == '"':
			s := d.text[from:d.at]
			d.at++
			if !ascii {
				s = validUTF8(s)
			}
			return s, nil
		case c == '\\':
			return d.escaped(from)
		case c < 0x20:
			return "", d.wrong("within a string")
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return "", d.wrong("")
}

// validUTF8 is s with U+FFFD for each byte that is not UTF-8.
func validUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		b.WriteRune(r)
	}
	return b.String()
}
