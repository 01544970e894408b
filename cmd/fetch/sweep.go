package main

import (
	"github.com/spf13/cobra"

	"example.com/fetch/internal/cli"
	"example.com/fetch/internal/run"
	"example.com/fetch/internal/spec"
)

// newSweep is `fetch sweep`.
func newSweep(s run.Streams) *cobra.Command {
	flags := &spec.Sweep{}
	groups := cli.SweepGroups(flags)
	cmd := &cobra.Command{
		Use:   "sweep [flags] SOURCE...",
		Short: "find the load beyond which a server only makes wait",
		Long: `sweep load-tests a server at several loads, one after the other, and finds the
knee: the load from which on more of it brings waiting and no more answers.

The loads are numbers of users (-c 1,2,4,8), or rates (--rate 100/s,200/s). Each
lasts for -z, after a --warm-up that is left out. A row for each, a plot, and
the knee in a sentence come out. The exit code is 3 if any request failed.`,
		Example: `  fetch sweep --testserver 'http://slow.test/sample?p50=50ms&capacity=8'
  fetch sweep --testserver --rate 25/s,50/s,100/s,200/s -z 10s \
                           'http://slow.test/sample?p50=50ms&capacity=8'`,
		Args:          cobra.ArbitraryArgs,
		Annotations:   map[string]string{cli.SourcesKey: "yes"},
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, args []string) error {
			flags.Load.Run.Given = cli.GivenIn(groups)
			return cli.WithNearestCommand(run.Sweep(cmd.Context(), flags, args, s), args)
		},
	}
	for _, g := range groups {
		cmd.Flags().AddFlagSet(g.Flags)
	}
	cmd.SetHelpFunc(cli.GroupedHelp(groups))
	return cmd
}
