// Package report renders what runs and load tests came to: for people, for programs, for continuous integration, and for the
// tools that read HDR histograms. Every report of a list's run is a Handler of the same stream of records, followed by the same
// summary, so that one made from a stored journal equals the one that was made live. Those of load tests are of a Summary.
package report

import (
	"time"

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
	Version     string    `json:"version"`     // of the program
	Started     time.Time `json:"started"`     // in UTC
	Args        []string  `json:"args"`        // the command line, secrets masked by the caller
	Concurrency int       `json:"concurrency"` // hops in flight, at most
}

// Options say how a report is to look. The zero Options are right for a file.
type Options struct {
	Width     int  // columns of the terminal, to which tables are cut; 0: no terminal, and nothing is cut
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

	// Of a load test.
	Response *measure.Distribution // the response times of successes, for hgrm; nil: the run did not keep them
	Limits   []threshold.Threshold // what the test was held against, for junit
}
