package output

import (
	"strings"

	"example.com/fetch/internal/units"
)

const (
	usualWidth = 80 // what is laid out for where there is no terminal
	leastWidth = 40

	label  = 14 // how wide the first word of a line is set
	indent = 2  // of the lines that go on with one that has no label

	separator = " · " // between the parts of a line; a line that is too long is broken there
)

// page is a report for people as it grows.
type page struct {
	width int  // columns that it is laid out for
	cut   bool // nothing may be wider: it is a terminal
	color bool
	out   []byte
}

func newPage(o Options) *page {
	if o.Width == 0 {
		return &page{width: usualWidth, color: o.Color}
	}
	return &page{width: max(o.Width, leastWidth), cut: true, color: o.Color}
}

// line prints a line, cut to the terminal.
func (p *page) line(style, s string) {
	s = strings.TrimRight(p.fitted(s, p.width), " ")
	p.out = append(append(p.out, units.Painted(s, style, p.color)...), '\n')
}

// blank sets apart what follows from what is there.
func (p *page) blank() {
	if len(p.out) > 0 {
		p.out = append(p.out, '\n')
	}
}

// parts prints the parts in as many lines as they need.
func (p *page) parts(style string, parts ...string) {
	for _, line := range p.wrap(parts, p.width, strings.Repeat(" ", indent)) {
		p.line(style, line)
	}
}

// field is a label, and the parts of what stands beside it.
type field struct {
	name  string
	style string // of the parts
	parts []string
}

// field prints a field in as many lines as it needs.
func (p *page) field(f field) {
	name := f.name
	for _, line := range p.wrap(f.parts, p.width-label, "") {
		margin := strings.Repeat(" ", label-units.Width(name))
		p.out = append(p.out, units.Painted(name, units.Dim, p.color)+margin+units.Painted(line, f.style, p.color)+"\n"...)
		name = ""
	}
}

// wrap makes lines of at most room columns, all but the first with a margin. It breaks between the parts, and those that
// are longer than a line between their words.
func (p *page) wrap(parts []string, room int, margin string) []string {
	var lines []string
	line := ""
	put := func(before, piece string) {
		switch {
		case line == "":
			line = piece
		case units.Width(line+before+piece) <= room:
			line += before + piece
		default:
			lines = append(lines, line)
			line = margin + piece
		}
	}
	for _, part := range parts {
		if units.Width(margin+part) <= room {
			put(separator, part)
			continue
		}
		before := separator
		for word := range strings.FieldsSeq(part) {
			put(before, p.fitted(word, room-len(margin)))
			before = " "
		}
	}
	return append(lines, line)
}

// fitted cuts a text to a number of columns, if it is for a terminal.
func (p *page) fitted(s string, columns int) string {
	if p.cut {
		return units.Cut(s, columns)
	}
	return s
}
