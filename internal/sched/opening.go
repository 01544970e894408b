package sched

import (
	"math"
	"time"
)

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

// reopen brings the total's opening up to date.
func (s *Scheduler) reopen(now time.Duration) {
	s.open.update(now, s.slotIsFree(), s.total.Ready(now))
}

// lateness is how long a hop that leaves now could have left before, if its slots and tokens have been there so long. A
// hop that was added only after it was due was late already.
func (h *Hop) lateness(now, open time.Duration) time.Duration {
	from := h.Due
	if from == 0 {
		from = h.arrived
	}
	return now - max(from, open)
}
