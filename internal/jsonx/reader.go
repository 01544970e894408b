// Package jsonx is the one reader of JSON (RFC 8259), on jsontext. It treats the same everywhere what the RFC leaves open:
//
//   - Numbers keep their digits, however many.
//   - Of a key that comes twice, both members are given, in their order.
//   - Bytes in strings that are not UTF-8, and surrogates without their other half, become U+FFFD.
//   - Values nested deeper than MaxDepth are an error, and so is anything but white space after the value.
//   - Keys are compared exactly: Name is not name.
//
// These are the ways of encoding/json, the last aside.
package jsonx

import (
	"bytes"
	"iter"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// MaxDepth is how deeply values may be nested.
const MaxDepth = 10_000

// Kind is what a value is, by its first byte: one of { [ " 0 t f n, with 0 for every number. } and ] are the ends of an
// object and an array.
type Kind = jsontext.Kind

// Nothing is the Kind of the end of the text, and of an error.
const Nothing = jsontext.KindInvalid

// maxShared is the length of a text up to which its strings are parts of one copy of it. Of a longer one each string is
// a copy of its own, so that a short one that is kept does not hold it all.
const maxShared = 16 << 10

// Reader reads a text from the front to the end, once. Its first error stays: from there on every method finds nothing
// more and returns a zero value, so that nobody has to ask before the end. Where a value is null, every method that
// reads one returns the zero value as well.
type Reader struct {
	decoder jsontext.Decoder
	input   bytes.Buffer
	data    []byte
	text    string // data again, of which strings are parts; empty as long as none was asked for, or data is long
	unquote []byte // the last key, if it had escapes
	last    int    // the length of the value that was read last
	err     error
}

var readers = sync.Pool{New: func() any { return new(Reader) }}

// Read calls read with a Reader of a text that is one value. The error is an *Error, or the one that Stop was called
// with. The Reader is of no use after read has returned; what it gave as strings shares no memory with data.
func Read(data []byte, read func(*Reader)) error {
	r := readers.Get().(*Reader)
	r.reset(data)
	read(r)
	r.end()
	err := r.err
	if len(data) <= maxShared { // others are not to be held by the pool
		r.data, r.text, r.err = nil, "", nil
		readers.Put(r)
	}
	return err
}

// lenient are the options of every decoder and encoder.
var lenient = jsontext.AllowDuplicateNames(true)
var lenientUTF8 = jsontext.AllowInvalidUTF8(true)

func (r *Reader) reset(data []byte) {
	r.data, r.text, r.err = data, "", nil
	r.input = *bytes.NewBuffer(data)
	r.decoder.Reset(&r.input, lenient, lenientUTF8)
}

// Kind returns what comes next, and passes over nothing.
func (r *Reader) Kind() Kind {
	if r.err != nil {
		return Nothing
	}
	return r.decoder.PeekKind()
}

// Object returns the keys of an object. After each, its value is to be read. A key is good until the next call of a
// method.
func (r *Reader) Object() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if r.Null() || !r.Open('{') {
			return
		}
		for r.More() && yield(r.Key()) {
		}
	}
}

// Array yields once for each element of an array, which is to be read then.
func (r *Reader) Array() iter.Seq[struct{}] {
	return func(yield func(struct{}) bool) {
		if r.Null() || !r.Open('[') {
			return
		}
		for r.More() && yield(struct{}{}) {
		}
	}
}

// Null passes over a null, if that comes next.
func (r *Reader) Null() bool {
	if r.Kind() != 'n' {
		return false
	}
	r.raw()
	return true
}

// Open passes over the { or [ that must come next; null will not do.
func (r *Reader) Open(bracket Kind) bool {
	switch r.Kind() {
	case bracket:
		r.token()
	case Nothing:
		r.token() // tells why
	default:
		r.failNext(notA(bracket))
	}
	return r.err == nil
}

// More reports whether there is another member, element, or, outside of all brackets, value. If there is none, it passes
// over the closing bracket.
func (r *Reader) More() bool {
	switch r.Kind() {
	case '}', ']':
		r.token()
		return false
	case Nothing:
		r.atEnd()
		return false
	}
	return true
}

// Key reads the key of a member. It is good until the next call of a method.
func (r *Reader) Key() []byte {
	quoted := r.raw()
	if r.err != nil {
		return nil
	}
	if isPlain(quoted) {
		return quoted[1 : len(quoted)-1]
	}
	r.unquote = unquoted(r.unquote[:0], quoted)
	return r.unquote
}

// Value reads a value and returns it as it stands, without the white space around it, null too. It is good until the next
// call of a method.
func (r *Reader) Value() []byte { return r.raw() }

// Skip passes over a value.
func (r *Reader) Skip() { r.raw() }

// Offset is the number of bytes before the end of what was read last.
func (r *Reader) Offset() int64 { return r.decoder.InputOffset() }

// raw reads a value, or a key.
func (r *Reader) raw() []byte {
	if r.err != nil {
		return nil
	}
	value, err := r.decoder.ReadValue()
	if err != nil {
		r.failed(err)
		return nil
	}
	r.last = len(value)
	return value
}

// token reads a bracket.
func (r *Reader) token() {
	if r.err != nil {
		return
	}
	if _, err := r.decoder.ReadToken(); err != nil {
		r.failed(err)
	}
}
