// Package table reads tables row by row: CSV, TSV, JSON Lines, or one value on each line; and writes rows of CSV and TSV.
// What is gzip-compressed is unpacked. It holds one row at a time, of at most 1 MiB.
//
// Text is UTF-8, lines end with LF or CRLF, and a byte order mark at the beginning is ignored. Empty lines are skipped.
//
//   - CSV is RFC 4180 with a heading that names the columns. Quoted cells may contain separators, line breaks (which are
//     kept unchanged) and doubled quotes. The separator is the most frequent one in the heading: a comma, a semicolon (as
//     spreadsheets write it in many countries) or a tab; a line sep=; before the heading overrides that.
//   - TSV has a heading, too. Tabs and line breaks in cells are written as the escapes of a Writer. In a table with other
//     backslashes nothing is an escape; a table with both is an error. A cell that begins and ends with quotes is
//     unquoted, because some programs quote cells.
//   - JSON Lines has an object on each line; a JSON array of objects is the same table. The columns are the keys of the
//     first object, in order, or with Heading those of all. Missing keys and null are empty cells. Numbers, arrays and
//     objects are kept unchanged.
//   - Lines is one value on each line, without surrounding blanks, in a column named value.
//
// The names of columns are kept unchanged, and must be unique. A column without a name is called column1 by its
// position; if another has that name, column1_2.
package table

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"example.com/fetch/fetcher"
)

// MaxRow is the maximum length of a row in bytes.
const MaxRow = 1 << 20

// ValueColumn is the name of the only column of a table in the format Lines.
const ValueColumn = "value"

// Format is the syntax of a table. Zero means that it is detected from the first line.
type Format uint8

// The formats of a Reader.
const (
	CSV Format = iota + 1
	TSV
	JSONL
	Lines
)

// Error is a bad row, after which reading can continue, or makes a whole table unusable. It never shows the content
// of the row.
type Error struct {
	Line    int64 // where the row begins, from 1; 0 if it concerns the whole table
	Entry   bool  // Line counts the elements of a JSON array
	Problem string
	Hint    string // what to do; may be empty
	Final   bool   // nothing more can be read: the heading is invalid, or a quote is never closed

	Row fetcher.Row // the cells of a bad row, one per column, empty if unknown
}

// unusable returns the error of a whole table.
func unusable(problem, hint string) *Error { return &Error{Problem: problem, Hint: hint, Final: true} }

// bad returns the error of the last row.
func (r *Reader) bad(problem, hint string) *Error {
	return &Error{Line: r.row, Entry: r.Entries(), Problem: problem, Hint: hint}
}

// broken returns the error of the last row, after which nothing more can be read.
func (r *Reader) broken(problem, hint string) error { return final(r.bad(problem, hint)) }

// final turns the error of a row into one of the whole table.
func final(err error) error {
	if bad, ok := err.(*Error); ok {
		bad.Final = true
	}
	return err
}

func isBadRow(err error) bool {
	bad, ok := err.(*Error)
	return ok && !bad.Final
}

// Place returns the place for a message: "line 3: ", or nothing.
func (e *Error) Place() string {
	switch {
	case e.Line == 0:
		return ""
	case e.Entry:
		return fmt.Sprintf("entry %d: ", e.Line)
	}
	return fmt.Sprintf("line %d: ", e.Line)
}

func (e *Error) Error() string {
	if e.Hint == "" {
		return e.Place() + e.Problem
	}
	return e.Place() + e.Problem + "; " + e.Hint
}

// Reader reads one table. It is for one goroutine at a time.
type Reader struct {
	source  io.Reader
	lines   LineReader
	asked   Format // 0: detect it
	format  Format
	comma   byte // of CSV
	started bool
	columns []string
	index   map[string]int // of columns; one without a name is also listed under the empty name, for JSON
	first   fetcher.Row    // of JSON: read for its columns, and not returned yet
	heading *Reader        // of JSON: already read by another Reader; nil: the first object has the columns
	objects Objects        // of JSON
	row     int64          // the line where the last row began
	err     error          // nothing more can be read

	escaped, literal int64 // the first lines of TSV with a backslash that begins an escape, and with one that does not; 0: none

	text []byte // the cells of the last row, concatenated
	ends []int  // the end of each cell
}

// NewReader returns a Reader of a table from r; format 0 means that it is detected from the first line. Nothing is
// read before the first call of a method, and never more lines than needed, so a pipe can be read while it is
// written.
func NewReader(r io.Reader, f Format) *Reader {
	return &Reader{source: r, asked: f, format: f}
}

// Columns returns the names of the columns, in order. It reads the heading if necessary. The error is a final *Error,
// or that of the reader.
func (r *Reader) Columns() ([]string, error) {
	r.start()
	if r.columns == nil {
		return nil, r.err
	}
	return r.columns, nil
}

// Line returns where the last row began, good or bad, counted in lines from 1, or in the elements of a JSON array; 0
// before the first.
func (r *Reader) Line() int64 { return r.row }

// Next reads a row, which has a cell for each column and belongs to the caller. The error is io.EOF at the end; an
// *Error that is not final if the row is bad, after which reading can continue; any other is final.
func (r *Reader) Next() (fetcher.Row, error) {
	r.start()
	if r.err != nil {
		return nil, r.err
	}
	row, err := r.next()
	if err != nil {
		if !isBadRow(err) {
			r.err = err
		} else if bad := err.(*Error); bad.Row == nil {
			r.text, r.ends = nil, nil
			bad.Row = r.makeRow()
		}
		return nil, err
	}
	return row, nil
}

