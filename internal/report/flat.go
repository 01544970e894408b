package report

import (
	"errors"
	"slices"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

// writer is what the lines of a flat report are written to.
type writer interface {
	heading(names []string)
	line(cells []string) // raw; they may be overwritten afterwards
	write() error        // what was written so far is passed on
}

// flat makes lines of cells from records: one for each answer, and for each value of an answer that has several. Its
// columns are settled early, as lines are written when they come, and later ones cannot add any: those of the list's rows
// by the first record, unless they are known; and those of values, unless they are known, by what comes within a second
// of the first value, see heldLines. A row column that later records lack is empty; one that only they have is left out, and
// counted.
//
// There are two layouts: every field of a result, with the row's columns in between and the values at the end; and, with
// Options.Table, the row's columns, the values, and the fields that were asked for.
type flat struct {
	o       Options
	started bool // the columns are known, but for those of values
	head    []string
	columns []string // of the rows of the list
	tail    []string // between those and the values
	fields  []string // after the values
	values  valueColumns
	headed  bool // the heading was written
	held    heldLines

	cells []string // reused
	one   [1]record.Answer
}

func newFlat(o Options) *flat {
	f := &flat{o: o, head: flatHead, tail: flatTail, values: newValueColumns(o)}
	if o.Table {
		f.head, f.tail = nil, nil
		for _, name := range o.Fields {
			f.fields = append(f.fields, fieldName(name))
		}
	}
	return f
}

// add writes the lines of a record.
func (f *flat) add(r *record.Record, w writer) error {
	f.held.mu.Lock()
	defer f.held.mu.Unlock()
	f.start(r)
	if f.held.over(r) {
		f.settle(w)
	}
	answers := r.Rows
	if answers == nil {
		f.one[0] = record.Answer{Row: r.Row, OK: r.OK, Error: r.Error, Values: r.Values}
		answers = f.one[:]
	}
	// With one line for each row, a page that only says "not yet" is none.
	interim := f.o.Table && r.OK && slices.Contains(r.Notes, record.NoteInterim)
	for i := range answers {
		l := line{r, &answers[i]}
		f.countRow(l.answer.Row)
		values := l.answer.Values
		if !f.o.HasValues || !l.answer.OK {
			values = nil
		}
		if len(values) == 0 && !interim {
			f.put(&l, nil, w)
		}
		for _, v := range values {
			f.put(&l, validJSON(v), w)
		}
	}
	if !f.values.settled && len(f.values.columns) > 0 && f.held.result(r, func() error { f.settle(w); return w.write() }) {
		f.settle(w)
	}
	return errors.Join(f.held.err, w.write())
}

// end writes what is still to be written when all records have come.
func (f *flat) end(w writer) error {
	f.held.mu.Lock()
	defer f.held.mu.Unlock()
	f.start(nil)
	f.settle(w)
	return errors.Join(f.held.err, w.write())
}

// start settles the columns of rows.
func (f *flat) start(r *record.Record) {
	if f.started {
		return
	}
	f.started = true
	f.columns = f.o.RowColumns
	if f.columns != nil || r == nil {
		return
	}
	row := r.Row
	if len(r.Rows) > 0 {
		row = r.Rows[0].Row
	}
	for _, c := range row {
		f.columns = append(f.columns, strings.Clone(c.Column))
	}
}

// countRow counts the cells of a row that have no column. Most rows have the columns in their places.
func (f *flat) countRow(row fetcher.Row) {
	for i, cell := range row {
		if i < len(f.columns) && f.columns[i] == cell.Column || cell.Value == "" || slices.Contains(f.columns, cell.Column) {
			continue
		}
		f.values.dropped.Rows.count(cell.Column)
	}
}

// put writes a line, or holds it back.
func (f *flat) put(l *line, value []byte, w writer) {
	cells := f.cells[:0]
	for _, name := range f.head {
		cells = append(cells, l.field(name))
	}
	for i, column := range f.columns {
		cells = append(cells, cellOf(l.answer.Row, i, column))
	}
	for _, name := range f.tail {
		cells = append(cells, l.field(name))
	}
	at := len(cells)
	if f.values.settled {
		f.writeHeading(w)
		cells = append(cells, f.values.row(value)...)
	}
	for _, name := range f.fields {
		cells = append(cells, l.field(name))
	}
	f.cells = cells
	if f.values.settled {
		w.line(cells)
		return
	}
	if !f.values.gather(value) {
		value = nil
	}
	if full := f.held.add(cells, at, value); full || f.values.settled {
		f.settle(w)
	}
}

// settle settles the columns of values, and writes the heading and the lines that were held back.
func (f *flat) settle(w writer) {
	f.values.settle()
	f.writeHeading(w)
	f.held.release(func(h heldLine) { w.line(slices.Insert(h.cells, h.at, f.values.row(h.value)...)) })
}

// writeHeading writes the heading, once.
func (f *flat) writeHeading(w writer) {
	if !f.headed {
		f.headed = true
		w.heading(f.names())
	}
}

// Dropped implements Dropper.
func (f *flat) Dropped() Dropped { return f.values.dropped }

// names are those of all columns. Where two would be the same, the one that is less at home in the layout gets a prefix:
// in that of all fields a row's column "row_", in that of rows a field "fetch_", and in both a value "value_".
func (f *flat) names() []string {
	names := slices.Clone(f.head)
	for _, column := range f.columns {
		for slices.Contains(names, column) || slices.Contains(f.tail, column) {
			if f.o.Table {
				break // its place is its own, even if the list has two of one name
			}
			column = "row_" + column
		}
		names = append(names, column)
	}
	names = append(names, f.tail...)
	add := func(columns []string, prefix string) {
		for _, name := range columns {
			for slices.Contains(names, name) {
				name = prefix + name
			}
			names = append(names, name)
		}
	}
	add(f.values.columns, "value_")
	add(f.fields, "fetch_")
	return names
}

// cellOf is the cell in a column, which is most often at place i. Of columns with one name each keeps its place.
func cellOf(row fetcher.Row, i int, column string) string {
	if i < len(row) && row[i].Column == column {
		return row[i].Value
	}
	value, _ := row.Get(column)
	return value
}
