// Package jsonx is the program's only JSON reader (RFC 8259), so that what the RFC leaves open is the same everywhere:
//
//   - Numbers keep their digits, however many.
//   - Of a repeated key, all members are returned, in order.
//   - Bytes in strings that are not UTF-8, and unpaired surrogates, become U+FFFD.
//   - Values nested deeper than MaxDepth are an error, and so is anything but white space after the value.
//   - Keys are compared exactly: Name is not name.
//
// Except for the last point this is how encoding/json works. Use a Reader for a text in memory, and a Stream for one of any
// length.
package jsonx

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// MaxDepth is how deeply values may be nested.
const MaxDepth = 10_000

// Kind returns the kind of the next value, without consuming it.
type Kind = jsontext.Kind

// Nothing is the Kind of the end of the text, and of what no value begins with.
const Nothing = jsontext.KindInvalid

// Reader reads a text from the beginning to the end, once. Its first error is kept: from there on every method
// finds nothing more and returns a zero value, so that errors need only be checked at the end. For null, every
// method that reads a value returns the zero value as well.
//
// It is our own instead of jsontext's decoder, because it reads a record in half the time: see BenchmarkParse
// of package record.
type Reader struct {
	data  []byte
	text  string // a copy of data that strings share; empty until a string is read, or if data is long
	at    int    // of the next byte
	start int    // of the value that was read last
	depth int    // of objects and arrays
	first bool   // at the beginning of an object or an array
	err   error
}

// NewReader returns a Reader of a text. Strings that it returns share no memory with the text.
func NewReader(text []byte) Reader { return Reader{data: text} }

// End returns the first error, an *Error or the argument of Stop. Anything but white space after the value is an
// error.
func (r *Reader) End() error {
	if r.peek(); r.at < len(r.data) {
		r.fail(ErrMore)
	}
	return r.err
}

// Another reports whether another value follows, for texts of several values. White space between two of them is
// required, except for objects, arrays and strings: 01 is not two numbers.
func (r *Reader) Another() bool {
	end := r.at
	switch next := r.peek(); {
	case r.at == len(r.data):
		return false
	case end == 0 || end < r.at:
	case !strings.ContainsRune(`}]"`, rune(r.data[end-1])) || !strings.ContainsRune(`{["`, rune(next)):
		r.fail(ErrMore)
		return false
	}
	return true
}

// peek skips white space and returns the next byte; 0 at the end.
func (r *Reader) peek() byte {
	if r.at < len(r.data) && r.data[r.at] > ' ' { // the most frequent case
		return r.data[r.at]
	}
	return r.blank()
}

func (r *Reader) blank() byte {
	for r.at < len(r.data) {
		switch c := r.data[r.at]; c {
		case ' ', '\t', '\r', '\n':
			r.at++
		default:
			return c
		}
	}
	return 0
}

// Offset returns the number of bytes read.
func (r *Reader) Offset() int { return r.at }

// Kind returns what comes next, and skips nothing.
func (r *Reader) Kind() Kind {
	switch c := r.peek(); c {
	case '{', '}', '[', ']', '"', 't', 'f', 'n':
		return Kind(c)
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return '0'
	}
	return Nothing
}

// Object yields the keys of an object. After each key its value must be read. A key is valid until the next call
// of a method.
func (r *Reader) Object() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if r.Null() || !r.Open('{') {
			return
		}
		for r.More('}') && yield(r.Key()) {
		}
	}
}

// Array yields once for each element of an array, which must be read then.
func (r *Reader) Array() iter.Seq[struct{}] {
	return func(yield func(struct{}) bool) {
		if r.Null() || !r.Open('[') {
			return
		}
		for r.More(']') && yield(struct{}{}) {
		}
	}
}

// Null skips a null, if that comes next.
func (r *Reader) Null() bool { return r.peek() == 'n' && r.word("null") }

// nullOr skips a null, which is allowed for a value of any kind; anything else is an error.
func (r *Reader) nullOr(kind Kind) {
	if !r.Null() {
		r.mismatch(kind)
	}
}

// Open skips the { or [ that must come next; null is not allowed.
func (r *Reader) Open(bracket Kind) bool {
	if r.peek() != byte(bracket) {
		r.mismatch(bracket)
		return false
	}
	if r.depth++; r.depth > MaxDepth {
		r.fail(ErrTooDeep)
		return false
	}
	r.at++
	r.first = true
	return true
}

// More reports whether there is another member or element before the } or ], which it skips otherwise.
func (r *Reader) More(bracket Kind) bool {
	c := r.peek()
	first := r.first
	r.first = false
	switch {
	case c == byte(bracket):
		r.at++
		r.depth--
		return false
	case first:
		return r.err == nil
	case c == ',':
		r.at++
		return true
	}
	r.wrong("where a comma or " + string(rune(bracket)) + " is due")
	return false
}

