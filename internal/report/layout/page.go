// Package layout sets out text for people: lines, labels with what stands beside them, and tables, all within the columns
// that there are. What it is given is safe to print.
package layout

import (
	"strings"

	"example.com/fetch/internal/units"
)

const (
	Label     = 14    // how wide the label of a line is set
	Separator = " · " // between the parts of a line; a line that is too long is broken there

	// UsualWidth is what is laid out for where there is no terminal.
	UsualWidth = 80

	indent = 2 // of the lines that go on with one that has no label
)

// Page is a text as it grows.
type Page struct {
	Width int  // columns that it is laid out for; 0: any
	Cut   bool // nothing may be wider
	Color bool
	Out   []byte
}

// Line prints a line in a colour; empty: in none.
func (p *Page) Line(color, s string) {
	s = strings.TrimRight(p.fitted(s, p.Width), " ")
	p.Out = append(append(p.Out, units.Painted(s, color, p.Color)...), '\n')
}

// Blank sets apart what follows from what is there.
func (p *Page) Blank() {
	if len(p.Out) > 0 {
		p.Out = append(p.Out, '\n')
	}
}

// Parts prints the parts in as many lines as they need.
func (p *Page) Parts(color string, parts ...string) {
	for _, line := range p.wrap(parts, p.Width, strings.Repeat(" ", indent)) {
		p.Line(color, line)
	}
}

// Sentence prints words in as many lines as they need.
func (p *Page) Sentence(words string) {
	for _, line := range p.wrap([]string{words}, p.Width, "") {
		p.Line("", line)
	}
}

// Field is a label, and the parts of what stands beside it.
type Field struct {
	Name  string
	Color string // of the parts
	Parts []string
}

// Field prints a field in as many lines as it needs, its label dimmed.
func (p *Page) Field(f Field) {
	p.labelled(f.Name, f.Parts, func(label, margin, line string) {
		p.Out = append(p.Out, units.Painted(label, units.Dim, p.Color)+margin+units.Painted(line, f.Color, p.Color)+"\n"...)
	})
}

// Words prints words beside a label, all of one colour.
func (p *Page) Words(color, label, words string) {
	p.labelled(label, []string{words}, func(label, margin, line string) { p.Line(color, label+margin+line) })
}

// labelled prints lines of which the first has the label.
func (p *Page) labelled(label string, parts []string, print func(label, margin, line string)) {
	room := 0
	if p.Width > 0 {
		room = max(p.Width-Label, 1)
	}
	for _, line := range p.wrap(parts, room, "") {
		print(label, strings.Repeat(" ", max(Label-units.Width(label), 0)), line)
		label = ""
	}
}

// wrap makes lines of at most room columns, all but the first with a margin. It breaks between the parts, and those that
// are longer than a line between their words. Room of 0 is enough for any line.
func (p *Page) wrap(parts []string, room int, margin string) []string {
	if room == 0 {
		return []string{strings.Join(parts, Separator)}
	}
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
			put(Separator, part)
			continue
		}
		before := Separator
		for word := range strings.FieldsSeq(part) {
			put(before, p.fitted(word, max(room-len(margin), 1)))
			before = " "
		}
	}
	return append(lines, line)
}

// fitted cuts a text to a number of columns, if nothing may be wider.
func (p *Page) fitted(s string, columns int) string {
	if p.Cut {
		return units.Cut(s, columns)
	}
	return s
}
