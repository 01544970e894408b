package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/report"
	"example.com/fetch/internal/threshold"
)

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

// loadReports opens the reports. Nothing is written yet.
func (f *runFlags) loadReports(sources []string, s streams) (*loadReports, error) {
	r := &loadReports{}
	r.reports = append(r.reports, loadReport{f.format, s.out, nil, report.Options{SafeCells: f.csvSafe, Color: f.colored(s.out), Terminal: isTerminal(s.out), Width: widthOf(s.out)}, nil})
	var taken []fs.FileInfo
	for _, name := range slices.Concat(sources, f.filesRead(), f.listFlags.filesRead()) {
		if info, err := os.Stat(name); err == nil {
			taken = append(taken, info)
		}
	}
	for _, name := range f.reports {
		format, ok := report.LoadByExtension(name)
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
		r.reports = append(r.reports, loadReport{format, file, file, report.Options{SafeCells: f.csvSafe}, nil})
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
