// Package layout lays out text for people: lines, labelled lines, and tables, within a given width. Its input
// must be safe to print.
package layout

import (
	"strings"
	"unicode/utf8"

	"example.com/fetch/internal/units"
)

const (
	Label     = 14    // width of the labels
	Separator = " · " // between the parts of a line; long lines are broken there

	// UsualWidth is the width without a terminal.
	UsualWidth = 80

	indent = 2 // of the continuation of a line without a label
	gap    = 2 // spaces between columns
)

// Page is text that is being laid out.
type Page struct {
	Width int  // width in terminal columns; 0: unlimited
	Cut   bool // cut whatever is wider
	Color bool
	Out   []byte
}

// Line prints a line in a colour; an empty colour means none.
func (p *Page) Line(color, s string) {
	s = strings.TrimRight(p.fitted(s, p.Width), " ")
	p.Out = append(append(p.Out, units.Painted(s, color, p.Color)...), '\n')
}

// Blank prints a blank line, unless the page is empty.
func (p *Page) Blank() {
	if len(p.Out) > 0 {
		p.Out = append(p.Out, '\n')
	}
}

// Parts prints the parts in as many lines as necessary.
func (p *Page) Parts(color string, parts ...string) {
	for _, line := range p.wrap(parts, p.Width, strings.Repeat(" ", indent)) {
		p.Line(color, line)
	}
}

// Sentence prints words in as many lines as necessary.
func (p *Page) Sentence(words string) {
	for _, line := range p.wrap([]string{words}, p.Width, "") {
		p.Line("", line)
	}
}

// Field is a label and the parts beside it.
type Field struct {
	Name  string
	Color string // of the parts
	Parts []string
}

// Field prints a field in as many lines as necessary, with its label dimmed.
func (p *Page) Field(f Field) {
	p.labelled(f.Name, f.Parts, func(label, margin, line string) {
		p.Out = append(p.Out, units.Painted(label, units.Dim, p.Color)+margin+units.Painted(line, f.Color, p.Color)+"\n"...)
	})
}

// Words prints words beside a label, all in one colour.
func (p *Page) Words(color, label, words string) {
	p.labelled(label, []string{words}, func(label, margin, line string) { p.Line(color, label+margin+line) })
}

// labelled prints lines, the first with the label.
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

// wrap breaks parts into lines of at most room columns, all but the first with a margin. It breaks between
// parts, and between the words of parts that are longer than a line. A room of 0 means unlimited.
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

// fitted cuts a text to a width, if the page may not be wider.
func (p *Page) fitted(s string, columns int) string {
	if p.Cut {
		return units.Cut(s, columns)
	}
	return s
}

// Table is a heading and rows, with one cell per column.
type Table struct {
	Columns []Column
	Rows    [][]string

	RowColor  func(row int) string         // nil: no colours
	CellColor func(row, column int) string // replaces RowColor in tables that are made to fit
}

// Column is one column of a table.
type Column struct {
	Title string
	Left  bool // left-aligned; numbers are right-aligned
	Usual int  // minimum width, so that a few digits do not decide which columns fit
	Spare int  // columns with a higher number are dropped first if space is short; 0: never dropped

	// Least is the width that the column may be cut to if space is short; 0: it is not cut.
	Least  int
	Middle bool // cut in the middle instead of at the end
}

// Name returns a column of names, which are cut in the middle if space is short.
func Name(title string) Column {
	return Column{Title: title, Left: true, Least: 24, Middle: true}
}

// Add adds a row.
func (t *Table) Add(cells ...string) { t.Rows = append(t.Rows, cells) }

// Titles returns the titles of the columns.
func (t *Table) Titles() []string {
	var titles []string
	for _, c := range t.Columns {
		titles = append(titles, c.Title)
	}
	return titles
}

// widths returns the width of each column; 0 for columns that are dropped.
func (t *Table) widths(p *Page) []int {
	widths := make([]int, len(t.Columns))
	longest := make([]int, len(t.Columns))
	left := p.Width + gap
	for i, c := range t.Columns {
		longest[i] = max(c.Usual, units.Width(c.Title))
		for _, row := range t.Rows {
			longest[i] = max(longest[i], units.Width(row[i]))
		}
		widths[i] = longest[i]
		if c.Least > 0 {
			widths[i] = min(longest[i], c.Least)
		}
		left -= widths[i] + gap
	}
	for left < 0 && p.Width > 0 {
		least := -1
		for i, c := range t.Columns {
			if widths[i] > 0 && c.Spare > 0 && (least < 0 || c.Spare > t.Columns[least].Spare) {
				least = i
			}
		}
		if least < 0 {
			break
		}
		left += widths[least] + gap
		widths[least] = 0
	}
	for i := range widths {
		switch {
		case widths[i] == 0:
		case p.Cut:
			more := min(longest[i]-widths[i], max(left, 0))
			widths[i] += more
			left -= more
		default:
			widths[i] = longest[i]
		}
	}
	return widths
}

// Room returns the width that is left on the page for the last column.
func (t *Table) Room(p *Page) int {
	room := p.Width
	for _, w := range t.widths(p)[:len(t.Columns)-1] {
		room -= w + gap
	}
	return room
}

// Table prints a table, without the columns that do not fit.
func (p *Page) Table(t *Table) {
	widths := t.widths(p)
	set := func(cells []string, color func(column int) string) string {
		var b strings.Builder
		for i, c := range t.Columns {
			if widths[i] == 0 {
				continue
			}
			cell, pad := cells[i], units.PadLeft
			switch {
			case c.Middle:
				cell = cutMiddle(cell, widths[i])
			case c.Least > 0:
				cell = units.Cut(cell, widths[i])
			}
			if c.Left {
				pad = units.PadRight
			}
			cell = pad(cell, widths[i])
			if b.Len() > 0 {
				b.WriteString(strings.Repeat(" ", gap))
			}
			b.WriteString(units.Painted(cell, color(i), p.Color))
		}
		return b.String()
	}
	none := func(int) string { return "" }
	p.Line(units.Dim, set(t.Titles(), none))
	for n, row := range t.Rows {
		switch {
		case t.CellColor != nil: // the cell fits, and cutting would break its colour codes
			line := set(row, func(column int) string { return t.CellColor(n, column) })
			p.Out = append(append(p.Out, strings.TrimRight(line, " ")...), '\n')
		case t.RowColor != nil:
			p.Line(t.RowColor(n), set(row, none))
		default:
			p.Line("", set(row, none))
		}
	}
}

// cutMiddle removes the middle of a name that is too wide: URLs begin alike and differ at the end.
func cutMiddle(name string, columns int) string {
	if units.Width(name) <= columns {
		return name
	}
	begin := units.Cut(name, columns/3)
	room := columns - units.Width(begin)
	end := len(name)
	for end > 0 {
		_, size := utf8.DecodeLastRuneInString(name[:end])
		if units.Width(name[end-size:]) > room {
			break
		}
		end -= size
	}
	return begin + name[end:]
}
