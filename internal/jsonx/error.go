package jsonx

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

var (
	// ErrTooDeep is the error for values nested deeper than MaxDepth.
	ErrTooDeep = fmt.Errorf("values nested deeper than %d", MaxDepth)
	// ErrLongNumber is the error for a number that is too long to compute with, where Any reads it.
	ErrLongNumber = fmt.Errorf("a number of more than %d characters", maxDigits)
	// ErrMore is the error for a text that goes on after its value.
	ErrMore = errors.New("more follows after the value")
	// ErrEnd is the error for a text that ends before its value does.
	ErrEnd = errors.New("the text ends too early")
)

// Error is what is wrong with a text, and where. It shows no more of the text than a character or an escape.
type Error struct {
	Offset int64 // the bytes before it
	Err    error
}

func (e *Error) Error() string { return fmt.Sprintf("at byte %d: %v", e.Offset+1, e.Err) }
func (e *Error) Unwrap() error { return e.Err }

// Err returns the first error so far, as End does.
func (r *Reader) Err() error { return r.err }

// Fail ends the reading with an error at the beginning of the value that was read last.
func (r *Reader) Fail(err error) { r.Stop(&Error{Offset: int64(r.start), Err: err}) }

// Stop ends the reading with an error that has no place in the text. After another error it does nothing.
func (r *Reader) Stop(err error) {
	if r.err == nil {
		r.err = err
	}
	r.at, r.first = len(r.data), false
}

// fail is Fail at the next byte.
func (r *Reader) fail(err error) { r.Stop(&Error{Offset: int64(r.at), Err: err}) }

// wrong is the error for the character that comes next.
func (r *Reader) wrong(where string) {
	if r.at == len(r.data) {
		r.fail(ErrEnd)
		return
	}
	c, _ := utf8.DecodeRune(r.data[r.at:])
	r.fail(fmt.Errorf("%q %s", c, where))
}

// mismatch is the error for a value of another kind than the one that must come next.
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
