package report

import (
	"io"
	"strings"

	"example.com/fetch/internal/record"
	"example.com/fetch/internal/stats"
)

// separated is CSV (RFC 4180, with LF at the end of lines) and TSV: a heading, and a line for each result. Control
// characters are escaped as in Printable, so that a cell never has a line break or a tab, and TSV needs no quotes.
type separated struct {
	flat
	w     io.Writer
	comma byte
	text  []byte // reused
}

func newCSV(w io.Writer, _ *Run, o Options) Handler { return newSeparated(w, o, ',') }
func newTSV(w io.Writer, _ *Run, o Options) Handler { return newSeparated(w, o, '\t') }

func newSeparated(w io.Writer, o Options, comma byte) Handler {
	return &separated{flat: newFlat(o), w: w, comma: comma}
}

func (c *separated) Result(r *record.Record) error {
	if c.o.NoResults {
		return nil
	}
	c.add(r, c)
	return c.write()
}

func (c *separated) End(*stats.Summary) error {
	c.end(c)
	return c.write()
}

// write writes the lines that are ready.
func (c *separated) write() error {
	if len(c.text) == 0 {
		return nil
	}
	_, err := c.w.Write(c.text)
	c.text = spare(c.text)
	return err
}

// spare is a buffer that was written, to be used again, but not if it was a large one.
func spare(b []byte) []byte {
	if cap(b) > 1<<20 {
		return nil
	}
	return b[:0]
}

func (c *separated) heading(names []string) { c.line(names) }

func (c *separated) line(cells []string) {
	for i, cell := range cells {
		if i > 0 {
			c.text = append(c.text, c.comma)
		}
		formula := !c.o.RawCells && isFormula(cell)
		cell = record.Printable(cell)
		if formula {
			cell = "'" + cell
		}
		if c.comma == ',' && strings.ContainsAny(cell, `",`) {
			cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
		}
		c.text = append(c.text, cell...)
	}
	c.text = append(c.text, '\n')
}

// isFormula says whether a spreadsheet may take a cell for a formula: it begins with = + - @ TAB or CR and is not a number.
func isFormula(cell string) bool {
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
