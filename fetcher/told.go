package fetcher

import (
	"fmt"
	"time"

	"example.com/fetch/internal/sched"
	"example.com/fetch/internal/web"
)

// What the scheduler says under the engine's lock is passed on after it: nobody knows what a caller's function does.

// maxUntold is how many events wait for an Event that takes its time; beyond that the oldest are forgotten.
const maxUntold = 1000

// noteEvent keeps an event until the lock is given back. The lock is held.
func (e *engine) noteEvent(event sched.Event) {
	if len(e.events) >= maxUntold {
		e.events = e.events[:copy(e.events, e.events[1:])]
	}
	e.events = append(e.events, HostEvent(event))
}

// reject ends the wait of a hop whose host was given up. The lock is held.
func (e *engine) reject(now time.Duration, h *sched.Hop) {
	x := h.Payload.(*exchange)
	x.rejected = now
	switch {
	case h.Class != sched.First:
		x.granted <- struct{}{}
	case x.run.hasEnded():
		x.run.dropLate(x)
	default:
		e.rejected = append(e.rejected, x)
	}
}

// unlock gives the engine's lock back, and passes on what happened under it.
func (e *engine) unlock() {
	rejected := e.rejected
	e.rejected = nil
	tell := len(e.events) > 0 && !e.telling
	if tell {
		e.telling = true
	}
	e.mu.Unlock()
	if tell {
		e.tell()
	}
	for _, x := range rejected {
		x.failRejected()
	}
}

// tell passes events on, in order, until there are none. Whoever brings about one meanwhile leaves it to this.
func (e *engine) tell() {
	for {
		e.mu.Lock()
		events := e.events
		e.events = nil
		if len(events) == 0 {
			e.telling = false
			e.told.Broadcast()
			e.mu.Unlock()
			return
		}
		e.mu.Unlock()
		for _, event := range events {
			e.fetcher.Event(event)
		}
	}
}

// awaitTold waits until all events have been passed on.
func (e *engine) awaitTold() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for e.telling {
		e.told.Wait()
	}
}

// circuitOpen says that a hop was not sent, and why: what its host did, which is not the request's fault.
func circuitOpen(h *sched.Hop, url string) *Error {
	why := h.Why
	if why == "" {
		why = "it refused everything"
	}
	return &Error{Kind: KindCircuit, URL: url, Err: fmt.Errorf("%s was given up (%s); try again later", web.ShownHost(h.Host), why)}
}
