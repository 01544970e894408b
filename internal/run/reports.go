package run

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/live"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report"
	"example.com/fetch/internal/spec"
	"example.com/fetch/internal/threshold"
	"example.com/fetch/internal/units"
)

// openReports are the reports of a run while they are written: the one on standard output and those in files.
// H is the type of what writes them.
type openReports[H any] []openReport[H]

type openReport[H any] struct {
	handler H
	out     *lateWriter
	file    *reportFile // nil for standard output
}

// reportMaker returns what writes a report to w.
type reportMaker[H any] func(format string, w io.Writer) (H, error)

// open opens one report. Nothing is written yet.
func (r *openReports[H]) open(format string, w io.Writer, make reportMaker[H]) error {
	out := &lateWriter{w: w}
	h, err := make(format, out)
	if err == nil {
		file, _ := w.(*reportFile)
		*r = append(*r, openReport[H]{h, out, file})
	}
	return err
}

// openFiles opens the reports of --report, each in the format of its file extension; endings lists them for
// the error message. No report may be written to a file of reads, which the run reads.
func (r *openReports[H]) openFiles(f *spec.Spec, reads []string, formatOf func(name string) (string, bool), endings string,
	make reportMaker[H]) error {
	var taken []fs.FileInfo
	for _, name := range slices.Concat(reads, f.FilesRead(), f.List.FilesRead()) {
		if info, err := os.Stat(name); err == nil {
			taken = append(taken, info)
		}
	}
	for _, name := range f.Reports {
		format, ok := formatOf(name)
		if !ok {
			return exit.Usage(fmt.Errorf("--report %s: name it %s", name, endings))
		}
		file, err := openReportFile(name, &taken)
		if err != nil {
			return err
		}
		if err := r.open(format, file, make); err != nil {
			return err
		}
	}
	return nil
}

// end completes each report and closes the files.
func (r *openReports[H]) end(write func(H) error) error {
	var errs []error
	for _, one := range *r {
		errs = append(errs, cmp.Or(write(one.handler), one.out.Flush()))
	}
	return errors.Join(append(errs, r.Close())...)
}

// Close closes the files. Closing again does nothing.
func (r *openReports[H]) Close() error {
	var errs []error
	for _, one := range *r {
		if one.file != nil {
			errs = append(errs, one.file.Close())
		}
	}
	*r = nil
	return errors.Join(errs...)
}

// output is where records go: the reports, and the figures of their summaries. Nothing is written before the
// first result, or the end.
type output struct {
	openReports[report.Handler]
	run       *report.Run
	collector *measure.Collector
	begun     bool
	warnings  io.Writer // for messages about what reports could not hold

	isListed        func(*record.Record) bool // nil: every result is listed
	listed, results int64
}

// about is what the reports of a run need to know besides its records.
type about struct {
	run       *report.Run // its start may be set later, before the first result
	columns   []string    // columns of the rows, if known; nil: those of the first record
	templates int         // how many requests are made from each row; 0: no rows
	values    []string    // the selected columns, if known
	reads     []string    // files that the run reads; no report may be written to them

	onlyFailed bool // of results with several responses, list only those that failed
}

// newOutput opens the reports. With -o - the report goes to standard error, and with -q nowhere.
func newOutput(flags *spec.Spec, a about, s Streams, line *live.Line, c *measure.Collector) (_ *output, err error) {
	o := &output{run: a.run, collector: c, warnings: s.Err}
	defer func() {
		if err != nil {
			o.Close()
		}
	}()
	w, printed := s.Out, flags.Output == spec.ToStdout && !flags.OnlyReports
	if printed {
		w = s.Err
	}
	options := report.Options{
		OnlyFailed: a.onlyFailed, DropFailed: flags.DropFailed,
		NoResults: flags.NoResults, BodiesDropped: flags.Output == "", SafeCells: flags.CSVSafe,
		Table: flags.AsTable(), RowColumns: a.columns, HasValues: flags.HasValues(), Values: a.values, Fields: flags.FlatFields(a.templates),
	}
	onScreen := shownOn(w, flags.Color, options)
	if line != nil && isTerminal(w) {
		w = line.Writer(w) // above the progress bar
	}
	if !flags.OwnReport && !(flags.Quiet && printed) {
		err := o.open(flags.Format, w, func(format string, w io.Writer) (report.Handler, error) {
			return report.New(format, w, a.run, onScreen)
		})
		if err != nil {
			return nil, exit.Usage(fmt.Errorf("-f: %w", err))
		}
		if flags.NoResults && !report.HasSummary(flags.Format) {
			s.note(flags, "-f %s has no summary, so with --no-results it is empty", flags.Format)
		}
	}
	inFile := func(format string, w io.Writer) (report.Handler, error) {
		o := options
		o.NoResults = o.NoResults && report.HasSummary(format) // a file that is named for results gets them
		return report.New(format, w, a.run, o)
	}
	if err := o.openFiles(flags, a.reads, report.ByExtension, ".txt, .json, .ndjson, .csv, .tsv or .md", inFile); err != nil {
		return o, err
	}
	hasLines := func(one openReport[report.Handler]) bool { _, ok := one.handler.(report.Dropper); return ok }
	if flags.DropFailed && !slices.ContainsFunc(o.openReports, hasLines) {
		s.note(flags, "--drop-failed is for csv, tsv, ndjson and markdown: name one with -f or --report")
	}
	return o, nil
}

