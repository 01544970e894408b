package fetcher

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"example.com/fetch/internal/sched"
	"example.com/fetch/internal/web"
)

// HostEvent is a change in what a host is allowed, or in what it does. See Fetcher.Event.
type HostEvent struct {
	At   time.Duration // since the first use of the Fetcher
	Host string        // "hostname:port", lower case
	What string        // one of the Event constants, which say what From and To are
	From float64
	To   float64
	Why  string // for people, in words of ours: "3 × 503, Yellow", "429", "it responds again"; may be empty
}

// What a HostEvent tells.
const (
	// EventPace says that the host is sent To hops a second, and was sent From; 0 means as many as the Limits allow.
	EventPace = sched.EventPace
	// EventSlots says that To hops may be in flight to the host, and before it was From; 0 means as many as the Limits allow.
	EventSlots = sched.EventSlots
	// EventPause says that the host is sent nothing for To seconds. From is 0.
	EventPause = sched.EventPause
	// EventDown says that the host has been given up: its requests fail at once. From and To are 0.
	EventDown = sched.EventDown
	// EventUp says that a host that had been given up responds again. From and To are 0.
	EventUp = sched.EventUp
	// EventQuota says that the host states a limit of To requests in From seconds; a From of 0 means that it does not say in
	// what time.
	EventQuota = sched.EventQuota
	// EventLost says that To changes just before this one, of this host and of others, are not told, since Fetcher.Event takes
	// its time. From is 0.
	EventLost = "lost"
)

// What the scheduler says under the lock is passed on by goroutines of the engine's own, since Fetcher.Event may take its time.

// maxUntold is how many events wait for an Event that takes its time.
const maxUntold = 1000

// noteEvent keeps an event until it is told. The oldest make room, and the first place says how many. The lock is held.
func (e *engine) noteEvent(event sched.Event) {
	if len(e.events) >= maxUntold {
		lost := HostEvent{At: e.events[1].At, Host: e.events[1].Host, What: EventLost, To: 2, Why: "they came faster than they were taken"}
		if first := &e.events[0]; first.What == EventLost {
			lost.To = first.To + 1
		}
		e.events = slices.Delete(e.events, 0, 1)
		e.events[0] = lost
	}
	e.events = append(e.events, HostEvent(event))
	if !e.telling {
		e.telling = true
		go e.tell()
	}
}

// tell passes events on, in order, until there are none.
func (e *engine) tell() {
	e.mu.Lock()
	defer e.mu.Unlock()
	defer func() { // even if Event has ended its goroutine, as a test that fails does
		if len(e.events) > 0 {
			go e.tell()
			return
		}
		e.telling = false
		e.told.Broadcast()
	}()
	for len(e.events) > 0 {
		event := e.events[0]
		e.events = e.events[1:]
		e.tellOne(event)
	}
}

// tellOne gives the lock back meanwhile.
func (e *engine) tellOne(event HostEvent) {
	e.mu.Unlock()
	defer e.mu.Lock()
	e.fetcher.Event(event)
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
		if len(e.rejected) == 1 {
			e.workers.Go(e.failRejected) // whose period it is, since the run of x has not ended
		}
	}
}

// failRejected delivers the results of the requests that were rejected together.
func (e *engine) failRejected() {
	e.mu.Lock()
	rejected := e.rejected
	e.rejected = nil
	e.mu.Unlock()
	for _, x := range rejected {
		x.failRejected()
	}
}

// circuitOpen says that a hop was not sent, and why: what its host did, which is not the request's fault.
func circuitOpen(h *sched.Hop, url string) *Error {
	why := cmp.Or(h.Why, "it refused everything")
	return &Error{Kind: KindCircuit, URL: url, Err: fmt.Errorf("%s was given up (%s); try again later", web.ShownHost(h.Host), why)}
}
