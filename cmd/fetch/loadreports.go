package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"example.com/fetch/internal/load/figures"
	loadoutput "example.com/fetch/internal/load/output"
	"example.com/fetch/internal/load/verdict"
)

// junitFormat is the one format that is made of the verdict alone.
const junitFormat = "junit"

// loadFormats are the formats that a load test can be reported in.
func loadFormats() []string { return append(loadoutput.Formats(), junitFormat) }

// loadFormatOf is the format that the name of a file asks for.
func loadFormatOf(name string) (string, bool) {
	if strings.HasSuffix(strings.ToLower(name), ".xml") {
		return junitFormat, true
	}
	return loadoutput.ByExtension(name)
}

// loadReports are the reports of a load test: that on standard output, and those in files.
type loadReports struct {
	reports   []loadReport
	intervals []*figures.Interval // kept for the format that has them all; nil: none has
	response  figures.Times       // of all successes
}

type loadReport struct {
	format  string
	w       io.Writer
	file    *reportFile // nil for standard output
	options loadoutput.Options
}

// loadReports opens the reports. Nothing is written yet.
func (f *runFlags) loadReports(sources []string, s streams) (*loadReports, error) {
	r := &loadReports{}
	r.reports = append(r.reports, loadReport{f.format, s.out, nil, loadoutput.Options{Color: f.colored(s.out), Width: widthOf(s.out)}})
	var taken []fs.FileInfo
	for _, name := range slices.Concat(sources, f.filesRead(), f.listFlags.filesRead()) {
		if info, err := os.Stat(name); err == nil {
			taken = append(taken, info)
		}
	}
	for _, name := range f.reports {
		format, ok := loadFormatOf(name)
		if !ok {
			r.Close()
			return nil, usage(fmt.Errorf("--report %s: name it .txt, .json, .csv, .md, .xml, .hlog or .hgrm", name))
		}
		file, id, err := openReportFile(name, taken)
		if err != nil {
			r.Close()
			return nil, err
		}
		taken = append(taken, id)
		r.reports = append(r.reports, loadReport{format, file, file, loadoutput.Options{}})
	}
	return r, nil
}

// logFormat is the one format that has each interval.
const logFormat = "hlog"

// interval takes an interval that is over.
func (r *loadReports) interval(i *figures.Interval) {
	if !i.WarmUp {
		r.response.Merge(&i.Response)
	}
	if slices.ContainsFunc(r.reports, func(r loadReport) bool { return r.format == logFormat }) {
		r.intervals = append(r.intervals, i)
	}
}

// end writes them.
func (r *loadReports) end(s *figures.Summary, limits []verdict.Threshold) error {
	var errs []error
	for _, report := range r.reports {
		report.options.Intervals, report.options.Response = slices.Values(r.intervals), &r.response
		errs = append(errs, report.write(s, limits))
	}
	return errors.Join(append(errs, r.Close())...)
}

func (r *loadReport) write(s *figures.Summary, limits []verdict.Threshold) error {
	var b bytes.Buffer
	write := func() error { return loadoutput.Write(r.format, &b, s, r.options) }
	if r.format == junitFormat {
		write = func() error { return verdict.JUnit(&b, s, limits) }
	}
	if err := write(); err != nil {
		return err
	}
	_, err := r.w.Write(b.Bytes())
	return err
}

// Close closes the files. Closing again does nothing.
func (r *loadReports) Close() error {
	var errs []error
	for _, report := range r.reports {
		if report.file != nil {
			errs = append(errs, report.file.Close())
		}
	}
	r.reports = nil
	return errors.Join(errs...)
}
