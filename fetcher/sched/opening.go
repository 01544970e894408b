package sched

import "time"

// opening knows since when there has been a slot without a break. The zero opening has always had one.
type opening struct {
	since  time.Duration // meaningless while it is closed
	closed bool
}

// update is called after any change, with whether there is a slot.
func (o *opening) update(now time.Duration, slot bool) {
	if slot && o.closed {
		o.since = now
	}
	o.closed = !slot
}

// lateness is how long the first hop of a host's queue, which leaves now, could have left before. A hop that was added
// only after it was due was late already.
func (s *Scheduler) lateness(now time.Duration, h *Hop) time.Duration {
	from := h.Due
	if from == 0 {
		from = h.arrived
	}
	return now - max(from, s.open.since, h.host.open.since, s.total.Ready(now), h.host.readyAt)
}
