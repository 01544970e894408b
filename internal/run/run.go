// Package run carries out a spec, from preparation to the exit code: lists, load tests, sweeps, and
// synchronized folders. It also makes reports of runs from their journals.
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

// begin carries out a list whose spec has been checked.
func begin(ctx context.Context, command string, flags *spec.Spec, sources []string, s Streams) error {
	part, err := newPart(flags, command)
	if err != nil {
		return err
	}
	j, err := newListRun(ctx, flags, sources, s, part)
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
	waits     waits            // chains of pages
	output    *output
	view      *live.List
	figures   *measure.Running // for --metrics; nil without
	epoch     time.Duration    // start of the run on the engine's clock
	begun     int64            // requests that have their first result
	failures  failures
	nulls     int64 // null values of --select, counted until there is another value
	valued    bool  // a value that is not null has come
	succeeded bool  // a request has succeeded
	early     bool  // append records when they are complete, not when they are delivered, because results wait for earlier ones
	cut       bool  // ended early: --fail-fast, --max-errors, --deadline
}

// newListRun prepares a run. With a part it is recorded in a journal.
func newListRun(ctx context.Context, flags *spec.Spec, args []string, s Streams, part *part) (_ *listRun, err error) {
	j := &listRun{job: job{flags: flags, streams: s, part: part}}
	defer func() {
		if err != nil {
			j.Close()
			part.discard()
		}
	}()
	mode, err := j.prepare(ctx, args)
	if err != nil {
		return nil, err
	}
	if err := j.openEngine(ctx); err != nil {
		return nil, err
	}
	j.engine.Transport, j.engine.Digest, j.engine.Event = j.network.Transport, true, j.learned
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
		j.credentials.ApplyToPage(page)
		_ = j.cells.Fill(page) // the row of the first page passed the same check
	})
	if j.pages != nil {
		j.engine.Follow = j.follow
	}
	if flags.Robots {
		j.robots = &robots.Keeper{Agent: j.agent, Apply: j.credentials.ApplyToPage, Event: j.learned, Warn: j.warn}
		j.robots.Attach(j.engine)
	}
	j.early = part != nil && j.engine.InOrder && j.bodies.programs == nil && j.bodies.print == nil
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
	j.printSlotLimit(flags.Slots())
	j.show(ctx, live.Options{Mode: mode, Look: j.view.Look})
	return j, j.openOutput(args)
}

// openOutput opens the reports. If the run has earlier parts, they are made from the journal.
func (j *listRun) openOutput(sources []string) (err error) {
	config, values := statsConfig(j.flags, nil), selectedBy(j.extractor)
	config.Sample = j.sample
	a := about{
		run:     &report.Run{Version: spec.Version, Args: spec.Invocation("run", j.flags.Given, sources, j.secretsIn()), Concurrency: j.flags.Slots(), Auto: j.flags.Auto()},
		columns: j.rowColumns(), templates: j.list.Templates(), values: values, reads: sources,
	}
	if j.resumes() {
		a = aboutJournals(journal.Merge([]*journal.Journal{j.part.before}), values)
		config = statsConfig(j.flags, slices.Concat(j.part.before.Legs, []journal.Span{{Leg: j.part.line}}))
	}
	if j.output, err = newOutput(j.flags, a, j.streams, j.line, measure.New(config)); err == nil {
		j.opened(func() { j.output.Close() })
	}
	return err
}

// heldAhead is the look-ahead where results wait for earlier ones, so that few bodies or values are held in
// memory.
const heldAhead = 1000

// run carries out the list and reports it.
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
	if !j.resumes() {
		j.output.run.Started = j.start.UTC()
	}
	err = j.beginJournal(j.start, cancel, func(w *journal.Writer) error {
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
		j.part.discard()
		return exit.Usage(runErr) // nothing was done that could be reported
	}
	gone := errors.Is(runErr, syscall.EPIPE)
	if gone {
		inNoFile := func(r openReport[report.Handler]) bool { return r.file == nil }
		j.output.openReports = slices.DeleteFunc(j.output.openReports, inNoFile) // its reader is gone
	}
	if j.screen != nil {
		j.screen.end()
	}
	end.NotStarted, end.Duplicates = j.notStarted(), j.list.Duplicates()
	end.Proxies = j.network.Proxies()
	legErr := j.part.finish(end, j.verdict(runErr, nil))
	if j.part != nil {
		j.part.lost = file.IsGone(legErr)
	}
	summary, err := j.report(parent, end)
	if j.folder != nil {
		err = joinOnce(err, j.folder.finish(j.flags.NoResults))
	}
	if j.bodies.files != nil {
		err = joinOnce(err, j.bodies.files.Still())
	}
	if summary != nil && !gone {
		j.printMissing(summary)
		j.printUnreported(parent, summary)
	}
	return j.verdict(joinOnce(runErr, legErr), err)
}

// report completes the reports. If the run has earlier parts, they are made from the journal and cover the
// whole run.
func (j *listRun) report(ctx context.Context, end measure.End) (*measure.Summary, error) {
	if !j.resumes() {
		return j.output.finish(end)
	}
	all, err := journal.Open(ctx, j.part.path)
	if err != nil {
		return nil, err
	}
	summary, failures, err := j.output.replay(ctx, journal.Merge([]*journal.Journal{all}), j.flags)
	j.failures = failures
	return summary, err
}

// resumes reports whether this run has earlier parts, so that the reports are made from the journal.
func (j *listRun) resumes() bool { return j.part != nil && j.part.before != nil }

// consume handles the results as they arrive. If an output fails, the run ends, and the other outputs still
// get the remaining results: everything that was done is counted and recorded. It returns the first error of
// an output, or the error of the run.
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
			j.printFailedAttempts(r)
		}
		j.countNulls(r)
		failed := j.failures.add(r)
		if j.succeeded = j.succeeded || r.OK; failed {
			j.printOnlyFailures()
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

// put delivers a record to the outputs. The journal has it before any other output.
func (j *listRun) put(r *record.Record, result *fetcher.Result) error {
	if again := j.part != nil && j.part.past != nil && j.part.past.IsAgain(r.Seq); r.Page <= 1 && !again {
		j.begun++
	}
	var recorded, told error
	if j.part != nil && !j.early {
		recorded = j.part.add(r, result)
	}
	if !j.resumes() {
		told = j.output.result(r)
	}
	return cmp.Or(recorded, told)
}

// notStarted returns how many requests of the list were never sent. If the length of the list is known, this
// includes requests that were not even read. Of endless rounds only requests that were due count.
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
	case j.part == nil || j.part.past == nil:
		return max(total-j.begun, s.NotStarted)
	case j.part.past.ByID():
		return max(j.part.fresh-j.begun, 0)
	}
	return max(total-j.part.past.Done()-j.part.past.Again()-j.begun, 0)
}
