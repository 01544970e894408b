package fetcher

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"example.com/fetch/internal/inorder"
	"example.com/fetch/internal/sched"
	"example.com/fetch/internal/transport"
	"example.com/fetch/internal/web"
)

// run is one call of Run or Do: it reads requests ahead over a bounded window, and delivers their results. The window
// counts each request from its being read until its last result is taken, so that neither a slow server nor a slow
// consumer lets anything grow.
type run struct {
	engine   *engine
	counters counters
	aside    bool            // of its counters, only the hops count
	parent   context.Context // the caller's
	ctx      context.Context // of everything that the run does
	cancel   context.CancelCauseFunc
	start    time.Duration // by the engine's clock
	window   int
	follow   bool

	drained chan struct{} // closed, under the engine's lock, when no further request is to be started
	stopped chan struct{} // likewise, when nothing more is to be started, retries included
	reading chan struct{} // closed when the source has ended, or was never begun
	unwatch func() bool   // stops looking at parent
	changed chan struct{} // has room for one: results or the end are there to be taken
	room    chan struct{} // has room for one: the window has moved on
	waiting atomic.Bool   // somebody waits for room

	mu      sync.Mutex
	ended   bool // the source gives no more
	err     error
	index   int64 // of the next request to be read
	held    int   // requests in the window
	results []*Result
	settled int                     // of held, those whose last result is in results
	taken   int                     // of held, those whose last result the consumer has; they leave the window when it asks for more
	order   *inorder.Queue[*Result] // nil: results go out as they come
	parked  []*exchange             // further pages that wait until the consumer has come nearer
	hooks   []*hooks                // that serve again
}

var errNoRequest = errors.New("fetcher: a request is nil")

// readFrom reads the source on a goroutine of its own.
func (r *run) readFrom(reqs iter.Seq2[*Request, error]) {
	r.reading = make(chan struct{})
	go func() {
		err := errors.New("the source of the requests ended its goroutine")
		defer close(r.reading)
		defer func() {
			if v := recover(); v != nil {
				err = transport.Panicked(v)
			}
			r.sourceEnded(err)
		}()
		err = r.read(reqs)
	}()
}

func (r *run) read(reqs iter.Seq2[*Request, error]) error {
	for req, err := range reqs {
		switch {
		case err != nil:
			return err
		case req == nil:
			return errNoRequest
		case req.Err != nil && !r.awaitDue(req), !r.admit(req):
			return nil
		}
	}
	return nil
}

// admit takes a request into the window, waiting for room, and puts its first hop before the gate; false if the run
// was stopped.
func (r *run) admit(req *Request) bool {
	if !r.awaitRoom() {
		return false
	}
	r.mu.Lock()
	index := r.index
	r.index++
	r.held++
	r.mu.Unlock()
	r.counters.read.Add(1)

	x := &exchange{run: r, request: req, index: index, seq: cmp.Or(req.Seq, index+1)}
	x.hop = sched.Hop{Page: 1, Class: sched.First, Due: r.at(req.Due), Payload: x}
	r.enqueue(x)
	return true
}

// at is an instant of the run by the engine's clock.
func (r *run) at(due time.Duration) time.Duration { return r.start + min(due, never/2) }

// enqueue puts the first hop of an exchange before the gate. A request that cannot be sent at all fails here.
func (r *run) enqueue(x *exchange) {
	e, err := r.engine, x.prepare()
	defer func() {
		if v := recover(); v != nil {
			err = transport.Panicked(v)
		}
		if err != nil {
			x.failUnsent(&Error{Kind: KindInput, URL: web.WithoutUserinfo(x.request.URL), Err: err})
		}
	}()
	if err != nil {
		return
	}
	err = errGoexit // if Limits.Host does not come back
	if x.hop.Limit, err = e.limitOf(x.hop.Host); err != nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if r.hasDrained() {
		r.dropped(x)
		return
	}
	if x.hop.Seq == 0 && !x.request.Aside { // the page of a request keeps its place
		e.arrived++
		x.hop.Seq = e.arrived
	}
	e.sched.Add(e.now(), &x.hop)
	e.pump()
}

