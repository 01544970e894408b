// Package report renders runs. Every output is a Handler of the same stream of records, followed by the same summary, so
// that a report made from a stored journal equals the one that was made live.
package report

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
)

// Handler makes one report. Its methods are called from one goroutine: Result for each result, in the order in which they
// come, and at the end End, once. A record is only read, and not kept after Result returns. The error of either is that
// of the writer, and ends the report.
type Handler interface {
	Result(*record.Record) error
	End(*measure.Summary) error
}

// Run tells of the run as a whole: the "run" object of the JSON report.
type Run struct {
	Version     string    `json:"version"`     // of the program
	Started     time.Time `json:"started"`     // in UTC
	Args        []string  `json:"args"`        // the command line, secrets masked by the caller
	Concurrency int       `json:"concurrency"` // hops in flight, at most
}

// Options say how a report is to look. The zero Options are right for a file.
type Options struct {
	Width     int  // columns of the terminal, to which the table is cut; 0: no terminal, and nothing is cut
	Color     bool // colour the table
	Terminal  bool // CSV and TSV go to one: control characters are escaped
	NoResults bool // the summary only; in the formats without one, nothing but the heading

	BodiesDropped bool // the bodies were counted, not kept: the table says so
	SafeCells     bool // CSV and TSV are protected from formulas

	HasValues bool     // values are taken from bodies: the table and the flat formats show them
	Values    []string // the keys that all values have, in the order of their columns; nil: what the first value has
	Table     bool     // the flat formats have the rows' columns, the values and Fields, and not every field of a result
	Fields    []string // with Table, more columns: some of FieldNames (see CheckFields)
	// RowColumns are the columns of the list's rows; nil: those that the first result has.
	RowColumns []string
}

// format is one kind of report.
type format struct {
	name       string
	extensions []string
	summary    bool // it has one
	new        func(w io.Writer, run *Run, o Options) Handler
}

func formats() []format {
	return []format{
		{"table", []string{".txt"}, true, newTable},
		{"json", []string{".json"}, true, newJSON},
		{"ndjson", []string{".ndjson", ".jsonl"}, false, newNDJSON},
		{"csv", []string{".csv"}, false, newCSV},
		{"tsv", []string{".tsv", ".tab"}, false, newTSV},
		{"markdown", []string{".md", ".markdown"}, true, newMarkdown},
	}
}

// New makes a report in the named format, one of Formats, that is written to w: results as they come, with one Write for
// each, but by the table, which comes whole at the end, and by CSV, TSV and Markdown before the columns of values are known
// (Options.Values). What waits for these may be written by another goroutine, between two calls. w is neither buffered nor
// closed. Run is read when the first result comes, or the end.
func New(name string, w io.Writer, run *Run, o Options) (Handler, error) {
	for _, f := range formats() {
		if f.name == name {
			return f.new(w, run, o), nil
		}
	}
	return nil, fmt.Errorf("there is no format %q: use one of %s", name, strings.Join(Formats(), ", "))
}

// Formats names the formats, the default first.
func Formats() []string {
	var names []string
	for _, f := range formats() {
		names = append(names, f.name)
	}
	return names
}

// HasSummary reports whether a format has a summary after the results; the others are results and nothing else.
func HasSummary(name string) bool {
	return slices.ContainsFunc(formats(), func(f format) bool { return f.name == name && f.summary })
}

// ByExtension finds the format that a file's name asks for: .txt .json .ndjson .jsonl .csv .tsv .tab .md .markdown, in
// small or capital letters.
func ByExtension(path string) (format string, ok bool) {
	ext := strings.ToLower(filepath.Ext(path))
	for _, f := range formats() {
		if slices.Contains(f.extensions, ext) {
			return f.name, true
		}
	}
	return "", false
}
