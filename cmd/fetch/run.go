package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/credential"
	"example.com/fetch/internal/extract"
	"example.com/fetch/internal/follow"
	"example.com/fetch/internal/progress"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/source"
	"example.com/fetch/internal/stats"
)

// runList is `fetch SOURCE...`: report ← record ← fetcher ← source.
func runList(ctx context.Context, flags *runFlags, args []string, s streams) error {
	if err := flags.check(); err != nil {
		return usage(err)
	}
	if len(args) == 0 {
		return noSource(s.in)
	}
	job, err := newJob(ctx, flags, args, s)
	if err != nil {
		return err
	}
	defer job.Close()
	return job.run(ctx)
}

// job is one run of a list, from its flags to its report.
type job struct {
	flags      *runFlags
	streams    streams
	list       *source.List
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
	line       *progress.Line
	sample     int64                           // how many requests --baseline does one at a time; 0 means all
	current    atomic.Pointer[fetcher.Fetcher] // the engine at work: the baseline's, then the run's
	start      time.Time
	failures   failures
	cut        bool // ended before its time: --fail-fast, --max-errors, --deadline
}

func newJob(ctx context.Context, flags *runFlags, args []string, s streams) (_ *job, err error) {
	j := &job{flags: flags, streams: s}
	defer func() {
		if err != nil {
			j.Close()
		}
	}()
	mode, err := progress.ParseMode(flags.progress)
	if err != nil {
		return nil, usage(fmt.Errorf("--progress: %w", err))
	}
	if flags.quiet {
		mode = progress.None
	}
	if err := j.open(ctx, args); err != nil {
		return nil, err
	}
	if err := j.keep(); err != nil {
		return nil, err
	}
	j.network, err = flags.network(ctx)
	if err != nil {
		return nil, usage(err)
	}
	j.engine = flags.fetcher()
	j.engine.Transport = j.network.transport
	j.engine.Handle = j.bodies.handler()
	if j.folder != nil {
		j.engine.Accept, j.engine.Handle = j.folder.Accept, j.folder.Handle
	}
	if j.bodies.print != nil || flags.hasValues() {
		j.engine.LookAhead = heldAhead
	}
	if j.pages = flags.follower(j.authorize); j.pages != nil {
		j.engine.Follow = j.follow
	}
	if !flags.quiet {
		j.engine.Logger = newLogger(aboveBar{j}, flags.logLevel())
	}
	collector := stats.New(stats.Config{
		Slots: flags.concurrency, Total: j.engine.Limits.Total, PerHost: j.engine.Limits.PerHost,
		Host: j.engine.Limits.Host, Sample: j.sample,
	})
	j.current.Store(j.engine)
	j.line = progress.Start(ctx, progress.Options{
		Mode: mode, Out: s.err, Color: flags.colored(s.err), Total: j.total,
		Stats: func() fetcher.Stats { return j.current.Load().Stats() },
	})
	j.output, err = newOutput(flags, args, s, j.list, j.bodies.columns(), j.line, collector)
	return j, err
}

// heldAhead is how many requests are read ahead where bodies or what was taken from them wait for those before them, so
// that few of them are held.
const heldAhead = 1000

// Close ends everything that is still open.
func (j *job) Close() {
	if j.line != nil {
		j.line.Stop()
	}
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
	runErr := j.consume(ctx, cancel)
	wall := time.Since(j.start)
	j.line.Stop()
	if isInput(runErr) && j.engine.Stats().Read == 0 {
		return usage(runErr) // nothing was done that could be reported
	}
	if errors.Is(runErr, syscall.EPIPE) {
		j.output.mute()
	}
	if j.screen != nil {
		j.screen.end()
	}
	summary, err := j.output.finish(stats.End{
		Wall: wall, NotStarted: j.notStarted(), Skipped: j.list.Skipped(), Duplicates: j.list.Duplicates(), Programs: j.bodies.programs != nil, Serial: serial,
	})
	if j.folder != nil {
		err = errors.Join(err, j.folder.finish(j.flags.noResults))
	}
	if !j.flags.quiet && !errors.Is(runErr, syscall.EPIPE) {
		j.tellRest(summary)
	}
	return j.verdict(runErr, err, signals.signal())
}

// consume takes the results as they come. Its error is the run's, or that of an output that takes no more.
func (j *job) consume(ctx context.Context, cancel context.CancelCauseFunc) error {
	results := j.engine.Run(ctx, j.bodies.named(j.requests(ctx)))
	for result, err := range j.bodies.filtered(ctx, cancel, results, j.engine.InOrder) {
		if err != nil {
			return err
		}
		if err := j.ended(result); err != nil {
			return err
		}
		r := record.From(result)
		if err := j.output.result(r); err != nil {
			return err
		}
		if j.flags.verbose && !j.flags.quiet {
			j.tell(r)
		}
		if j.failures.add(r) && !j.cut && (j.flags.failFast || j.flags.maxErrors > 0 && j.failures.requests >= j.flags.maxErrors) {
			j.cut = true
			j.engine.Stop()
			grace := time.AfterFunc(stopGrace, func() { cancel(errCut) })
			defer grace.Stop()
		}
	}
	return nil
}

// unfinished says whether requests of the list were not carried out to their end.
func (j *job) unfinished() bool {
	return j.engine.Stats().Canceled+j.notStarted() > 0
}

// notStarted is how many requests of the list were never sent: of a list whose length is known, those that were not even
// read among them. Of rounds without an end only those that were due count.
func (j *job) notStarted() int64 {
	s := j.engine.Stats()
	n, known := j.list.Total()
	if every, last := j.flags.polling(); known && every > 0 && last == 0 {
		return max(n*int64(time.Since(j.start)/every+1)-s.Done, 0)
	}
	if total, known := j.total(); known {
		return max(total-s.Done, s.NotStarted)
	}
	return s.NotStarted
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
