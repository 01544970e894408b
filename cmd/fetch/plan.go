package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/body/store"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/plan"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report"
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
		run: func(ctx context.Context, flags *runFlags, sources []string) error {
			return runPlan(ctx, flags, sources, time.Duration(assume), s)
		},
	}.command()
}

func runPlan(ctx context.Context, flags *runFlags, sources []string, assume time.Duration, s streams) error {
	if err := flags.check(); err != nil {
		return usage(err)
	}
	if flags.format != "table" && flags.format != "json" {
		return usage(fmt.Errorf("plan -f %s: a plan is a table or json", flags.format))
	}
	if every, last := flags.polling(); every > 0 && last == 0 {
		return usage(errors.New("plan --every: say with --for how long it would go on"))
	}
	if len(sources) == 0 {
		return noSource(s.in)
	}
	// Bad lines are told of, and the rest is planned all the same.
	lenient := flags.skipBad
	flags.skipBad = true
	j := &job{flags: flags, streams: s}
	defer j.Close()
	if err := j.open(ctx, sources); err != nil {
		return err
	}
	limits := flags.limits()
	options := plan.Options{
		Slots: flags.concurrency, Total: limits.Total, PerHost: limits.PerHost, Host: limits.Host, Assume: assume,
	}
	if flags.toFolder() {
		names, err := store.NewNames(store.Options{
			Output: flags.output, Columns: j.columns(), Secret: flags.secrets().Column, Pages: flags.follows(),
		})
		if err != nil {
			return usage(fmt.Errorf("-o: %w", err))
		}
		options.FileName = names.Settle
	}
	p := plan.New(options)
	bad := unsendable{out: s.err}
	if flags.quiet {
		bad.out = io.Discard
	}
	for req, err := range j.requests(ctx) {
		if err != nil {
			return usage(err)
		}
		bad.add(req)
		p.Add(req)
	}
	planned := p.Finish()
	if flags.every > 0 {
		planned.Duplicates = plan.Repeated{} // that rounds repeat the list is what they are for
	}
	text := report.Plan(&planned)
	if flags.format == "json" {
		text = planned.AppendJSON(nil)
	}
	if _, err := s.out.Write(text); err != nil {
		return err
	}
	switch {
	case bad.unread > 0 && !lenient:
		return usage(fmt.Errorf("bad lines or rows: %d; the plan is of the others, and a run would not begin without --skip-bad", bad.unread))
	case bad.n > 0:
		return &exitError{code: exitFailed}
	}
	return nil
}

// unsendable tells of the requests of a list that cannot be sent.
type unsendable struct {
	out    io.Writer
	n      int64
	unread int64 // of them, those whose lines or rows cannot be read
}

func (u *unsendable) add(req *fetcher.Request) {
	if req.Err == nil {
		return
	}
	if line, ok := errors.AsType[*format.LineError](req.Err); ok && !line.Values {
		u.unread++
	}
	const most = 20 // are told of
	switch u.n++; {
	case u.n <= most:
		fmt.Fprintf(u.out, "fetch: cannot be sent: %s\n", record.Printable(req.Err.Error()))
	case u.n == most+1:
		fmt.Fprintln(u.out, "fetch: cannot be sent: and more")
	}
}
