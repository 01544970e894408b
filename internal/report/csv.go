package report

import (
	"io"
	"strings"

	"example.com/fetch/internal/record"
	"example.com/fetch/internal/stats"
	"example.com/fetch/internal/units"
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
		formula := !c.o.RawCells && units.IsFormula(cell)
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
