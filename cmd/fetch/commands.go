package main

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"example.com/fetch/internal/cli"
	"example.com/fetch/internal/cli/value"
	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/report"
	"example.com/fetch/internal/run"
	"example.com/fetch/internal/spec"
)

// commands are those that send a list, or go on from a journal. Most of them take the flags of fetch itself.
func commands(s run.Streams, flags *cli.Flags) []*cli.Command {
	load, sweep, choice := &spec.Load{}, &spec.Sweep{}, &spec.Choice{}
	loadGroups, sweepGroups := cli.LoadGroups(load), cli.SweepGroups(sweep)
	var assume value.Seconds
	events, listed := false, spec.Listed{}
	return []*cli.Command{
		{
			Name: "plan", Arguments: "SOURCE...", AsFetch: flags,
			Short: "show what would be sent, and how long it would take", Formats: []string{"table", "json"},
			Long: `plan shows what a list would send, and sends nothing: how many requests, to which
hosts, with which bodies and batches, and how long the limits make it take.

It also reports duplicates, files that would have the same name, and mistakes in
the list. The exit code is 2 if the list cannot be sent, and 3 if it can be, but
some of its requests would fail.

With -f json it prints one JSON object.`,
			Example: `  fetch plan testdata/pubchem.txt
  fetch plan --rate-host 5/s 'http://pubchem.test/{cid}' --set cid=1..10000`,
			Own: func(own *pflag.FlagSet) {
				own.Var(&assume, "assume", "assumed time of each response, for an estimate of the whole")
			},
			Run: func(ctx context.Context, sources []string) error {
				f, err := flags.Settle("plan")
				if err != nil {
					return err
				}
				return run.Plan(ctx, f, sources, time.Duration(assume), s)
			},
		},
		{
			Name: "load", Arguments: "SOURCE...", Groups: loadGroups,
			Short: "load-test a server, at a rate or with a number of users", Formats: report.LoadFormats(),
			Essential: []string{"concurrency", "rate", "duration", "requests", "warm-up", "threshold", "group-by", "timeout", "header", "data", "format", "report", "journal"},
			Long: `load sends the requests of a list again and again, as a load test, and reports
latencies that count from when each request was due.

  -c 50          50 users: each sends, waits for the end, and sends again
  --rate 500/s   500 requests a second, whatever the server does, on as many
                 connections as that takes
  --stages '10s:100/s,1m:1000/s'   from 0 to 100/s in 10 s, on to 1000/s

It lasts for 10 s, or as long as -z says, or for -n requests. Nothing is retried,
and no redirect followed, unless asked.

Service time is what a request took. Response time is measured from the
scheduled send time: when the server stalls, requests are still due, and their
wait counts. Figures of all requests, where a timeout counts for no less than
-t, stand beside those of successes and of failures. The report says how late
this client itself was, and warns where it was the bottleneck.

A threshold is about all requests; p99.ok is about successes. Any percentile may
be used. Times have a unit, and counts say % or requests: 'p99.5<250ms',
'ok>99.9%', 'failed<5 requests', 'lag.p99<20ms'.

The exit code is 3 if any request failed, 7 if any was due and never sent or not
all users could start, or 99 if a --threshold does not hold. Thresholds on ok or
failed decide instead of the 3, unless everything failed, and those on
not_started instead of the 7.`,
			Example: `  fetch load --testserver -c 20 'http://slow.test/sample?p50=20ms&p99=200ms'
  fetch load --testserver --rate 200/s http://slow.test/0.1 --threshold 'p99<1s'
  fetch load --testserver -n 500 --rows testdata/load.csv --group-by kind \
                                             'http://slow.test/{+path}'`,
			Run: func(ctx context.Context, sources []string) error {
				if err := cli.SettleLoad(loadGroups, "load"); err != nil {
					return err
				}
				load.Run.Given = cli.GivenIn(loadGroups)
				return run.Load(ctx, load, sources, s)
			},
		},
		{
			Name: "sweep", Arguments: "SOURCE...", Groups: sweepGroups,
			Short: "find the saturation point of a server", Formats: []string{"table", "json", "csv"},
			Essential: []string{"concurrency", "rate", "duration", "warm-up", "timeout", "header", "data", "format"},
			Long: `sweep load-tests a server at several loads, one after the other, and finds the
saturation point: the load beyond which latency grows and throughput does not.

The loads are numbers of users (-c 1,2,4,8), or rates (--rate 100/s,200/s). Each
lasts for -z, after a --warm-up that is excluded. It prints a row for each, a
plot, and the saturation point in a sentence. The exit code is 3 if any request
failed.`,
			Example: `  fetch sweep --testserver 'http://slow.test/sample?p50=50ms&capacity=8'
  fetch sweep --testserver --rate 25/s,50/s,100/s,200/s -z 10s \
                           'http://slow.test/sample?p50=50ms&capacity=8'`,
			Run: func(ctx context.Context, sources []string) error {
				if err := cli.SettleLoad(sweepGroups, "sweep"); err != nil {
					return err
				}
				sweep.Load.Run.Given = cli.GivenIn(sweepGroups)
				return run.Sweep(ctx, sweep, sources, s)
			},
		},
		{
			Name: "resume", Arguments: "JOURNAL", AsFetch: flags,
			Short: "resume a run that was interrupted",
			Long: `resume sends what a run with -j JOURNAL has not done yet, whatever ended it:
Ctrl-C, a deadline, a kill, a full disk.

The journal has the list, the flags and the results, so that nothing else need
be given but secrets. Requests that failed count as done: fetch retry sends
those. The report and the exit code are those of the whole run.

Flags for limits, timeouts, network and output may be changed. If the list has
changed, its requests are matched by their content; so they are if it came from
a pipe that was cut off: ... | fetch resume JOURNAL -`,
			Example: `  fetch resume run.jsonl
  fetch resume run.jsonl -c 2 --rate-host 1/s`,
			Run: func(ctx context.Context, args []string) error {
				return run.GoOn(ctx, "resume", flags.Parsed(), args, nil, flags.Restore, s)
			},
		},
		{
			Name: "retry", Arguments: "JOURNAL", AsFetch: flags,
			Short: "send again only what failed",
			Long: `retry sends again what failed in a run with -j JOURNAL.

The new results are added to the journal; reports have the last of each request,
and count all attempts. What was never sent is left to fetch resume.`,
			Example: `  fetch retry run.jsonl
  fetch retry run.jsonl --class timeout_ttfb,rate_limited -c 2`,
			Own: func(own *pflag.FlagSet) {
				own.Var(&choice.Classes, "class", "error classes to retry: timeout_ttfb,rate_limited; timeout is all timeouts")
				own.Var(&choice.Statuses, "status", "statuses to retry: 429,5xx")
				own.StringArrayVar(&choice.Hosts, "host", nil, "`HOST[:PORT]` host to retry requests to; repeatable")
				own.StringVar(&choice.Where, "where", "", "`JQ` condition on records, failed or not: send those for which it holds")
			},
			Run: func(ctx context.Context, args []string) error {
				choose, err := choice.Compile(ctx)
				if err != nil {
					return exit.Usage(err)
				}
				return run.GoOn(ctx, "retry", flags.Parsed(), args, choose, flags.Restore, s)
			},
		},
		{
			Name: "report", Arguments: "JOURNAL...",
			Short: "make any report of a run from its journal", Formats: report.LoadFormats(),
			Essential: []string{"format", "report", "fields", "no-results", "failed", "where", "events"},
			Long: `report makes any report from the journal of a run (-j JOURNAL), at any time and
without the network. fetch help report also defines each number.

It is the report that the run itself would have made, as far as it has come.
Several journals are parts of one run, or load tests that ran side by side, which
are then one. Load tests have the formats of fetch load, junit, hlog and hgrm
among them.

With --failed or --where it lists some of the results; the summary is of all.

With --events it lists instead what was learned about hosts during the run: when
each was paused, slowed down, sped up or given up, and why. "As asked" means as
-c, --per-host, -r and --rate-host allow.

` + cli.ReportNumbers,
			Example: `  fetch report run.jsonl --report out.md
  fetch report run.jsonl -f csv --fields status,latency_ms,url
  fetch report part1.jsonl part2.jsonl --no-results
  fetch report run.jsonl --failed
  fetch report run.jsonl --events`,
			Own: func(own *pflag.FlagSet) {
				own.BoolVar(&listed.Failed, "failed", false, "list only failed results; the summary is of all")
				own.StringVar(&listed.Where, "where", "", "`JQ` condition on records: list only those for which it holds")
				own.BoolVar(&events, "events", false, "list what was learned about hosts; as table, ndjson, csv, tsv or markdown (-f)")
				for _, g := range flags.Groups {
					g.Flags.VisitAll(func(f *pflag.Flag) {
						if slices.Contains(spec.ReportFlags, f.Name) {
							own.AddFlag(f)
						}
					})
				}
			},
			Run: func(ctx context.Context, paths []string) error {
				flags.Spec.OnlyReports = true
				return run.Report(ctx, flags.Parsed(), events, listed, paths, flags.Restore, s)
			},
		},
		{
			Name: "sync", Arguments: "SOURCE...", AsFetch: flags,
			Short: "keep a folder of downloads up to date", Formats: []string{"table", "ndjson"},
			Long: `sync downloads a list into a folder (-o DIR), and the next time only what has
changed since then (If-None-Match, If-Modified-Since).

It prints a line for each file that is new, changed or gone, and the counts.
Files of what is gone stay, and a file that was modified locally is left as it
is, unless --overwrite is given. What it knows is kept in
DIR/.fetch-sync.jsonl.

With -f ndjson the lines are JSON.`,
			Example: `  fetch sync urls.txt -o data
  fetch sync --rate-host 5/s --rows cids.csv 'http://pubchem.test/{cid}' -o data`,
			Run: func(ctx context.Context, sources []string) error {
				f, err := flags.Settle("sync")
				if err != nil {
					return err
				}
				return run.Sync(ctx, f, sources, s)
			},
		},
	}
}
