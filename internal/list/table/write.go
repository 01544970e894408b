package table

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"example.com/fetch/internal/record"
)

// Writer writes rows as CSV or TSV, so that a Reader gives every cell as it was. Any text can be a cell.
//
//   - CSV is RFC 4180, with LF at the end of rows. A cell stands in quotes where it has a quote, a comma or a line break in
//     it, or would be an empty line.
//   - TSV has a row on each line: a tab, line feed, carriage return or backslash in a cell is written as \t, \n, \r or \\. A
//     cell that begins with a quote stands in quotes, since most programs that read TSV know them.
type Writer struct {
	Format   Format // CSV or TSV
	Safe     bool   // a ' stands before cells that a spreadsheet may take for formulas
	Terminal bool   // control characters are escaped, those of line breaks included: the text is for people, and not exact
}

// AppendHeading appends the row that names the columns. It has more quotes than others: by its first line a Reader tells
// the separator, and some programs the format.
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

// misleads reports whether a name without quotes could be taken for something else at the beginning of a table: a line
// that settles the separator, a byte order mark, JSON, or cells with another separator.
func misleads(name string) bool { return misleading.MatchString(name) }

var misleading = regexp.MustCompile(`[;\t]|^(sep=|\x{feff}|[{\[])`)

// quotedInTSV reports whether a Writer puts a cell in quotes: where a quote at its beginning, or a byte order mark, would
// be taken for something else.
func quotedInTSV(cell string) bool {
	return strings.HasPrefix(cell, `"`) || strings.HasPrefix(cell, "\ufeff")
}

// The escapes of a Writer, and a cell whose backslashes all are such.
var (
	tsvUnescapes = strings.NewReplacer(`\t`, "\t", `\n`, "\n", `\r`, "\r", `\\`, `\`)
	tsvEscaped   = regexp.MustCompile(`^(?:[^\\]|\\[tnr\\])*$`)
)

// isFormula reports whether a spreadsheet may take a cell for a formula: it begins with = + - @, one of these in full
// width, a tab or a line break, and is not a number.
func isFormula(cell string) bool {
	first, _ := utf8.DecodeRuneInString(cell)
	return strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) && cell != "" && !number.MatchString(cell)
}

// number is a decimal number, such as -1.5e+3.
var number = regexp.MustCompile(`^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$`)
