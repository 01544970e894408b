package run

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

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
