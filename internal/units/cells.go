package units

import (
	"strings"

	"example.com/fetch/internal/record"
)

// Inert takes the meaning from everything that Markdown or HTML would act upon: a server's text must make no link, no
// image and no cell. Nothing in it is obeyed by a terminal.
func Inert(s string) string { return markup.Replace(record.Printable(s)) }

var markup = strings.NewReplacer(
	`\`, `\\`, "|", `\|`, "`", "\\`", "*", `\*`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "&", "&amp;",
)

// IsFormula says whether a spreadsheet may take a cell for a formula: it begins with = + - @ TAB or CR and is not a number.
func IsFormula(cell string) bool {
	return cell != "" && strings.IndexByte("=+-@\t\r", cell[0]) >= 0 && !isNumber(cell)
}

// isNumber says whether all of a cell is a decimal number, such as -1.5e+3.
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
