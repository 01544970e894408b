package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/fetch/internal/cli"
	"example.com/fetch/internal/cli/value"
	"example.com/fetch/internal/run"
)

// newPlan is `fetch plan`.
func newPlan(s run.Streams) *cobra.Command {
	var assume value.Seconds
	own := pflag.NewFlagSet("", pflag.ContinueOnError)
	own.Var(&assume, "assume", "that each answer takes, to say how long it would all take")
	return cli.ListCommand{
		Name:  "plan",
		Short: "what would be sent, to whom, and how long it must take",
		Long: `plan sends nothing. It reads the list, with its tables and templates, and says
how many requests it makes, to which hosts, what comes twice, which files would
have one name, what bodies and batches there are, and how long the limits make
it take. What is wrong with the list it says, too, and exits with 2, or with 3
where the list could be sent and some of its requests would fail.

With -f json it prints one JSON object.`,
		Example: `  fetch plan testdata/pubchem.txt
  fetch plan --rate-host 5/s 'http://pubchem.test/{cid}' --set cid=1..10000`,
		Own: own,
		Run: func(ctx context.Context, flags *cli.Flags, sources []string) error {
			return run.Plan(ctx, flags.Parsed(), sources, time.Duration(assume), s)
		},
	}.Command()
}
