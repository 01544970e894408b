package report

import (
	"slices"
	"strings"

	"example.com/fetch/internal/jsonx"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
)

// maxSelected is the most selected columns that the table shows each for itself; more stand as one value.
const maxSelected = 8

// selectedOf is what the table shows of the selected columns of a result, safe to print; nil if it is not known which there
// are, or the result has none. What several values have for a column stands one after the other.
func selectedOf(r *record.Record, columns []string) []string {
	if len(columns) == 0 || len(columns) > maxSelected || !r.OK || r.Rows != nil || len(r.Values) == 0 {
		return nil
	}
	cells := make([]string, len(columns))
	for n, value := range r.Values {
		if len(value) > maxText {
			return nil
		}
		object := validJSON(value)
		if kindOf(object) != '{' {
			return nil
		}
		found := slices.Repeat([]string{units.None}, len(columns))
		members := jsonx.NewReader(object)
		for key := range members.Object() {
			i := slices.Index(columns, string(key))
			if value := members.Value(); i >= 0 {
				found[i] = shownValue(value)
			}
		}
		for i, cell := range found {
			if n > 0 {
				cell = ", " + cell
			}
			if len(cells[i]) <= maxValue*4 { // more than can be shown
				cells[i] += cell
			}
		}
	}
	for i, cell := range cells {
		cells[i] = units.Cut(keep(cell), maxValue)
	}
	return cells
}

// selectedColumns are the columns of what was selected, in place of the one of values; none if no row has any, or one has
// a value that is not made of them.
func selectedColumns(rows []*row, names []string) []column {
	if !slices.ContainsFunc(rows, func(r *row) bool { return r.selected != nil }) ||
		slices.ContainsFunc(rows, func(r *row) bool { return r.selected == nil && r.value != units.None }) {
		return nil
	}
	var cols []column
	for i, name := range names {
		c := column{title: units.Cut(record.Printable(name), maxValue), right: true}
		for _, r := range rows {
			cell := units.None
			if r.selected != nil {
				cell = r.selected[i]
			}
			c.cells = append(c.cells, cell)
			c.right = c.right && (cell == units.None || numeric(cell))
		}
		c.measure()
		cols = append(cols, c)
	}
	return cols
}

// numeric reports whether a cell is a number, which stands at the right.
func numeric(cell string) bool {
	return cell != "" && strings.Trim(cell, "0123456789.-+eE") == ""
}
