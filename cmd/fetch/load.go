package main

import (
	"github.com/spf13/cobra"

	"example.com/fetch/internal/cli"
	"example.com/fetch/internal/run"
	"example.com/fetch/internal/spec"
)

// newLoad is `fetch load`.
func newLoad(s run.Streams) *cobra.Command {
	flags := &spec.Load{}
	groups := cli.LoadGroups(flags)
	cmd := &cobra.Command{
		Use:   "load [flags] SOURCE...",
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
requests go on being due. Successes and failures are told apart. The report says
how late this client itself was, and warns where it was the bottleneck.

The exit code is 3 if any request failed, 7 if any was due and never sent, or 99
if a --threshold does not hold. Thresholds on ok or failed decide in place of the
3, unless everything failed, and those on not_started in place of the 7.`,
		Example: `  fetch load --testserver -c 20 'http://slow.test/sample?p50=20ms&p99=200ms'
  fetch load --testserver --rate 200/s http://slow.test/0.1 --threshold 'p99<1s'
  fetch load --testserver -n 500 --rows testdata/load.csv --group-by kind \
                                             'http://slow.test/{+path}'`,
		Args:          cobra.ArbitraryArgs,
		Annotations:   map[string]string{cli.SourcesKey: "yes"},
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, args []string) error {
			flags.Run.Given = cli.GivenIn(groups)
			return cli.WithNearestCommand(run.Load(cmd.Context(), flags, args, s), args)
		},
	}
	for _, g := range groups {
		cmd.Flags().AddFlagSet(g.Flags)
	}
	cmd.SetHelpFunc(cli.GroupedHelp(groups))
	return cmd
}
