package fetcher

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"sync/atomic"
)

// ErrRangedTwice is what Results yields when it is ranged a second time.
var ErrRangedTwice = errors.New("fetcher: the results of a run can be ranged once")

// ErrStopped is what a run that was stopped or drained yields last, and the cause of the cancellations that Stop brings about.
var ErrStopped = errors.New("the run was stopped")

// Run is one run of a Fetcher, which can be stopped and counted by itself. Its methods are safe for concurrent use.
type Run struct {
	engine *engine
	ctx    context.Context
	reqs   iter.Seq2[*Request, error]
	ranged atomic.Bool

	// Guarded by the engine's lock.
	run                *run // nil before it began
	stopping, draining bool
}

// NewRun makes a run of the requests of a sequence. Nothing is started before its Results are ranged.
func (f *Fetcher) NewRun(ctx context.Context, reqs iter.Seq2[*Request, error]) *Run {
	return &Run{engine: f.started(), ctx: ctx, reqs: reqs}
}

// Results carries the run out, and yields each result as it comes. A request's own failure is in Result.Err. The second value
// is the failure of the run as a whole (what Check says, an error from the sequence of requests, one of Fatal, the end of the
// context, ErrStopped): at most one, last, with a nil Result. After an error from the requests nothing more is started, and
// what is in flight is still yielded.
//
// When the context ends, requests that have sent a hop yield KindCanceled (KindDeadline if context.Cause says so or the
// deadline passed); those that have not yield nothing and are counted in Stats.NotStarted.
//
// Breaking out of the loop cancels what is in flight and joins every goroutine, but for one that is blocked inside the
// sequence of requests, which ends when that yields again. It is run on a goroutine of its own. At most LookAhead requests are
// held beyond those in flight, results not yet yielded included.
func (h *Run) Results() iter.Seq2[*Result, error] {
	return func(yield func(*Result, error) bool) {
		e := h.engine
		switch {
		case h.ranged.Swap(true):
			yield(nil, ErrRangedTwice)
			return
		case e.senseless != nil:
			yield(nil, &Error{Kind: KindInput, Err: e.senseless})
			return
		}
		r := e.begin(h.ctx, cmp.Or(e.fetcher.LookAhead, DefaultLookAhead), e.fetcher.InOrder, true, false)
		defer e.finish(r)
		h.begun(r)
		r.readFrom(h.reqs)
		for {
			results, more := r.take()
			for _, result := range results {
				if !yield(result, nil) {
					return
				}
				r.used(result)
			}
			if !more {
				break
			}
		}
		if err := r.failure(); err != nil {
			yield(nil, err)
		}
	}
}

// begun has what was asked of the run before it began become of it.
func (h *Run) begun(r *run) {
	h.engine.mu.Lock()
	defer h.engine.mu.Unlock()
	switch h.run = r; {
	case h.stopping:
		r.stopLocked(ErrStopped)
	case h.draining:
		r.drainLocked()
	}
}

// Stop starts nothing more: attempts in flight may end, redirects included, and their results are yielded; requests that sleep
// or wait between two attempts are cancelled; requests and pages that have sent nothing are dropped and counted in
// Stats.NotStarted. It does not wait.
func (h *Run) Stop() {
	h.end(&h.stopping, func(r *run) { r.stopLocked(ErrStopped) })
}

// Drain starts no further request: what has sent a hop goes on to its end, with its redirects and retries; requests and pages
// that have sent nothing are dropped and counted in Stats.NotStarted. It does not wait. Stop may follow.
func (h *Run) Drain() { h.end(&h.draining, (*run).drainLocked) }

func (h *Run) end(mark *bool, how func(*run)) {
	h.engine.mu.Lock()
	defer h.engine.mu.Unlock()
	if *mark = true; h.run != nil {
		how(h.run)
	}
}

// Stats is a snapshot of this run alone, since it began. But InFlight, Peak, Waiting, Sleeping and Hosts are those of the
// Fetcher, whose limits all its runs share.
func (h *Run) Stats() Stats {
	h.engine.mu.Lock()
	r := h.run
	h.engine.mu.Unlock()
	if r == nil {
		return Stats{}
	}
	return h.engine.stats(r)
}
