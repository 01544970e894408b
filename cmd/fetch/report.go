package main

import (
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
	cmd := &cobra.Command{
		Use:   "report [flags] JOURNAL...",
		Short: "any report of a run, from its journal",
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
		Args:          cobra.ArbitraryArgs,
		Annotations:   map[string]string{cli.PlainHelpKey: "yes", cli.JournalsKey: "yes"},
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, args []string) error {
			return run.Report(cmd.Context(), flags.Parsed(), events, args, flags.Restore, s)
		},
	}
	cmd.Flags().BoolVar(&events, "events", false, "list what was learned of hosts: table, ndjson, csv, tsv or markdown (-f)")
	for _, g := range flags.Groups {
		g.Flags.VisitAll(func(f *pflag.Flag) {
			if slices.Contains(spec.ReportFlags, f.Name) {
				cmd.Flags().AddFlag(f)
			}
		})
	}
	return cmd
}
