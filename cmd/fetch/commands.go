package main

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"example.com/fetch/internal/cli"
	"example.com/fetch/internal/cli/value"
	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/run"
	"example.com/fetch/internal/spec"
)

// commands are those that send a list, or go on from a journal. Most of them take the flags of fetch itself.
func commands(s run.Streams, flags *cli.Flags) []cli.Command {
	load, sweep, choice := &spec.Load{}, &spec.Sweep{}, &spec.Choice{}
	loadGroups, sweepGroups := cli.LoadGroups(load), cli.SweepGroups(sweep)
	var assume value.Seconds
	events, listed := false, spec.Listed{}
	return []cli.Command{
		{
			Name: "plan", Arguments: "SOURCE...", AsFetch: flags,
			Short: "what would be sent, to whom, and how long it must take",
			Long: `plan sends nothing. It reads the list, with its tables and templates, and says
how many requests it makes, to which hosts, what comes twice, which files would
have one name, what bodies and batches there are, and how long the limits make
it take. What is wrong with the list it says, too, and exits with 2, or with 3
where the list could be sent and some of its requests would fail.

With -f json it prints one JSON object.`,
			Example: `  fetch plan testdata/pubchem.txt
  fetch plan --rate-host 5/s 'http://pubchem.test/{cid}' --set cid=1..10000`,
			Own: func(own *pflag.FlagSet) {
				own.Var(&assume, "assume", "that each answer takes, to say how long it would all take")
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
			Short: "load-test a server, with latencies that are right",
			Long: `load sends a URL, or the requests of a list again and again, as a load:

  -c 50          50 users: each sends, waits for the end, and sends again
  --rate 500/s   500 requests a second, whatever the server does, on as many
                 connections as that takes
  --stages '10s:100/s,1m:1000/s'   from 0 to 100/s in 10 s, on to 1000/s

for 10 s, or as long as -z says, or -n requests. Nothing is tried again, and no
redirect followed, unless asked.

Service time is what a request took. Response time counts from when it was due,
and is what somebody has to wait who comes at that time: when the server stalls,
requests go on being due. Figures of all requests, where a time-out counts for
no less than -t, stand beside those of successes and of failures. The report
says how late this client itself was, and warns where it was the bottleneck.

A threshold is about all requests; p99.ok is about successes. Any percentile can
be asked for. Times have a unit, and counts say % or requests: 'p99.5<250ms',
'ok>99.9%', 'failed<5 requests', 'lag.p99<20ms'.

The exit code is 3 if any request failed, 7 if any was due and never sent or not
all users could start, or 99 if a --threshold does not hold. Thresholds on ok or
failed decide in place of the 3, unless everything failed, and those on
not_started in place of the 7.`,
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
			Short: "find the load beyond which a server only makes wait",
			Long: `sweep load-tests a server at several loads, one after the other, and finds the
knee: the load from which on more of it brings waiting and no more answers.

The loads are numbers of users (-c 1,2,4,8), or rates (--rate 100/s,200/s). Each
lasts for -z, after a --warm-up that is left out. A row for each, a plot, and
the knee in a sentence come out. The exit code is 3 if any request failed.`,
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
			Short: "go on with a run that was broken off",
			Long: `resume carries out what a run with -j JOURNAL has left undone, whatever ended it:
Ctrl-C, a deadline, a kill, a full disk. The list, the flags and what is done
stand in the journal, so that nothing else need be given but secrets; requests
that failed are done, and fetch retry is for them. The report is of the whole
run, and so is the exit code.

Flags of speed, patience, network and output may be given anew. If the list was
changed, what it still has is known by what it asks for. If it came from a pipe
that was cut off, too: ... | fetch resume JOURNAL -`,
			Example: `  fetch resume run.jsonl
  fetch resume run.jsonl -c 2 --rate-host 1/s`,
			Run: func(ctx context.Context, args []string) error {
				return run.GoOn(ctx, "resume", flags.Parsed(), args, nil, flags.Restore, s)
			},
		},
		{
			Name: "retry", Arguments: "JOURNAL", AsFetch: flags,
			Short: "do again only what failed",
			Long: `retry carries out again what failed in a run with -j JOURNAL. The new results
stand in the journal beside the old ones; reports have the last, and attempts
add up. What was never done is left to fetch resume.`,
			Example: `  fetch retry run.jsonl
  fetch retry run.jsonl --class timeout_ttfb,rate_limited -c 2`,
			Own: func(own *pflag.FlagSet) {
				own.Var(&choice.Classes, "class", "only what failed with one of these classes: timeout_ttfb,rate_limited; timeout for all of them")
				own.Var(&choice.Statuses, "status", "only what failed with one of these statuses: 429,5xx")
				own.StringArrayVar(&choice.Hosts, "host", nil, "only what failed at `HOST[:PORT]`; repeatable")
				own.StringVar(&choice.Where, "where", "", "`JQ` expression over records: those for which it holds, whether they failed or not")
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
			Short: "any report of a run, from its journal",
			Long: `report makes any report from the journal of a run (-j JOURNAL), at any time and
without the network. It is the one that the run itself would have made, as far
as the run has come. Several journals are parts of one run, or load tests that
went on side by side, which are then one. Of a load test the formats are those
of fetch load, junit, hlog and hgrm among them.

With --failed or --where it lists some of the results; the summary is of all.

With --events it lists instead what was learned of hosts in the course of the
run: when each was paused, slowed down, sped up or given up, and why. "As asked"
is as -c, --per-host, -r and --rate-host allow.

` + cli.ReportNumbers,
			Example: `  fetch report run.jsonl --report out.md
  fetch report run.jsonl -f csv --fields status,latency_ms,url
  fetch report part1.jsonl part2.jsonl --no-results
  fetch report run.jsonl --failed
  fetch report run.jsonl --events`,
			Own: func(own *pflag.FlagSet) {
				own.BoolVar(&listed.Failed, "failed", false, "list only results that failed; the summary is of all")
				own.StringVar(&listed.Where, "where", "", "`JQ` expression over records: list only those for which it holds")
				own.BoolVar(&events, "events", false, "list what was learned of hosts: table, ndjson, csv, tsv or markdown (-f)")
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
			Short: "keep a folder in step with the sources of its files",
			Long: `sync fetches a list into a folder (-o DIR), and the next time asks each server
only for what has changed since then (If-None-Match, If-Modified-Since). What it
knows stands in DIR/.fetch-sync.jsonl. It prints a line for each file that is
new, changed or gone, and the counts. Files of what is gone stay, and a file
that someone else has changed is left as it is, unless --overwrite is given.

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
