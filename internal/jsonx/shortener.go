package jsonx

import (
	"bufio"
	"bytes"
)

const (
	// readSize is how much a decoder gets at a time. It reads only when it has to, so of a value that is wanted next it has
	// got no more than that: nothing is dropped of it.
	readSize = 4 << 10
	// maxToken is how much it gets of a token that is passed over.
	maxToken = 64 << 10
)

// shortener is what the decoder of a Stream reads from. A decoder holds every token as a whole, so the bytes of one beyond
// maxToken are dropped where no value is wanted. Where one is, there is an end to what is read of it.
type shortener struct {
	in      *bufio.Reader
	wanted  bool  // nothing is dropped,
	room    int   // and so many bytes may be read
	dropped int64 // bytes so far

	token   int  // the bytes so far of a string, of white space, or of anything else between them
	blank   bool // it is white space
	quoted  bool // it is a string
	escaped bool // the byte before was a backslash
	digits  int  // hexadecimal ones to come in an escape
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

// plainRun is how many bytes stand before the next quotation mark or backslash.
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

// insideString reports whether a byte is kept. An escape is kept as a whole or not at all.
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
