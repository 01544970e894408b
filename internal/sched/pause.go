package sched

import "time"

// What a server says when it is asked too much is heeded for the host as a whole: nothing leaves for it until the pause
// that it asked for is over, and after that half as much at once as it refused. From there on it is tried with one more
// after each recoverAfter answers: additive increase and multiplicative decrease, as in TCP (RFC 5681, section 3.1).
const recoverAfter = 50

// restraint is what a host has been found to bear.
type restraint struct {
	until  time.Duration // nothing leaves before
	slots  int           // at once; 0 means that nothing was learned
	served int           // answers since slots last changed
}

// Pause lets nothing leave for a host until an instant, since its server asked for that in answer to a hop that is still
// in flight. Of several that are refused together the first lowers what may be in flight, since the others had left.
func (s *Scheduler) Pause(now time.Duration, name string, until time.Duration) {
	now = s.advance(now)
	h := s.host(name)
	if r := &h.restraint; r.until <= now {
		r.slots = max(1, h.inFlight/2)
		r.served = 0
	}
	h.restraint.until = max(h.restraint.until, until)
	s.replace(now, h)
}

// served counts an answer, after which a little more may be tried.
func (h *host) served() {
	r := &h.restraint
	if r.slots == 0 {
		return
	}
	if r.served++; r.served >= recoverAfter {
		r.slots++
		r.served = 0
	}
}

// most is how many hops may be in flight to the host; 0 means no bound.
func (h *host) most() int {
	if r := h.restraint.slots; r > 0 && (h.slots == 0 || r < h.slots) {
		return r
	}
	return h.slots
}

// forgettable reports whether nothing would be different if the host were new. What it bears would be learned anew.
func (h *host) forgettable(now time.Duration) bool {
	return h.restraint.until <= now && h.limiter.Forgettable(now)
}
