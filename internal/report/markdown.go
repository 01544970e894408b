package report

import (
	"io"
	"strings"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/report/layout"
	"example.com/fetch/internal/units"
)

// pipes is the syntax of tables in GitHub's Markdown (GFM 4.10).
type pipes struct{}

// AppendHeading implements syntax.
func (m pipes) AppendHeading(dst []byte, names []string) []byte {
	return append(m.AppendRow(dst, names), strings.Repeat("|---", len(names))+"|\n"...)
}

// AppendRow implements syntax.
func (pipes) AppendRow(dst []byte, cells []string) []byte {
	for _, cell := range cells {
		dst = append(append(append(dst, "| "...), units.Inert(cell)...), ' ')
	}
	return append(dst, "|\n"...)
}

// appendTable appends a table.
func (m pipes) appendTable(dst []byte, t *layout.Table) []byte {
	return m.appendRows(m.AppendHeading(dst, t.Titles()), t)
}

// appendRuled appends a table whose columns stand as they do on a page.
func (m pipes) appendRuled(dst []byte, t *layout.Table) []byte {
	dst = m.AppendRow(dst, t.Titles())
	for _, c := range t.Columns {
		if c.Left {
			dst = append(dst, "| --- "...)
		} else {
			dst = append(dst, "| --: "...)
		}
	}
	return m.appendRows(append(dst, "|\n"...), t)
}

func (m pipes) appendRows(dst []byte, t *layout.Table) []byte {
	for _, cells := range t.Rows {
		dst = m.AppendRow(dst, cells)
	}
	return dst
}

// markdown is a table, and below it the summary as a list.
type markdown struct{ *flat }

func newMarkdown(w io.Writer, _ *Run, o Options) Handler { return markdown{newFlat(w, o, pipes{})} }

func (m markdown) End(s *measure.Summary) error {
	if !m.o.NoResults {
		if err := m.flat.End(s); err != nil {
			return err
		}
		m.out = append(m.out, '\n')
	}
	m.out = append(m.out, "## Summary\n\n"...)
	m.out = appendMarkdown(m.out, summary(s, m.o), pipes{}.appendTable)
	return m.write()
}

// writeLoadMarkdown writes what the table says, without what it draws.
func writeLoadMarkdown(w io.Writer, s *measure.LoadSummary, _ Options) error {
	_, err := w.Write(appendMarkdown(nil, loadSections(s), pipes{}.appendRuled))
	return err
}
