package run

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/cli/value"
	"example.com/fetch/internal/diff"
	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/journal"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/measure/together"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report"
	"example.com/fetch/internal/spec"
	"example.com/fetch/internal/threshold"
)

// Report is `fetch report`: it makes the reports of a run from its journals, or with events lists what was
// learned about hosts.
func Report(ctx context.Context, flags *spec.Spec, events bool, listed spec.Listed, paths []string, restore restoreFunc, s Streams) error {
	isListed, err := listed.Compile(ctx)
	switch {
	case err != nil:
		return exit.Usage(err)
	case listed.Failed && flags.DropFailed:
		return exit.Usage(errors.New("--failed lists what failed, and --drop-failed leaves it out: choose one"))
	case isListed != nil && events:
		return exit.Usage(errors.New("--events lists what was learned about hosts, not results: leave out --failed and --where"))
	}
	if len(paths) == 0 {
		return exit.Usage(errors.New("report: name the journal, such as run.jsonl"))
	}
	var journals []*journal.Journal
	for _, path := range paths {
		j, err := journal.Open(ctx, path)
		if err != nil {
			return JournalError(err)
		}
		if j.Torn > 0 {
			Say(s.Err, "the last line of %s is incomplete and was ignored: %d bytes", record.Printable(path), j.Torn)
		}
		journals = append(journals, j)
	}
	if events {
		return reportEvents(ctx, flags, journals, s)
	}
	if err := refuseDuplicates(journals); err != nil {
		return exit.Usage(err)
	}
	if slices.ContainsFunc(journals, func(j *journal.Journal) bool { return j.Run().Command == loadCommand }) {
		if flags.Format != "ndjson" && flags.Format != "tsv" { // these formats have a line per request
			if isListed != nil {
				return exit.Usage(errors.New("--failed and --where: the report of a load test has no results;" +
					" its records, which --records keeps, are listed with -f ndjson or tsv"))
			}
			return reportLoad(ctx, flags, journals, s)
		}
		for _, j := range journals {
			if err := CheckRecords(j); err != nil {
				return exit.Usage(err)
			}
		}
	}
	if err := restore(spec.ReportedAs(journals[0].Run()), true); err != nil {
		return exit.Usage(err)
	}
	extractor, err := flags.Extractor("", "")
	if err != nil {
		return exit.Usage(err)
	}
	all := journal.Merge(journals)
	stats := statsConfig(flags, journals[0].Legs)
	for _, other := range journals[1:] { // what each part asked for, merged
		stats.Slots += statsConfig(flags, other.Legs).Slots
		stats.Total, stats.PerHost, stats.Host = fetcher.Limit{}, fetcher.Limit{}, nil
	}
	about := aboutJournals(all, selectedBy(extractor))
	about.run.Selection, about.onlyFailed = listed.Words(), listed.Failed
	output, err := newOutput(flags, about, s, nil, measure.New(stats))
	if err != nil {
		return err
	}
	defer output.Close()
	output.isListed = isListed
	_, _, err = output.replay(ctx, all, flags)
	for _, j := range journals {
		if err == nil && !j.HasEnded() {
			s.note(flags, "%s: the run has not ended; the report covers it so far, and fetch resume continues it", record.Printable(j.Path))
		}
	}
	if err == nil && isListed != nil {
		s.note(flags, "listing %d of %d results: %s", output.listed, output.results, listed.Words())
		if text := listed.Undecided(); text != "" {
			Say(s.Err, "%s", text)
		}
	}
	return err
}

// refuseDuplicates refuses journals of the same run, because its requests would count twice: the same file twice, or
// a copy of it.
func refuseDuplicates(journals []*journal.Journal) error {
	for i, j := range journals {
		run := j.Run()
		same := func(other *journal.Journal) bool {
			o := other.Run()
			return o.Started.Equal(run.Started) && slices.Equal(o.Args, run.Args)
		}
		if k := slices.IndexFunc(journals[:i], same); k >= 0 {
			return fmt.Errorf("%s: this is the run of %s once more, and would count twice: name each run once", record.Printable(j.Path), record.Printable(journals[k].Path))
		}
	}
	return nil
}

// aboutJournals returns what reports need to know about journals: the run is the first one, with the slots of
// all.
func aboutJournals(all journal.Merged, values []string) about {
	first := &all[0].Legs[0]
	a := about{
		run:     &report.Run{Version: first.Version, Started: all.Started(), Args: first.Args, Concurrency: slotsOf(first), Auto: concurrencyOf(first).Auto()},
		columns: first.List.Columns, templates: first.List.Templates, values: values,
	}
	for _, j := range all {
		a.reads = append(a.reads, j.Path)
	}
	return a
}

// limitFlags are the flags that limit how fast servers are sent requests.
var limitFlags = []string{"rate", "rate-host", "per-host", "burst", "policy", "preset", "no-presets"}

