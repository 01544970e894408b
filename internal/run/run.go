// Package run carries out what a spec asks for, from getting ready to the verdict: lists, load tests, sweeps, folders kept in
// step; and makes the reports of runs that a journal has.
package run

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"syscall"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/explain"
	"example.com/fetch/internal/file"
	"example.com/fetch/internal/follow"
	"example.com/fetch/internal/journal"
	"example.com/fetch/internal/live"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report"
	"example.com/fetch/internal/robots"
	"example.com/fetch/internal/spec"
)

// List is `fetch SOURCE...`: report ← record ← fetcher ← source.
func List(ctx context.Context, flags *spec.Spec, sources []string, s Streams) error {
	if err := s.ready(flags, flags.Check(), sources); err != nil {
		return err
	}
	return begin(ctx, "run", flags, sources, s)
}

// begin carries a list out whose spec has been found right.
func begin(ctx context.Context, command string, flags *spec.Spec, sources []string, s Streams) error {
	leg, err := newLeg(flags, command)
	if err != nil {
		return err
	}
	j, err := newListRun(ctx, flags, sources, s, leg)
	if err != nil {
		return err
	}
	defer j.Close()
	return j.run(ctx)
}

// listRun is one run of a list, from its spec to its report.
type listRun struct {
	job
	pages     *follow.Follower // nil: no further pages
	waits     waits            // of the pages
	output    *output
	view      *live.List
	figures   *measure.Running // for --metrics; nil without
	epoch     time.Duration    // when the run began, by the engine's clock
	begun     int64            // requests that have got their first result
	failures  failures
	nulls     int64 // values of --select that were null, as long as there was no other
	valued    bool  // there was
	succeeded bool  // something has
	early     bool  // records are appended as soon as they are whole, not when they are taken: results wait for others
	cut       bool  // ended before its time: --fail-fast, --max-errors, --deadline
}

// newListRun gets everything ready. With a leg a record is kept.
func newListRun(ctx context.Context, flags *spec.Spec, args []string, s Streams, leg *leg) (_ *listRun, err error) {
	j := &listRun{job: job{flags: flags, streams: s, leg: leg}}
	defer func() {
		if err != nil {
			j.Close()
			leg.discard()
		}
	}()
	mode, err := j.prepare(ctx, args)
	if err != nil {
		return nil, err
	}
	if err := j.openEngine(ctx); err != nil {
		return nil, err
	}
	j.engine.Transport, j.engine.Digest, j.engine.Event = j.network.Transport, true, j.taught
	j.keepHosts()
	switch {
	case j.folder != nil:
		j.engine.Accept, j.engine.Handle, j.engine.Codings = j.folder.Accept, j.folder.Handle, j.folder.Coding
		j.engine.HandleFailure = j.folder.Handle
	case j.bodies.files != nil:
		j.engine.Codings = j.bodies.files.Coding
	}
	if j.bodies.print != nil || flags.HasValues() {
		j.engine.LookAhead = heldAhead
	}
	j.pages = newFollower(flags, func(page *fetcher.Request) {
		j.flags.SetTimeout(page)
		j.who.ApplyToPage(page)
		_ = j.cells.Fill(page) // which found nothing wrong with the row of the first page
	})
	if j.pages != nil {
		j.engine.Follow = j.follow
	}
	if flags.Robots {
		j.robots = &robots.Keeper{Agent: j.agent, Apply: j.who.ApplyToPage, Event: j.taught, Warn: j.warn}
		j.robots.Attach(j.engine)
	}
	j.early = leg != nil && j.engine.InOrder && j.bodies.programs == nil && j.bodies.print == nil
	if j.pages != nil || j.early {
		j.engine.Ended = func(r *fetcher.Result) {
			explain.Result(j.flags, r)
			j.ended(r)
		}
	}
	if !flags.Quiet {
		j.engine.Logger = newLogger(aboveBar{&j.job}, flags.Verbose)
	}
	if flags.Metrics != "" {
		j.figures = new(measure.Running)
	}
	j.view = &live.List{Figures: j.figures.Snapshot, Total: j.left, Asked: j.robots.Asked(flags.AskedOf), Stats: func() fetcher.Stats { return j.current.Load().Stats() }}
	if err := j.serve(ctx, j.view.Metrics); err != nil {
		return nil, err
	}
	j.tellSlots(flags.Slots())
	j.show(ctx, live.Options{Mode: mode, Look: j.view.Look})
	return j, j.openOutput(args)
}

