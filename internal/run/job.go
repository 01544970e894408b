package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/body/extract"
	"example.com/fetch/internal/credential"
	"example.com/fetch/internal/exit"
	lists "example.com/fetch/internal/list"
	"example.com/fetch/internal/live"
	"example.com/fetch/internal/network"
	"example.com/fetch/internal/spec"
)

// job is what list runs and load tests have in common: what is asked of whom, the engine that asks, the journal, what shows
// how it goes, and the signals that end it.
type job struct {
	flags      *spec.Spec
	streams    Streams
	list       *lists.List
	extractor  extract.Extractor
	who        *credential.Credentials
	bodies     *bodies
	folder     *inStep // nil: no folder is kept in step
	rowSecrets rowSecrets
	screen     *onScreen // nil: standard output is no terminal
	network    *network.Network
	engine     *fetcher.Fetcher
	current    atomic.Pointer[fetcher.Fetcher] // the engine at work: the baseline's, then the run's
	line       *live.Line
	leg        *leg  // nil: no record is kept
	sample     int64 // how many requests --baseline does one at a time; 0 means all
	start      time.Time
	signals    *interrupts // caught until all is written, so that a broken pipe is an error like others; nil before the start
}

// mode is how progress is shown.
func (j *job) mode() (live.Mode, error) {
	mode, err := live.ParseMode(j.flags.Progress)
	if err != nil {
		return mode, exit.Usage(fmt.Errorf("--progress: %w", err))
	}
	if j.flags.Quiet {
		mode = live.None
	}
	return mode, nil
}

// Close ends everything that is still open.
func (j *job) Close() {
	if j.line != nil {
		j.line.Stop()
	}
	if j.signals != nil {
		j.signals.Close()
	}
	j.leg.Close()
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

// beginLeg begins the journal, if one is kept. When it cannot be written any more, the run is cancelled.
func (j *job) beginLeg(started time.Time, cancel context.CancelCauseFunc) error {
	if j.leg == nil {
		return nil
	}
	return j.leg.begin(started, j.flags.Fsync != "", func(err error) { cancel(err) })
}

// interrupted is the first signal.
func (j *job) interrupted(os.Signal) {
	j.current.Load().Stop()
	j.engine.Stop()
	j.line.Stop()
	if !j.flags.Quiet {
		fmt.Fprintf(j.streams.Err, "fetch: stopping; what is in flight has %v. Again to quit at once.\n", stopGrace)
	}
}

// errCut is why what was in flight too long after --fail-fast or --max-errors was cancelled.
var errCut = errors.New("stopped early")

// stopGrace is how long requests in flight may go on after the first signal.
const stopGrace = 1500 * time.Millisecond

// interrupts turns the first SIGINT, SIGTERM or SIGHUP into an orderly stop, leaves the second to end the program at once, and
// keeps SIGPIPE from doing so.
type interrupts struct {
	signals chan os.Signal
	quit    chan struct{}
	joined  sync.WaitGroup

	mu    sync.Mutex
	first os.Signal
}

var errInterrupted = errors.New("interrupted")

// catchSignals calls stop at the first signal, and cancel when what is in flight has had its time.
func catchSignals(stop func(os.Signal), cancel context.CancelCauseFunc) *interrupts {
	in := &interrupts{signals: make(chan os.Signal, 2), quit: make(chan struct{})}
	signal.Notify(in.signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGPIPE)
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		signal.Notify(in.signals, syscall.SIGHUP)
	}
	in.joined.Go(func() {
		var expired <-chan time.Time
		for {
			select {
			case s := <-in.signals:
				if s == syscall.SIGPIPE || expired != nil {
					continue // a broken pipe shows as the error of a write
				}
				in.mu.Lock()
				in.first = s
				in.mu.Unlock()
				signal.Reset(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
				stop(s)
				timer := time.NewTimer(stopGrace)
				defer timer.Stop()
				expired = timer.C
			case <-expired:
				cancel(errInterrupted)
				return
			case <-in.quit:
				return
			}
		}
	})
	return in
}

// Close gives the signals back.
func (in *interrupts) Close() {
	signal.Stop(in.signals)
	close(in.quit)
	in.joined.Wait()
}

// signal is the one that ended the run; nil if none did.
func (in *interrupts) signal() os.Signal {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.first
}
