package sched

import "time"

// Known is what was learned of a host, for other Schedulers to begin with. The zero Known says nothing.
type Known struct {
	Pace        float64       // hops a second that it bears; 0: it is not known
	Slots       float64       // hops at once that it bears; 0: it is not known
	Concurrency int           // hops at once with which it was found to serve most; 0: it is not known
	Wait        time.Duration // for so long it is to be sent nothing
	Age         time.Duration // of Pace and Slots
	Why         string        // for people, whence it is known: "kept from a run 3 h ago"
}

// knownFor is the age from which on what was learned is a start only, from which the host is tried with more and more.
const knownFor = 24 * time.Hour

// recall begins with what is known of a host that has just appeared. Nothing is obeyed longer than Config.MaxWait.
func (s *Scheduler) recall(now time.Duration, h *host, k *Known) {
	if h.climb != nil && k.Concurrency > 0 {
		h.climb = newClimb(k.Concurrency) // which tries less before long
	}
	if k.Pace <= 0 && k.Slots <= 0 && k.Wait <= 0 {
		return
	}
	l := h.learn()
	l.opened = now
	for _, c := range []struct {
		*ceiling
		what  string
		found float64
	}{{&l.rate, EventPace, k.Pace}, {&l.slots, EventSlots, k.Slots}} {
		switch {
		case c.found <= 0:
			continue
		case k.Age < knownFor:
			c.settle(now, c.found, level)
		default:
			c.search(now, c.found)
		}
		s.tell(now, h, c.what, 0, c.at(now), k.Why)
	}
	l.dealt(now)
	l.lowered, l.shown = now-k.Age, k.Slots
	if wait := min(k.Wait, s.config.MaxWait); wait > 0 {
		l.until = now + wait
		s.tell(now, h, EventPause, 0, wait.Seconds(), k.Why)
	}
}

// Known is what others may begin with of each host of which something was learned; that it was given up is left out.
func (s *Scheduler) Known(now time.Duration) map[string]Known {
	now = s.advance(now)
	known := map[string]Known{}
	for _, h := range s.hosts {
		var k Known
		if h.outcomes > 0 && h.learned != nil {
			k = h.learned.known(now)
		}
		if h.climb != nil {
			k.Concurrency = h.climb.found()
		}
		if k != (Known{}) {
			known[h.name] = k
		}
	}
	return known
}

func (l *learned) known(now time.Duration) Known {
	k := Known{Pace: l.rate.proven(l.took), Age: now - l.lowered, Wait: l.until - now}
	if l.slots.found > 0 {
		k.Slots = max(l.slots.found, float64(l.held)) // more was not served, whatever was allowed
	}
	for i := range l.quotas {
		k.Wait = max(k.Wait, l.quotas[i].until()-now)
	}
	k.Wait = max(k.Wait, 0)
	if k.Pace > l.rate.found {
		k.Age = now - l.took
	}
	return k
}

// proven is what a host has borne of a rate, when the last hop left.
func (c *ceiling) proven(last time.Duration) float64 {
	switch {
	case c.found == 0 || c.settled && !c.beyond(last):
		return c.found
	case c.settled:
		return c.at(last)
	}
	return max(c.found, c.at(last)/2) // the last doubling may be too much
}
