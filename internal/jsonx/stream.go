package jsonx

import (
	"bufio"
	"errors"
	"io"
)

// ErrLongValue is the error for a value that is longer than it may be.
var ErrLongValue = errors.New("value too long")

// Stream reads a text of any length in little memory. Its first error stays, as that of a Reader.
type Stream struct {
	reader Reader
	below  shortener
}

// NewStream returns a Stream of what r holds.
func NewStream(r io.Reader) *Stream {
	s := &Stream{below: shortener{in: bufio.NewReaderSize(r, 64<<10)}}
	s.reader.decoder.Reset(&s.below, lenient, lenientUTF8)
	return s
}

// Kind is as Reader.Kind.
func (s *Stream) Kind() Kind { return s.reader.Kind() }

// Open is as Reader.Open.
func (s *Stream) Open(bracket Kind) bool { return s.reader.Open(bracket) }

// More is as Reader.More.
func (s *Stream) More() bool { return s.reader.More() }

// Key is as Reader.Key. Of a key of more than 64 KiB it is the beginning.
func (s *Stream) Key() []byte { return s.reader.Key() }

// End wants nothing but white space to follow.
func (s *Stream) End() { s.reader.end() }

// Err returns the first error so far: an *Error, or what could not be read from below.
func (s *Stream) Err() error {
	if bad, ok := s.reader.err.(*Error); ok {
		return &Error{Offset: bad.Offset + s.below.dropped, Err: bad.Err}
	}
	return s.reader.err
}

// Skip passes over a value.
func (s *Stream) Skip() {
	if s.reader.err != nil {
		return
	}
	if err := s.reader.decoder.SkipValue(); err != nil {
		s.reader.failed(err)
	}
}

// Value reads a value of at most limit bytes, and returns it as it stands. It is good until the next call of a method. A
// longer one is passed over: then the error is ErrLongValue, and reading can go on. No other error is returned.
func (s *Stream) Value(limit int) ([]byte, error) {
	if s.Kind(); s.reader.err != nil {
		return nil, nil
	}
	s.below.wanted, s.below.room = true, limit+readSize
	value, err := s.reader.decoder.ReadValue()
	s.below.wanted = false
	switch {
	case errors.Is(err, ErrLongValue):
		s.Skip()
		return nil, ErrLongValue
	case err != nil:
		s.reader.failed(err)
		return nil, nil
	case len(value) > limit:
		return nil, ErrLongValue
	}
	return value, nil
}
