package main

import (
	"context"

	"github.com/spf13/cobra"

	"example.com/fetch/internal/cli"
	"example.com/fetch/internal/run"
)

// newSync is `fetch sync`.
func newSync(s run.Streams) *cobra.Command {
	return cli.ListCommand{
		Name:  "sync",
		Short: "keep a folder in step with the sources of its files",
		Long: `sync fetches a list into a folder (-o DIR), and the next time asks each server
only for what has changed since then (If-None-Match, If-Modified-Since). What it
knows stands in DIR/.fetch-sync.jsonl. It prints a line for each file that is
new, changed or gone, and the counts. Files of what is gone stay, and a file
that someone else has changed is left as it is, unless --overwrite is given.

With -f ndjson the lines are JSON.`,
		Example: `  fetch sync urls.txt -o data
  fetch sync --rate-host 5/s --rows cids.csv 'http://pubchem.test/{cid}' -o data`,
		Run: func(ctx context.Context, flags *cli.Flags, sources []string) error {
			return run.Sync(ctx, flags.Parsed(), sources, s)
		},
	}.Command()
}
