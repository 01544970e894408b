package report

import (
	"io"

	tables "example.com/fetch/internal/list/table"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
)

// separated is CSV and TSV: a heading, and a row for each result. See table.Writer.
type separated struct {
	*flat
	w    io.Writer
	rows tables.Writer
	text []byte // reused
}

func newCSV(w io.Writer, _ *Run, o Options) Handler { return newSeparated(w, o, tables.CSV) }
func newTSV(w io.Writer, _ *Run, o Options) Handler { return newSeparated(w, o, tables.TSV) }

func newSeparated(w io.Writer, o Options, f tables.Format) Handler {
	return &separated{flat: newFlat(o), w: w, rows: tables.Writer{Format: f, Safe: o.SafeCells, Terminal: o.Terminal}}
}

func (c *separated) Result(r *record.Record) error {
	if c.o.NoResults {
		return nil
	}
	return c.add(r, c)
}

func (c *separated) End(*measure.Summary) error {
	return c.end(c)
}

// write writes the rows that are ready.
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

func (c *separated) heading(names []string) { c.text = c.rows.AppendHeading(c.text, names) }
func (c *separated) line(cells []string)    { c.text = c.rows.AppendRow(c.text, cells) }
