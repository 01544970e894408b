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

// appendTable appends a table, with the columns aligned in the source if ruled is set.
func (m pipes) appendTable(dst []byte, t *layout.Table, ruled bool) []byte {
	dst = m.AppendRow(dst, t.Titles())
	for _, c := range t.Columns {
		rule := "|---"
		switch {
		case ruled && c.Left:
			rule = "| --- "
		case ruled:
			rule = "| --: "
		}
		dst = append(dst, rule...)
	}
	dst = append(dst, "|\n"...)
	for _, cells := range t.Rows {
		dst = m.AppendRow(dst, cells)
	}
	return dst
}

// markdown writes a table, and below it the summary as a list.
type markdown struct {
	*flat
	run *Run
}

func newMarkdown(w io.Writer, run *Run, o Options) Handler {
	m := markdown{newFlat(w, o, pipes{}), run}
	m.people = true
	return m
}

func (m markdown) End(s *measure.Summary) error {
	if !m.o.NoResults {
		if err := m.flat.End(s); err != nil {
			return err
		}
		m.out = append(m.out, '\n')
	}
	m.out = append(m.out, "## Summary\n\n"...)
	m.out = appendMarkdown(m.out, summary(s, m.run, m.o), false)
	return m.write()
}

// loadMarkdown writes what the table shows, without its drawings.
func loadMarkdown(s *measure.LoadSummary, _ Options) ([]byte, error) {
	return appendMarkdown(nil, loadSections(s), true), nil
}