// awaitRoom waits until the window has room. While all slots are in use it wakes only when a quarter of the look-ahead is
// free, since reading single requests between the same two goroutines would cost more than the requests.
func (r *run) awaitRoom() bool {
	r.mu.Lock()
	full := r.held >= r.capacity()
	r.waiting.Store(full)
	r.mu.Unlock()
	defer r.waiting.Store(false)
	for full {
		select {
		case <-r.room:
		case <-r.drained:
			return false
		}
		r.mu.Lock()
		full = !r.roomy()
		r.mu.Unlock()
	}
	return !r.hasDrained()
}

// capacity is how many requests the window holds: those read ahead and those that may be in flight.
func (r *run) capacity() int { return r.window + r.engine.fetcher.slots() + r.engine.fetcher.unheard() }

// roomy reports whether it is worth while to read on. The lock is held.
func (r *run) roomy() bool {
	room := r.capacity() - r.held
	return room >= max(1, r.window/4) || room > 0 && r.engine.slack.Load()
}

// sourceEnded notes that no more requests come; with an error, nothing more is started either.
func (r *run) sourceEnded(err error) {
	if err != nil {
		r.stop(err)
	}
	r.mu.Lock()
	r.ended = true
	r.mu.Unlock()
	notify(r.changed)
}

// stop lets nothing more be started, and keeps the first reason as the run's error.
func (r *run) stop(cause error) {
	r.engine.mu.Lock()
	defer r.engine.mu.Unlock()
	r.stopLocked(cause)
}

// stopLocked is stop with the engine's lock held.
func (r *run) stopLocked(cause error) {
	if r.hasStopped() {
		return
	}
	r.mu.Lock()
	if r.err == nil && !errors.Is(cause, ErrStopped) {
		r.err = cause
	}
	r.mu.Unlock()
	r.drainLocked()
	close(r.stopped)
	notify(r.changed)
}

// drainLocked takes out what has sent nothing, and lets nothing new in. What has been begun goes on, with its retries. The
// engine's lock is held.
func (r *run) drainLocked() {
	if r.hasDrained() {
		return
	}
	r.mu.Lock()
	r.ended = true
	open := r.held > r.settled+r.taken
	r.mu.Unlock()
	var unsent []*sched.Hop
	if open { // looking through all that waits would make each end of a Do dear
		unsent = r.engine.sched.RemoveFunc(r.engine.now(), func(h *sched.Hop) bool {
			return h.Class == sched.First && h.Payload.(*exchange).run == r
		})
	}
	close(r.drained)
	for _, h := range unsent {
		r.dropped(h.Payload.(*exchange))
	}
	notify(r.changed)
}

// hasEnded reports whether the caller's context is over, though the run's own, and what watches it, may not know yet.
func (r *run) hasEnded() bool { return r.parent.Err() != nil || r.ctx.Err() != nil }

// dropLate drops a request of a run that has ended, and stops the run. The engine's lock is held.
func (r *run) dropLate(x *exchange) {
	r.stopLocked(cmp.Or(context.Cause(r.parent), context.Cause(r.ctx)))
	r.dropped(x)
}

// dropped counts a request that will never be sent.
func (r *run) dropped(x *exchange) {
	r.counters.notStarted.Add(1)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settle(x.index)
	notify(r.changed)
}

// hasDrained reports whether no further request is to be started.
func (r *run) hasDrained() bool { return isClosed(r.drained) }

// hasStopped reports whether nothing more is to be started, retries included.
func (r *run) hasStopped() bool { return isClosed(r.stopped) }

func isClosed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// failure is the run's own error. The end of the caller's context may not have been noticed yet.
func (r *run) failure() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := cmp.Or(r.err, context.Cause(r.ctx)); err != nil || !r.hasDrained() {
		return err
	}
	return ErrStopped
}

// cancelCause is why the run sends nothing more.
func (r *run) cancelCause() error {
	return cmp.Or(context.Cause(r.ctx), r.failure(), ErrStopped)
}

// sourceGrace is how long the end of a run waits for its source when that is blocked: a read of standard input cannot
// be interrupted, so waiting for ever would hang the program.
const sourceGrace = 100 * time.Millisecond

// abandon cancels everything and waits until it has ended.
func (r *run) abandon() {
	r.unwatch()
	r.stop(context.Canceled)
	r.cancel(context.Canceled)
	for {
		if _, more := r.take(); !more {
			break
		}
	}
	select {
	case <-r.reading:
	case <-time.After(sourceGrace):
	}
}

// notify leaves a word in a channel that has room for one.
func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
