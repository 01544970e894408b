package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/mirror"
	"example.com/fetch/internal/sink"
)

func runSync(ctx context.Context, flags *runFlags, sources []string, s streams) error {
	flags.ownReport = true
	if err := cmp.Or(flags.check(), flags.checkSync()); err != nil {
		return usage(err)
	}
	if len(sources) == 0 {
		return noSource(s.in)
	}
	if known := mirror.IdentityOf(flags.output); known.Key != "" {
		flags.knownBy(known.Key, known.Credentials)
	}
	leg, err := newLeg(flags, "sync", sources)
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

// bodyCheck is asked for each body that is to be kept in a folder in step: see mirror.Options.
type bodyCheck = func(*fetcher.Result, *http.Response) (io.Writer, func() error)

// inStep is the part of a job that keeps a folder in step.
type inStep struct {
	*mirror.Mirror
	json bool
	out  io.Writer
}

// newInStep opens the folder.
func newInStep(f *runFlags, columns []string, identity mirror.Identity, check bodyCheck, out io.Writer) (*inStep, error) {
	options := sink.Options{Output: strings.TrimSuffix(f.output, "/") + "/", Columns: columns, Secret: f.secrets().Column}
	names, err := sink.NewNames(options)
	if err != nil {
		return nil, usage(fmt.Errorf("-o: %w", err))
	}
	m, err := mirror.Open(mirror.Options{
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

func (i *inStep) print(c mirror.Change) error {
	if c.Outcome == mirror.Unchanged || c.Outcome == mirror.None {
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
