package record

import (
	"unicode/utf16"
	"unicode/utf8"
)

// string reads a string, or null as an empty one.
func (s *scanner) string() string {
	if s.peek() != '"' && s.null() {
		return ""
	}
	return s.quotation()
}

// quotation reads a string.
func (s *scanner) quotation() string {
	start, end, plain := s.quoted()
	switch {
	case !plain:
		return string(unescaped(s.data[start:end]))
	case s.text != "":
		return s.text[start:end]
	}
	return string(s.data[start:end])
}

// usual are the bytes of a string that need no look: all of ASCII but its end, escapes and control characters.
var usual = func() (all [256]bool) {
	for c := range all {
		all[c] = 0x20 <= c && c < utf8.RuneSelf && c != '"' && c != '\\'
	}
	return all
}()

// quoted passes a string over and says where in data its inside is, and whether that stands for itself: it has no escapes
// and is UTF-8.
func (s *scanner) quoted() (start, end int, plain bool) {
	if s.peek() != '"' {
		s.fail("not a string")
		return s.at, s.at, true
	}
	data, i := s.data, s.at+1
	start = i
	escapes, ascii := false, true
	for {
		for i < len(data) && usual[data[i]] {
			i++
		}
		if i == len(data) {
			break
		}
		switch c := data[i]; {
		case c >= utf8.RuneSelf:
			ascii = false
			i++
		case c == '"':
			s.at = i + 1
			return start, i, !escapes && (ascii || utf8.Valid(data[start:i]))
		case c == '\\':
			n := escapeLen(data[i:])
			if n == 0 {
				s.at = i
				s.fail("an escape that there is not")
				return s.at, s.at, true
			}
			escapes = true
			i += n
		default:
			s.at = i
			s.fail("a control character in a string")
			return s.at, s.at, true
		}
	}
	s.at = i
	s.fail("a string without end")
	return s.at, s.at, true
}

// escapeLen is the length of the escape that b begins with; 0 if it is none.
func escapeLen(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if _, ok := unit(b); ok {
			return 6
		}
	}
	return 0
}

// unit is the UTF-16 code unit of the escape that b begins with, if that is a \u and four digits.
func unit(b []byte) (u rune, ok bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	for _, c := range b[2:6] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		u = u<<4 | rune(c)
	}
	return u, true
}

// unescaped is what the inside of a string stands for. Half a surrogate pair, and a byte that is not UTF-8, becomes U+FFFD.
func unescaped(inside []byte) []byte {
	text := make([]byte, 0, len(inside))
	for i := 0; i < len(inside); {
		switch c := inside[i]; {
		case c == '\\' && inside[i+1] == 'u':
			r, _ := unit(inside[i:])
			i += 6
			if utf16.IsSurrogate(r) {
				low, ok := unit(inside[i:])
				if r = utf16.DecodeRune(r, low); ok && r != utf8.RuneError {
					i += 6
				}
			}
			text = utf8.AppendRune(text, r)
		case c == '\\':
			text = append(text, meaning(inside[i+1]))
			i += 2
		default:
			r, n := utf8.DecodeRune(inside[i:])
			text = utf8.AppendRune(text, r)
			i += n
		}
	}
	return text
}

// meaning is what a byte after a backslash stands for.
func meaning(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c // a quote, a backslash, a slash
}
