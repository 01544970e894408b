package jsonx

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

var (
	// ErrTooDeep is the error for values nested deeper than MaxDepth, where Any reads them.
	ErrTooDeep = fmt.Errorf("values nested deeper than %d", MaxDepth)
	// ErrLongNumber is the error for a number that is too long to compute with, where Any reads it.
	ErrLongNumber = fmt.Errorf("a number of more than %d characters", maxDigits)
	// ErrMore is the error for a text that goes on after its value.
	ErrMore = errors.New("more follows after the value")
)

// Error is what is wrong with a text, and where. It shows no more of the text than a character or an escape.
type Error struct {
	Offset int64 // the bytes before it
	Err    error // io.ErrUnexpectedEOF where the text ends too early
}

func (e *Error) Error() string { return fmt.Sprintf("at byte %d: %v", e.Offset+1, e.Err) }
func (e *Error) Unwrap() error { return e.Err }

// Err is the first error so far: an *Error, or the one that Stop was called with.
func (r *Reader) Err() error { return r.err }

// Fail ends the reading with an error at the beginning of the value that was read last.
func (r *Reader) Fail(err error) {
	if r.err == nil {
		r.err = &Error{Offset: r.Offset() - int64(r.last), Err: err}
	}
}

// Stop ends the reading with an error that has no place in the text.
func (r *Reader) Stop(err error) {
	if r.err == nil {
		r.err = err
	}
}

// failNext makes err the error, at the beginning of what comes next.
func (r *Reader) failNext(err error) {
	if r.err != nil {
		return
	}
	rest := r.decoder.UnreadBuffer()
	before := len(rest) - len(bytes.TrimLeft(rest, " \t\r\n,:"))
	r.err = &Error{Offset: r.Offset() + int64(before), Err: err}
}

// failed makes an error of the decoder ours: without the path to the value, whose keys may be secret.
func (r *Reader) failed(err error) {
	var syntax *jsontext.SyntacticError
	switch {
	case errors.As(err, &syntax):
		r.err = &Error{Offset: syntax.ByteOffset, Err: syntax.Err}
	case err == io.EOF:
		r.err = &Error{Offset: r.Offset(), Err: io.ErrUnexpectedEOF}
	default:
		r.err = readError(err)
	}
}

// readError is the error of the reader below the decoder.
func readError(err error) error {
	if below := errors.Unwrap(err); below != nil {
		return below
	}
	return err
}

// atEnd passes over the end of the text, where no value is open. What else it finds is an error.
func (r *Reader) atEnd() bool {
	if r.err != nil {
		return false
	}
	_, err := r.decoder.ReadToken()
	if err == io.EOF {
		return true
	}
	if err != nil {
		r.failed(err)
	}
	return false
}

// end wants nothing but white space to follow.
func (r *Reader) end() {
	if r.err != nil {
		return
	}
	if r.Kind() != Nothing {
		r.failNext(ErrMore)
		return
	}
	if r.atEnd() {
		return
	}
	if bad, ok := r.err.(*Error); ok {
		bad.Err = ErrMore
	}
}

// notA is the error for something else than what must come.
func notA(kind Kind) error {
	switch kind {
	case '{':
		return errors.New("not an object")
	case '[':
		return errors.New("not an array")
	case '"':
		return errors.New("not a string")
	case '0':
		return errors.New("not a number")
	}
	return errors.New("neither true nor false")
}
