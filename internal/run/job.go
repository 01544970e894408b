package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/body/extract"
	"example.com/fetch/internal/credential"
	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/explain"
	"example.com/fetch/internal/hostfile"
	"example.com/fetch/internal/journal"
	lists "example.com/fetch/internal/list"
	"example.com/fetch/internal/list/cells"
	"example.com/fetch/internal/live"
	"example.com/fetch/internal/network"
	"example.com/fetch/internal/robots"
	"example.com/fetch/internal/secret"
	"example.com/fetch/internal/spec"
)

// job is what list runs and load tests have in common: what is asked of whom, the engine that asks, the journal, what shows
// how it goes, and the signals that end it.
type job struct {
	flags     *spec.Spec
	streams   Streams
	list      *lists.List
	extractor extract.Extractor
	who       *credential.Credentials
	agent     string         // the User-Agent that requests go by
	robots    *robots.Keeper // nil: nobody keeps to robots.txt
	bodies    *bodies
	folder    *inStep // nil: no folder is kept in step
	cells     cells.Header
	screen    *onScreen // nil: standard output is no terminal
	network   *network.Network
	engine    *fetcher.Fetcher
	hosts     *hostfile.Folder                // nil: nothing is kept of hosts
	current   atomic.Pointer[fetcher.Fetcher] // the engine at work: the baseline's, then the run's
	line      *live.Line
	leg       *leg  // nil: no record is kept
	sample    int64 // how many requests --baseline does one at a time; 0 means all
	start     time.Time
	ending    atomic.Value // the signal that ended the run
	closers   []func()
}

// opened has what was opened be closed with the job.
func (j *job) opened(closers ...func()) { j.closers = append(j.closers, closers...) }

// Close ends everything that is still open, the latest first.
func (j *job) Close() {
	for _, end := range slices.Backward(j.closers) {
		end()
	}
	j.leg.Close()
}

// prepare reads what is asked of whom, and what earlier legs have done of it, and settles what becomes of bodies. It gives how
// progress is shown.
func (j *job) prepare(ctx context.Context, sources []string) (mode live.Mode, err error) {
	if mode, err = live.ParseMode(j.flags.Progress); err != nil {
		return mode, exit.Usage(fmt.Errorf("--progress: %w", err))
	}
	if j.flags.Quiet {
		mode = live.None
	}
	if j.streams.In, err = j.leg.input(j.flags, sources, j.streams.In); err != nil {
		return mode, err
	}
	if err = j.open(ctx, sources); err == nil {
		err = j.takeUp(ctx, sources)
	}
	if err == nil {
		err = j.keep(ctx)
	}
	return mode, err
}

// openEngine makes the engine, but for what it sends on.
func (j *job) openEngine(ctx context.Context) (err error) {
	if j.network, err = network.Open(ctx, j.flags); err != nil {
		return exit.Usage(err)
	}
	j.opened(j.network.Close)
	j.engine = j.flags.Engine()
	j.engine.Handle, j.engine.HandleFailure = j.bodies.handlers()
	j.engine.PrivateBody = func(r *fetcher.Request) bool { return secret.Of(r).HasSecretContent() }
	j.engine.Ended = func(r *fetcher.Result) { explain.Result(j.flags, r) }
	j.current.Store(j.engine)
	return nil
}

// show shows how it goes.
func (j *job) show(ctx context.Context, o live.Options) {
	o.Out, o.Color = j.streams.Err, Colored(j.flags.Color, j.streams.Err)
	j.line = live.Start(ctx, o)
	j.opened(j.line.Stop)
}

// serve serves metrics where --metrics says, if it does, until the job is closed.
func (j *job) serve(ctx context.Context, metrics func() string) error {
	if j.flags.Metrics == "" {
		return nil
	}
	at, stop, err := live.Serve(ctx, j.flags.Metrics, metrics)
	if err != nil {
		return exit.Usage(fmt.Errorf("--metrics: %w", err))
	}
	j.opened(stop)
	j.streams.tell(j.flags, "metrics for Prometheus at http://%s/metrics", reachable(at))
	return nil
}

// beginLeg begins the journal, if one is kept, with further lines that first writes. When it cannot be written any more, the
// run is cancelled.
func (j *job) beginLeg(started time.Time, cancel context.CancelCauseFunc, first func(*journal.Writer) error) error {
	if j.leg == nil {
		return nil
	}
	err := j.leg.begin(started, j.flags.Fsync != "", func(err error) { cancel(endedBy{err}) })
	if err == nil {
		err = first(j.leg.writer)
	}
	if err != nil {
		j.leg.discard()
	}
	return err
}

// stopGrace is how long requests in flight may go on after the first signal.
const stopGrace = 1500 * time.Millisecond

var (
	errInterrupted = errors.New("interrupted")
	errCut         = errors.New("stopped early") // after --fail-fast or --max-errors, and cancelled what was in flight too long
)

// endedBy is why a run was cancelled when an output took no more. It hides the kind of that error: what was in flight did not
// fail to be written, but was cancelled.
type endedBy struct{ reason error }

func (e endedBy) Error() string { return e.reason.Error() }

// interrupted is the first signal.
func (j *job) interrupted() {
	j.current.Load().Stop()
	j.engine.Stop()
	j.line.Stop()
	j.streams.tell(j.flags, "stopping; what is in flight has %v. Again to quit at once.", stopGrace)
}

// signal is the one that ended the run; nil if none did.
func (j *job) signal() os.Signal {
	s, _ := j.ending.Load().(os.Signal)
	return s
}

// catchSignals turns the first SIGINT, SIGTERM or SIGHUP into an orderly stop, leaves the second to end the program at once,
// and keeps SIGPIPE from doing so, until the job is closed: a broken pipe is an error like others. It calls stop at the first
// signal, and cancel when what is in flight has had its time.
func (j *job) catchSignals(stop func(), cancel context.CancelCauseFunc) {
	signals, quit := make(chan os.Signal, 2), make(chan struct{})
	wasIgnored := signal.Ignored(syscall.SIGINT) // as a shell has it for what it starts with &: then no second one ends the program by itself
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGPIPE)
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		signal.Notify(signals, syscall.SIGHUP)
	}
	var joined sync.WaitGroup
	joined.Go(func() {
		var expired <-chan time.Time
		for {
			select {
			case s := <-signals:
				switch {
				case s == syscall.SIGPIPE: // it shows as the error of a write
					continue
				case expired != nil && s == syscall.SIGINT && wasIgnored: // else one more that came at the same moment
					os.Exit(exit.Interrupt)
				case expired != nil:
					continue
				}
				j.ending.Store(s)
				signal.Reset(syscall.SIGTERM, syscall.SIGHUP)
				if !wasIgnored {
					signal.Reset(syscall.SIGINT)
				}
				stop()
				expired = time.After(stopGrace)
			case <-expired:
				cancel(errInterrupted)
				return
			case <-quit:
				return
			}
		}
	})
	j.opened(func() {
		signal.Stop(signals)
		close(quit)
		joined.Wait()
	})
}
