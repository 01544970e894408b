package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"example.com/fetch/internal/cli"
	"example.com/fetch/internal/cli/value"
	"example.com/fetch/internal/diff"
	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/journal"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/run"
	"example.com/fetch/internal/spec"
	"example.com/fetch/internal/threshold"
)

// diffFlags are the flags of `fetch diff`.
type diffFlags struct {
	format, color string
	failIf        []string
	quiet         bool
	ignoreHost    bool
	undecided     bool             // a limit that cannot be told lets the run pass
	limits        []threshold.Rise // of failIf
}

// diffCommand is `fetch diff`.
func diffCommand(s run.Streams) *cli.Command {
	flags := &diffFlags{}
	return &cli.Command{
		Name:      "diff",
		Arguments: "A B",
		Short:     "compare two runs by their journals",
		Formats:   []string{"table", "json"},
		Long: `diff compares the run of journal B with that of journal A, without the network:
new failures, fixed ones, changed statuses, values (of --select), bodies and
ETags, and latencies: of all, by host and by URL.

Requests are paired by their ids, or with --ignore-host by method, path, query
and row, to compare the same list against two servers. Latencies are service
times of successes; of load tests, response times. Load tests without --records
are compared by their histograms: latencies of all, and how many failed.
Each quantile has its ratio, B's to A's, and a confidence interval. A difference
is significant if the interval excludes 1, by more than 2 % and 1 ms. The
intervals are corrected for the number of quantiles, so that the risk of any
false alarm is at most 5 %. Otherwise no difference was found, and the smallest
slowdown that would have been found is in brackets.

--fail-if makes the exit code 99 if B is worse than A by more than that:
  p95>+10%      any percentile of all latencies, failures included, a share of
                A's; crossed only if the whole interval of 95 % lies beyond
  p99.ok>+20ms  of those of successes; as a time
  failed>+0     new failures; also failed>+1% of B's requests, and
                'failed>+5 requests'
or if that cannot be decided, since too few succeeded or B was interrupted.`,
		Example: `  fetch diff before.jsonl after.jsonl
  fetch diff before.jsonl after.jsonl --fail-if 'p95>+10%' --fail-if 'failed>+0'
  fetch diff --ignore-host staging.jsonl production.jsonl`,
		Own: func(own *pflag.FlagSet) {
			own.StringArrayVar(&flags.failIf, "fail-if", nil, "`LIMIT` limit such as 'p95>+10%'; exit code 99 if it is exceeded; repeatable")
			own.BoolVar(&flags.undecided, "allow-undecided", false, "pass a --fail-if that cannot be decided, since the runs are too small")
			own.BoolVar(&flags.ignoreHost, "ignore-host", false, "pair requests without scheme, host and port, for runs against two servers")
			own.StringVarP(&flags.format, "format", "f", "table", "`FORMAT` format of standard output: table or json")
			own.StringVar(&flags.color, "color", "auto", "`WHEN` colors: auto, always or never")
			own.BoolVarP(&flags.quiet, "quiet", "q", false, "only errors and exceeded limits on standard error")
			own.SortFlags = false
		},
		Run: func(ctx context.Context, paths []string) error { return runDiff(ctx, flags, paths, s) },
	}
}

// check looks whether the flags can be.
func (f *diffFlags) check() error {
	if f.format != "table" && f.format != "json" {
		return fmt.Errorf("diff -f %s: a comparison is a table or json", f.format)
	}
	if f.color != "auto" && f.color != "always" && f.color != "never" {
		return fmt.Errorf("--color %q: auto, always or never", f.color)
	}
	for _, expression := range f.failIf {
		limit, err := threshold.ParseRise(expression)
		if err != nil {
			return fmt.Errorf("--fail-if %q: %w", expression, err)
		}
		f.limits = append(f.limits, limit)
	}
	return nil
}

// diffGCPercent is low, since nearly all that a comparison keeps is without pointers, and costs the garbage collector nothing.
const diffGCPercent = 20