// statsConfig returns what the parts of a run asked for, as the figures need it. If they differ, it holds
// only what applied to all of them, so that no floor exceeds the wall time.
func statsConfig(flags *spec.Spec, legs []journal.Span) measure.Config {
	limits := flags.Limits()
	sample, _ := baselineOf(legs)
	c := measure.Config{NoAdapt: flags.NoAdapt, Unsafe: flags.RetryUnsafe || flags.Retries == 0, Sample: sample, Slots: flags.Slots(), Total: limits.Total, PerHost: limits.PerHost, Host: limits.Host, Stated: flags.PolicySource}
	c.Auto = flags.Auto()
	if len(legs) > 0 {
		first := concurrencyOf(&legs[0])
		c.Slots, c.Auto = first.Slots(), first.Auto()
	}
	for i := 1; i < len(legs); i++ {
		for _, f := range legs[i].Leg.Flags {
			switch {
			case f.Name == "concurrency":
				c.Slots = max(c.Slots, slotsOf(&legs[i]))
			case slices.Contains(limitFlags, f.Name):
				c.Total, c.PerHost, c.Host = fetcher.Limit{}, fetcher.Limit{}, nil
			}
		}
	}
	return c
}

// slotsOf returns how many requests a part had in flight at most, by its own flags.
func slotsOf(part *journal.Span) int { return concurrencyOf(part).Slots() }

// concurrencyOf returns a spec with the concurrency of a part.
func concurrencyOf(part *journal.Span) *spec.Spec {
	f := &spec.Spec{Concurrency: fetcher.DefaultWorkers}
	for _, flag := range part.Leg.Flags {
		if flag.Name == "concurrency" {
			_ = value.Slots{To: &f.Concurrency}.Set(flag.Value) // ignored if it cannot be read
		}
	}
	return f
}

// replay makes the reports from journals, and returns their summary and the failures.
func (o *output) replay(ctx context.Context, all journal.Merged, flags *spec.Spec) (*measure.Summary, failures, error) {
	var failed failures
	for e, err := range all.HostEvents(ctx) {
		if err != nil {
			return nil, failed, err
		}
		o.collector.Event(e)
	}
	records := all.Records(ctx)
	if flags.InOrder() {
		records = all.InOrder(ctx)
	}
	for r, err := range records {
		if err != nil {
			return nil, failed, err
		}
		failed.add(r)
		if err := o.result(r); err != nil {
			return nil, failed, err
		}
	}
	summary, err := o.finish(endOf(all, flags))
	return summary, failed, err
}

// endOf returns what a summary needs from journals besides their records.
func endOf(all journal.Merged, flags *spec.Spec) measure.End {
	end := measure.End{Wall: all.Wall().Duration(), Programs: flags.Exec != ""}
	for _, j := range all {
		if last := j.Last().End; last != nil {
			end.Skipped += last.Skipped
			end.Duplicates += last.Duplicates
			end.NotStarted += last.NotStarted
		}
	}
	for _, j := range all {
		for _, part := range j.Legs {
			if part.End != nil {
				end.Proxies = append(end.Proxies, part.End.Proxies...)
			}
		}
	}
	slices.Sort(end.Proxies)
	end.Proxies = slices.Compact(end.Proxies)
	if n, known := all.Requests(); known && !all.HasEnded() {
		end.NotStarted = max(n-all.Begun(), 0)
	}
	if len(all) > 1 {
		end.Parts = true
		return end
	}
	legs := all[0].Legs
	end.Legs = len(legs)
	for i := range legs {
		end.Offsets = append(end.Offsets, legs[i].Offset)
	}
	_, end.Serial = baselineOf(legs)
	return end
}

// baselineOf returns how long the baseline took, and how many requests it sent: 0 means all. Both are 0 if
// there was no baseline.
func baselineOf(legs []journal.Span) (sample int64, serial time.Duration) {
	for i := range legs {
		for _, e := range legs[i].Events {
			if e.Event == journal.EventBaseline {
				return e.Sample, e.Serial.Duration()
			}
		}
	}
	return 0, 0
}

// reportEvents is `fetch report --events`.
func reportEvents(ctx context.Context, f *spec.Spec, journals []*journal.Journal, s Streams) error {
	switch {
	case !slices.Contains(report.EventFormats(), f.Format):
		return exit.Usage(fmt.Errorf("--events: -f %s cannot list them; use %s", f.Format, strings.Join(report.EventFormats(), ", ")))
	case len(f.Reports) > 0:
		return exit.Usage(errors.New("--events goes to standard output; leave out --report"))
	}
	any := false
	events := func(yield func(record.HostEvent, error) bool) {
		for e, err := range journal.Merge(journals).HostEvents(ctx) {
			any = any || err == nil
			if !yield(e, err) {
				return
			}
		}
	}
	err := report.Events(s.Out, f.Format, events, shownOn(s.Out, f.Color, report.Options{SafeCells: f.CSVSafe}))
	if err == nil && !any {
		s.note(f, "no host has required a change of pace")
	}
	return err
}

