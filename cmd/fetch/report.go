package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/fetch/internal/journal"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
)

// reportFlags are the flags of a run that a report of it takes, too.
var reportFlags = []string{"format", "no-results", "report", "csv-safe", "csv-raw", "color", "quiet", "fields", "ordered"}

// journalsKey marks a cobra.Command whose arguments are journals.
const journalsKey = "journals"

// newReport is `fetch report`.
func newReport(s streams) *cobra.Command {
	flags := &runFlags{onlyReports: true}
	groups := flags.groups()
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

` + reportNumbers,
		Example: `  fetch report run.jsonl --report out.md
  fetch report run.jsonl -f csv --fields status,latency_ms,url
  fetch report part1.jsonl part2.jsonl --no-results
  fetch report run.jsonl --events`,
		Args:          cobra.ArbitraryArgs,
		Annotations:   map[string]string{plainHelpKey: "yes", journalsKey: "yes"},
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runReport(cmd.Context(), flags, events, args, s)
		},
	}
	cmd.Flags().BoolVar(&events, "events", false, "list what was learned of hosts: table, ndjson, csv, tsv or markdown (-f)")
	for _, g := range groups {
		g.flags.VisitAll(func(f *pflag.Flag) {
			if slices.Contains(reportFlags, f.Name) {
				cmd.Flags().AddFlag(f)
			}
		})
	}
	return cmd
}

func runReport(ctx context.Context, flags *runFlags, events bool, paths []string, s streams) error {
	if len(paths) == 0 {
		return usage(errors.New("report: name the journal, such as run.jsonl"))
	}
	var journals []*journal.Journal
	for _, path := range paths {
		j, err := journal.Open(ctx, path)
		if err != nil {
			return journalError(err)
		}
		if j.Torn > 0 {
			fmt.Fprintf(s.err, "fetch: the last line of %s is torn, and left out: %d bytes\n", record.Printable(path), j.Torn)
		}
		journals = append(journals, j)
	}
	if events {
		return flags.reportEvents(ctx, journals, s)
	}
	if isLoad(journals) {
		if !isOfRecords(flags.format) {
			return reportLoad(ctx, flags, journals, paths, s)
		}
		for _, j := range journals {
			if err := checkRecords(j); err != nil {
				return usage(err)
			}
		}
	}
	if err := flags.reportAs(journals[0].Run()); err != nil {
		return usage(err)
	}
	extractor, err := flags.extractor("", "")
	if err != nil {
		return usage(err)
	}
	output, err := newOutput(flags, aboutJournals(journals, selectedBy(extractor)), s, nil, measure.New(statsOf(flags, journals)))
	if err != nil {
		if output != nil {
			output.Close()
		}
		return err
	}
	defer output.Close()
	_, _, err = output.replay(ctx, journal.Merge(journals), flags)
	return err
}

// reportAs takes over what shapes the reports of a run, but not where they went.
func (f *runFlags) reportAs(run *journal.Leg) error {
	again := *run
	again.Again = nil
	again.Flags = slices.DeleteFunc(slices.Clone(run.Flags), func(f journal.Flag) bool {
		return f.Name != "fields" && f.Name != "csv-safe" && f.Name != "ordered" && slices.Contains(reportFlags, f.Name)
	})
	if err := restoreFlags(f.all, &again, true); err != nil {
		return err
	}
	return f.check()
}

// statsOf is what was asked for in a run that has several journals: what each part asked for, at once.
func statsOf(flags *runFlags, journals []*journal.Journal) measure.Config {
	c := statsConfig(flags, journals[0].Legs)
	for _, other := range journals[1:] {
		c.Slots += statsConfig(flags, other.Legs).Slots
		c.Total, c.PerHost, c.Host = measure.Config{}.Total, measure.Config{}.PerHost, nil
	}
	return c
}
