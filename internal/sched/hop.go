package sched

import (
	"math"
	"time"
)

// Class is the precedence of a hop; lower goes first.
type Class uint8

const (
	Redirect Class = iota // a further hop of an attempt that has begun
	Retry                 // the first hop of a further attempt
	First                 // the first hop of a request
)

// Hop is a wish to send one round trip. The caller sets the exported fields down to Payload before Add; the scheduler
// sets the others when it grants the hop, or takes it out.
type Hop struct {
	Seq     int64
	Page    int
	Class   Class
	Host    string        // "hostname:port"
	Due     time.Duration // not before this
	Limit   *Limit        // of its host, which may appear with it; nil: Config.PerHost says
	Payload any           // the caller's own

	// Refusals is that of the request's Tries, so that one that is refused whatever the others are does not pass for a
	// refusal of its host.
	Refusals int

	Start   time.Duration // when it left
	Queue   time.Duration // waited since Due or Add, whichever is later, less Limiter
	Limiter time.Duration // waited while a slot was free and a token was not
	Why     string        // why it was rejected
	Probe   bool          // its host gets nothing else until its outcome is told
	Late    time.Duration // the last part of the time since Due (since Add, if Due is 0): slots and tokens were all there, and the caller was not

	load     int           // hops in flight to its host when it left, itself included
	gap      time.Duration // since the hop before it left for its host, as far as that was learned of
	observed bool          // its outcome was told
	cohort   int32         // of its host's climb

	order   int64 // of arrival, the last tie-break
	arrived time.Duration
	mark    time.Duration // host.waited at arrival
	pool    *pool         // that it counts in while in flight
	host    *host         // nil unless it waits for its turn or is in flight
	inLine  int64         // place in host.queue's line, from 1
	inHeap  int           // index+1 in host.queue's heap
	inDue   int           // index+1 in Scheduler.due
}

func before(a, b *Hop) bool {
	switch {
	case a.Class != b.Class:
		return a.Class < b.Class
	case a.Seq != b.Seq:
		return a.Seq < b.Seq
	case a.Page != b.Page:
		return a.Page < b.Page
	}
	return a.order < b.order
}

// opening knows since when hops could leave without a break, as far as some slots and tokens go. The zero opening has
// always been open.
type opening struct{ since time.Duration }

const closed = time.Duration(math.MaxInt64)

// update is called after any change, with whether a slot is there, and since or from when a token is.
func (o *opening) update(now time.Duration, slot bool, token time.Duration) {
	switch {
	case !slot:
		o.since = closed
	case o.since > now, token > now: // a token may come sooner than it was to
		o.since = max(now, token)
	}
}
