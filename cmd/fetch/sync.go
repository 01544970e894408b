package main

import (
	"context"

	"github.com/spf13/cobra"
)

// newSync is `fetch sync`.
func newSync(s streams) *cobra.Command {
	return listCommand{
		name:  "sync",
		short: "keep a folder in step with the sources of its files",
		long: `sync fetches a list into a folder (-o DIR), and the next time asks each server
only for what has changed since then (If-None-Match, If-Modified-Since). What it
knows stands in DIR/.fetch-sync.jsonl. It prints a line for each file that is
new, changed or gone, and the counts. Files of what is gone stay, and a file
that someone else has changed is left as it is, unless --overwrite is given.

With -f ndjson the lines are JSON.`,
		example: `  fetch sync urls.txt -o data
  fetch sync --rate-host 5/s --rows cids.csv 'http://pubchem.test/{cid}' -o data`,
		run: func(ctx context.Context, flags *commandFlags, sources []string) error {
			return runSync(ctx, flags.parsed(), sources, s)
		},
	}.command()
}
