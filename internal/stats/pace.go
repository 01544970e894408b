package stats

import (
	"maps"
	"slices"

	"example.com/fetch/internal/record"
)

// pace is what there is to say of how fast a host was asked; nil if it bore all of it.
func (c *Collector) pace(h *host, legs []record.Micros) *Pace {
	learned := c.learned(h)
	honoured, _ := h.settled(legs)
	if learned == nil && len(h.refused) == 0 && honoured.Asked == 0 {
		return nil
	}
	p := &Pace{Learned: learned, Peak: h.peak(), Refused: maps.Clone(h.refused), Requeued: h.requeued}
	p.Asked.Slots = c.asksAtOnce(h)
	p.Asked.PerSecond = c.asksPerSecond(h)
	if honoured.Asked > 0 {
		p.RetryAfter = &honoured
	}
	p.Waited.Queue, p.Waited.Limiter, p.Waited.Backoff, p.Waited.Requeued = h.queue, h.limiter, h.backoff, h.requeuedFor
	return p
}

// learned is what a host taught; nil if nothing.
func (c *Collector) learned(h *host) *Learned {
	l := c.lessons.of(h.name, h.last)
	if l != nil && l.Pace != nil {
		if best := h.best(l.since); best > 0 {
			l.Pace.Bears = min(l.Pace.Bears, best)
		}
	}
	return l
}

// asksAtOnce is how many hops to the host were asked for at once; 0 means no bound.
func (c *Collector) asksAtOnce(h *host) int {
	total := c.config.slots()
	if n := h.limit.InFlight; n > 0 && (total == 0 || n < total) {
		return n
	}
	return total
}

// asksPerSecond is how many hops a second to the host were asked for at most; 0 means no bound.
func (c *Collector) asksPerSecond(h *host) (least float64) {
	for _, r := range slices.Concat(h.limit.Rates, c.config.Total.Rates) {
		if r := r.PerSecond(); least == 0 || r < least {
			least = r
		}
	}
	return least
}

// keptTo reports whether a host was asked no faster than it states, rather than as was asked for: if it was asked for more,
// and got about as much as it states.
func (c *Collector) keptTo(h *host, l *Learned) bool {
	asked := c.asksPerSecond(h)
	return !c.config.NoAdapt && l.Stated > 0 && (asked == 0 || l.Stated < asked) &&
		float64(h.tally.hops) >= l.Stated/2*(h.last-h.first).Duration().Seconds()
}

// muchOver is by which part of the wall it has to be above the floor before something learned is called the bound.
const muchOver = 0.2

// heldBy finds the host that held a run up by more than was asked for: with the pauses or the limits that were learned of
// it. It is the zero bound if that does not explain at least half of the time above the floor.
func (c *Collector) heldBy(wall, floor record.Micros) bound {
	over := wall - floor
	if wall <= 0 || float64(over) < muchOver*float64(wall) {
		return bound{}
	}
	var best bound
	longest := over / 2
	consider := func(kind string, h *host, held, waited record.Micros) {
		// What holds a host up makes its hops wait; an allowance that nobody uses up is none.
		if held = min(held, waited); held >= longest {
			longest = held + 1
			best = bound{kind: kind, host: h.name}
		}
	}
	for _, h := range c.hosts.all {
		l := c.learned(h)
		if l == nil {
			continue
		}
		consider(BoundPause, h, l.Paused, l.Paused)
		if l.Pace != nil {
			consider(BoundLearnedRate, h, l.Pace.Held, h.limiter)
		}
		if c.keptTo(h, l) {
			consider(BoundLearnedRate, h, h.last-h.first, h.limiter)
		}
		if l.Slots != nil && h.queue > h.limiter { // waiting behind others for a token is queueing, too
			consider(BoundLearnedSlots, h, l.Slots.Held, h.queue)
		}
	}
	return best
}
