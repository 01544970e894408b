package table

import (
	"strings"
	"unicode/utf8"
)

// isFormula reports whether a spreadsheet may take a cell for a formula: it begins with = + - @, one of these in full
// width, a tab or a line break, and is not a number.
func isFormula(cell string) bool {
	first, _ := utf8.DecodeRuneInString(cell)
	return strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) && cell != "" && !isNumber(cell)
}

// isNumber reports whether all of a cell is a decimal number, such as -1.5e+3.
func isNumber(s string) bool {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	whole, s := digits(s)
	part := 0
	if strings.HasPrefix(s, ".") {
		part, s = digits(s[1:])
	}
	if whole+part == 0 {
		return false
	}
	if s != "" && (s[0] == 'e' || s[0] == 'E') {
		s = s[1:]
		if s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		n := 0
		if n, s = digits(s); n == 0 {
			return false
		}
	}
	return s == ""
}

// digits counts the digits that s begins with, and gives what follows.
func digits(s string) (n int, rest string) {
	rest = strings.TrimLeft(s, "0123456789")
	return len(s) - len(rest), rest
}