func (r *Reader) next() (fetcher.Row, error) {
	switch r.format {
	case JSONL:
		return r.nextObject()
	case Lines:
		return r.nextValue()
	}
	if err := r.nextCells(); err != nil {
		return nil, err
	}
	if got, want := len(r.ends), len(r.columns); got != want {
		return nil, r.miscounted(got, want)
	}
	return r.makeRow(), nil
}

// miscounted returns the error of a row whose number of cells differs from the heading.
func (r *Reader) miscounted(got, want int) error {
	e := r.bad(fmt.Sprintf("the row has %d cells, the heading %d", got, want), "")
	e.Row = r.makeRow()
	switch {
	case got < want:
		e.Hint = "add the cells that are missing; they may be empty"
	case r.format == CSV:
		e.Hint = fmt.Sprintf(`put a cell that holds a %q in quotes, "like this"`, r.comma)
	default:
		e.Hint = `write a tab in a cell as \t`
	}
	return e
}

// start unpacks the table, detects the format, and reads the heading, once.
func (r *Reader) start() {
	if r.started {
		return
	}
	r.started = true
	if r.err = r.open(); r.err != nil {
		return
	}
	r.objects.lines = &r.lines
	if r.format == 0 || r.format == JSONL {
		if r.objects.openArray(); r.Entries() {
			r.format = JSONL
		}
	}
	if r.format == 0 {
		if r.err = r.detect(); r.err != nil {
			return
		}
	}
	switch r.format {
	case Lines:
		r.columns = []string{ValueColumn}
	case JSONL:
		if h := r.heading; h != nil {
			r.columns, r.index = h.columns, h.index
			break
		}
		r.err = r.readFirstObject()
	default:
		r.err = r.readHeading()
	}
	if r.err != nil {
		r.columns = nil
	}
}

// readHeading reads the names of the columns from the first line that is not empty.
func (r *Reader) readHeading() error {
	err := r.findComma()
	if err == nil {
		err = r.nextCells()
	}
	switch {
	case err == io.EOF:
		return unusable("there is no row in it", "the first line names the columns")
	case err != nil:
		return final(err)
	}
	if bytes.IndexByte(r.text[:min(len(r.text), 2)], 0) >= 0 {
		return unusable("is a binary file, or encoded in UTF-16, and not a table", "save it as UTF-8")
	}
	names, from := make([]string, len(r.ends)), 0
	for i, end := range r.ends {
		names[i], from = string(r.text[from:end]), end
	}
	return r.setColumns(names)
}

// setColumns sets the names of the columns. One without a name, like the index that pandas writes, is named by its
// position.
func (r *Reader) setColumns(names []string) error {
	names = slices.Clone(names)
	r.index = make(map[string]int, len(names))
	for i, name := range names {
		if j, twice := r.index[name]; twice && name != "" {
			return r.broken(fmt.Sprintf("columns %d and %d are both named %q", j+1, i+1, name), "give each its own name")
		}
		r.index[name] = i
	}
	for i, name := range names {
		if name != "" {
			continue
		}
		names[i] = fmt.Sprint("column", i+1)
		for n := 2; ; n++ {
			if _, taken := r.index[names[i]]; !taken {
				break
			}
			names[i] = fmt.Sprintf("column%d_%d", i+1, n)
		}
		r.index[names[i]] = i
	}
	r.columns = names
	return nil
}

// Word returns the first line of a table in the format Lines, without surrounding quotes: its potential heading. It
// is not consumed. It is empty for any other format, and if there is no line.
func (r *Reader) Word() string {
	r.start()
	if r.err != nil || r.format != Lines {
		return ""
	}
	line, err := r.firstLine()
	if err == nil || err == ErrLongLine {
		r.lines.Unread()
	}
	word := bytes.TrimSpace(line)
	if n := len(word); n > 1 && word[0] == '"' && word[n-1] == '"' {
		word = bytes.ReplaceAll(word[1:n-1], []byte(`""`), []byte(`"`))
	}
	return string(word)
}

// TakeWord makes the first line of a table in the format Lines its heading, so that it is a CSV of one column. It
// must be called before Next.
func (r *Reader) TakeWord() error {
	r.start()
	if r.err == nil && r.format == Lines {
		r.format, r.columns = CSV, nil
		r.err = r.readHeading()
	}
	return r.err
}

// nextValue reads a row of the format Lines.
func (r *Reader) nextValue() (fetcher.Row, error) {
	for {
		line, err := r.line()
		if err != nil {
			return nil, err
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if !utf8.Valid(line) {
			return nil, r.notUTF8()
		}
		return fetcher.Row{{Column: ValueColumn, Value: string(line)}}, nil
	}
}

// line reads the first line of a row. The error is an *Error if it is too long.
func (r *Reader) line() ([]byte, error) {
	line, err := r.lines.Next()
	if err == nil || err == ErrLongLine {
		r.row = r.lines.Line
	}
	if err == ErrLongLine {
		err = r.bad("the row is longer than 1 MiB", "")
	}
	return line, err
}

func (r *Reader) notUTF8() error {
	return r.bad("the row is not UTF-8", "save the table as UTF-8")
}
