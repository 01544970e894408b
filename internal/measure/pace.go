package measure

import (
	"maps"
	"slices"

	"example.com/fetch/internal/record"
)

// pace is what there is to say of how fast a host was asked; nil if it bore all of it.
func (c *Collector) pace(h *host, legs []record.Micros) *Pace {
	learned := c.learned(h)
	honoured, _ := h.settled(legs)
	if learned != nil && learned.Quota != nil && c.keptTo(h, learned) {
		learned.Quota.Kept = h.waits().tokens > 0
	}
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

// learned is what was learned of a host; nil if nothing. A pace that was never come near was never met, and is left out.
func (c *Collector) learned(h *host) *Learned {
	l := c.lessons.of(h.name, h.last, c.ended)
	if l == nil {
		return nil
	}
	if b := l.Pace; b != nil {
		switch best := h.best(l.since); {
		case best == 0:
		case best < b.Lowest/2:
			l.Pace = nil
		default:
			b.Bears = min(b.Bears, best)
			b.Lowest = min(b.Lowest, b.Bears)
			b.Mean = max(b.Mean, b.Lowest)
		}
	}
	l.Quota = c.nearest(h, l.quotas)
	return l
}

// nearest is the limit of those that a host states which the run came closest to: that may not be the one with the least
// rate, which may be of a day. Nil if there is none.
func (c *Collector) nearest(h *host, quotas []Quota) (nearest *Quota) {
	const unsaid = 0.999 // so that one with a time goes before
	most := -1.0
	for i := range quotas {
		q := quotas[i]
		used := float64(h.tally.hops)
		if q.Seconds > 0 && !h.partly {
			used = float64(h.within(micro(q.Seconds)))
		}
		used = min(1, used/q.Requests)
		if q.Seconds == 0 {
			used *= unsaid
		}
		if used > most || used == most && q.perSecond() < nearest.perSecond() {
			most, nearest = used, &q
		}
	}
	return nearest
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
	q := l.Quota
	if c.config.NoAdapt || q == nil {
		return false
	}
	asked, stated := c.asksPerSecond(h), q.perSecond()
	if stated > 0 && asked > 0 && asked <= stated {
		return false
	}
	span := (h.last - h.first).Duration().Seconds()
	if q.Seconds > 0 && q.Seconds < span { // all that was left of one time, and what came in the next ones
		return float64(h.tally.hops) >= stated/2*span
	}
	return float64(h.tally.hops) >= q.Requests/2
}

// muchOver is by which part of the wall it has to be above the floor before something learned is called the bound.
const muchOver = 0.2

// heldBy finds the host that held a run up by more than was asked for: with the pauses or the limits that were learned of
// it, or since nobody listened. It is the zero bound if that does not explain at least half of the time above the floor,
// which is that without waiting between attempts.
func (c *Collector) heldBy(wall, floor record.Micros) bound {
	over := wall - floor
	if wall <= 0 || float64(over) < muchOver*float64(wall) {
		return bound{}
	}
	var best bound
	longest := over / 2
	consider := func(kind string, h *host, held, waited record.Micros) {
		// What holds a host up makes its hops wait; an allowance that nobody uses up is none.
		if held = min(held, waited, wall); held >= longest {
			longest = held + 1
			best = bound{kind: kind, host: h.name, held: held}
		}
	}
	for _, h := range c.hosts.all {
		if h.tally == c.hosts.merged {
			continue
		}
		w := h.waits()
		if w.outage > w.paused/2 {
			consider(BoundOutage, h, w.outage, wall)
		}
		if c.config.NoAdapt {
			continue
		}
		if l := c.learned(h); l != nil {
			consider(BoundPause, h, l.Paused, wall)
			tokens := w.tokens
			if h.partly {
				tokens = h.limiter
			}
			if c.keptTo(h, l) {
				consider(BoundStated, h, tokens, wall)
			}
			if l.Pace != nil {
				consider(BoundLearnedRate, h, l.Pace.Held, tokens)
			}
			if l.Slots != nil && h.queue > h.limiter { // waiting behind others for a token is queueing, too
				consider(BoundLearnedSlots, h, l.Slots.Held, h.queue)
			}
		}
		if w.paused-w.paused/5 > best.held { // else it is known what made the pauses
			consider(BoundPause, h, w.paused, wall)
		}
	}
	return best
}