// Field skips the beginning of the next member, if it is exactly field: ,"name": with the comma, which is ignored
// for the first member. It is for texts of our own: for all others there are More and Key.
func (r *Reader) Field(field string) bool {
	if r.first {
		field = field[1:]
	}
	if len(r.data)-r.at < len(field) || string(r.data[r.at:r.at+len(field)]) != field {
		return false
	}
	r.at += len(field)
	r.first = false
	return true
}

// Key reads the key of a member. It is valid until the next call of a method.
func (r *Reader) Key() []byte {
	key, plain := r.quoted("where a key in quotes is due")
	if !plain {
		key = r.unquoted()
	}
	r.colon()
	return key
}

// KeyString reads the key of a member as a string that may be kept.
func (r *Reader) KeyString() string {
	key := r.stringOf(r.quoted("where a key in quotes is due"))
	r.colon()
	return key
}

func (r *Reader) colon() {
	if r.peek() != ':' {
		r.wrong("where a colon is due")
		return
	}
	r.at++
}

// Seek skips everything before the value of the next member whose beginning matches field, at any depth, without
// parsing: it is fast, and for well-formed text only. A key with escapes, and the first one of an object, are not
// found.
func (r *Reader) Seek(field string) bool {
	const before = `,"` // which is nearly everywhere, so that looking for it takes several times as long
	for key := []byte(field[len(before):]); ; {
		n := bytes.Index(r.data[r.at:], key)
		if n < 0 {
			r.fail(ErrEnd)
			return false
		}
		found := bytes.HasSuffix(r.data[:r.at+n], []byte(before)) // within a string, a backslash would be between them
		if r.at += n + len(key); found {
			return true
		}
	}
}

// Value reads any value and returns it unchanged, without surrounding white space; also null. It shares memory
// with the text.
func (r *Reader) Value() []byte {
	r.peek()
	start := r.at
	r.Skip()
	if r.start = start; r.err != nil {
		return nil
	}
	return r.data[start:r.at:r.at]
}

// Skip skips a value.
func (r *Reader) Skip() {
	switch r.peek() {
	case '{':
		for r.Open('{'); r.More('}'); r.Skip() {
			r.quoted("where a key in quotes is due")
			r.colon()
		}
	case '[':
		for r.Open('['); r.More(']'); r.Skip() {
		}
	case '"':
		r.quoted("")
	case 't', 'f':
		r.Bool()
	case 'n':
		r.word("null")
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		r.number()
	default:
		r.wrong("where a value is due")
	}
}

var (
	// ErrTooDeep is the error for values nested deeper than MaxDepth.
	ErrTooDeep = fmt.Errorf("values nested deeper than %d", MaxDepth)
	// ErrLongNumber is the error for a number that is too long to compute with, where Any reads it.
	ErrLongNumber = fmt.Errorf("a number of more than %d characters", maxDigits)
	// ErrMore is the error for a text that continues after its value.
	ErrMore = errors.New("more follows after the value")
	// ErrEnd is the error for a text that ends before its value does.
	ErrEnd = errors.New("the text ends too early")
)

// Error is a syntax error with its place. It shows at most a character or an escape of the text.
type Error struct {
	Offset int64 // the bytes before it
	Err    error
}

func (e *Error) Error() string { return fmt.Sprintf("at byte %d: %v", e.Offset+1, e.Err) }
func (e *Error) Unwrap() error { return e.Err }

// Err returns the first error so far, as End does.
func (r *Reader) Err() error { return r.err }

// Fail ends reading with an error at the beginning of the last value.
func (r *Reader) Fail(err error) { r.Stop(&Error{Offset: int64(r.start), Err: err}) }

// Stop ends reading with an error without a place in the text. After another error it does nothing.
func (r *Reader) Stop(err error) {
	if r.err == nil {
		r.err = err
	}
	r.at, r.first = len(r.data), false
}

// fail is Fail at the next byte.
func (r *Reader) fail(err error) { r.Stop(&Error{Offset: int64(r.at), Err: err}) }

// wrong reports the next character as an error.
func (r *Reader) wrong(where string) {
	if r.at == len(r.data) {
		r.fail(ErrEnd)
		return
	}
	c, _ := utf8.DecodeRune(r.data[r.at:])
	r.fail(fmt.Errorf("%q %s", c, where))
}

// mismatch reports a value of another kind than the required one.
func (r *Reader) mismatch(kind Kind) {
	if r.Kind() == Nothing {
		r.wrong("where a value is due")
		return
	}
	r.fail(notA(kind))
}

func notA(kind Kind) error {
	what := map[Kind]string{'{': "an object", '[': "an array", '"': "a string", '0': "a number"}[kind]
	if what == "" {
		return errors.New("neither true nor false")
	}
	return errors.New("not " + what)
}
