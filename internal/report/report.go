// Package report renders the results of runs and load tests for people, programs, continuous integration, and
// tools that read HDR histograms. Every report of a list run is a Handler of the same stream of records,
// followed by the same summary, so a report made from a stored journal equals the one made live. Reports of
// load tests are made from a Summary.
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

// Handler writes one report. Its methods are called from one goroutine: Result for each result in order of
// arrival, then End, once. A record is only read, and not kept after Result returns. An error of either is that
// of the writer and ends the report.
type Handler interface {
	Result(*record.Record) error
	End(*measure.Summary) error
}

// Run describes the run as a whole: the "run" object of the JSON report.
type Run struct {
	Version     string    `json:"version"`        // of the program
	Started     time.Time `json:"started"`        // in UTC
	Args        []string  `json:"args"`           // the command line; the caller masks secrets
	Concurrency int       `json:"concurrency"`    // maximum number of hops in flight
	Auto        bool      `json:"auto,omitempty"` // the concurrency was determined automatically; see measure.Summary.Auto
	// Selection says which results are listed; empty: all. The summary covers all of them.
	Selection string `json:"selection,omitempty"`
}

// Options control the appearance of a report. The zero Options are right for a file.
type Options struct {
	Width     int  // terminal columns to which tables are cut; 0: no terminal, nothing is cut
	Color     bool // colour the table
	Terminal  bool // CSV and TSV go to one: control characters are escaped
	NoResults bool // only the summary; in formats without one only the heading
	cutErrors bool // the table cut error texts: the summary has an example of each class

	OnlyFailed bool // of a result with several responses the flat formats list only those that failed
	DropFailed bool // the flat formats and ndjson leave out failures, and count them

	BodiesDropped bool // the bodies were counted, not saved: the table says so
	SafeCells     bool // CSV and TSV escape formula-like cells

	HasValues bool     // values are extracted from bodies: the table and the flat formats show them
	Values    []string // the keys of all values, in column order; nil: those of the first values
	Table     bool     // the flat formats have the rows' columns, the values and Fields, instead of every field of a result
	Fields    []string // with Table, additional columns: some of FieldNames (see CheckFields)
	// RowColumns are the columns of the list's rows; nil: those of the first result.
	RowColumns []string

	// For load tests.
	Response *measure.Distribution // the response times of successes, for hgrm; nil: the run did not keep them
	Limits   []threshold.Threshold // thresholds of the test, for junit
}

// format is one kind of report, of a list run, a load test, a sweep, or several of these.
type format struct {
	name       string
	extensions []string
	summary    bool // for list runs it has a summary after the results
	list       func(w io.Writer, run *Run, o Options) Handler
	load       func(s *measure.LoadSummary, o Options) ([]byte, error)
	sweep      func(s *knee.Sweep, o Options) ([]byte, error)
}

func (f *format) ofList() bool  { return f.list != nil }
func (f *format) ofLoad() bool  { return f.load != nil }
func (f *format) ofSweep() bool { return f.sweep != nil }

// formats returns all formats, the default first.
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

// New returns a report in the named format, one of Formats, that is written to w: each result as it arrives,
// with one Write. Exceptions are the table, which is written at the end, and CSV, TSV and Markdown, which are
// held back until the columns of values are known (Options.Values); these lines may be written by another
// goroutine, between two calls. W is neither buffered nor closed. Run is read at the first result, or at the
// end.
func New(name string, w io.Writer, run *Run, o Options) (Handler, error) {
	f, err := named(name, (*format).ofList)
	if err != nil {
		return nil, err
	}
	return f.list(w, run, o), nil
}

// WriteLoad writes the report of a load test in the named format, one of LoadFormats, with one Write. The error
// is the writer's, or says that the format is unknown or that the data it needs is missing: for LogFormat use
// NewLog. The Summary is only read.
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

// Sweep returns the report of a sweep in the named format: table, json or csv.
func Sweep(name string, s *knee.Sweep, o Options) ([]byte, error) {
	f, err := named(name, (*format).ofSweep)
	if err != nil {
		return nil, err
	}
	return f.sweep(s, o)
}

// Formats returns the formats of list runs, the default first.
func Formats() []string { return names((*format).ofList) }

// LoadFormats returns the formats of load tests, the default first.
func LoadFormats() []string { return names((*format).ofLoad) }

// HasSummary reports whether a format of list runs has a summary after the results.
func HasSummary(name string) bool {
	f, err := named(name, (*format).ofList)
	return err == nil && f.summary
}

// ByExtension returns the format of list runs for a file name, by its extension in any case.
func ByExtension(path string) (string, bool) { return byExtension(path, (*format).ofList) }

// LoadByExtension is ByExtension for load tests.
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
