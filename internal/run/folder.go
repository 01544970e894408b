package run

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/body/store"
	"example.com/fetch/internal/body/sync"
	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/spec"
)

func Sync(ctx context.Context, flags *spec.Spec, sources []string, s Streams) error {
	flags.OwnReport = true
	if err := cmp.Or(flags.Check(), flags.CheckSync()); err != nil {
		return exit.Usage(err)
	}
	if len(sources) == 0 {
		return noSource(s.In)
	}
	if known := sync.IdentityOf(flags.Output); known.Key != "" {
		flags.KnownBy(known.Key, known.Credentials)
	}
	return begin(ctx, "sync", flags, sources, s)
}

// bodyCheck is asked for each body that is to be kept in a folder in step: see sync.Options.
type bodyCheck = func(*fetcher.Result, *http.Response) (io.Writer, func() error)

// inStep is the part of a job that keeps a folder in step.
type inStep struct {
	*sync.Mirror
	json bool
	out  io.Writer
}

// newInStep opens the folder.
func newInStep(f *spec.Spec, columns []string, identity sync.Identity, check bodyCheck, out io.Writer) (*inStep, error) {
	options := store.Options{Output: strings.TrimSuffix(f.Output, "/") + "/", Columns: columns, Secret: f.Secrets().Column}
	names, err := store.NewNames(options)
	if err != nil {
		return nil, exit.Usage(fmt.Errorf("-o: %w", err))
	}
	m, err := sync.Open(sync.Options{
		Dir: f.Output, Names: names, Identity: identity, Overwrite: f.Overwrite, Sync: f.Fsync != "", Accept: f.Accepts(), Check: check,
	})
	if err != nil {
		return nil, fmt.Errorf("sync: %w", err)
	}
	return &inStep{m, f.Format == "ndjson", out}, nil
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
