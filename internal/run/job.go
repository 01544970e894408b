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

// job is what list runs and load tests share: the list, the credentials, the engine, the journal, the
// progress display, and the signals that end a run.
type job struct {
	flags       *spec.Spec
	streams     Streams
	list        *lists.List
	extractor   extract.Extractor
	credentials *credential.Credentials
	agent       string         // User-Agent of all requests
	robots      *robots.Keeper // nil: robots.txt is ignored
	bodies      *bodies
	folder      *syncFolder // nil: not a fetch sync
	cells       cells.Header
	screen      *onScreen // nil: standard output is not a terminal
	network     *network.Network
	engine      *fetcher.Fetcher
	hosts       *hostfile.Folder                // nil: nothing is stored about hosts
	current     atomic.Pointer[fetcher.Fetcher] // the engine at work: the baseline's, then the run's
	line        *live.Line
	part        *part // nil: no journal
	sample      int64 // how many requests --baseline does one at a time; 0 means all
	start       time.Time
	ending      atomic.Value // the signal that ended the run
	closers     []func()
}

// opened registers closers to be called when the job is closed.
func (j *job) opened(closers ...func()) { j.closers = append(j.closers, closers...) }

// Close releases everything that is still open, the latest first.
func (j *job) Close() {
	for _, end := range slices.Backward(j.closers) {
		end()
	}
	j.part.Close()
}

// prepare reads the list and what earlier parts of the run have completed, and decides what happens to
// bodies. It returns how progress is shown.
func (j *job) prepare(ctx context.Context, sources []string) (mode live.Mode, err error) {
	if mode, err = live.ParseMode(j.flags.Progress); err != nil {
		return mode, exit.Usage(fmt.Errorf("--progress: %w", err))
	}
	if j.flags.Quiet {
		mode = live.None
	}
	if j.streams.In, err = j.part.input(j.flags, sources, j.streams.In); err != nil {
		return mode, err
	}
	if err = j.open(ctx, sources); err == nil {
		err = j.takeUp(ctx, sources)
	}
	if err == nil {
		err = j.openBodies(ctx)
	}
	return mode, err
}

// openEngine builds the engine, except for its transport.
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

// show starts the progress display.
func (j *job) show(ctx context.Context, o live.Options) {
	o.Out, o.Color = j.streams.Err, Colored(j.flags.Color, j.streams.Err)
	j.line = live.Start(ctx, o)
	j.opened(j.line.Stop)
}

// serve serves metrics at the address of --metrics, if there is one, until the job is closed.
func (j *job) serve(ctx context.Context, metrics func() string) error {
	if j.flags.Metrics == "" {
		return nil
	}
	at, stop, err := live.Serve(ctx, j.flags.Metrics, metrics)
	if err != nil {
		return exit.Usage(fmt.Errorf("--metrics: %w", err))
	}
	j.opened(stop)
	j.streams.note(j.flags, "metrics for Prometheus at http://%s/metrics", reachable(at))
	return nil
}

// beginJournal writes the first line of the journal, if there is one, and the further lines that first
// writes. A later error of writing cancels the run.
func (j *job) beginJournal(started time.Time, cancel context.CancelCauseFunc, first func(*journal.Writer) error) error {
	if j.part == nil {
		return nil
	}
	err := j.part.begin(started, j.flags.Fsync != "", func(err error) { cancel(endedBy{err}) })
	if err == nil {
		err = first(j.part.writer)
	}
	if err != nil {
		j.part.discard()
	}
	return err
}

// stopGrace is how long requests in flight may continue after the first signal.
const stopGrace = 1500 * time.Millisecond

var (
	errInterrupted = errors.New("interrupted")
	errCut         = errors.New("stopped early") // after --fail-fast or --max-errors; requests still in flight were cancelled too
)

// endedBy is the cause of the cancellation when an output failed. It hides the kind of that error, because
// requests in flight were cancelled rather than failing to be written.
type endedBy struct{ reason error }

func (e endedBy) Error() string { return e.reason.Error() }

// interrupted handles the first signal.
func (j *job) interrupted() {
	j.current.Load().Stop()
	j.engine.Stop()
	j.line.Stop()
	j.streams.note(j.flags, "stopping; requests in flight have %v to finish. Interrupt again to quit at once.", stopGrace)
}

// signal returns the signal that ended the run; nil if none did.
func (j *job) signal() os.Signal {
	s, _ := j.ending.Load().(os.Signal)
	return s
}

// catchSignals turns the first SIGINT, SIGTERM or SIGHUP into an orderly stop and lets the second end the
// program at once, until the job is closed. SIGPIPE is ignored, so that a broken pipe is a write error like
// any other. It calls stop at the first signal, and cancel when the grace period of requests in flight is
// over.
func (j *job) catchSignals(stop func(), cancel context.CancelCauseFunc) {
	signals, quit := make(chan os.Signal, 2), make(chan struct{})
	wasIgnored := signal.Ignored(syscall.SIGINT) // as shells do for background jobs: then a second SIGINT does not end the program by itself
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGPIPE)
	if !signal.Ignored(syscall.SIGHUP) { // as set by nohup
		signal.Notify(signals, syscall.SIGHUP)
	}
	var joined sync.WaitGroup
	joined.Go(func() {
		var expired <-chan time.Time
		for {
			select {
			case s := <-signals:
				switch {
				case s == syscall.SIGPIPE: // it shows as a write error
					continue
				case expired != nil && s == syscall.SIGINT && wasIgnored: // unless both arrived at the same moment
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
