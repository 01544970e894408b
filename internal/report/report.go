// Package report renders what runs and load tests came to: for people, for programs, for continuous integration, and for the
// tools that read HDR histograms. Every report of a list's run is a Handler of the same stream of records, followed by the same
// summary, so that one made from a stored journal equals the one that was made live. Those of load tests are of a Summary.
package report

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"example.com/fetch/internal/load/knee"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/threshold"
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
	Version     string    `json:"version"`        // of the program
	Started     time.Time `json:"started"`        // in UTC
	Args        []string  `json:"args"`           // the command line, secrets masked by the caller
	Concurrency int       `json:"concurrency"`    // hops in flight, at most
	Auto        bool      `json:"auto,omitempty"` // the concurrency was to be found; see measure.Summary.Auto
	// Selection says which results are listed; empty: all are. The summary is of all.
	Selection string `json:"selection,omitempty"`
}

// Options say how a report is to look. The zero Options are right for a file.
type Options struct {
	Width     int  // columns of the terminal, to which tables are cut; 0: no terminal, and nothing is cut
	Color     bool // colour the table
	Terminal  bool // CSV and TSV go to one: control characters are escaped
	NoResults bool // the summary only; in the formats without one, nothing but the heading
	cutErrors bool // the table has no room for what went wrong: the summary has an example of each class

	OnlyFailed bool // of a result with several answers the flat formats have those that failed
	DropFailed bool // the flat formats and ndjson leave out what failed, and count it

	BodiesDropped bool // the bodies were counted, not kept: the table says so
	SafeCells     bool // CSV and TSV are protected from formulas

	HasValues bool     // values are taken from bodies: the table and the flat formats show them
	Values    []string // the keys that all values have, in the order of their columns; nil: what the first value has
	Table     bool     // the flat formats have the rows' columns, the values and Fields, and not every field of a result
	Fields    []string // with Table, more columns: some of FieldNames (see CheckFields)
	// RowColumns are the columns of the list's rows; nil: those that the first result has.
	RowColumns []string

	// Of a load test.
	Response *measure.Distribution // the response times of successes, for hgrm; nil: the run did not keep them
	Limits   []threshold.Threshold // what the test was held against, for junit
}

// format is one kind of report: of the run of a list, of a load test, of a sweep, or of several of these.
type format struct {
	name       string
	extensions []string
	summary    bool // that of a list has a summary after the results
	list       func(w io.Writer, run *Run, o Options) Handler
	load       func(s *measure.LoadSummary, o Options) ([]byte, error)
	sweep      func(s *knee.Sweep, o Options) ([]byte, error)
}

func (f *format) ofList() bool  { return f.list != nil }
func (f *format) ofLoad() bool  { return f.load != nil }
func (f *format) ofSweep() bool { return f.sweep != nil }

// formats are all formats, the default first.
func formats() []format {
	return []format{
		{"table", []string{".txt"}, true, newTable, loadTable, sweepText},
		{"json", []string{".json"}, true, newJSON, loadJSON, sweepJSON},
		{"ndjson", []string{".ndjson", ".jsonl"}, false, newNDJSON, nil, nil},
		{"csv", []string{".csv"}, false, newCSV, loadCSV, sweepCSV},
		{"tsv", []string{".tsv", ".tab"}, false, newTSV, nil, nil},
		{"markdown", []string{".md", ".markdown"}, true, newMarkdown, loadMarkdown, nil},
		{LogFormat, []string{".hlog"}, false, nil, noLog, nil},
		{"hgrm", []string{".hgrm"}, false, nil, percentiles, nil},
		{"junit", []string{".xml"}, false, nil, junit, nil},
	}
}

// New makes a report in the named format, one of Formats, that is written to w: results as they come, with one Write for
// each, but by the table, which comes whole at the end, and by CSV, TSV and Markdown before the columns of values are known
// (Options.Values). What waits for these may be written by another goroutine, between two calls. w is neither buffered nor
// closed. Run is read when the first result comes, or the end.
func New(name string, w io.Writer, run *Run, o Options) (Handler, error) {
	f, err := named(name, (*format).ofList)
	if err != nil {
		return nil, err
	}
	return f.list(w, run, o), nil
}

// WriteLoad writes the report of a load test in the named format, one of LoadFormats. It does it with one Write. The
// error is the writer's, or says that there is no such format, or that there is not what it needs: LogFormat is for NewLog.
// The Summary is only read.
func WriteLoad(name string, w io.Writer, s *measure.LoadSummary, o Options) error {
	f, err := named(name, (*format).ofLoad)
	if err != nil {
		return err
	}
	text, err := f.load(s, o)
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}

// Sweep is the report of a sweep in the named format: table, json or csv.
func Sweep(name string, s *knee.Sweep, o Options) ([]byte, error) {
	f, err := named(name, (*format).ofSweep)
	if err != nil {
		return nil, err
	}
	return f.sweep(s, o)
}

// Formats names the formats of a list's run, the default first.
func Formats() []string { return names((*format).ofList) }

// LoadFormats names the formats of a load test, the default first.
func LoadFormats() []string { return names((*format).ofLoad) }

// HasSummary reports whether a format of a list's run has a summary after the results; the others are results and nothing
// else.
func HasSummary(name string) bool {
	f, err := named(name, (*format).ofList)
	return err == nil && f.summary
}

// ByExtension finds the format of a list's run that a file's name asks for, in small or capital letters.
func ByExtension(path string) (string, bool) { return byExtension(path, (*format).ofList) }

// LoadByExtension is ByExtension of load tests.
func LoadByExtension(path string) (string, bool) {
	return byExtension(path, (*format).ofLoad)
}

func named(name string, of func(*format) bool) (*format, error) {
	for _, f := range formats() {
		if f.name == name && of(&f) {
			return &f, nil
		}
	}
	return nil, fmt.Errorf("there is no format %q: use one of %s", name, strings.Join(names(of), ", "))
}

func names(of func(*format) bool) []string {
	var names []string
	for _, f := range formats() {
		if of(&f) {
			names = append(names, f.name)
		}
	}
	return names
}

func byExtension(path string, of func(*format) bool) (string, bool) {
	extension := strings.ToLower(filepath.Ext(path))
	for _, f := range formats() {
		if of(&f) && slices.Contains(f.extensions, extension) {
			return f.name, true
		}
	}
	return "", false
}
