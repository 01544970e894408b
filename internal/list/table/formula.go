package table

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// isFormula reports whether a spreadsheet may take a cell for a formula: it begins with = + - @, one of these in full
// width, a tab or a line break, and is not a number.
func isFormula(cell string) bool {
	first, _ := utf8.DecodeRuneInString(cell)
	return strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) && cell != "" && !number.MatchString(cell)
}

// number is a decimal number, such as -1.5e+3.
var number = regexp.MustCompile(`^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$`)
