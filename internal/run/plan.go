package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/body/store"
	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/plan"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report"
	"example.com/fetch/internal/spec"
)

// Plan is `fetch plan`: nothing is sent. Each answer is assumed to take so long; 0: that is not known.
func Plan(ctx context.Context, flags *spec.Spec, sources []string, assume time.Duration, s Streams) error {
	if err := s.ready(cmp.Or(flags.Check(), flags.CheckPlan()), sources); err != nil {
		return err
	}
	// Bad lines are told of, and the rest is planned all the same.
	lenient := flags.SkipBad
	flags.SkipBad = true
	j := &job{flags: flags, streams: s}
	defer j.Close()
	if err := j.open(ctx, sources); err != nil {
		return err
	}
	limits := flags.Limits()
	options := plan.Options{
		Slots: flags.Concurrency, Total: limits.Total, PerHost: limits.PerHost, Host: limits.Host, Assume: assume,
	}
	if flags.ToFolder() {
		names, err := store.NewNames(j.named(j.inRounds(j.list.Columns())))
		if err != nil {
			return exit.Usage(fmt.Errorf("-o: %w", err))
		}
		options.FileName = names.Settle
	}
	p := plan.New(options)
	bad := unsendable{out: s.Err}
	if flags.Quiet {
		bad.out = io.Discard
	}
	for req, err := range j.requests(ctx) {
		if err != nil {
			return exit.Usage(err)
		}
		bad.add(req)
		p.Add(req)
	}
	planned := p.Finish()
	if flags.Every > 0 {
		planned.Duplicates = plan.Repeated{} // that rounds repeat the list is what they are for
	}
	text := report.Plan(&planned)
	if flags.Format == "json" {
		text = planned.AppendJSON(nil)
	}
	if _, err := s.Out.Write(text); err != nil {
		return err
	}
	switch {
	case bad.unread > 0 && !lenient:
		return exit.Usage(fmt.Errorf("bad lines or rows: %d; the plan is of the others, and a run would not begin without --skip-bad", bad.unread))
	case bad.n > 0:
		return &exit.Error{Code: exit.Failed}
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
