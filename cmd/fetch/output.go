package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"example.com/fetch/internal/live"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report"
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
func newOutput(flags *runFlags, a about, s streams, line *live.Line, c *measure.Collector) (*output, error) {
	o := &output{run: a.run, collector: c, warnings: s.err}
	w := s.out
	if flags.output == toStdout && !flags.onlyReports {
		w = s.err
	}
	options := report.Options{
		NoResults: flags.noResults, BodiesDropped: flags.output == "", SafeCells: flags.csvSafe,
		Table: flags.asTable(), RowColumns: a.columns, HasValues: flags.hasValues(), Values: a.values, Fields: flags.flatFields(a.templates),
	}
	onScreen := options
	onScreen.Color, onScreen.Terminal, onScreen.Width = flags.colored(w), isTerminal(w), widthOf(w)
	if line != nil && isTerminal(w) {
		w = line.Writer(w) // above the bar
	}
	if !flags.ownReport && !(flags.quiet && flags.output == toStdout && !flags.onlyReports) {
		if err := o.open(flags.format, w, nil, a.run, onScreen); err != nil {
			return nil, usage(fmt.Errorf("-f: %w", err))
		}
		if flags.noResults && !report.HasSummary(flags.format) && !flags.quiet {
			fmt.Fprintf(s.err, "fetch: -f %s has no summary, which is all that --no-results leaves\n", flags.format)
		}
	}
	var taken []fs.FileInfo
	for _, name := range slices.Concat(a.reads, flags.filesRead(), flags.listFlags.filesRead()) {
		if info, err := os.Stat(name); err == nil {
			taken = append(taken, info)
		}
	}
	for _, name := range flags.reports {
		format, ok := report.ByExtension(name)
		if !ok {
			return o, usage(fmt.Errorf("--report %s: name it .txt, .json, .ndjson, .csv, .tsv or .md", name))
		}
		file, id, err := openReportFile(name, taken)
		if err != nil {
			return o, err
		}
		taken = append(taken, id)
		inFile := options
		inFile.NoResults = flags.noResults && report.HasSummary(format) // who names a file for results wants them
		if err := o.open(format, file, file, a.run, inFile); err != nil {
			return o, err
		}
	}
	return o, nil
}

// filesRead are the files that flags name.
func (f *runFlags) filesRead() []string {
	names := []string{f.cacert, f.cert, f.keys.file, f.netrcFile, f.journal}
	names = append(names, f.bodyFlags.filesRead()...)
	for _, value := range f.headers {
		if name, ok := strings.CutPrefix(value, "@"); ok {
			names = append(names, name)
		}
	}
	return names
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

// colored reports whether colour may go to w.
func (f *runFlags) colored(w io.Writer) bool {
	switch f.color {
	case "always":
		return true
	case "never":
		return false
	}
	return isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// widthOf is the width of a terminal in columns; 0 for anything else, which means that nothing is cut.
func widthOf(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}

func formatNames() []string { return report.Formats() }
