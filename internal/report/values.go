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
	// maxValue is the maximum width of a value in the table, also in a file, because a value may be a whole
	// document. All other formats have whole values.
	maxValue = 120
	minValue = 16 // width to which a value is shortened on a terminal
)

// valueOf returns the values of a result as shown in the table, safe to print: a scalar unchanged, an object
// compact, several one after the other; for a batch, how many of its rows have a result.
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

// shownValue formats a cell so that null and an empty string are visible. The end of a long value is not read.
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

// unanswered returns the number of rows of a batch without a result.
func unanswered(r *record.Record) int {
	n := 0
	for i := range r.Rows {
		if !r.Rows[i].OK {
			n++
		}
	}
	return n
}

// kindOf returns the first byte of a value, which is its kind: '{' for an object, '"' for a string, and 'n' for
// null or nothing.
func kindOf(value []byte) byte {
	if len(value) == 0 {
		return 'n'
	}
	return value[0]
}

// validJSON returns value without surrounding white space. What is not JSON becomes a JSON string that contains
// it, as in a stored record.
func validJSON(value []byte) []byte {
	if !jsonx.Valid(value) {
		return record.AppendValue(nil, value)
	}
	return bytes.Trim(value, " \t\r\n")
}

// jsonCell formats a value as a cell: a string without its quotes, a number by its digits, null as an empty
// cell, and an array or an object as compact JSON. The value must be valid JSON.
func jsonCell(value []byte) string {
	if kind := kindOf(value); kind == '[' || kind == '{' {
		value = record.AppendValue(nil, value) // escaped like a record
	}
	return jsonx.Cell(value)
}

// maxSelected is the maximum number of selected columns that the table shows separately; more are shown as one
// value.
const maxSelected = 8

// selectedOf returns the selected columns of a result as shown in the table, safe to print; nil if they are not
// known, or the result has none. If there are several values, their cells of a column follow one another.
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

// selectedColumns returns the selected columns that replace the value column; none if no row has any, or if one
// has a value of another shape.
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

const (
	maxColumns  = 1000    // maximum number of value columns, as an object may have any keys
	plainColumn = "value" // column of values that are not objects
	maxDropped  = 20      // names that are counted separately
)

// valueColumns turns values extracted from bodies into cells. If the first value is not an object there is one
// column for all values. Otherwise the columns are collected until they are fixed: the keys of objects, and
// "value" for what is not an object.
type valueColumns struct {
	settled bool
	plain   bool // a single column
	columns []string
	places  map[string]int // of columns
	cells   []string       // of the most recent value
	dropped Dropped
}

func newValueColumns(o Options) valueColumns {
	s := valueColumns{settled: !o.HasValues || len(o.Values) > 0, plain: true, places: map[string]int{}}
	if o.HasValues {
		for _, name := range o.Values {
			s.plain = false
			s.add(name)
		}
	}
	return s
}

func (s *valueColumns) add(name string) {
	if _, there := s.places[name]; !there && len(s.columns) < maxColumns {
		s.places[name] = len(s.columns)
		s.columns = append(s.columns, name)
	}
}

// gather adds the columns of a value, and reports whether it has any: null and {} do not determine any columns.
func (s *valueColumns) gather(value []byte) (some bool) {
	switch kindOf(value) {
	case 'n':
	case '{':
		object := jsonx.NewReader(value)
		for key := range object.Object() {
			s.plain, some = false, true
			s.add(string(key))
			object.Skip()
		}
	default:
		s.add(plainColumn)
		s.settled, some = s.plain, true
	}
	return some
}

// settle ends the collection of columns.
func (s *valueColumns) settle() {
	if !s.settled && len(s.columns) == 0 {
		s.add(plainColumn)
	}
	s.settled = true
}

// row returns the cells of a value, raw; empty ones for nil. They are overwritten by the next call.
func (s *valueColumns) row(value []byte) []string {
	s.cells = append(s.cells[:0], make([]string, len(s.columns))...)
	switch kind := kindOf(value); {
	case kind == 'n':
	case s.plain:
		s.cells[0] = s.cell(value)
	case kind == '{':
		s.spread(value)
	default:
		if i, ok := s.places[plainColumn]; ok {
			s.cells[i] = s.cell(value)
		} else {
			s.dropped.Values.count(plainColumn)
		}
	}
	return s.cells
}

// spread puts the values of an object's keys into their cells.
func (s *valueColumns) spread(object []byte) {
	r := jsonx.NewReader(object)
	for key := range r.Object() {
		if i, ok := s.places[string(key)]; ok {
			s.cells[i] = s.cell(r.Value())
			continue
		}
		if name := string(key); r.Kind() != 'n' { // whose cell would be empty
			s.dropped.Values.count(name)
		}
		r.Skip()
	}
}

func (s *valueColumns) cell(value []byte) string {
	if kindOf(value) == '"' && jsonx.HasLoneSurrogate(value) {
		s.dropped.Halves++
	}
	return jsonCell(value)
}

// Dropper is a Handler that may be unable to write part of its input: its columns are fixed early, and later
// results may have others. CSV, TSV, Markdown and NDJSON are Droppers.
type Dropper interface {
	// Dropped returns what was left out or changed.
	Dropped() Dropped
}

// Dropped counts what a Dropper could not write.
type Dropped struct {
	Values Counts // by key: values extracted from bodies. One that is not an object, where the columns are keys, has the key "value"
	Rows   Counts // by column: non-empty cells of the list's rows
	Failed int64  // lines of failures, with DropFailed
	Halves int64  // strings in which U+FFFD replaces an unpaired surrogate, which only JSON can represent
}

// Counts counts by name.
type Counts struct {
	Names  []Count // the first 20, in order of arrival
	Others int64   // with other names
}

// Count is how often a name came.
type Count struct {
	Name string
	N    int64
}

func (c *Counts) count(name string) {
	i := slices.IndexFunc(c.Names, func(one Count) bool { return one.Name == name })
	switch {
	case i >= 0:
		c.Names[i].N++
	case len(c.Names) < maxDropped:
		c.Names = append(c.Names, Count{strings.Clone(name), 1})
	default:
		c.Others++
	}
}
