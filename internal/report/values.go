package report

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"example.com/fetch/internal/jsonx"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
)

const (
	// maxValue is the most columns that the table gives to a value, also in a file: a value may be a whole document. Whole
	// values are in all other formats.
	maxValue = 120
	minValue = 16 // what it is shortened to on a terminal
)

// valueOf is what the table shows of the values of a result, safe to print: a scalar as it is, an object compact, several
// one after the other; of a batch, how many of its rows were answered.
func valueOf(r *record.Record) string {
	if r.Rows != nil {
		return fmt.Sprintf("%s/%s rows", units.Count(int64(len(r.Rows)-unanswered(r))), units.Count(int64(len(r.Rows))))
	}
	if len(r.Values) == 0 || !r.OK {
		return units.None
	}
	var text strings.Builder
	for i, v := range r.Values {
		if i > 0 {
			text.WriteString(", ")
		}
		text.WriteString(shownValue(v))
		if len(text.String()) > maxValue*4 { // more than can be shown
			break
		}
	}
	return units.Cut(keep(text.String()), maxValue)
}

// shownValue is a cell, but that one can see what is null and what is an empty string. The end of a long value is not
// even looked at.
func shownValue(value []byte) string {
	if len(value) > maxText {
		return string(value[:maxText])
	}
	value = validJSON(value)
	if cell := jsonCell(value); cell != "" {
		return cell
	}
	return string(value)
}

// unanswered is how many rows of a batch have no answer.
func unanswered(r *record.Record) int {
	n := 0
	for i := range r.Rows {
		if !r.Rows[i].OK {
			n++
		}
	}
	return n
}

// kindOf is the first byte of a value, which tells what it is: '{' an object, '"' a string; 'n' is null, or nothing.
func kindOf(value []byte) byte {
	if len(value) == 0 {
		return 'n'
	}
	return value[0]
}

// validJSON is value without the blanks around it. What is not JSON becomes a string that holds it, as in a record that
// is stored.
func validJSON(value []byte) []byte {
	if !jsonx.Valid(value) {
		return record.AppendValue(nil, value)
	}
	return bytes.Trim(value, " \t\r\n")
}

// jsonCell is a value as a cell: a string without its quotes, a number by its digits, null as nothing, and an array or an
// object as compact JSON. It wants valid JSON.
func jsonCell(value []byte) string {
	if kind := kindOf(value); kind == '[' || kind == '{' {
		value = record.AppendValue(nil, value) // with its escapes
	}
	return jsonx.Cell(value)
}

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
		slices.ContainsFunc(rows, func(r *row) bool { return r.selected == nil && r.cells[colValue] != units.None }) {
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
			c.right = c.right && cell != "" && strings.Trim(cell, "0123456789.-+eE") == "" // numbers, and units.None
		}
		c.measure()
		cols = append(cols, c)
	}
	return cols
}
