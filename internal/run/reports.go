package run

import (
	"bytes"
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
	onScreen := shownOn(w, flags.Color, options)
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

// loadReports are the reports of a load test: that on standard output, and those in files.
type loadReports struct {
	reports  []loadReport
	response measure.Distribution // of all successes
}

type loadReport struct {
	format  string
	w       io.Writer
	file    *reportFile // nil for standard output
	options report.Options
	log     *report.Log // of the one format that is written as the test goes; set by begin
}

// openLoadReports opens the reports. Nothing is written yet.
func openLoadReports(f *spec.Spec, sources []string, s Streams) (*loadReports, error) {
	onScreen := shownOn(s.Out, f.Color, report.Options{SafeCells: f.CSVSafe})
	r := &loadReports{reports: []loadReport{{format: f.Format, w: s.Out, options: onScreen}}}
	err := openReportFiles(f, sources, report.LoadByExtension, ".txt, .json, .csv, .md, .xml, .hlog or .hgrm", func(format string, file *reportFile) error {
		r.reports = append(r.reports, loadReport{format: format, w: file, file: file, options: report.Options{SafeCells: f.CSVSafe}})
		return nil
	})
	if err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// begin takes the beginning of the test, before its first interval.
func (r *loadReports) begin(b measure.Beginning) {
	for i := range r.reports {
		if one := &r.reports[i]; one.format == report.LogFormat {
			one.log = report.NewLog(one.w, b)
		}
	}
}

// interval takes an interval that is over.
func (r *loadReports) interval(i *measure.Interval) {
	if !i.WarmUp {
		r.response.Merge(&i.Response)
	}
	for _, one := range r.reports {
		if one.log != nil {
			_ = one.log.Interval(i) // its end gives the error
		}
	}
}

// end writes them, or ends those that are written by then.
func (r *loadReports) end(s *measure.LoadSummary, limits []threshold.Threshold) error {
	var errs []error
	for _, one := range r.reports {
		one.options.Response, one.options.Limits = &r.response, limits
		errs = append(errs, one.write(s))
	}
	return errors.Join(append(errs, r.Close())...)
}

func (r *loadReport) write(s *measure.LoadSummary) error {
	if r.log != nil {
		return r.log.End()
	}
	var b bytes.Buffer
	if err := report.WriteLoad(r.format, &b, s, r.options); err != nil {
		return err
	}
	_, err := r.w.Write(b.Bytes())
	return err
}

// Close closes the files. Closing again does nothing.
func (r *loadReports) Close() error {
	var errs []error
	for _, one := range r.reports {
		if one.file != nil {
			errs = append(errs, one.file.Close())
		}
	}
	r.reports = nil
	return errors.Join(errs...)
}

// reportFile is a report in a file. Being opened leaves the file as it was: only the first write empties it, so that a
// run that does nothing destroys nothing.
type reportFile struct {
	file    *os.File
	created bool // by us
	begun   bool
}

// openReportFiles opens the files of --report, each for the format that its name asks for: one that ends as endings say. The run
// reads some files itself.
func openReportFiles(f *spec.Spec, reads []string, formatOf func(name string) (string, bool), endings string, open func(format string, file *reportFile) error) error {
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
		file, id, err := openReportFile(name, taken)
		if err != nil {
			return err
		}
		taken = append(taken, id)
		if err := open(format, file); err != nil {
			return err
		}
	}
	return nil
}

// openReportFile opens a file for a report, but not one of those that the run reads or that another report is written to.
func openReportFile(name string, taken []fs.FileInfo) (*reportFile, fs.FileInfo, error) {
	before, err := os.Stat(name)
	if err == nil {
		for _, other := range taken {
			if os.SameFile(before, other) {
				return nil, nil, exit.Usage(fmt.Errorf("--report %s: that file is read by this run, or is another report of it", name))
			}
		}
	}
	created := err != nil
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE, 0o666)
	if err != nil {
		return nil, nil, fmt.Errorf("--report: %w", err)
	}
	info, err := file.Stat()
	return &reportFile{file: file, created: created}, info, err
}

func (r *reportFile) Write(p []byte) (int, error) {
	if !r.begun {
		r.begun = true
		if info, err := r.file.Stat(); err == nil && info.Mode().IsRegular() {
			if err := r.file.Truncate(0); err != nil {
				return 0, err
			}
		}
	}
	return r.file.Write(p)
}

// Close closes the file; one that we made and never wrote to is removed.
func (r *reportFile) Close() error {
	err := r.file.Close()
	if r.created && !r.begun {
		os.Remove(r.file.Name())
	}
	return err
}

// lateWriter gathers what is written and passes it on when 64 KB have come or 10 ms have gone: a stream of records
// reaches the next program at once, without a system call for each. Until Begin it only gathers. Safe for concurrent use.
type lateWriter struct {
	w io.Writer

	mu    sync.Mutex
	buf   []byte
	begun bool
	timer *time.Timer
	armed bool
	err   error
}

const (
	lateBytes = 64 << 10
	lateTime  = 10 * time.Millisecond
)

func newLateWriter(w io.Writer) *lateWriter { return &lateWriter{w: w} }

func (l *lateWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return 0, l.err
	}
	l.buf = append(l.buf, p...)
	l.pass()
	return len(p), l.err
}

// Begin lets what has been gathered, and what comes, pass on.
func (l *lateWriter) Begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.begun = true
	l.pass()
}

// pass sees to it that what has been gathered is passed on in time. The lock is held.
func (l *lateWriter) pass() {
	if !l.begun || len(l.buf) == 0 {
		return
	}
	if len(l.buf) >= lateBytes {
		l.flush()
	} else if !l.armed {
		l.armed = true
		if l.timer == nil {
			l.timer = time.AfterFunc(lateTime, l.late)
		} else {
			l.timer.Reset(lateTime)
		}
	}
}

func (l *lateWriter) late() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.armed = false
	l.flush()
}

func (l *lateWriter) flush() {
	if len(l.buf) > 0 && l.err == nil {
		_, l.err = l.w.Write(l.buf)
	}
	l.buf = l.buf[:0]
}

// Flush passes on what has been gathered. The error is that of any write so far.
func (l *lateWriter) Flush() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.timer != nil {
		l.timer.Stop()
	}
	l.armed = false
	l.flush()
	return l.err
}
