package report

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/fetch/fetcher"
	tables "example.com/fetch/internal/list/table"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
)

// syntax is how a table is written: as CSV, TSV or Markdown.
type syntax interface {
	AppendHeading(dst []byte, names []string) []byte
	AppendRow(dst []byte, cells []string) []byte
}

// separated returns the syntax of CSV or TSV.
func separated(f tables.Format, o Options) tables.Writer {
	return tables.Writer{Format: f, Safe: o.SafeCells, Terminal: o.Terminal}
}

// flat writes records as lines of cells: one line for each response, and for each value of a response with
// several values. The columns are fixed early, because lines are written as results arrive. Those of the list's
// rows come from the first record, unless they are known; those of values, unless they are known, from the
// results of the first second after the first value, see held. A row column that later records lack is empty;
// one that only they have is left out and counted.
//
// There are two layouts: every field of a result, with the row's columns in between and the values at the end;
// and, with Options.Table, the row's columns, the values, and the requested fields.
type flat struct {
	syntax
	w       io.Writer
	o       Options
	people  bool // written for people, not programs
	started bool // the columns are known, except those of values
	head    []field
	columns []string // of the rows of the list
	tail    []field  // between the row columns and the values
	fields  []field  // after the values
	values  valueColumns
	headed  bool // the heading has been written
	held    held

	out   []byte // output buffer; this and what follows is reused
	line  line
	cells []string
	one   [1]record.Answer
}

func newCSV(w io.Writer, _ *Run, o Options) Handler { return newFlat(w, o, separated(tables.CSV, o)) }
func newTSV(w io.Writer, _ *Run, o Options) Handler { return newFlat(w, o, separated(tables.TSV, o)) }

func newFlat(w io.Writer, o Options, s syntax) *flat {
	f := &flat{syntax: s, w: w, o: o, head: flatHead, tail: flatTail, values: newValueColumns(o)}
	if o.Table {
		f.head, f.tail = nil, nil
		for _, name := range o.Fields {
			f.fields = append(f.fields, *fieldNamed(name))
		}
	}
	return f
}

// Result implements Handler.
func (f *flat) Result(r *record.Record) error {
	if f.o.NoResults {
		return nil
	}
	h := &f.held
	h.mu.Lock()
	defer h.mu.Unlock()
	f.start(r)
	if h.timer != nil && ended(r) >= h.until {
		f.settle()
	}
	answers := r.Rows
	if answers == nil {
		f.one[0] = record.Answer{Row: r.Row, OK: r.OK, Error: r.Error, Values: r.Values}
		answers = f.one[:]
	}
	// With one line for each row, a page that only says "not yet" is skipped.
	interim := f.o.Table && r.OK && slices.Contains(r.Notes, record.NoteInterim)
	for i := range answers {
		if ok := answers[i].OK; ok && f.o.OnlyFailed || !ok && f.o.DropFailed {
			if !ok {
				f.values.dropped.Failed++
			}
			continue
		}
		f.line = line{r, &answers[i], f.people}
		f.countRow(answers[i].Row)
		values := answers[i].Values
		if !f.o.HasValues || !answers[i].OK {
			values = nil
		}
		if len(values) == 0 && !interim {
			f.put(nil)
		}
		for _, v := range values {
			f.put(validJSON(v))
		}
	}
	if !f.values.settled && len(f.values.columns) > 0 {
		f.await(r)
	}
	return errors.Join(f.held.err, f.write())
}

// End implements Handler: it writes what is still pending when all records have arrived.
func (f *flat) End(*measure.Summary) error {
	f.held.mu.Lock()
	defer f.held.mu.Unlock()
	f.start(nil)
	f.settle()
	return errors.Join(f.held.err, f.write())
}

// write writes the buffered lines.
func (f *flat) write() error {
	if len(f.out) == 0 {
		return nil
	}
	_, err := f.w.Write(f.out)
	f.out = spare(f.out)
	return err
}

// spare returns the written buffer for reuse, unless it has become large.
func spare(b []byte) []byte {
	if cap(b) > 1<<20 {
		return nil
	}
	return b[:0]
}

// start fixes the columns of rows.
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

// countRow counts the cells of a row that have no column. Most rows have the columns in order.
func (f *flat) countRow(row fetcher.Row) {
	for i, cell := range row {
		if i < len(f.columns) && f.columns[i] == cell.Column || cell.Value == "" || slices.Contains(f.columns, cell.Column) {
			continue
		}
		f.values.dropped.Rows.count(cell.Column)
	}
}

