package fetcher

import "time"

// timer calls a function once after each Reset, unless it is stopped or reset before.
type timer interface {
	Reset(time.Duration) bool
	Stop() bool
}

// newTimer makes the engine's timer, set to fire after d. A fine one belongs to the present busy period, whose end
// joins its goroutine. The lock is held.
func (e *engine) newTimer(d time.Duration) timer {
	if e.fetcher.FineTimer {
		if t := newFineTimer(e.tick, e.workers.Go); t != nil {
			t.Reset(d)
			return t
		}
	}
	return time.AfterFunc(d, e.tick)
}
