package jsonx

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// Valid reports whether a text is one value.
func Valid(text []byte) bool {
	r := NewReader(text)
	r.Skip()
	return r.End() == nil
}

// Member is a member of an object.
type Member struct {
	Key   string
	Value []byte // unchanged, without surrounding white space; shares memory with the text
}

// Members returns the members of a text that is an object, in order. The error is an *Error.
func Members(text []byte) ([]Member, error) {
	r := NewReader(text)
	members := make([]Member, 0, 8)
	for r.Open('{'); r.More('}'); {
		key := r.KeyString()
		members = append(members, Member{key, r.Value()})
	}
	return members, r.End()
}

// String returns the text of a value that is valid and has no white space around it, and whether it is a string.
func String(value []byte) (text string, ok bool) {
	if len(value) == 0 || value[0] != '"' {
		return "", false
	}
	r := NewReader(value)
	return r.String(), true
}

// maxDigits is the maximum length of a number for Any. Computing with one costs the square of its length.
const maxDigits = 10_000

// Any reads any value: nil, bool, json.Number, string, []any, map[string]any. Of a repeated key the last value
// counts. Numbers have at most 10,000 characters. Numbers and strings without escapes share one copy of the text.
func (r *Reader) Any() any {
	text := r.shared()
	switch r.Kind() {
	case '{':
		object := map[string]any{}
		for r.Open('{'); r.More('}'); {
			key := r.KeyString()
			object[key] = r.Any()
		}
		return object
	case '[':
		array := []any{}
		for r.Open('['); r.More(']'); {
			array = append(array, r.Any())
		}
		return array
	case '"':
		return r.String()
	case '0':
		number := r.number()
		if len(number) > maxDigits {
			r.Fail(ErrLongNumber)
		}
		if r.err != nil {
			return nil
		}
		return json.Number(text[r.start:r.at])
	case 't', 'f':
		return r.Bool()
	}
	r.Skip()
	return nil
}

// Conservative measurements of the memory of Any, in bytes, for each value, for each place in an array and each
// member of an object, including growth.
const (
	boxedSize   = 16
	arraySize   = 40
	slotSize    = 40
	objectSize  = 64
	memberSize  = 90
	fewMembers  = 8 // up to this number, the size is constant
	escapedSize = 16
)

// Weigh skips a value like Any reads it, with the same errors, and returns an upper estimate of the memory that
// Any would need for it, in bytes, without its copy of the text.
func (r *Reader) Weigh() (n int64) {
	switch r.Kind() {
	case '{':
		members := int64(0)
		for r.Open('{'); r.More('}'); members++ {
			n += weightOf(r.quoted("where a key in quotes is due")) - boxedSize
			r.colon()
			n += r.Weigh()
		}
		if members > 0 {
			n += max(members, fewMembers) * memberSize / 2
		}
		if members > fewMembers {
			n += members * memberSize / 2
		}
		return n + objectSize
	case '[':
		for r.Open('['); r.More(']'); {
			n += r.Weigh() + slotSize
		}
		return n + arraySize
	case '"':
		return weightOf(r.quoted(""))
	case '0':
		if len(r.number()) > maxDigits {
			r.Fail(ErrLongNumber)
		}
		return boxedSize
	}
	r.Skip()
	return 0
}

// weightOf returns the memory of a string besides the copy of the text: one with escapes has a copy of its own.
func weightOf(inside []byte, plain bool) int64 {
	if plain {
		return boxedSize
	}
	return boxedSize + escapedSize + int64(len(inside))*2
}

// Cell returns a valid value as the text of a cell: see Reader.Cell.
func Cell(value []byte) string {
	r := NewReader(value)
	return r.Cell()
}

// Cell reads any value as the text of a cell: a string is decoded, null is empty, a number has its digits, and an
// array or an object is as Compact writes it.
func (r *Reader) Cell() string {
	switch r.Kind() {
	case '"', 'n':
		return r.String()
	case '{', '[':
		return string(Compact(r.Value()))
	}
	return string(r.Value())
}

// Compact returns a value without the white space between its tokens, which are unchanged. The value is not
// changed; if it is not valid, it is returned unchanged.
func Compact(value []byte) []byte {
	compact := jsontext.Value(slices.Clone(bytes.Trim(value, " \t\r\n")))
	if compact.Compact() != nil {
		return value
	}
	return compact
}

// HasLoneSurrogate reports whether a string in valid JSON has an escape for an unpaired surrogate, \ud800 to
// \udfff. It is not a character, and only JSON can represent it: in any other text it is replaced by U+FFFD.
func HasLoneSurrogate(text []byte) bool {
	if !bytes.Contains(text, []byte(`\u`)) {
		return false
	}
	decoder := jsontext.NewDecoder(bytes.NewReader(bytes.ToValidUTF8(text, []byte("\uFFFD"))), duplicates)
	for {
		if err := decoder.SkipValue(); err != nil {
			return err != io.EOF
		}
	}
}