// put writes the line, or holds it back.
func (f *flat) put(value []byte) {
	f.cells = f.cells[:0]
	add := func(fields []field) {
		for i := range fields {
			f.cells = append(f.cells, fields[i].of(&f.line))
		}
	}
	add(f.head)
	for i, column := range f.columns {
		f.cells = append(f.cells, cellOf(f.line.answer.Row, i, column))
	}
	add(f.tail)
	if f.values.settled {
		f.writeHeading()
		f.cells = append(f.cells, f.values.row(value)...)
	}
	add(f.fields)
	if f.values.settled {
		f.out = f.AppendRow(f.out, f.cells)
		return
	}
	if !f.values.gather(value) {
		value = nil
	}
	if full := f.held.add(f.cells, value); full || f.values.settled {
		f.settle()
	}
}

// settle fixes the columns of values, and writes the heading and the lines that were held back.
func (f *flat) settle() {
	f.values.settle()
	f.writeHeading()
	if h := &f.held; h.timer != nil {
		h.timer.Stop()
		h.timer = nil
	}
	at := len(f.head) + len(f.columns) + len(f.tail)
	for _, l := range f.held.lines {
		f.out = f.AppendRow(f.out, slices.Insert(l.cells, at, f.values.row(l.value)...))
	}
	f.held.lines = nil
}

// writeHeading writes the heading, once.
func (f *flat) writeHeading() {
	if !f.headed {
		f.headed = true
		f.out = f.AppendHeading(f.out, f.names())
	}
}

// Dropped implements Dropper.
func (f *flat) Dropped() Dropped { return f.values.dropped }

// names returns the names of all columns. If two would be equal, one gets a prefix: in the layout of all fields
// a row's column "row_", in the layout of rows a field "fetch_", and in both a value "value_".
func (f *flat) names() []string {
	names, tail := namesOf(f.head), namesOf(f.tail)
	for _, column := range f.columns {
		// In the layout of rows a row's column keeps its name, even if the list has two of that name.
		for !f.o.Table && (slices.Contains(names, column) || slices.Contains(tail, column)) {
			column = "row_" + column
		}
		names = append(names, column)
	}
	names = append(names, tail...)
	add := func(columns []string, prefix string) {
		for _, name := range columns {
			for slices.Contains(names, name) {
				name = prefix + name
			}
			names = append(names, name)
		}
	}
	add(f.values.columns, "value_")
	add(namesOf(f.fields), "fetch_")
	return names
}

// cellOf returns the cell of a column, which is usually at index i. Columns with equal names are told apart by
// their index.
func cellOf(row fetcher.Row, i int, column string) string {
	if i < len(row) && row[i].Column == column {
		return row[i].Value
	}
	value, _ := row.Get(column)
	return value
}

const (
	heldResults = 1000        // the columns of values are fixed after this many results from the first with a value,
	heldTime    = time.Second // or after this time from then on,
	maxHeld     = 10_000      // or when this many lines are held back,
	maxHeldSize = 4 << 20     // or when they take this much memory
)

// held are the lines of a flat report that are held back until the columns of values are fixed. That happens
// one second after the first value at the latest, even if no further result arrives. For results from a journal
// the same times are used, as recorded.
type held struct {
	mu      sync.Mutex // held while records are added, and when the timer fires
	lines   []heldLine
	size    int
	results int // counted from the first with a value
	until   record.Micros
	timer   *time.Timer
	err     error // from writing when the timer fired
}

// heldLine is a line without the cells of its value.
type heldLine struct {
	cells []string
	value []byte
}

// add keeps a copy of a line, whose cells may share memory with a whole line of a journal, and reports whether
// the limit is reached.
func (h *held) add(cells []string, value []byte) (full bool) {
	const perCell, perLine = 16, 64
	own := make([]string, len(cells))
	h.size += perLine + len(value)
	for i, cell := range cells {
		own[i] = strings.Clone(cell)
		h.size += perCell + len(cell)
	}
	h.lines = append(h.lines, heldLine{own, bytes.Clone(value)})
	return len(h.lines) >= maxHeld || h.size >= maxHeldSize
}

// await counts a result whose lines are held back, and fixes the columns after the last of them. The first
// starts the timer that fixes them otherwise.
func (f *flat) await(r *record.Record) {
	h := &f.held
	if h.results++; h.results == 1 {
		h.until = ended(r) + record.MicrosOf(heldTime)
		h.timer = time.AfterFunc(heldTime, func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			if h.timer != nil {
				f.settle()
				h.err = f.write()
			}
		})
	}
	if h.results >= heldResults {
		f.settle()
	}
}

// ended returns when a result ended, counted from the start of the run.
func ended(r *record.Record) record.Micros { return r.Due + r.Response }
