package output

import (
	"io"
	"strings"

	"example.com/fetch/internal/load/figures"
	"example.com/fetch/internal/report/layout"
	"example.com/fetch/internal/units"
)

// writeMarkdown writes what the table says, without what it draws, in the syntax of GitHub (GFM 4.10).
func writeMarkdown(w io.Writer, s *figures.Summary, _ Options) error {
	m := &markdown{}
	m.item("", asked(&s.Asked))
	m.item("", counts(s))
	for _, f := range append(work(s), outcome(s)...) {
		m.item(f.Name, f.Parts)
	}
	if t := times(s); t != nil {
		m.table(t)
	}
	for _, g := range groups(s) {
		m.table(g.table())
		if more := g.more(); more != "" {
			m.out = append(m.out, "\n"+more+"\n"...)
		}
	}
	_, err := w.Write(m.out)
	return err
}

// markdown is a report in Markdown as it grows.
type markdown struct{ out []byte }

func (m *markdown) item(name string, parts []string) {
	if name != "" {
		name += ": "
	}
	m.out = append(m.out, "- "+name+units.Inert(strings.Join(parts, layout.Separator))+"\n"...)
}

func (m *markdown) table(t *layout.Table) {
	var titles, rules []string
	for _, c := range t.Columns {
		titles = append(titles, c.Title)
		if c.Left {
			rules = append(rules, "---")
		} else {
			rules = append(rules, "--:")
		}
	}
	m.out = append(m.out, '\n')
	for i, cells := range append([][]string{titles, rules}, t.Rows...) {
		for _, cell := range cells {
			if i != 1 {
				cell = units.Inert(cell)
			}
			m.out = append(m.out, "| "+cell+" "...)
		}
		m.out = append(m.out, "|\n"...)
	}
}
