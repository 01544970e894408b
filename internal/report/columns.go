package report

import (
	"math"
	"slices"
	"strings"

	"example.com/fetch/internal/report/layout"
	"example.com/fetch/internal/units"
)

// column is one column of the table, except the last.
type column struct {
	title string
	right bool // right-aligned, for numbers
	cells []string
	width int
	gone  bool
}

// The columns, in order. Attempts is the last fixed one.
const (
	colSeq = iota
	colName
	colStatus
	colLatency
	colTTFB
	colWaited
	colSize
	colValue
	colSelected // first of the selected columns, which replace colValue
)

const (
	gap     = 2  // spaces between columns, as in package layout
	minLast = 28 // width that the last column should have
	minRest = 20 // the same beside values, which matter more

	minName = 12 // width that names are shortened to
	maxName = 40 // maximum width of a name on a terminal

	minAsked   = 8  // width that value columns are cut to before other columns are dropped
	minFailure = 12 // width of the last column beside values if there are failures
	minURL     = 14 // below this the last column is dropped there, if it shows only URLs
)

// results prints a table of results, and reports whether it cut any error text.
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

// cut shortens the column to a width of n, if it is wider.
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

// fit makes the columns narrow enough for a terminal and returns the width of the last one; -1 if it is
// dropped. Requested values have priority over the latency and the URL, but not over errors.
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
	shrink := func(c *column, to int) { // as far as necessary
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
		if least = -gap; failed { // the last column is dropped
			least = minFailure
		}
		level(asked, least-room(), minAsked)
		if !name.gone { // name and host both identify the row; one is enough
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

// level reduces the widest of some columns by a total of over, but none below least.
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
