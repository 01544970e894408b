package table

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"example.com/fetch/internal/record"
)

// Writer writes rows as CSV or TSV, so that a Reader returns every cell unchanged. Any text can be a cell.
//
//   - CSV is RFC 4180, with LF at the end of rows. A cell is quoted if it contains a quote, a comma or a line break,
//     or would be an empty line.
//   - TSV has a row on each line: a tab, line feed, carriage return or backslash in a cell is written as \t, \n, \r or \\. A
//     cell that begins with a quote is quoted, because most programs that read TSV understand quotes.
type Writer struct {
	Format   Format // CSV or TSV
	Safe     bool   // formula-like cells get a ' before them
	Terminal bool   // control characters are escaped, including line breaks: the text is for people, and not exact
}

// AppendHeading appends the row with the names of the columns. It is quoted more than other rows, because a Reader
// detects the separator by the first line, and some programs the format.
func (w Writer) AppendHeading(dst []byte, names []string) []byte { return w.append(dst, names, true) }

// AppendRow appends a row.
func (w Writer) AppendRow(dst []byte, cells []string) []byte { return w.append(dst, cells, false) }

func (w Writer) append(dst []byte, cells []string, heading bool) []byte {
	separator := byte(',')
	if w.Format == TSV {
		separator = '\t'
	}
	for i, cell := range cells {
		if i > 0 {
			dst = append(dst, separator)
		}
		if w.Safe && isFormula(cell) {
			cell = "'" + cell
		}
		quoted := cell == "" && len(cells) == 1
		if w.Format == TSV {
			cell = tsvEscapes.Replace(cell)
			quoted = quoted || quotedInTSV(cell)
		} else {
			quoted = quoted || strings.ContainsAny(cell, "\",\n\r") || heading && misleads(cell)
		}
		if w.Terminal {
			cell = record.Printable(cell)
		}
		if quoted {
			cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
		}
		dst = append(dst, cell...)
	}
	return append(dst, '\n')
}

var tsvEscapes = strings.NewReplacer("\t", `\t`, "\n", `\n`, "\r", `\r`, `\`, `\\`)

// misleads reports whether an unquoted name could be misinterpreted at the beginning of a table: as a line that sets
// the separator, a byte order mark, JSON, or cells with another separator.
func misleads(name string) bool { return misleading.MatchString(name) }

var misleading = regexp.MustCompile(`[;\t]|^(sep=|\x{feff}|[{\[])`)

// quotedInTSV reports whether a Writer quotes a cell: if a quote at its beginning, or a byte order mark, would be
// misinterpreted.
func quotedInTSV(cell string) bool {
	return strings.HasPrefix(cell, `"`) || strings.HasPrefix(cell, "\ufeff")
}

// The escapes of a Writer, and a pattern for cells that contain no other backslashes.
var (
	tsvUnescapes = strings.NewReplacer(`\t`, "\t", `\n`, "\n", `\r`, "\r", `\\`, `\`)
	tsvEscaped   = regexp.MustCompile(`^(?:[^\\]|\\[tnr\\])*$`)
)

// isFormula reports whether a spreadsheet may interpret a cell as a formula: it begins with = + - @, one of these in
// full width, a tab or a line break, and is not a number.
func isFormula(cell string) bool {
	first, _ := utf8.DecodeRuneInString(cell)
	return strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) && cell != "" && !number.MatchString(cell)
}

// number matches a decimal number, such as -1.5e+3.
var number = regexp.MustCompile(`^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$`)
