package sched

import "time"

// A host that has nothing to do is kept for a while: until its buckets are full again, since it would get too much if it
// were new, and for what was learned of it, as long as there is room.
const (
	keptServed  = time.Minute      // that it served, which decides what a refusal means, and its retry budget
	keptLearned = 10 * time.Minute // what it bears
	keptIdle    = 1000             // hosts, at most, for what was learned of them
)

// rest puts a host that has nothing to do with the idle ones, and forgets those whose time has come.
func (s *Scheduler) rest(now time.Duration, h *host) {
	if h.busy() {
		return
	}
	h.forgetAt = max(now, h.full(), h.running.idle())
	switch {
	case h.learned != nil:
		h.forgetAt = max(h.forgetAt, h.learned.until, h.learned.down, now+keptLearned)
	case h.accepted+h.finished+h.retries > 0:
		h.forgetAt = max(h.forgetAt, now+keptServed)
	}
	s.idle.Put(h)
	for s.idle.Len() > 0 {
		first := s.idle.Top()
		if first.forgetAt > now && (s.idle.Len() <= keptIdle || first.full() > now) {
			return
		}
		s.idle.Take(first)
		s.shown.Take(first)
		delete(s.hosts, first.name)
	}
}

func (h *host) busy() bool {
	return h.inFlight+h.away+h.queue.len() > 0 || h.leased != nil && h.leased.asking
}

// full is from when on the buckets of the host hold all their tokens again.
func (h *host) full() time.Duration {
	if h.leased != nil {
		return max(h.limiter.full(), h.leased.own.full())
	}
	return h.limiter.full()
}
