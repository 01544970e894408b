package jsonx

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// ErrLongValue is the error of a value that exceeds its limit.
var ErrLongValue = errors.New("value too long")

// Lines returns a scanner of the complete lines of NDJSON, including their line ends, up to a maximum length.
func Lines(r io.Reader, longest int) *bufio.Scanner {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 64<<10), longest)
	s.Split(func(data []byte, _ bool) (int, []byte, error) {
		if n := bytes.IndexByte(data, '\n') + 1; n > 0 {
			return n, data[:n], nil
		}
		return 0, nil, nil
	})
	return s
}

// Stream reads a text of any length in little memory. Its first error is kept, like that of a Reader.
type Stream struct {
	below   shortener
	decoder *jsontext.Decoder
	err     error
}

// The options of the decoder.
var duplicates, invalidUTF8 = jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)

// NewStream returns a Stream of what r holds.
func NewStream(r io.Reader) *Stream {
	s := &Stream{below: shortener{in: bufio.NewReaderSize(r, 64<<10)}}
	s.decoder = jsontext.NewDecoder(&s.below, duplicates, invalidUTF8)
	return s
}

// Kind returns the kind of the next value, without consuming it.
func (s *Stream) Kind() Kind {
	if s.err != nil {
		return Nothing
	}
	return s.decoder.PeekKind()
}

// Open skips the { or [ that must come next.
func (s *Stream) Open(bracket Kind) bool {
	switch s.Kind() {
	case bracket, Nothing:
		s.token()
	default:
		s.fail(s.next(), notA(bracket))
	}
	return s.err == nil
}

// More reports whether there is another member or element. If there is none, it skips the closing bracket.
func (s *Stream) More() bool {
	switch s.Kind() {
	case '}', ']', Nothing:
		s.token()
		return false
	}
	return true
}

// Key reads the key of a member, truncated to 64 KiB.
func (s *Stream) Key() string {
	if key := s.token(); s.err == nil {
		return key.String()
	}
	return ""
}

// Skip skips a value.
func (s *Stream) Skip() {
	if s.err == nil {
		s.failed(s.decoder.SkipValue())
	}
}

// Value reads a value of at most limit bytes, and returns it unchanged. It is valid until the next call of a
// method. A longer one is skipped: then the error is ErrLongValue, and reading can continue. No other error is
// returned.
func (s *Stream) Value(limit int) ([]byte, error) {
	if s.err != nil {
		return nil, nil
	}
	s.below.wanted, s.below.room = true, limit+readSize
	value, err := s.decoder.ReadValue()
	s.below.wanted = false
	switch {
	case errors.Is(err, ErrLongValue):
		s.Skip()
		return nil, ErrLongValue
	case err != nil:
		s.failed(err)
		return nil, nil
	case len(value) > limit:
		return nil, ErrLongValue
	}
	return value, nil
}

// End returns the first error: an *Error, or that of the underlying reader. Anything but white space after the
// value is an error.
func (s *Stream) End() error {
	if s.Kind(); s.err != nil {
		return s.err
	}
	end := s.next()
	_, err := s.decoder.ReadToken()
	switch _, wrong := errors.AsType[*jsontext.SyntacticError](err); {
	case err == io.EOF:
	case err == nil, wrong:
		s.fail(end, ErrMore)
	default:
		s.failed(err)
	}
	return s.err
}

// Err returns the first error so far, as End does.
func (s *Stream) Err() error { return s.err }

// token reads a bracket or a key.
func (s *Stream) token() jsontext.Token {
	if s.err != nil {
		return jsontext.Null
	}
	token, err := s.decoder.ReadToken()
	s.failed(err)
	return token
}

// next returns the offset of the value that Kind has seen.
func (s *Stream) next() int64 {
	rest := s.decoder.UnreadBuffer()
	return s.decoder.InputOffset() + int64(len(rest)-len(bytes.TrimLeft(rest, " \t\r\n,:")))
}

