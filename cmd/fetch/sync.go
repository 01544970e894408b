package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/body/store"
	"example.com/fetch/internal/body/sync"
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
		run: func(ctx context.Context, flags *runFlags, sources []string) error {
			return runSync(ctx, flags, sources, s)
		},
	}.command()
}

func runSync(ctx context.Context, flags *runFlags, sources []string, s streams) error {
	flags.ownReport = true
	if err := cmp.Or(flags.check(), flags.checkSync()); err != nil {
		return usage(err)
	}
	if len(sources) == 0 {
		return noSource(s.in)
	}
	if known := sync.IdentityOf(flags.output); known.Key != "" {
		flags.knownBy(known.Key, known.Credentials)
	}
	leg, err := flags.newLeg("sync", sources)
	if err != nil {
		return err
	}
	j, err := newJob(ctx, flags, sources, s, leg)
	if err != nil {
		leg.discard()
		return err
	}
	defer j.Close()
	return j.run(ctx)
}

// checkSync refuses what has no meaning where files are kept in step.
func (f *runFlags) checkSync() error {
	switch {
	case !f.toFolder() || strings.Contains(f.output, "{"):
		return errors.New("sync: name the folder with -o DIR")
	case f.format != "table" && f.format != "ndjson":
		return fmt.Errorf("sync -f %s: its report is a table or ndjson; --report FILE gives the others", f.format)
	case f.kind() == uploadBody:
		return errors.New("sync keeps what servers send: leave out -T, or upload with fetch itself")
	case f.hasValues(), f.follows(), f.split != "", f.every > 0, f.baseline != "", len(f.missingOK.pairs) > 0:
		return errors.New("sync keeps files in step, and nothing else: leave out --select, --exec, --split, --next, --follow-pages," +
			" --every, --missing-ok and --baseline")
	}
	return nil
}

// bodyCheck is asked for each body that is to be kept in a folder in step: see sync.Options.
type bodyCheck = func(*fetcher.Result, *http.Response) (io.Writer, func() error)

// inStep is the part of a job that keeps a folder in step.
type inStep struct {
	*sync.Mirror
	json bool
	out  io.Writer
}

// inStep opens the folder.
func (f *runFlags) inStep(columns []string, identity sync.Identity, check bodyCheck, out io.Writer) (*inStep, error) {
	options := store.Options{Output: strings.TrimSuffix(f.output, "/") + "/", Columns: columns, Secret: f.secrets().Column}
	names, err := store.NewNames(options)
	if err != nil {
		return nil, usage(fmt.Errorf("-o: %w", err))
	}
	m, err := sync.Open(sync.Options{
		Dir: f.output, Names: names, Identity: identity, Overwrite: f.overwrite, Sync: f.fsync != "", Accept: f.accepts(), Check: check,
	})
	if err != nil {
		return nil, fmt.Errorf("sync: %w", err)
	}
	return &inStep{m, f.format == "ndjson", out}, nil
}

// take prints what became of a file, if it is not as it was.
func (i *inStep) take(r *fetcher.Result) error {
	return i.print(i.Done(r))
}

func (i *inStep) print(c sync.Change) error {
	if c.Outcome == sync.Unchanged || c.Outcome == sync.None {
		return nil
	}
	line := c.AppendText(nil)
	if i.json {
		line = c.AppendJSON(nil)
	}
	_, err := i.out.Write(line)
	return err
}

// finish prints what the list no longer has, and the counts.
func (i *inStep) finish(noLines bool) error {
	summary, err := i.Finish()
	if err != nil {
		return err
	}
	if !noLines {
		for c := range i.Unlisted() {
			if err := i.print(c); err != nil {
				return err
			}
		}
	}
	line := summary.AppendText(nil)
	if i.json {
		line = summary.AppendJSON(nil)
	}
	_, err = i.out.Write(line)
	return err
}
