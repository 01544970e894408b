package run

import (
	"bytes"
	"errors"
	"io"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/report"
	"example.com/fetch/internal/spec"
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

// openLoadReports opens the reports. Nothing is written yet.
func openLoadReports(f *spec.Spec, sources []string, s Streams) (*loadReports, error) {
	onScreen := report.Options{SafeCells: f.CSVSafe, Color: Colored(f.Color, s.Out), Terminal: isTerminal(s.Out), Width: widthOf(s.Out)}
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
