package record

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Printable makes a text that came from elsewhere safe to print on one line of a terminal: control characters, C1 and
// bidi ones included, are written as \n, \t, \x1b or \u202e, and bytes that are not UTF-8 as \xff. A backslash stays as it is.
func Printable(s string) string {
	i := firstUnsafe(s)
	if i == len(s) {
		return s
	}
	var b strings.Builder
	for i < len(s) {
		b.WriteString(s[:i])
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case n == 1: // a control character, or a byte that is no UTF-8
			fmt.Fprintf(&b, `\x%02x`, s[i])
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		s = s[i+n:]
		i = firstUnsafe(s)
	}
	b.WriteString(s)
	return b.String()
}

// firstUnsafe is where the first character stands that may not be printed; len(s) if there is none.
func firstUnsafe(s string) int {
	for i, r := range s {
		if IsControl(r) {
			return i
		}
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(s[i:]); n <= 1 {
				return i
			}
		}
	}
	return len(s)
}
