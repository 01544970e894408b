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
	w       io.Writer
	o       Options
	comma   byte
	flat    flat
	started bool
	line    []byte // reused
}

func newCSV(w io.Writer, _ Run, o Options) Handler { return &separated{w: w, o: o, comma: ','} }
func newTSV(w io.Writer, _ Run, o Options) Handler { return &separated{w: w, o: o, comma: '\t'} }

func (c *separated) Result(r *record.Record) error {
	if c.o.NoResults {
		return nil
	}
	c.line = c.line[:0]
	c.start(r)
	c.append(c.flat.row(r))
	_, err := c.w.Write(c.line)
	return err
}

func (c *separated) End(*stats.Summary) error {
	if c.started {
		return nil
	}
	c.line = c.line[:0]
	c.start(nil)
	_, err := c.w.Write(c.line)
	return err
}

// start puts the heading into line, once.
func (c *separated) start(r *record.Record) {
	if !c.started {
		c.started = true
		c.append(c.flat.heading(r))
	}
}

func (c *separated) append(cells []string) {
	for i, cell := range cells {
		if i > 0 {
			c.line = append(c.line, c.comma)
		}
		formula := !c.o.RawCells && isFormula(cell)
		cell = Printable(cell)
		if formula {
			cell = "'" + cell
		}
		if c.comma == ',' && strings.ContainsAny(cell, `",`) {
			cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
		}
		c.line = append(c.line, cell...)
	}
	c.line = append(c.line, '\n')
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
