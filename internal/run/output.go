package run

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/live"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report"
	"example.com/fetch/internal/spec"
)

// output is where records go: the report on standard output and those in files, and the figures for their summaries.
// Nothing is written before there is a result, or the end.
type output struct {
	run       *report.Run
	collector *measure.Collector
	reports   []*openReport
	begun     bool
	warnings  io.Writer // where it is told what reports had no place for
}

// openReport is one report being written.
type openReport struct {
	report.Handler
	out  *lateWriter
	file *reportFile // nil for standard output
}

// about is what the reports of a run need to know of it beside its records.
type about struct {
	run       *report.Run // its start may be set later, before there is a result
	columns   []string    // of the rows, as far as they are known; nil: what the first record has
	templates int         // how many requests are made of each row; 0: they are not made of rows
	values    []string    // the columns that are selected, as far as they are known
	reads     []string    // files that the run reads, and that no report must be written to
}

// newOutput opens the reports. With -o - the report goes to standard error, or with -q nowhere.
func newOutput(flags *spec.Spec, a about, s Streams, line *live.Line, c *measure.Collector) (*output, error) {
	o := &output{run: a.run, collector: c, warnings: s.Err}
	w := s.Out
	if flags.Output == spec.ToStdout && !flags.OnlyReports {
		w = s.Err
	}
	options := report.Options{
		NoResults: flags.NoResults, BodiesDropped: flags.Output == "", SafeCells: flags.CSVSafe,
		Table: flags.AsTable(), RowColumns: a.columns, HasValues: flags.HasValues(), Values: a.values, Fields: flags.FlatFields(a.templates),
	}
	onScreen := options
	onScreen.Color, onScreen.Terminal, onScreen.Width = Colored(flags.Color, w), isTerminal(w), widthOf(w)
	if line != nil && isTerminal(w) {
		w = line.Writer(w) // above the bar
	}
	if !flags.OwnReport && !(flags.Quiet && flags.Output == spec.ToStdout && !flags.OnlyReports) {
		if err := o.open(flags.Format, w, nil, a.run, onScreen); err != nil {
			return nil, exit.Usage(fmt.Errorf("-f: %w", err))
		}
		if flags.NoResults && !report.HasSummary(flags.Format) && !flags.Quiet {
			fmt.Fprintf(s.Err, "fetch: -f %s has no summary, which is all that --no-results leaves\n", flags.Format)
		}
	}
	return o, openReportFiles(flags, a.reads, report.ByExtension, ".txt, .json, .ndjson, .csv, .tsv or .md", func(format string, file *reportFile) error {
		inFile := options
		inFile.NoResults = flags.NoResults && report.HasSummary(format) // who names a file for results wants them
		return o.open(format, file, file, a.run, inFile)
	})
}

func (o *output) open(format string, w io.Writer, file *reportFile, info *report.Run, options report.Options) error {
	out := newLateWriter(w)
	h, err := report.New(format, out, info, options)
	if err != nil {
		return err
	}
	o.reports = append(o.reports, &openReport{h, out, file})
	return nil
}

// begin lets what has been written pass on.
func (o *output) begin() {
	if !o.begun {
		o.begun = true
		for _, h := range o.reports {
			h.out.Begin()
		}
	}
}

// result takes one record.
func (o *output) result(r *record.Record) error {
	o.begin()
	o.collector.Add(r)
	for _, h := range o.reports {
		if err := h.Result(r); err != nil {
			return err
		}
	}
	return nil
}

// finish writes the summaries, and gives what they say.
func (o *output) finish(end measure.End) (*measure.Summary, error) {
	o.begin()
	summary := o.collector.Summary(end)
	var errs []error
	var told []string
	for _, h := range o.reports {
		err := h.End(summary)
		for _, text := range h.warnings() {
			if !slices.Contains(told, text) {
				told = append(told, text)
				fmt.Fprintf(o.warnings, "fetch: %s\n", text)
			}
		}
		if flushed := h.out.Flush(); err == nil {
			err = flushed
		}
		errs = append(errs, err)
	}
	return summary, errors.Join(append(errs, o.Close())...)
}

// warnings say what the report could not hold.
func (r *openReport) warnings() (all []string) {
	d, ok := r.Handler.(report.Dropper)
	if !ok {
		return nil
	}
	dropped := d.Dropped()
	if text := counted(dropped.Values, "values"); text != "" {
		all = append(all, "left out, since the table has no column for it: "+text+"; name the columns with --select '{…}', or use -f ndjson")
	}
	if text := counted(dropped.Rows, "cells"); text != "" {
		all = append(all, "left out, since the first row has no such column: "+text+"; use -f ndjson")
	}
	if n := dropped.Halves; n > 0 {
		all = append(all, fmt.Sprintf("U+FFFD stands for half of a surrogate pair, which only JSON can hold (values: %d); use -f ndjson", n))
	}
	return all
}

// counted lists what was counted, in words; "" if there is nothing.
func counted(c report.Counts, what string) string {
	var parts []string
	for _, one := range c.Names {
		parts = append(parts, fmt.Sprintf("%s (%s: %d)", record.Printable(one.Name), what, one.N))
	}
	if c.Others > 0 {
		parts = append(parts, fmt.Sprintf("others (%s: %d)", what, c.Others))
	}
	return strings.Join(parts, ", ")
}

// mute ends the reports that are in no file: who reads them has gone.
func (o *output) mute() {
	o.reports = slices.DeleteFunc(o.reports, func(r *openReport) bool { return r.file == nil })
}

// Close closes the files. Closing again does nothing.
func (o *output) Close() error {
	var errs []error
	for _, h := range o.reports {
		if h.file != nil {
			errs = append(errs, h.file.Close())
		}
	}
	o.reports = nil
	return errors.Join(errs...)
}
