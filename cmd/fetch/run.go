package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/body/extract"
	"example.com/fetch/internal/credential"
	"example.com/fetch/internal/follow"
	"example.com/fetch/internal/journal"
	lists "example.com/fetch/internal/list"
	"example.com/fetch/internal/live"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report"
)

// runList is `fetch SOURCE...`: report ← record ← fetcher ← list.
func runList(ctx context.Context, flags *runFlags, args []string, s streams) error {
	if err := flags.check(); err != nil {
		return usage(err)
	}
	if len(args) == 0 {
		return noSource(s.in)
	}
	leg, err := flags.newLeg("run", args)
	if err != nil {
		return err
	}
	job, err := newJob(ctx, flags, args, s, leg)
	if err != nil {
		leg.discard()
		return err
	}
	defer job.Close()
	return job.run(ctx)
}

// job is one run of a list, from its flags to its report.
type job struct {
	flags      *runFlags
	streams    streams
	list       *lists.List
	extractor  extract.Extractor
	who        *credential.Credentials
	bodies     *bodies
	folder     *inStep // nil: no folder is kept in step
	rowSecrets rowSecrets
	pages      *follow.Follower // nil: no further pages
	waits      waits            // of the pages
	screen     *onScreen        // nil: standard output is no terminal
	network    *network
	engine     *fetcher.Fetcher
	output     *output
	line       *live.Line
	leg        *leg                            // nil: no record is kept
	sample     int64                           // how many requests --baseline does one at a time; 0 means all
	current    atomic.Pointer[fetcher.Fetcher] // the engine at work: the baseline's, then the run's
	start      time.Time
	epoch      time.Duration // when the run began, by the engine's clock
	begun      int64         // requests that have got their first result
	failures   failures
	succeeded  bool // something has
	cut        bool // ended before its time: --fail-fast, --max-errors, --deadline
}

// newJob gets everything ready. With a leg a record is kept.
func newJob(ctx context.Context, flags *runFlags, args []string, s streams, leg *leg) (_ *job, err error) {
	j := &job{flags: flags, streams: s, leg: leg}
	defer func() {
		if err != nil {
			j.Close()
		}
	}()
	mode, err := live.ParseMode(flags.progress)
	if err != nil {
		return nil, usage(fmt.Errorf("--progress: %w", err))
	}
	if flags.quiet {
		mode = live.None
	}
	if j.streams.in, err = leg.input(flags, args, s.in); err != nil {
		return nil, err
	}
	if err := j.open(ctx, args); err != nil {
		return nil, err
	}
	if err := j.takeUp(ctx, args); err != nil {
		return nil, err
	}
	if err := j.keep(ctx); err != nil {
		return nil, err
	}
	j.network, err = flags.network(ctx)
	if err != nil {
		return nil, usage(err)
	}
	j.engine = flags.fetcher()
	j.engine.Transport = j.network.transport
	j.engine.Digest = true
	j.engine.Handle = j.bodies.handler()
	switch {
	case j.folder != nil:
		j.engine.Accept, j.engine.Handle, j.engine.Codings = j.folder.Accept, j.folder.Handle, j.folder.Coding
	case j.bodies.files != nil:
		j.engine.Codings = j.bodies.files.Coding
	}
	if j.bodies.print != nil || flags.hasValues() {
		j.engine.LookAhead = heldAhead
	}
	if j.pages = flags.follower(j.authorize); j.pages != nil {
		j.engine.Follow = j.follow
	}
	if leg != nil {
		leg.early = j.engine.InOrder && j.bodies.programs == nil && j.bodies.print == nil
	}
	if j.pages != nil || leg != nil && leg.early {
		j.engine.Ended = j.ended
	}
	if !flags.quiet {
		j.engine.Logger = newLogger(aboveBar{j}, flags.logLevel())
	}
	j.engine.Event = j.taught
	j.current.Store(j.engine)
	j.line = live.Start(ctx, live.Options{
		Mode: mode, Out: s.err, Color: flags.colored(s.err), Total: j.left, Asked: flags.askedOf,
		Stats: func() fetcher.Stats { return j.current.Load().Stats() },
	})
	j.output, err = newOutput(flags, j.about(args), s, j.line, measure.New(j.statsConfig()))
	return j, err
}