// CheckRecords refuses the journal of a load test without records, where records are needed.
func CheckRecords(j *journal.Journal) error {
	if j.Run().Command != loadCommand || slices.ContainsFunc(j.Legs, func(s journal.Span) bool { return s.Records > 0 }) {
		return nil
	}
	return fmt.Errorf("%s: the journal of a load test has figures for each second; the record of each request that is needed here is stored only with --records", record.Printable(j.Path))
}

// reportLoad makes the reports of a load test, or of several merged into one, from their journals.
func reportLoad(ctx context.Context, flags *spec.Spec, journals []*journal.Journal, s Streams) error {
	if !slices.Contains(report.LoadFormats(), flags.Format) {
		return exit.Usage(fmt.Errorf("report -f %s: this format is not available for load tests", flags.Format))
	}
	var names []string
	for _, j := range journals {
		if j.Run().Command != loadCommand {
			return exit.Usage(fmt.Errorf("%s: this is not a load test, but another journal is; report them separately", record.Printable(j.Path)))
		}
		names = append(names, j.Path)
	}
	reports, err := openLoadReports(flags, names, s)
	if err != nil {
		return err
	}
	defer reports.Close()
	tests, limits, err := replayLoad(ctx, journals, reports)
	if err != nil {
		return exit.Usage(err)
	}
	for i, j := range journals {
		if !tests.HasEnded(i) {
			s.note(flags, "%s: the test has not ended; the report covers it so far, without groups", record.Printable(j.Path))
		}
	}
	return reports.finish(judge(tests.Summary(), limits), limits)
}

// replayLoad reads the figures of load tests and passes them to the reports in order.
func replayLoad(ctx context.Context, journals []*journal.Journal, reports *loadReports) (*together.Tests, []threshold.Threshold, error) {
	tests, err := testsOf(ctx, journals)
	if err != nil {
		return nil, nil, err
	}
	reports.begin(tests.Begun)
	var limits []threshold.Threshold
	for _, text := range tests.Begun.Asked.Thresholds {
		limit, err := threshold.ParseStored(text)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", record.Printable(journals[0].Path), err)
		}
		limits = append(limits, limit)
	}
	var lines []iter.Seq2[measure.Line, error]
	for _, j := range journals {
		lines = append(lines, loadLines(ctx, j))
	}
	return tests, limits, tests.Add(lines, reports.interval)
}

// testsOf returns the tests of journals with their plans.
func testsOf(ctx context.Context, journals []*journal.Journal) (*together.Tests, error) {
	var plans []measure.Beginning
	for _, j := range journals {
		plan := (*measure.Beginning)(nil)
		for line, err := range loadLines(ctx, j) {
			if err != nil {
				return nil, err
			}
			begun, ok := line.(*measure.Beginning)
			if !ok {
				return nil, fmt.Errorf("%s: the figures do not begin with the plan of the test; the beginning of the file is missing", record.Printable(j.Path))
			}
			plan = begun
			break
		}
		if plan == nil {
			return nil, fmt.Errorf("%s: the test was stopped before it began", record.Printable(j.Path))
		}
		plans = append(plans, *plan)
	}
	return together.New(plans)
}

// loadLines yields the figures of a load test from its journal.
func loadLines(ctx context.Context, j *journal.Journal) iter.Seq2[measure.Line, error] {
	return func(yield func(measure.Line, error) bool) {
		for text, err := range j.Others(ctx, measure.LineType) {
			line, bad := measure.Line(nil), err
			if err == nil {
				line, bad = measure.ParseLine(text)
				if bad != nil {
					bad = fmt.Errorf("%s: %w", record.Printable(j.Path), bad)
				}
			}
			if (line != nil || bad != nil) && !yield(line, bad) {
				return
			}
		}
	}
}

// IsLoad reports whether a journal is that of a load test.
func IsLoad(j *journal.Journal) bool { return j.Run().Command == loadCommand }

// LoadOf returns the load test of a journal, for comparison with another.
func LoadOf(ctx context.Context, j *journal.Journal) (diff.Load, error) {
	l := diff.Load{Name: j.Path, Cut: !j.HasEnded()}
	tests, err := testsOf(ctx, []*journal.Journal{j})
	if err != nil {
		return l, err
	}
	err = tests.Add([]iter.Seq2[measure.Line, error]{loadLines(ctx, j)}, func(i *measure.Interval) {
		if !i.WarmUp {
			l.Seconds = append(l.Seconds, i.Times)
		}
	})
	if err == nil {
		l.Summary = tests.Summary()
	}
	return l, err
}
