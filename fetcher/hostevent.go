package fetcher

import (
	"cmp"
	"fmt"
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

// maxUntold is how many events wait for an Event that takes its time.
const maxUntold = 1000

// lost takes the place of the two oldest events, where there are too many, and says how many it stands for.
func lost(first, second HostEvent) HostEvent {
	n := 2.0
	if first.What == EventLost {
		n = first.To + 1
	}
	return HostEvent{At: second.At, Host: second.Host, What: EventLost, To: n, Why: "they came faster than they were taken"}
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
