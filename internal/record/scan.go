package record

import (
	"fmt"
	"strconv"
)

// scanner reads JSON (RFC 8259) from the front to the end, once. What encoding/json refuses, it refuses. The first error
// stays: it sets the scanner behind the last byte, where every method finds nothing more and gives a zero value, so that
// nobody has to ask before the end.
type scanner struct {
	data  []byte
	text  string // data again, of which strings are parts; empty if data is long
	at    int    // of the next byte
	depth int    // of objects and arrays
	err   error
}

const (
	// maxShared is the length of a line up to which its strings are parts of one copy. Of a longer one, most of which are
	// values, each string is a copy of its own, so that a short one that is kept does not hold it all.
	maxShared = 16 << 10

	maxNesting = 10_000 // that of encoding/json
)

func newScanner(data []byte) scanner {
	s := scanner{data: data}
	if len(data) <= maxShared {
		s.text = string(data)
	}
	return s
}

func (s *scanner) fail(what string) {
	if s.err == nil {
		s.err = fmt.Errorf("at byte %d: %s", s.at+1, what)
	}
	s.at = len(s.data)
}

// peek passes white space over and gives the byte that follows; 0 at the end.
func (s *scanner) peek() byte {
	if s.at < len(s.data) && s.data[s.at] > ' ' { // as good as always
		return s.data[s.at]
	}
	return s.blank()
}

func (s *scanner) blank() byte {
	for s.at < len(s.data) {
		switch c := s.data[s.at]; c {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return c
		}
	}
	return 0
}

// end wants nothing but white space to follow.
func (s *scanner) end() error {
	if s.peek(); s.at < len(s.data) {
		s.fail("more after the end of the object")
	}
	return s.err
}

// literal passes a word over, if it follows.
func (s *scanner) literal(word string) bool {
	if end := s.at + len(word); end <= len(s.data) && string(s.data[s.at:end]) == word {
		s.at = end
		return true
	}
	return false
}

// null passes over a null, if it follows. It leaves what it is for as it is.
func (s *scanner) null() bool { return s.peek() == 'n' && s.literal("null") }

// object begins an object and says whether it has members: each is read by key and then something for its value, and
// after it more('}') says whether there is another. A null has none.
func (s *scanner) object() bool { return s.begin('{', '}', "an object") }

// array begins an array and says whether it has elements, as object does.
func (s *scanner) array() bool { return s.begin('[', ']', "an array") }

func (s *scanner) begin(open, shut byte, what string) bool {
	switch c := s.peek(); {
	case c == open:
	case s.null():
		return false
	default:
		s.fail("not " + what)
		return false
	}
	if s.depth++; s.depth > maxNesting {
		s.fail("nested too deep")
		return false
	}
	s.at++
	if s.peek() == shut {
		s.at++
		s.depth--
		return false
	}
	return true
}

func (s *scanner) more(shut byte) bool {
	switch s.peek() {
	case ',':
		s.at++
		return true
	case shut:
		s.at++
		s.depth--
	default:
		s.fail("neither a comma nor " + string(rune(shut)))
	}
	return false
}

// key reads a member's key and its colon. What it gives is only good until the next call.
func (s *scanner) key() []byte {
	start, end, plain := s.quoted()
	key := s.data[start:end]
	if !plain {
		key = unescaped(key)
	}
	s.colon()
	return key
}

// column is key for one that is kept.
func (s *scanner) column() string {
	key := s.quotation()
	s.colon()
	return key
}

func (s *scanner) colon() {
	if s.peek() != ':' {
		s.fail("no colon after a key")
		return
	}
	s.at++
}

// bool reads a boolean.
func (s *scanner) bool() bool {
	switch s.peek() {
	case 't':
		if s.literal("true") {
			return true
		}
	case 'f':
		if s.literal("false") {
			return false
		}
	case 'n':
		if s.literal("null") {
			return false
		}
	}
	s.fail("neither true nor false")
	return false
}

// number passes a number over; nil: something else follows.
func (s *scanner) number() []byte {
	s.peek()
	data, start := s.data, s.at
	i := start
	if i < len(data) && data[i] == '-' {
		i++
	}
	whole := i
	for i < len(data) && isDigit(data[i]) {
		i++
	}
	if i == whole || data[whole] == '0' && i > whole+1 {
		return nil
	}
	if i < len(data) && data[i] == '.' {
		i++
		part := i
		for i < len(data) && isDigit(data[i]) {
			i++
		}
		if i == part {
			return nil
		}
	}
	if i < len(data) && data[i]|0x20 == 'e' {
		i++
		if i < len(data) && (data[i] == '+' || data[i] == '-') {
			i++
		}
		power := i
		for i < len(data) && isDigit(data[i]) {
			i++
		}
		if i == power {
			return nil
		}
	}
	s.at = i
	return data[start:i]
}

// int64 reads a whole number, without a point or an exponent.
func (s *scanner) int64() int64 {
	if s.null() {
		return 0
	}
	at := s.at
	digits := s.number()
	if len(digits) > 0 && len(digits) < 19 && digits[0] != '-' { // it fits
		n := int64(0)
		for _, c := range digits {
			if !isDigit(c) {
				n = -1
				break
			}
			n = n*10 + int64(c-'0')
		}
		if n >= 0 {
			return n
		}
	}
	n, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil {
		s.at = at
		s.fail("not a whole number, or one that is too large")
		return 0
	}
	return n
}

// int is int64 for what has to fit into an int.
func (s *scanner) int() int {
	at := s.at
	n := s.int64()
	if int64(int(n)) != n {
		s.at = at
		s.fail("a number that is too large")
		return 0
	}
	return int(n)
}

// micros reads a number of milliseconds.
func (s *scanner) micros() Micros {
	if s.null() {
		return 0
	}
	at := s.at
	number := s.number()
	if len(number) == 1 { // most are 0
		return Micros(number[0]-'0') * 1000
	}
	m, err := parseMicros(number)
	if err != nil {
		s.at = at
		s.fail(err.Error())
	}
	return m
}

// skip passes any value over and gives it as it stands.
func (s *scanner) skip() []byte {
	s.peek()
	start := s.at
	switch c := s.peek(); c {
	case '{':
		for more := s.object(); more; more = s.more('}') {
			s.key()
			s.skip()
		}
	case '[':
		for more := s.array(); more; more = s.more(']') {
			s.skip()
		}
	case '"':
		s.quoted()
	case 't', 'f', 'n':
		s.bool()
	default:
		if s.number() == nil {
			s.fail("not a value")
		}
	}
	if s.err != nil {
		return nil
	}
	return s.data[start:s.at]
}
