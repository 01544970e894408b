package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// newResume is `fetch resume`.
func newResume(s streams) *cobra.Command {
	return listCommand{
		name:      "resume",
		arguments: "JOURNAL",
		short:     "go on with a run that was broken off",
		long: `resume carries out what a run with -j JOURNAL has left undone, whatever ended it:
Ctrl-C, a deadline, a kill, a full disk. The list, the flags and what is done
stand in the journal, so that nothing else need be given but secrets; requests
that failed are done, and fetch retry is for them. The report is of the whole
run, and so is the exit code.

Flags of speed, patience, network and output may be given anew. If the list was
changed, what it still has is known by what it asks for. If it came from a pipe
that was cut off, too: ... | fetch resume JOURNAL -`,
		example: `  fetch resume run.jsonl
  fetch resume run.jsonl -c 2 --rate-host 1/s`,
		run: func(ctx context.Context, flags *commandFlags, args []string) error {
			return goOn(ctx, "resume", flags.parsed(), args, nil, flags.restore, s)
		},
	}.command()
}

// newRetry is `fetch retry`.
func newRetry(s streams) *cobra.Command {
	choice := &choice{}
	own := pflag.NewFlagSet("", pflag.ContinueOnError)
	defineChoice(choice, own)
	return listCommand{
		name:      "retry",
		arguments: "JOURNAL",
		short:     "do again only what failed",
		long: `retry carries out again what failed in a run with -j JOURNAL. The new results
stand in the journal beside the old ones; reports have the last, and attempts add
up. What was never done is left to fetch resume.`,
		example: `  fetch retry run.jsonl
  fetch retry run.jsonl --class timeout_ttfb,rate_limited -c 2`,
		own: own,
		run: func(ctx context.Context, flags *commandFlags, args []string) error {
			choose, err := choice.compile(ctx)
			if err != nil {
				return usage(err)
			}
			return goOn(ctx, "retry", flags.parsed(), args, choose, flags.restore, s)
		},
	}.command()
}
