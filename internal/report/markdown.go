package report

import (
	"io"
	"strings"

	"example.com/fetch/internal/record"
	"example.com/fetch/internal/stats"
)

// markdown is a table in the syntax of GitHub (GFM 4.10), and below it the summary as a list.
type markdown struct {
	w       io.Writer
	o       Options
	flat    flat
	started bool
	out     []byte // reused
}

func newMarkdown(w io.Writer, _ Run, o Options) Handler {
	o.Width, o.Color = 0, false
	return &markdown{w: w, o: o}
}

func (m *markdown) Result(r *record.Record) error {
	if m.o.NoResults {
		return nil
	}
	m.out = m.out[:0]
	m.start(r)
	m.line(m.flat.row(r))
	_, err := m.w.Write(m.out)
	return err
}

func (m *markdown) End(s *stats.Summary) error {
	m.out = m.out[:0]
	if !m.o.NoResults {
		m.start(nil)
		m.out = append(m.out, '\n')
	}
	m.out = append(m.out, "## Summary\n\n"...)
	m.item("", heading(s))
	if parts := speed(s); parts != nil {
		m.item("", parts)
	}
	fields := append(work(s, m.o), outcome(s)...)
	for _, f := range fields {
		m.item(f.name+": ", f.parts)
	}
	if lines := hostCells(s); lines != nil {
		m.out = append(m.out, '\n')
		m.header(hostTitles[:])
		for _, l := range lines {
			m.line(l)
		}
		if more := moreHosts(s, len(lines)); more != "" {
			m.out = append(append(append(m.out, '\n'), more...), '\n')
		}
	}
	_, err := m.w.Write(m.out)
	return err
}

func (m *markdown) start(r *record.Record) {
	if !m.started {
		m.started = true
		m.header(m.flat.heading(r))
	}
}

func (m *markdown) header(names []string) {
	m.line(names)
	m.out = append(append(m.out, strings.Repeat("|---", len(names))...), "|\n"...)
}

func (m *markdown) line(cells []string) {
	for _, cell := range cells {
		m.out = append(append(append(m.out, "| "...), inert(cell)...), ' ')
	}
	m.out = append(m.out, "|\n"...)
}

func (m *markdown) item(label string, parts []string) {
	m.out = append(append(append(append(m.out, "- "...), label...), inert(strings.Join(parts, sep))...), '\n')
}

// inert takes the meaning from everything that Markdown or HTML would act upon: a server's text must make no link, no
// image and no cell.
func inert(s string) string { return markup.Replace(Printable(s)) }

var markup = strings.NewReplacer(
	`\`, `\\`, "|", `\|`, "`", "\\`", "*", `\*`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "&", "&amp;",
)
