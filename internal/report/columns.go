package report

import (
	"math"
	"slices"
	"strings"

	"example.com/fetch/internal/report/layout"
	"example.com/fetch/internal/units"
)

// column is one column of the table but the last.
type column struct {
	title string
	right bool // numbers stand at the right
	cells []string
	width int
	gone  bool
}

// The columns, in their order. That of attempts is the last.
const (
	colSeq = iota
	colName
	colStatus
	colLatency
	colTTFB
	colWaited
	colSize
	colValue
	colSelected // the first of those that take the place of colValue
)

const (
	gap     = 2  // spaces between columns, as the layout has them
	minLast = 28 // columns that the last one should have
	minRest = 20 // the same beside values, which are worth more

	minName = 12 // what a name is shortened to
	maxName = 40 // the most that a name gets on a terminal

	minAsked   = 8  // what a column of values is cut to before others go
	minFailure = 12 // columns that the last one has beside values where there are failures
	minURL     = 14 // below which it is left out there, if it has nothing but URLs
)

// results prints a table of results, and reports whether it cut what went wrong.
func results(p *layout.Page, rows []*row, o Options) (cut bool) {
	selected := selectedColumns(rows, o.Values)
	cols := slices.Insert(columnsOf(rows), colSelected, selected...)
	cols[colValue].gone = !o.HasValues || len(selected) > 0
	last := math.MaxInt
	if p.Width > 0 {
		last = fit(cols, p.Width, slices.ContainsFunc(rows, func(r *row) bool { return !r.ok }))
	}
	t := &layout.Table{}
	var shown []*column
	for i := range cols {
		if c := &cols[i]; !c.gone {
			shown = append(shown, c)
			t.Columns = append(t.Columns, layout.Column{Title: c.title, Left: !c.right, Usual: c.width})
		}
	}
	status := slices.Index(shown, &cols[colStatus])
	t.CellColor = func(n, column int) string {
		if column == status {
			return rows[n].color
		}
		return ""
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
		for _, c := range shown {
			cells = append(cells, c.cells[i])
		}
		end := ""
		if last >= 0 {
			end = r.last(last)
		}
		cut = cut || !r.ok && !strings.HasPrefix(end, r.failure())
		t.Add(append(cells, end)...)
	}
	p.Table(t)
	return cut
}

// columnsOf measures the columns of rows.
func columnsOf(rows []*row) []column {
	cols := []column{
		colSeq: {title: "SEQ", right: true}, colName: {title: "NAME"}, colStatus: {title: "STATUS"},
		colLatency: {title: "LATENCY", right: true}, colTTFB: {title: "TTFB", right: true}, colWaited: {title: "WAITED", right: true},
		colSize: {title: "SIZE", right: true}, colValue: {title: "VALUE"}, {title: "ATTEMPTS", right: true},
	}
	for _, r := range rows {
		for i, cell := range r.cells {
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

// fit makes the columns narrow enough for a terminal and gives the width of the last one; -1 if it has no place. The values
// that were asked for are worth more than the latency and where they came from, but not than what failed.
func fit(cols []column, width int, failed bool) int {
	asked, attempts := cols[colSelected:len(cols)-1], &cols[len(cols)-1]
	if !cols[colValue].gone {
		asked = cols[colValue:colSelected]
	}
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
	if len(asked) > 0 {
		least = minRest
	}
	drop := func(c *column) { c.gone = c.gone || room() < least }
	shrink := func(c *column, to int) { // as far as need be
		if !c.gone && room() < least {
			c.cut(max(to, c.width-least+room()))
		}
	}
	seq, name, latency, waited := &cols[colSeq], &cols[colName], &cols[colLatency], &cols[colWaited]
	name.cut(maxName)
	for i := range asked {
		asked[i].cut(maxName)
	}
	if waited.all(units.None) {
		drop(waited)
	}
	if attempts.all("1") {
		drop(attempts)
	}
	if room() < least {
		attempts.title = "TRIES"
		attempts.measure()
	}
	shrink(name, minName)
	drop(&cols[colTTFB])
	shrink(&cols[colValue], minValue)
	drop(&cols[colSize])
	drop(waited)
	drop(attempts)
	if len(asked) > 0 {
		drop(latency)
		if least = -gap; failed { // the last one goes
			least = minFailure
		}
		level(asked, least-room(), minAsked)
		if !name.gone { // either of the two tells which it is
			drop(seq)
		}
	}
	drop(name)
	for i := len(asked) - 1; i >= 0; i-- {
		drop(&asked[i])
	}
	left := room()
	if len(asked) > 0 && !failed && left < minURL {
		latency.gone = latency.gone && (seq.gone || left < latency.width)
		return -1
	}
	if left < 4 {
		return -1
	}
	return left
}

// level takes so many columns of the terminal away from the widest of some, down to the least that each is to have.
func level(cols []column, over, least int) {
	widest := maxName
	for ; over > 0 && widest > least; widest-- {
		for i := range cols {
			if cols[i].width >= widest {
				over--
			}
		}
	}
	for i := range cols {
		cols[i].cut(widest)
	}
}
