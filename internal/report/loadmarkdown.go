package report

import (
	"io"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/report/layout"
)

// writeMarkdown writes what the table says, without what it draws, in the syntax of GitHub (GFM 4.10).
func writeLoadMarkdown(w io.Writer, s *measure.LoadSummary, _ Options) error {
	m := &markdown{}
	m.item("", loadAsked(&s.Asked))
	m.item("", loadCounts(s))
	for _, f := range append(loadWork(s), loadOutcome(s)...) {
		m.item(f.Name, f.Parts)
	}
	if t := timesTable(s); t != nil {
		m.ruledTable(t)
	}
	for _, g := range groups(s) {
		m.ruledTable(g.table())
		if more := g.more(); more != "" {
			m.out = append(m.out, "\n"+more+"\n"...)
		}
	}
	_, err := w.Write(m.out)
	return err
}

// ruledTable is a table whose columns stand as they do on a terminal.
func (m *markdown) ruledTable(t *layout.Table) {
	m.out = append(m.out, '\n')
	m.line(t.Titles())
	for _, c := range t.Columns {
		if c.Left {
			m.out = append(m.out, "| --- "...)
		} else {
			m.out = append(m.out, "| --: "...)
		}
	}
	m.out = append(m.out, "|\n"...)
	for _, cells := range t.Rows {
		m.line(cells)
	}
}