// failed stores an error of the decoder, without the path to the value, whose keys may be secret.
func (s *Stream) failed(err error) {
	switch wrong, ok := errors.AsType[*jsontext.SyntacticError](err); {
	case err == nil:
	case ok && wrong.Err == io.ErrUnexpectedEOF:
		s.fail(wrong.ByteOffset, ErrEnd)
	case ok:
		s.fail(wrong.ByteOffset, wrong.Err)
	case err == io.EOF:
		s.fail(s.decoder.InputOffset(), ErrEnd)
	default: // from the underlying reader
		s.err = cmp.Or(errors.Unwrap(err), err)
	}
}

func (s *Stream) fail(offset int64, err error) {
	s.err = &Error{Offset: offset + s.below.dropped, Err: err}
}

const (
	// readSize is how much a decoder gets at a time. It reads only when it must, so it has at most this much of
	// the next value: nothing of it is dropped.
	readSize = 4 << 10
	// maxToken is how much it gets of a token that is skipped.
	maxToken = 64 << 10
)

// shortener is the source of a Stream's decoder. A decoder holds every token completely, so the bytes of a token
// beyond maxToken are dropped while no value is wanted. For a wanted value, reading is limited instead.
type shortener struct {
	in      *bufio.Reader
	wanted  bool  // a value is wanted: nothing is dropped,
	room    int   // and this many bytes may be read
	dropped int64 // number of dropped bytes

	token   int  // the bytes so far of a string, of white space, or of anything else between them
	blank   bool // it is white space
	quoted  bool // it is a string
	escaped bool // the byte before was a backslash
	digits  int  // remaining hexadecimal digits of an escape
	cut     bool // the rest of the string is dropped
}

func (s *shortener) Read(p []byte) (int, error) {
	switch {
	case !s.wanted:
		p = p[:min(len(p), readSize)]
	case s.room <= 0:
		return 0, ErrLongValue
	default:
		p = p[:min(len(p), s.room)]
	}
	for {
		n, err := s.in.Read(p)
		kept := s.shorten(p[:n])
		s.dropped += int64(n - kept)
		s.room -= n
		if kept > 0 || err != nil {
			return kept, err
		}
	}
}

// shorten moves the bytes that are kept to the front of text, and counts them.
func (s *shortener) shorten(text []byte) int {
	kept := 0
	for i := 0; i < len(text); i++ {
		if s.cut && !s.escaped {
			if i += plainRun(text[i:]); i == len(text) {
				break
			}
		}
		c, keep := text[i], false
		if s.quoted {
			keep = s.insideString(c)
		} else {
			keep = s.outsideStrings(c)
		}
		if keep {
			text[kept] = c
			kept++
		}
	}
	return kept
}

// plainRun returns how many bytes are before the next quotation mark or backslash.
func plainRun(text []byte) int {
	for _, c := range []byte(`"\`) {
		if n := bytes.IndexByte(text, c); n >= 0 {
			text = text[:n]
		}
	}
	return len(text)
}

// outsideStrings reports whether a byte is kept.
func (s *shortener) outsideStrings(c byte) bool {
	switch c {
	case '"':
		s.token, s.quoted = 0, true
		return true
	case '{', '}', '[', ']', ':', ',':
		s.token = 0
		return true
	}
	if blank := c == ' ' || c == '\t' || c == '\r' || c == '\n'; blank != s.blank {
		s.token, s.blank = 0, blank
	}
	s.token++
	return s.token <= maxToken || s.wanted
}

// insideString reports whether a byte is kept. An escape is kept completely or not at all.
func (s *shortener) insideString(c byte) bool {
	s.token++
	if s.token > maxToken && !s.wanted && !s.escaped && s.digits == 0 {
		s.cut = true
	}
	keep := !s.cut
	switch {
	case s.escaped:
		s.escaped = false
		if c == 'u' {
			s.digits = 4
		}
	case c == '"':
		s.token, s.quoted, s.digits, s.cut = 0, false, 0, false
		return true
	case c == '\\':
		s.escaped = true
	case s.digits > 0:
		s.digits--
	}
	return keep
}
