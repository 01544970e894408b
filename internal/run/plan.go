package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/fetch/internal/body/store"
	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/plan"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report"
	"example.com/fetch/internal/spec"
)

// Plan is `fetch plan`: nothing is sent. Each response is assumed to take the given time; 0: unknown.
func Plan(ctx context.Context, flags *spec.Spec, sources []string, assume time.Duration, s Streams) error {
	if err := s.ready(flags, cmp.Or(flags.Check(), flags.CheckPlan()), sources); err != nil {
		return err
	}
	// Bad lines are reported, and the rest is planned all the same.
	lenient := flags.SkipBad
	flags.SkipBad = true
	j := &job{flags: flags, streams: s}
	defer j.Close()
	if err := j.open(ctx, sources); err != nil {
		return err
	}
	limits := flags.Limits()
	options := plan.Options{
		Slots: flags.Slots(), Total: limits.Total, PerHost: limits.PerHost, Host: limits.Host, Source: flags.PolicySource, Assume: assume,
	}
	if flags.ToFolder() {
		names, err := store.NewNames(j.naming(j.inRounds(j.list.Columns())))
		if err != nil {
			return exit.Usage(fmt.Errorf("-o: %w", err))
		}
		options.FileName = names.Settle
	}
	p := plan.New(options)
	var bad, unread int // of bad, those whose lines or rows cannot be read
	for req, err := range j.requests(ctx) {
		if err != nil {
			return exit.Usage(err)
		}
		p.Add(req)
		if req.Err == nil {
			continue
		}
		if line, ok := errors.AsType[*format.LineError](req.Err); ok && !line.Values {
			unread++
		}
		const most = 20 // limit of those reported one by one
		switch bad++; {
		case flags.Quiet:
		case bad <= most:
			Say(s.Err, "cannot be sent: %s", record.Printable(req.Err.Error()))
		case bad == most+1:
			Say(s.Err, "cannot be sent: and more")
		}
	}
	planned := p.Finish()
	if flags.Every > 0 {
		planned.Duplicates = plan.Repeated{} // rounds repeat the list on purpose
	}
	text := report.Plan(&planned)
	if flags.Format == "json" {
		text = planned.AppendJSON(nil)
	}
	if _, err := s.Out.Write(text); err != nil {
		return err
	}
	if flags.Robots {
		more := map[bool]string{true: " and more"}[planned.Others > 0]
		s.note(flags, "not counted here: the robots.txt of each host, %d%s in all, is fetched first", planned.Hosts, more)
	}
	switch {
	case unread > 0 && !lenient:
		return exit.Usage(fmt.Errorf("bad lines or rows: %d; the plan covers the others, and a run would not start without --skip-bad", unread))
	case bad > 0:
		return &exit.Error{Code: exit.Failed}
	}
	return nil
}
