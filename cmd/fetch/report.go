package main

import (
	"context"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/fetch/internal/cli"
	"example.com/fetch/internal/run"
	"example.com/fetch/internal/spec"
)

// newReport is `fetch report`.
func newReport(s run.Streams) *cobra.Command {
	flags := cli.NewFlags()
	flags.Spec.OnlyReports = true
	events := false
	own := pflag.NewFlagSet("", pflag.ContinueOnError)
	own.BoolVar(&events, "events", false, "list what was learned of hosts: table, ndjson, csv, tsv or markdown (-f)")
	for _, g := range flags.Groups {
		g.Flags.VisitAll(func(f *pflag.Flag) {
			if slices.Contains(spec.ReportFlags, f.Name) {
				own.AddFlag(f)
			}
		})
	}
	return cli.Command{
		Name:      "report",
		Arguments: "JOURNAL...",
		Short:     "any report of a run, from its journal",
		Long: `report makes any report from the journal of a run (-j JOURNAL), at any time and
without the network. It is the one that the run itself would have made, as far
as the run has come. Several journals are parts of one run. Of a load test the
formats are those of fetch load, junit, hlog and hgrm among them.

With --events it lists instead what was learned of hosts in the course of the
run: when each was paused, slowed down, sped up or given up, and why. "As asked"
is as -c, --per-host, -r and --rate-host allow.

` + cli.ReportNumbers,
		Example: `  fetch report run.jsonl --report out.md
  fetch report run.jsonl -f csv --fields status,latency_ms,url
  fetch report part1.jsonl part2.jsonl --no-results
  fetch report run.jsonl --events`,
		Own: own,
		Run: func(ctx context.Context, paths []string) error {
			return run.Report(ctx, flags.Parsed(), events, paths, flags.Restore, s)
		},
	}.Cobra()
}