// result takes one record.
func (o *output) result(r *record.Record) error {
	if !o.begun {
		o.begun = true
		for _, one := range o.openReports {
			one.out.Begin()
		}
	}
	o.collector.Add(r)
	if o.results++; o.isListed != nil && !o.isListed(r) {
		return nil
	}
	o.listed++
	var first error
	for _, one := range o.openReports {
		first = cmp.Or(first, one.handler.Result(r)) // the other reports shall be complete
	}
	return first
}

// finish writes the summaries and returns their content.
func (o *output) finish(end measure.End) (*measure.Summary, error) {
	summary := o.collector.Summary(end)
	var told []string
	return summary, o.end(func(h report.Handler) error {
		err := h.End(summary)
		for _, text := range leftOut(h) {
			if !slices.Contains(told, text) {
				told = append(told, text)
				Say(o.warnings, "%s", text)
			}
		}
		return err
	})
}

// leftOut returns messages about what a report could not hold.
func leftOut(h report.Handler) (all []string) {
	d, ok := h.(report.Dropper)
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
	if n := dropped.Failed; n > 0 {
		all = append(all, fmt.Sprintf("left out, as --drop-failed says: %s of failures", units.Counted(n, "line", "lines")))
	}
	if n := dropped.Halves; n > 0 {
		all = append(all, fmt.Sprintf("U+FFFD replaces unpaired surrogates, which only JSON can represent (values: %d); use -f ndjson", n))
	}
	return all
}

// counted lists counts in words; "" if there are none.
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

// loadReports are the reports of a load test.
type loadReports struct {
	openReports[*loadReport]
	response measure.Distribution // of all successes
}

type loadReport struct {
	format  string
	w       io.Writer
	options report.Options
	log     *report.Log // of the one format that is written during the test; set by begin
}

// openLoadReports opens the reports. Nothing is written yet.
func openLoadReports(f *spec.Spec, sources []string, s Streams) (*loadReports, error) {
	r, options := &loadReports{}, report.Options{SafeCells: f.CSVSafe}
	with := func(o report.Options) reportMaker[*loadReport] {
		return func(format string, w io.Writer) (*loadReport, error) {
			return &loadReport{format: format, w: w, options: o}, nil
		}
	}
	r.open(f.Format, s.Out, with(shownOn(s.Out, f.Color, options)))
	err := r.openFiles(f, sources, report.LoadByExtension, ".txt, .json, .csv, .md, .xml, .hlog or .hgrm", with(options))
	if err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// begin takes the beginning of the test, before its first interval.
func (r *loadReports) begin(b measure.Beginning) {
	for _, one := range r.openReports {
		if h := one.handler; h.format == report.LogFormat {
			h.log = report.NewLog(h.w, b)
			one.out.Begin()
		}
	}
}

// interval takes a completed interval.
func (r *loadReports) interval(i *measure.Interval) {
	if !i.WarmUp {
		r.response.Merge(&i.Response)
	}
	for _, one := range r.openReports {
		if one.handler.log != nil {
			_ = one.handler.log.Interval(i) // Log.End returns the error
		}
	}
}

// finish writes the reports, or ends those that were written during the test.
func (r *loadReports) finish(s *measure.LoadSummary, limits []threshold.Threshold) error {
	return r.end(func(one *loadReport) error {
		if one.log != nil {
			return one.log.End()
		}
		one.options.Response, one.options.Limits = &r.response, limits
		return report.WriteLoad(one.format, one.w, s, one.options)
	})
}

// lateWriter buffers what is written and passes it on after 64 KB or 10 ms: a stream of records reaches the
// next program promptly, without a system call for each. Until Begin it only buffers. It is safe for
// concurrent use.
type lateWriter struct {
	w io.Writer

	mu    sync.Mutex
	buf   []byte
	begun bool
	timer *time.Timer // nil: no timer is running
	err   error
}

const (
	lateBytes = 64 << 10
	lateTime  = 10 * time.Millisecond
)

func (l *lateWriter) Write(p []byte) (int, error) { return len(p), l.pass(p, false, false) }

// Begin passes on what has been buffered, and from now on what is written.
func (l *lateWriter) Begin() { l.pass(nil, true, false) }

// Flush passes on what has been buffered. It returns the first error of any write so far.
func (l *lateWriter) Flush() error { return l.pass(nil, false, true) }

// pass buffers p, and passes everything on if now is set, the buffer is full, or the delay is over.
func (l *lateWriter) pass(p []byte, begin, now bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buf = append(l.buf, p...)
	l.begun = l.begun || begin
	switch {
	case now || l.begun && len(l.buf) >= lateBytes:
		if l.timer != nil {
			l.timer.Stop()
			l.timer = nil
		}
		if len(l.buf) > 0 && l.err == nil {
			_, l.err = l.w.Write(l.buf)
		}
		l.buf = l.buf[:0]
	case l.begun && len(l.buf) > 0 && l.timer == nil:
		l.timer = time.AfterFunc(lateTime, func() { l.Flush() })
	}
	return l.err
}
