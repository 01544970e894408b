package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/fetch/internal/cli"
	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/run"
	"example.com/fetch/internal/spec"
)

// newResume is `fetch resume`.
func newResume(s run.Streams) *cobra.Command {
	return cli.ListCommand{
		Name:      "resume",
		Arguments: "JOURNAL",
		Short:     "go on with a run that was broken off",
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
		Run: func(ctx context.Context, flags *cli.Flags, args []string) error {
			return run.GoOn(ctx, "resume", flags.Parsed(), args, nil, flags.Restore, s)
		},
	}.Command()
}

// newRetry is `fetch retry`.
func newRetry(s run.Streams) *cobra.Command {
	choice := &spec.Choice{}
	own := pflag.NewFlagSet("", pflag.ContinueOnError)
	cli.DefineChoice(choice, own)
	return cli.ListCommand{
		Name:      "retry",
		Arguments: "JOURNAL",
		Short:     "do again only what failed",
		Long: `retry carries out again what failed in a run with -j JOURNAL. The new results
stand in the journal beside the old ones; reports have the last, and attempts add
up. What was never done is left to fetch resume.`,
		Example: `  fetch retry run.jsonl
  fetch retry run.jsonl --class timeout_ttfb,rate_limited -c 2`,
		Own: own,
		Run: func(ctx context.Context, flags *cli.Flags, args []string) error {
			choose, err := choice.Compile(ctx)
			if err != nil {
				return exit.Usage(err)
			}
			return run.GoOn(ctx, "retry", flags.Parsed(), args, choose, flags.Restore, s)
		},
	}.Command()
}
