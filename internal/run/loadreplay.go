package run

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/journal"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report"
	"example.com/fetch/internal/spec"
	"example.com/fetch/internal/threshold"
)

// isLoad reports whether there is the journal of a load test among these.
func isLoad(journals []*journal.Journal) bool {
	return slices.ContainsFunc(journals, func(j *journal.Journal) bool { return j.Run().Command == loadCommand })
}

// CheckRecords refuses the journal of a load test that has figures only, where records are asked for.
func CheckRecords(j *journal.Journal) error {
	if j.Run().Command != loadCommand || slices.ContainsFunc(j.Legs, func(s journal.Span) bool { return s.Records > 0 }) {
		return nil
	}
	return fmt.Errorf("%s: a load test keeps the figures of each second; a record of each request, which this takes, is kept with --records", record.Printable(j.Path))
}

// isOfRecords reports whether a format has a line for each request, which a load test has with --records only.
func isOfRecords(format string) bool { return format == "ndjson" || format == "tsv" }

// reportLoad makes the reports of a load test from its journal.
func reportLoad(ctx context.Context, flags *spec.Spec, journals []*journal.Journal, paths []string, s Streams) error {
	if len(journals) > 1 {
		return exit.Usage(errors.New("report: a load test has one journal; name one at a time"))
	}
	if !slices.Contains(report.LoadFormats(), flags.Format) {
		return exit.Usage(fmt.Errorf("report -f %s: there is no such report of a load test", flags.Format))
	}
	reports, err := openLoadReports(flags, paths, s)
	if err != nil {
		return err
	}
	defer reports.Close()
	replayed, err := replayLoad(ctx, journals[0], reports)
	if err != nil {
		return exit.Usage(err)
	}
	if replayed.final == nil {
		replayed.final = new(measure.Final)
		if !flags.Quiet {
			fmt.Fprintf(s.Err, "fetch: %s: the test has not ended; the report is of what it has come to, without groups\n", record.Printable(paths[0]))
		}
	}
	return reports.end(replayed.summary(), replayed.limits)
}

// replayedLoad is a load test as its journal has it.
type replayedLoad struct {
	totals *measure.Totals
	limits []threshold.Threshold
	final  *measure.Final // nil: it was broken off
}

func (r *replayedLoad) summary() *measure.LoadSummary {
	s := r.totals.Summary(*r.final)
	judge(s, r.limits)
	return s
}

// replayLoad reads the figures of a load test, and gives the reports their part as it goes.
func replayLoad(ctx context.Context, j *journal.Journal, reports *loadReports) (*replayedLoad, error) {
	r := &replayedLoad{}
	for text, err := range j.Others(ctx, measure.LineType) {
		if err != nil {
			return nil, err
		}
		parsed, err := measure.ParseLine(text)
		plan, isPlan := parsed.(*measure.Beginning)
		switch {
		case err != nil:
		case isPlan:
			r.totals = measure.NewTotals(*plan)
			reports.begin(*plan)
			r.limits, err = spec.ParseThresholds(plan.Asked.Thresholds, nil)
		case r.totals == nil && parsed != nil:
			err = errors.New("the figures do not begin with the plan of the test; the beginning of the file is missing")
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", record.Printable(j.Path), err)
		}
		switch line := parsed.(type) {
		case *measure.Interval:
			r.totals.Add(line)
			reports.interval(line)
		case *measure.GroupTimes:
			r.totals.AddGroup(line)
		case *measure.Final:
			r.final = line
		}
	}
	if r.totals == nil {
		return nil, fmt.Errorf("%s: the test was broken off before it had begun", record.Printable(j.Path))
	}
	return r, nil
}
