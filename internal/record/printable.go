package record

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// PrintableLines is Printable for a text of several lines: newlines and tabs stay.
func PrintableLines(s string) string {
	var b strings.Builder
	for {
		end := strings.IndexAny(s, "\n\t")
		if end < 0 {
			b.WriteString(Printable(s))
			return b.String()
		}
		b.WriteString(Printable(s[:end]) + s[end:end+1])
		s = s[end+1:]
	}
}

// Printable makes a text that came from elsewhere safe to print on one line of a terminal: control characters, C1 and
// bidi ones included, are written as \n, \t, \x1b or \u202e, and bytes that are not UTF-8 as \xff. A backslash stays as it is.
func Printable(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, IsControl) {
		return s
	}
	var b []byte
	for i, r := range s {
		_, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\r':
			b = append(b, `\r`...)
		case r == '\t':
			b = append(b, `\t`...)
		case !IsControl(r) && (r != utf8.RuneError || n > 1):
			b = append(b, s[i:i+n]...)
		case n == 1: // a control character, or a byte that is no UTF-8
			b = fmt.Appendf(b, `\x%02x`, s[i])
		default:
			b = fmt.Appendf(b, `\u%04x`, r)
		}
	}
	return string(b)
}