// openOutput opens the reports, which are made from the journal where there were legs before.
func (j *listRun) openOutput(sources []string) (err error) {
	config, values := statsConfig(j.flags, nil), selectedBy(j.extractor)
	config.Sample = j.sample
	a := about{
		run:     &report.Run{Version: spec.Version, Args: spec.Invocation("run", j.flags.Given, sources, j.secretsIn()), Concurrency: j.flags.Slots(), Auto: j.flags.Auto()},
		columns: j.rowColumns(), templates: j.list.Templates(), values: values, reads: sources,
	}
	if j.goesOn() {
		a = aboutJournals(journal.Merge([]*journal.Journal{j.leg.before}), values)
		config = statsConfig(j.flags, slices.Concat(j.leg.before.Legs, []journal.Span{{Leg: j.leg.line}}))
	}
	if j.output, err = newOutput(j.flags, a, j.streams, j.line, measure.New(config)); err == nil {
		j.opened(func() { j.output.Close() })
	}
	return err
}

// heldAhead is how many requests are read ahead where bodies or what was taken from them wait for those before them, so
// that few of them are held.
const heldAhead = 1000

// run carries the list out and reports.
func (j *listRun) run(parent context.Context) error {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	j.catchSignals(j.interrupted, cancel)

	serial, err := j.measureBaseline(ctx)
	if s := j.signal(); s != nil {
		return &exit.Error{Code: exit.OfSignal(s), Cause: errors.New("interrupted while measuring the baseline; nothing else was sent")}
	}
	if err != nil {
		return j.verdict(err, nil)
	}
	if d := time.Duration(j.flags.Deadline); d > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeoutCause(ctx, d, fetcher.KindDeadline)
		defer stop()
	}
	j.start = time.Now()
	if !j.goesOn() {
		j.output.run.Started = j.start.UTC()
	}
	err = j.beginLeg(j.start, cancel, func(w *journal.Writer) error {
		if serial == 0 {
			return nil
		}
		return w.Event(&journal.Event{Event: journal.EventBaseline, Serial: record.MicrosOf(serial), Sample: j.sample})
	})
	if err != nil {
		return err
	}
	runErr := j.consume(ctx, cancel)
	end := measure.End{Wall: time.Since(j.start), Programs: j.bodies.programs != nil, Serial: serial}
	j.line.Stop()
	if isInput(runErr) && j.engine.Stats().Read == 0 {
		j.leg.discard()
		return exit.Usage(runErr) // nothing was done that could be reported
	}
	gone := errors.Is(runErr, syscall.EPIPE)
	if gone {
		inNoFile := func(r openReport[report.Handler]) bool { return r.file == nil }
		j.output.openReports = slices.DeleteFunc(j.output.openReports, inNoFile) // who reads them has gone
	}
	if j.screen != nil {
		j.screen.end()
	}
	end.NotStarted, end.Duplicates = j.notStarted(), j.list.Duplicates()
	end.Proxies = j.network.Proxies()
	legErr := j.leg.finish(end, j.verdict(runErr, nil))
	if j.leg != nil {
		j.leg.lost = file.IsGone(legErr)
	}
	summary, err := j.report(parent, end)
	if j.folder != nil {
		err = once(err, j.folder.finish(j.flags.NoResults))
	}
	if j.bodies.files != nil {
		err = once(err, j.bodies.files.Still())
	}
	if summary != nil && !gone {
		j.tellMissing(summary)
		j.tellRest(parent, summary)
	}
	return j.verdict(once(runErr, legErr), err)
}

