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
	"example.com/fetch/internal/progress"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report"
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
	flags    *runFlags
	streams  streams
	list     *source.List
	network  *network
	engine   *fetcher.Fetcher
	output   *output
	line     *progress.Line
	sample   int64                           // how many requests --baseline does one at a time; 0 means all
	current  atomic.Pointer[fetcher.Fetcher] // the engine at work: the baseline's, then the run's
	failures int64
	cut      bool // ended before its time: --fail-fast, --max-errors, --deadline
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
	each, err := flags.request()
	if err != nil {
		return nil, usage(err)
	}
	j.sample, err = flags.baselineSample(each.Method)
	if err != nil {
		return nil, usage(err)
	}
	j.list, err = openList(ctx, args, s, flags, each)
	if err != nil {
		return nil, err
	}
	if _, known := j.list.Total(); !known && flags.baseline != "" {
		return nil, usage(errors.New("--baseline reads the list twice, so it is refused for standard input and pipes; save it to a file"))
	}
	j.network, err = flags.network(ctx)
	if err != nil {
		return nil, usage(err)
	}
	j.engine = flags.fetcher()
	j.engine.Transport = j.network.transport
	if !flags.quiet {
		j.engine.Logger = newLogger(aboveBar{j}, flags.logLevel())
	}
	collector := stats.New(stats.Config{
		Slots: flags.concurrency, Total: j.engine.Limits.Total, PerHost: j.engine.Limits.PerHost,
		Host: j.engine.Limits.Host, Sample: j.sample,
	})
	j.current.Store(j.engine)
	j.line = progress.Start(ctx, progress.Options{
		Mode: mode, Out: s.err, Color: flags.colored(s.err), Total: j.list.Total,
		Stats: func() fetcher.Stats { return j.current.Load().Stats() },
	})
	j.output, err = newOutput(flags, args, s.out, j.line, collector)
	return j, err
}

// aboveBar is standard error for those who may write while a bar is shown.
type aboveBar struct{ job *job }

func (a aboveBar) Write(p []byte) (int, error) { return a.job.line.Writer(a.job.streams.err).Write(p) }

// Close ends everything that is still open.
func (j *job) Close() {
	if j.line != nil {
		j.line.Stop()
	}
	if j.output != nil {
		j.output.Close()
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
	start := time.Now()
	runErr := j.consume(ctx, cancel)
	wall := time.Since(start)
	j.line.Stop()
	if errors.Is(runErr, source.ErrInput) && j.engine.Stats().Read == 0 {
		return usage(runErr) // nothing was done that could be reported
	}
	err = j.output.finish(stats.End{Wall: wall, NotStarted: j.notStarted(), Skipped: j.list.Skipped(), Serial: serial})
	return j.verdict(runErr, err, signals.signal())
}

// consume takes the results as they come. Its error is the run's, or that of an output that takes no more.
func (j *job) consume(ctx context.Context, cancel context.CancelCauseFunc) error {
	for result, err := range j.engine.Run(ctx, j.list.Requests(ctx)) {
		if err != nil {
			return err
		}
		r := record.From(result)
		if err := j.output.result(r); err != nil {
			return err
		}
		if j.flags.verbose && !j.flags.quiet {
			j.tell(r)
		}
		if j.failed(r) && !j.cut && (j.flags.failFast || j.flags.maxErrors > 0 && j.failures >= j.flags.maxErrors) {
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
// read among them.
func (j *job) notStarted() int64 {
	s := j.engine.Stats()
	if total, known := j.list.Total(); known {
		return max(total-s.Done, s.NotStarted)
	}
	return s.NotStarted
}

// errCut is why what was in flight too long after --fail-fast or --max-errors was cancelled.
var errCut = errors.New("stopped early")

// failed counts a record that is a failure.
func (j *job) failed(r *record.Record) bool {
	if r.OK || r.Class == fetcher.KindCanceled.String() || r.Class == fetcher.KindDeadline.String() {
		return false
	}
	j.failures++
	return true
}

// interrupted is the first signal.
func (j *job) interrupted(os.Signal) {
	j.current.Load().Stop()
	j.engine.Stop()
	j.line.Stop()
	if !j.flags.quiet {
		fmt.Fprintf(j.streams.err, "fetch: stopping; what is in flight has %v. Again to quit at once.\n", stopGrace)
	}
}

// tell is -v: a line for each attempt that failed.
func (j *job) tell(r *record.Record) {
	w := aboveBar{j}
	for i, a := range r.Attempts {
		if a.Class == "" {
			continue
		}
		next := ""
		if i+1 < len(r.Attempts) {
			next = fmt.Sprintf("; again after %.3gs", a.Backoff.Duration().Seconds())
		}
		fmt.Fprintf(w, "fetch: %d %s: attempt %d: %s: %s%s\n", r.Seq, report.Printable(r.URL), i+1, a.Class,
			report.Printable(a.Error), next)
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
	case errors.Is(err, source.ErrInput):
		return usage(err)
	case err != nil && !errors.Is(err, errInterrupted) && !errors.Is(err, errCut) && !errors.Is(err, fetcher.KindDeadline):
		return err
	case signal != nil:
		return &exitError{code: codeOfSignal(signal)}
	case err != nil, j.cut && j.unfinished():
		return &exitError{code: exitUnfinished}
	case j.failures > 0:
		return &exitError{code: exitFailed}
	}
	return nil
}

// openList opens the sources, and explains a file that is not there.
func openList(ctx context.Context, args []string, s streams, flags *runFlags, each fetcher.Request) (*source.List, error) {
	list, err := source.Open(ctx, args, s.in, source.Options{
		Template: each,
		SkipBad:  flags.skipBad,
		OnBad: func(bad *source.LineError) {
			if !flags.quiet {
				fmt.Fprintln(s.err, "fetch: skipped:", bad)
			}
		},
	})
	if errors.Is(err, source.ErrInput) {
		return nil, usage(withNearestCommand(err, args))
	}
	return list, err
}
