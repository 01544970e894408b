package report

import (
	"slices"

	"example.com/fetch/internal/report/layout"
	"example.com/fetch/internal/units"
)

// column is one column of the table but the last.
type column struct {
	title, short string // the heading, and where room is scarce
	right        bool   // numbers stand at the right
	cells        []string
	width        int
	gone         bool
}

// The columns, in order.
const (
	colSeq = iota
	colName
	colStatus
	colLatency
	colTTFB
	colWaited
	colSize
	colValue
	colAttempts
	colSelected // the first of those that take the place of colValue
)

const (
	gap     = 2  // spaces between columns, as the layout has them
	minLast = 28 // columns that the last one should have
	minRest = 20 // the same beside values, which are worth more

	minName = 12 // what a name is shortened to
	maxName = 40 // the most that a name gets on a terminal

	minSelectedRest = 8  // columns that the last one should have beside those that were selected
	minURL          = 14 // and below which it is left out there, if it has nothing but URLs
)

// results prints a table of results.
func results(p *layout.Page, rows []*row, o Options) {
	cols := append(columnsOf(rows), selectedColumns(rows, o.Values)...)
	cols[colValue].gone = !o.HasValues || len(cols) > colSelected
	order := inOrder(len(cols))
	last := 0 // any width
	if p.Width > 0 {
		last = fit(cols, p.Width)
	}
	failed := func(r *row) bool { return !r.ok }
	if last > 0 && last < minURL && len(cols) > colSelected && !slices.ContainsFunc(rows, failed) {
		last = -1
	}
	order = slices.DeleteFunc(order, func(n int) bool { return cols[n].gone })
	t := &layout.Table{CellColor: func(n, column int) string {
		if column < len(order) && order[column] == colStatus {
			return rows[n].color()
		}
		return ""
	}}
	for _, n := range order {
		c := &cols[n]
		t.Columns = append(t.Columns, layout.Column{Title: c.title, Left: !c.right, Usual: c.width})
	}
	title := "URL or error"
	switch {
	case last < 0:
		title = ""
	case slices.ContainsFunc(rows, func(r *row) bool { return r.file != "" }):
		title = "file ← URL, or error"
	}
	t.Columns = append(t.Columns, layout.Column{Title: title, Left: true})
	for i, r := range rows {
		var cells []string
		for _, n := range order {
			cells = append(cells, cols[n].cells[i])
		}
		end := ""
		if last >= 0 {
			end = r.last(last)
		}
		t.Add(append(cells, end)...)
	}
	p.Table(t)
}

// inOrder is the order in which n columns stand: the selected ones where the values would be.
func inOrder(n int) []int {
	var order []int
	for i := range n {
		if i < colSelected {
			order = append(order, i)
		}
	}
	for i := colSelected; i < n; i++ {
		order = slices.Insert(order, slices.Index(order, colAttempts), i)
	}
	return order
}

// columnsOf measures the columns of rows.
func columnsOf(rows []*row) []column {
	cols := []column{
		colSeq: {title: "SEQ", right: true}, colName: {title: "NAME"}, colStatus: {title: "STATUS"},
		colLatency: {title: "LATENCY", right: true}, colTTFB: {title: "TTFB", right: true}, colWaited: {title: "WAITED", right: true},
		colSize: {title: "SIZE", right: true}, colValue: {title: "VALUE"}, colAttempts: {title: "ATTEMPTS", short: "TRIES", right: true},
	}
	for _, r := range rows {
		for i, cell := range r.cells() {
			cols[i].cells = append(cols[i].cells, cell)
		}
	}
	for i := range cols {
		cols[i].measure()
	}
	cols[colName].gone = cols[colName].all("")
	return cols
}

func (c *column) measure() {
	c.width = units.Width(c.title)
	for _, cell := range c.cells {
		c.width = max(c.width, units.Width(cell))
	}
}

// cut shortens the column to n columns of the terminal, if it is wider.
func (c *column) cut(n int) {
	if c.width <= n {
		return
	}
	c.width = n
	c.title = units.Cut(c.title, n)
	for i, cell := range c.cells {
		c.cells[i] = units.Cut(cell, n)
	}
}

func (c *column) all(cell string) bool {
	return !slices.ContainsFunc(c.cells, func(s string) bool { return s != cell })
}

// fit makes the columns narrow enough for a terminal and gives the width of the last one; -1 if it has no place.
func fit(cols []column, width int) int {
	room := func() int {
		left := width
		for _, c := range cols {
			if !c.gone {
				left -= c.width + gap
			}
		}
		return left
	}
	least := minLast
	if !cols[colValue].gone || len(cols) > colSelected {
		least = minRest
	}
	drop := func(col int) { cols[col].gone = cols[col].gone || room() < least }
	shrink := func(col, to int) { // as far as need be
		if c := &cols[col]; !c.gone && room() < least {
			c.cut(max(to, c.width-least+room()))
		}
	}
	cols[colName].cut(maxName)
	cols[colValue].cut(maxName)
	for i := colSelected; i < len(cols); i++ {
		cols[i].cut(maxName)
	}
	if cols[colWaited].all(units.None) {
		drop(colWaited)
	}
	if cols[colAttempts].all("1") {
		drop(colAttempts)
	}
	if c := &cols[colAttempts]; room() < least {
		c.title = c.short
		c.measure()
	}
	shrink(colName, minName)
	drop(colTTFB)
	shrink(colValue, minValue)
	for _, col := range []int{colSize, colWaited, colAttempts} {
		drop(col)
	}
	if len(cols) > colSelected {
		least = minSelectedRest // what was selected is worth more than where it came from
	}
	for i := colSelected; i < len(cols); i++ {
		shrink(i, minValue)
	}
	for i := len(cols) - 1; i > colSelected; i-- {
		drop(i)
	}
	if len(cols) > colSelected {
		least = 0
	}
	for _, col := range []int{colName, colValue} {
		drop(col)
	}
	if left := room(); left >= 4 {
		return left
	}
	return -1
}
