package jsonx

import (
	"bytes"
	"errors"
	"strconv"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

var errNotWhole = errors.New("not a whole number, or one that is too large")

// scalar reads a value of a kind; nil if that is null, or an error.
func (r *Reader) scalar(kind Kind) []byte {
	switch r.Kind() {
	case kind:
		return r.raw()
	case 'n', Nothing:
		r.raw()
		return nil
	}
	r.failNext(notA(kind))
	return nil
}

// String reads a string.
func (r *Reader) String() string {
	quoted := r.scalar('"')
	if quoted == nil {
		return ""
	}
	return r.stringOf(quoted)
}

// KeyString reads the key of a member as a string that may be kept.
func (r *Reader) KeyString() string {
	quoted := r.raw()
	if quoted == nil {
		return ""
	}
	return r.stringOf(quoted)
}

// Cell reads any value as the text of a cell: see the function Cell.
func (r *Reader) Cell() string {
	if r.Kind() == '"' {
		return r.String()
	}
	return Cell(r.raw())
}

// stringOf is the text of the string that was read last.
func (r *Reader) stringOf(quoted []byte) string {
	switch {
	case !isPlain(quoted):
		return string(unquoted(nil, quoted))
	case r.text == "" && len(r.data) > maxShared:
		return string(quoted[1 : len(quoted)-1])
	}
	shared := r.shared(quoted)
	return shared[1 : len(shared)-1]
}

// shared is the value that was read last, as a part of a copy of the whole text.
func (r *Reader) shared(value []byte) string {
	if r.text == "" {
		r.text = string(r.data)
	}
	end := int(r.Offset())
	return r.text[end-len(value) : end]
}

// isPlain reports whether the inside of a string stands for itself: it has no escapes, and is UTF-8.
func isPlain(quoted []byte) bool {
	return bytes.IndexByte(quoted, '\\') < 0 && utf8.Valid(quoted)
}

// unquoted appends what a string stands for. The string is valid but for its UTF-8, and what is not becomes U+FFFD.
func unquoted(dst, quoted []byte) []byte {
	dst, _ = jsontext.AppendUnquote(dst, quoted)
	return dst
}

// Bool reads a boolean.
func (r *Reader) Bool() bool {
	switch r.Kind() {
	case 't':
		r.raw()
		return r.err == nil
	case 'f', 'n', Nothing:
		r.raw()
		return false
	}
	r.failNext(notA('t'))
	return false
}

// Number reads a number and returns it as it is written; nil if that is null. It is good until the next call of a method.
func (r *Reader) Number() []byte { return r.scalar('0') }

// Int64 reads a whole number, without a point or an exponent.
func (r *Reader) Int64() int64 {
	digits := r.scalar('0')
	if digits == nil {
		return 0
	}
	if n, ok := shortInt(digits); ok {
		return n
	}
	n, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil {
		r.Fail(errNotWhole)
		return 0
	}
	return n
}

// Int is Int64 for what has to fit into an int.
func (r *Reader) Int() int {
	n := r.Int64()
	if int64(int(n)) != n {
		r.Fail(errNotWhole)
		return 0
	}
	return int(n)
}

// shortInt is the value of up to 18 digits.
func shortInt(digits []byte) (n int64, ok bool) {
	if len(digits) > 18 {
		return 0, false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}
