package output

import (
	"strings"
	"unicode/utf8"

	"example.com/fetch/internal/units"
)

const (
	gap       = 2  // spaces between columns
	leastName = 24 // columns that a name has before other columns go
)

// table is a heading and rows, with a cell for each column.
type table struct {
	columns []column
	rows    [][]string
}

// column is one column of a table.
type column struct {
	title string
	name  bool // its cells stand at the left, and are cut where there is no room; numbers stand at the right
	spare int  // of the columns that can be spared the one with the highest goes first; 0: it cannot
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// widths are the columns' widths, 0 for those that have no room in so many columns of the terminal.
func (t *table) widths(room int, cut bool) []int {
	widths := make([]int, len(t.columns))
	longest := make([]int, len(t.columns))
	left := room + gap
	for i, c := range t.columns {
		longest[i] = units.Width(c.title)
		for _, row := range t.rows {
			longest[i] = max(longest[i], units.Width(row[i]))
		}
		widths[i] = longest[i]
		if c.name {
			widths[i] = min(longest[i], leastName)
		}
		left -= widths[i] + gap
	}
	for left < 0 {
		least := -1
		for i, c := range t.columns {
			if widths[i] > 0 && c.spare > 0 && (least < 0 || c.spare > t.columns[least].spare) {
				least = i
			}
		}
		if least < 0 {
			break
		}
		left += widths[least] + gap
		widths[least] = 0
	}
	for i, c := range t.columns {
		switch {
		case !c.name || widths[i] == 0:
		case cut:
			more := min(longest[i]-widths[i], max(left, 0))
			widths[i] += more
			left -= more
		default:
			widths[i] = longest[i]
		}
	}
	return widths
}

// table prints a table, without the columns that it has no room for.
func (p *page) table(t *table) {
	widths := t.widths(p.width, p.cut)
	var titles []string
	for _, c := range t.columns {
		titles = append(titles, c.title)
	}
	print := func(style string, cells []string) {
		var b strings.Builder
		for i, cell := range cells {
			if widths[i] == 0 {
				continue
			}
			if b.Len() > 0 {
				b.WriteString(strings.Repeat(" ", gap))
			}
			if t.columns[i].name {
				b.WriteString(units.PadRight(shortened(cell, widths[i]), widths[i]))
			} else {
				b.WriteString(units.PadLeft(cell, widths[i]))
			}
		}
		p.line(style, b.String())
	}
	print(units.Dim, titles)
	for _, row := range t.rows {
		print("", row)
	}
}

// shortened leaves out the middle of a name that is wider than so many columns: URLs begin alike, and differ at their ends.
func shortened(name string, columns int) string {
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
