package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// newPlan is `fetch plan`.
func newPlan(s streams) *cobra.Command {
	var assume seconds
	own := pflag.NewFlagSet("", pflag.ContinueOnError)
	own.Var(&assume, "assume", "that each answer takes, to say how long it would all take")
	return listCommand{
		name:  "plan",
		short: "what would be sent, to whom, and how long it must take",
		long: `plan sends nothing. It reads the list, with its tables and templates, and says
how many requests it makes, to which hosts, what comes twice, which files would
have one name, what bodies and batches there are, and how long the limits make
it take. What is wrong with the list it says, too, and exits with 2, or with 3
where the list could be sent and some of its requests would fail.

With -f json it prints one JSON object.`,
		example: `  fetch plan testdata/pubchem.txt
  fetch plan --rate-host 5/s 'http://pubchem.test/{cid}' --set cid=1..10000`,
		own: own,
		run: func(ctx context.Context, flags *commandFlags, sources []string) error {
			return runPlan(ctx, flags.parsed(), sources, time.Duration(assume), s)
		},
	}.command()
}
