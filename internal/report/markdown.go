package report

import (
	"io"
	"strings"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report/layout"
	"example.com/fetch/internal/units"
)

// markdown is a table in the syntax of GitHub (GFM 4.10), and below it the summary as a list.
type markdown struct {
	*flat
	w   io.Writer
	out []byte // reused
}

func newMarkdown(w io.Writer, _ *Run, o Options) Handler {
	o.Width, o.Color = 0, false
	return &markdown{flat: newFlat(o), w: w}
}

func (m *markdown) Result(r *record.Record) error {
	if m.o.NoResults {
		return nil
	}
	return m.add(r, m)
}

// write writes the lines that are ready.
func (m *markdown) write() error {
	if len(m.out) == 0 {
		return nil
	}
	_, err := m.w.Write(m.out)
	m.out = spare(m.out)
	return err
}

func (m *markdown) End(s *measure.Summary) error {
	if !m.o.NoResults {
		if err := m.end(m); err != nil {
			return err
		}
		m.out = append(m.out, '\n')
	}
	m.out = append(m.out, "## Summary\n\n"...)
	m.item("", heading(s))
	if parts := speed(s); parts != nil {
		m.item("", parts)
	}
	fields := append(work(s, m.o), outcome(s)...)
	for _, f := range fields {
		m.item(f.Name, f.Parts)
	}
	if t := hosts(s); t != nil {
		m.out = append(m.out, '\n')
		m.table(t)
		if more := moreHosts(s, len(t.Rows)); more != "" {
			m.out = append(append(append(m.out, '\n'), more...), '\n')
		}
	}
	return m.write()
}

func (m *markdown) table(t *layout.Table) {
	m.heading(t.Titles())
	for _, cells := range t.Rows {
		m.line(cells)
	}
}

func (m *markdown) heading(names []string) {
	m.line(names)
	m.out = append(append(m.out, strings.Repeat("|---", len(names))...), "|\n"...)
}

func (m *markdown) line(cells []string) {
	for _, cell := range cells {
		m.out = append(append(append(m.out, "| "...), units.Inert(cell)...), ' ')
	}
	m.out = append(m.out, "|\n"...)
}

func (m *markdown) item(name string, parts []string) {
	if name != "" {
		name += ": "
	}
	m.out = append(append(append(append(m.out, "- "...), name...), units.Inert(strings.Join(parts, layout.Separator))...), '\n')
}
