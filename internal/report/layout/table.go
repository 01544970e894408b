package layout

import (
	"strings"
	"unicode/utf8"

	"example.com/fetch/internal/units"
)

const gap = 2 // spaces between columns

// Table is a heading and rows, with a cell for each column.
type Table struct {
	Columns []Column
	Rows    [][]string

	RowColor  func(row int) string         // nil: no row has any
	CellColor func(row, column int) string // in place of RowColor, where the columns are made to fit
}

// Column is one column of a table.
type Column struct {
	Title string
	Left  bool // its cells stand at the left; numbers stand at the right
	Usual int  // how wide it is at the least, so that a few digits do not decide which columns there is room for
	Spare int  // of the columns that can be spared the one with the highest goes first; 0: it cannot

	// Least is how many columns of the terminal it has at the least, where there is no room for more; 0: it is not cut.
	Least  int
	Middle bool // it is cut in its middle, and not at its end
}

// Name is a column of names, which are cut in their middle where there is no room.
func Name(title string) Column {
	return Column{Title: title, Left: true, Least: 24, Middle: true}
}

// Add adds a row.
func (t *Table) Add(cells ...string) { t.Rows = append(t.Rows, cells) }

// Titles are those of the columns.
func (t *Table) Titles() []string {
	var titles []string
	for _, c := range t.Columns {
		titles = append(titles, c.Title)
	}
	return titles
}

// widths are the columns' widths, 0 for those that there is no room for.
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

// Room is how many columns of the page the table leaves for its last column.
func (t *Table) Room(p *Page) int {
	room := p.Width
	for _, w := range t.widths(p)[:len(t.Columns)-1] {
		room -= w + gap
	}
	return room
}

// Table prints a table, without the columns that it has no room for.
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
		case t.CellColor != nil: // it fits, and its colours must not be cut
			line := set(row, func(column int) string { return t.CellColor(n, column) })
			p.Out = append(append(p.Out, strings.TrimRight(line, " ")...), '\n')
		case t.RowColor != nil:
			p.Line(t.RowColor(n), set(row, none))
		default:
			p.Line("", set(row, none))
		}
	}
}

// cutMiddle leaves out the middle of a name that is wider than so many columns: URLs begin alike, and differ at their ends.
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