// report finishes the reports: of the whole run, from the journal, where this was not its first leg.
func (j *listRun) report(ctx context.Context, end measure.End) (*measure.Summary, error) {
	if !j.goesOn() {
		return j.output.finish(end)
	}
	all, err := journal.Open(ctx, j.leg.path)
	if err != nil {
		return nil, err
	}
	summary, failures, err := j.output.replay(ctx, journal.Merge([]*journal.Journal{all}), j.flags)
	j.failures = failures
	return summary, err
}

// goesOn reports whether there were legs before this one, so that the reports are made from the journal.
func (j *listRun) goesOn() bool { return j.leg != nil && j.leg.before != nil }

// consume takes the results as they come. An output that takes no more ends the run, and the others get what still comes: what
// was done is counted, and recorded. The error is that of the first such output, or the run's.
func (j *listRun) consume(ctx context.Context, cancel context.CancelCauseFunc) error {
	j.epoch = j.engine.Stats().Elapsed
	results := j.engine.Run(ctx, j.robots.Adapt(ctx, j.bodies.reserved(j.requests(ctx)), j.engine.InOrder))
	defer j.robots.Close()
	var full error
	endFor := func(err error) {
		if err != nil && full == nil {
			full = err
			j.engine.Stop()
			cancel(endedBy{err})
		}
	}
	for result, err := range j.bodies.filtered(ctx, cancel, results, j.engine.InOrder) {
		switch {
		case errors.Is(err, fetcher.ErrStopped): // which is not why it ended
			return full
		case err != nil:
			return cmp.Or(full, err)
		}
		if j.figures != nil {
			j.figures.Add(result)
		}
		endFor(j.take(result))
		r := record.From(result)
		endFor(j.put(r, result))
		if j.flags.Verbose && !j.flags.Quiet {
			j.tell(r)
		}
		j.countNulls(r)
		failed := j.failures.add(r)
		if j.succeeded = j.succeeded || r.OK; failed {
			j.tellFailures()
		}
		if failed && !j.cut && (j.flags.FailFast || j.flags.MaxErrors > 0 && j.failures.requests >= j.flags.MaxErrors) {
			j.cut = true
			j.engine.Stop()
			grace := time.AfterFunc(stopGrace, func() { cancel(errCut) })
			defer grace.Stop()
		}
	}
	return full
}

// put puts a record where records go. It is in the journal before anyone else is told of it.
func (j *listRun) put(r *record.Record, result *fetcher.Result) error {
	if again := j.leg != nil && j.leg.past != nil && j.leg.past.IsAgain(r.Seq); r.Page <= 1 && !again {
		j.begun++
	}
	var recorded, told error
	if j.leg != nil && !j.early {
		recorded = j.leg.add(r, result)
	}
	if !j.goesOn() {
		told = j.output.result(r)
	}
	return cmp.Or(recorded, told)
}

// notStarted is how many requests of the list were never sent: of a list whose length is known, those that were not even
// read among them. Of rounds without an end only those that were due count.
func (j *listRun) notStarted() int64 {
	s := j.engine.Stats()
	n, known := j.list.Total()
	if every, last := j.flags.Polling(); known && every > 0 && last == 0 {
		return max(n*int64(time.Since(j.start)/every+1)-j.begun, 0)
	}
	total, known := j.total()
	switch {
	case !known:
		return s.NotStarted
	case j.leg == nil || j.leg.past == nil:
		return max(total-j.begun, s.NotStarted)
	case j.leg.past.ByID():
		return max(j.leg.fresh-j.begun, 0)
	}
	return max(total-j.leg.past.Done()-j.leg.past.Again()-j.begun, 0)
}