// about is what the reports need to know of the run.
func (j *job) about(sources []string) about {
	if j.goesOn() {
		return aboutJournals([]*journal.Journal{j.leg.before}, selectedBy(j.extractor))
	}
	return about{
		run:     &report.Run{Version: version, Args: invocation("run", j.flags.all, sources, j.secretsIn()), Concurrency: j.flags.concurrency},
		columns: j.rowColumns(), templates: j.list.Templates(), values: selectedBy(j.extractor), reads: sources,
	}
}

// statsConfig is what was asked for, as the figures need it.
func (j *job) statsConfig() measure.Config {
	if j.goesOn() {
		return statsConfig(j.flags, slices.Concat(j.leg.before.Legs, []journal.Span{{Leg: j.leg.line}}))
	}
	config := statsConfig(j.flags, nil)
	config.Sample = j.sample
	return config
}

// heldAhead is how many requests are read ahead where bodies or what was taken from them wait for those before them, so
// that few of them are held.
const heldAhead = 1000

// Close ends everything that is still open.
func (j *job) Close() {
	if j.line != nil {
		j.line.Stop()
	}
	j.leg.Close()
	if j.output != nil {
		j.output.Close()
	}
	if j.bodies != nil {
		j.bodies.Close()
	}
	if j.folder != nil {
		j.folder.Close()
	}
	if j.network != nil {
		j.network.Close()
	}
	if j.list != nil {
		j.list.Close()
	}
}

// run carries the list out and reports.
func (j *job) run(parent context.Context) error {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	signals := catchSignals(j.interrupted, cancel)
	defer signals.Close()

	serial, err := j.measureBaseline(ctx)
	if s := signals.signal(); s != nil {
		return &exitError{codeOfSignal(s), errors.New("interrupted while measuring the baseline; nothing else was sent")}
	}
	if err != nil {
		return j.verdict(err, nil, nil)
	}
	if d := time.Duration(j.flags.deadline); d > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeoutCause(ctx, d, fetcher.KindDeadline)
		defer stop()
	}
	j.start = time.Now()
	if !j.goesOn() {
		j.output.run.Started = j.start.UTC()
	}
	if err := j.beginLeg(serial, cancel); err != nil {
		j.leg.discard()
		return err
	}
	runErr := j.consume(ctx, cancel)
	wall := time.Since(j.start)
	j.line.Stop()
	if isInput(runErr) && j.engine.Stats().Read == 0 {
		j.leg.discard()
		return usage(runErr) // nothing was done that could be reported
	}
	if errors.Is(runErr, syscall.EPIPE) {
		j.output.mute()
	}
	if j.screen != nil {
		j.screen.end()
	}
	end := measure.End{
		Wall: wall, NotStarted: j.notStarted(), Duplicates: j.list.Duplicates(), Programs: j.bodies.programs != nil, Serial: serial,
	}
	legErr := j.endLeg(wall, end, runErr, signals.signal())
	summary, err := j.report(parent, end)
	if j.folder != nil {
		err = errors.Join(err, j.folder.finish(j.flags.noResults))
	}
	if summary != nil && !errors.Is(runErr, syscall.EPIPE) {
		j.tellMissing(summary)
		if !j.flags.quiet {
			j.tellRest(summary)
		}
	}
	return j.verdict(errors.Join(runErr, legErr), err, signals.signal())
}

// report finishes the reports: of the whole run, where this was not its first leg.
func (j *job) report(ctx context.Context, end measure.End) (*measure.Summary, error) {
	if !j.goesOn() {
		return j.output.finish(end)
	}
	return j.reportAll(ctx)
}

// reportAll makes the reports of all legs, from the journal.
func (j *job) reportAll(ctx context.Context) (*measure.Summary, error) {
	all, err := journal.Open(ctx, j.leg.path)
	if err != nil {
		return nil, err
	}
	summary, failures, err := j.output.replay(ctx, journal.Merge([]*journal.Journal{all}), j.flags)
	j.failures = failures
	return summary, err
}