func runDiff(ctx context.Context, flags *diffFlags, paths []string, s run.Streams) error {
	if err := flags.check(); err != nil {
		return exit.Usage(err)
	}
	if len(paths) != 2 {
		return exit.Usage(fmt.Errorf("diff: %d journals: name two, the earlier run first: fetch diff before.jsonl after.jsonl", len(paths)))
	}
	if os.Getenv("GOGC") == "" {
		defer debug.SetGCPercent(debug.SetGCPercent(diffGCPercent))
	}
	var journals [2]*journal.Journal
	for i, path := range paths {
		var err error
		if journals[i], err = flags.open(ctx, path, s); err != nil {
			return unreadable(ctx, err)
		}
	}
	comparison, err := flags.compare(ctx, journals)
	if err != nil {
		return unreadable(ctx, err)
	}
	comparison.Check(flags.limits)
	text := comparison.AppendJSON
	if flags.format == "table" {
		colored := run.Colored(flags.color, s.Out)
		text = func(dst []byte) []byte { return comparison.AppendText(dst, colored) }
	}
	if _, err := s.Out.Write(text(nil)); err != nil {
		return err
	}
	return flags.judge(comparison, s)
}

// open opens one journal.
func (f *diffFlags) open(ctx context.Context, path string, s run.Streams) (*journal.Journal, error) {
	j, err := journal.Open(ctx, path)
	if err == nil && !j.HasEnded() && !f.quiet {
		run.Say(s.Err, "%s: the run has not ended; it is compared as far as it has come", record.Printable(path))
	}
	return j, err
}

// compare compares the runs of two journals by their records; or by their histograms, if they are load tests of which not both
// have records.
func (f *diffFlags) compare(ctx context.Context, journals [2]*journal.Journal) (*diff.Comparison, error) {
	loads := run.IsLoad(journals[0]) && run.IsLoad(journals[1])
	missing := cmp.Or(run.CheckRecords(journals[0]), run.CheckRecords(journals[1]))
	switch {
	case loads && missing != nil:
		a, errA := run.LoadOf(ctx, journals[0])
		b, errB := run.LoadOf(ctx, journals[1])
		if err := cmp.Or(errA, errB); err != nil {
			return nil, err
		}
		return diff.CompareLoads(a, b), nil
	case missing != nil:
		return nil, missing
	}
	var runs [2]diff.Run
	for i, j := range journals {
		runs[i] = diff.Run{Name: j.Path, Records: j.Records(ctx), Wall: j.Wall(), Response: loads, Cut: !j.HasEnded()}
		timeout := value.Seconds(spec.DefaultAttempts)
		for l := range j.Legs {
			runs[i].Count += j.Legs[l].Records
			for _, arg := range j.Legs[l].Args {
				if text, ok := strings.CutPrefix(arg, "--timeout="); ok {
					_ = timeout.Set(text) // it has been one before
				}
			}
		}
		runs[i].Timeout = record.MicrosOf(time.Duration(timeout))
	}
	return diff.Compare(runs[0], runs[1], diff.Options{IgnoreHost: f.ignoreHost})
}

// unreadable is the error of a journal: of the input, but if the reading was ended.
func unreadable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return run.JournalError(err)
	}
	return exit.Usage(err)
}

// judge says which limits were crossed, and which could not be decided, and so have not held.
func (f *diffFlags) judge(c *diff.Comparison, s run.Streams) error {
	var verdict error
	for _, t := range c.Thresholds {
		passes, what := false, "crossed"
		switch {
		case t.Crossed:
		case t.Undecided && f.undecided:
			passes, what = true, "not decided, which --allow-undecided lets pass"
		case t.Undecided:
			what = "not decided, and so not held; --allow-undecided lets it pass"
		default:
			continue
		}
		if !passes {
			verdict = &exit.Error{Code: exit.Threshold}
		}
		if !passes || !f.quiet {
			run.Say(s.Err, "--fail-if %s: %s: %s", record.Printable(t.Expression), what, record.Printable(t.Words))
		}
	}
	return verdict
}