// goesOn reports whether there were legs before this one, so that the reports are made from the journal.
func (j *job) goesOn() bool { return j.leg != nil && j.leg.before != nil }

// consume takes the results as they come. Its error is the run's, or that of an output that takes no more.
func (j *job) consume(ctx context.Context, cancel context.CancelCauseFunc) error {
	j.epoch = j.engine.Stats().Elapsed
	results := j.engine.Run(ctx, j.bodies.named(j.requests(ctx)))
	for result, err := range j.bodies.filtered(ctx, cancel, results, j.engine.InOrder) {
		if err != nil {
			return err
		}
		if err := j.take(result); err != nil {
			return err
		}
		r := record.From(result)
		if err := j.put(r, result); err != nil {
			return err
		}
		if j.flags.verbose && !j.flags.quiet {
			j.tell(r)
		}
		failed := j.failures.add(r)
		if j.succeeded = j.succeeded || r.OK; failed {
			j.tellFailures()
		}
		if failed && !j.cut && (j.flags.failFast || j.flags.maxErrors > 0 && j.failures.requests >= j.flags.maxErrors) {
			j.cut = true
			j.engine.Stop()
			grace := time.AfterFunc(stopGrace, func() { cancel(errCut) })
			defer grace.Stop()
		}
	}
	return nil
}

// put puts a record where records go. It is in the journal before anyone else is told of it.
func (j *job) put(r *record.Record, result *fetcher.Result) error {
	if r.Page <= 1 && !j.leg.hasRecord(r.Seq) {
		j.begun++
	}
	if j.leg != nil && !j.leg.early {
		if err := j.leg.add(r, result); err != nil {
			return err
		}
	}
	if j.goesOn() {
		return nil
	}
	return j.output.result(r)
}

// unfinished reports whether requests of the list were not carried out to their end.
func (j *job) unfinished() bool {
	return j.engine.Stats().Canceled+j.notStarted() > 0
}

// notStarted is how many requests of the list were never sent: of a list whose length is known, those that were not even
// read among them. Of rounds without an end only those that were due count.
func (j *job) notStarted() int64 {
	s := j.engine.Stats()
	n, known := j.list.Total()
	if every, last := j.flags.polling(); known && every > 0 && last == 0 {
		return max(n*int64(time.Since(j.start)/every+1)-j.begun, 0)
	}
	total, known := j.total()
	switch {
	case !known:
		return s.NotStarted
	case j.leg != nil && j.leg.past != nil:
		return j.leg.notStarted(total, j.begun)
	}
	return max(total-j.begun, s.NotStarted)
}

// errCut is why what was in flight too long after --fail-fast or --max-errors was cancelled.
var errCut = errors.New("stopped early")

// interrupted is the first signal.
func (j *job) interrupted(os.Signal) {
	j.current.Load().Stop()
	j.engine.Stop()
	j.line.Stop()
	if !j.flags.quiet {
		fmt.Fprintf(j.streams.err, "fetch: stopping; what is in flight has %v. Again to quit at once.\n", stopGrace)
	}
}

// verdict is the exit code of a run that was carried out, by the precedence in exit.go. Written says how it went with the
// reports.
func (j *job) verdict(err, written error, signal os.Signal) error {
	switch {
	case errors.Is(err, syscall.EPIPE), errors.Is(written, syscall.EPIPE):
		return &exitError{code: exitPipe}
	case written != nil:
		return written
	case isInput(err):
		return usage(err)
	case err != nil && !errors.Is(err, errInterrupted) && !errors.Is(err, errCut) && !errors.Is(err, fetcher.KindDeadline):
		return err
	case signal != nil:
		return &exitError{code: codeOfSignal(signal)}
	case err != nil, j.failures.broken > 0, j.cut && j.unfinished():
		return &exitError{code: exitUnfinished}
	}
	return j.failures.verdict()
}
