package measure

import (
	"example.com/fetch/internal/measure/whatif"
	"example.com/fetch/internal/record"
)

// The bounds of a run, as in Summary.Bound: which of its floors is the largest.
const (
	BoundLongest   = whatif.BoundLongest
	BoundSlots     = whatif.BoundSlots
	BoundHostSlots = whatif.BoundHostSlots
	BoundRate      = whatif.BoundRate
	BoundHostRate  = whatif.BoundHostRate
	BoundPause     = whatif.BoundPause

	// These make no floor, since another law might have learned otherwise: they say what held the run far above its floor.
	BoundStated       = "stated_limit" // which the host says itself
	BoundOutage       = "outage"       // nobody listened
	BoundLearnedRate  = "learned_rate"
	BoundLearnedSlots = "learned_slots"
)

// demand is what was asked of servers. Longest is the time of one request that counts as a floor, with its back-off or
// without; likewise the pauses that hosts asked for count or do not.
func (c *Collector) demand(end End, longest record.Micros, pauses bool) *whatif.Demand {
	d := &whatif.Demand{Longest: longest, Total: c.work, Legs: int64(max(end.Legs, 1))}
	for _, h := range c.hosts.all {
		host := whatif.Host{Name: h.name, Limit: h.limit, Work: h.Work}
		if pauses {
			_, host.Paused = h.settled(end.Offsets)
		}
		d.Hosts = append(d.Hosts, host)
	}
	return d
}

// holdUp is what held a run up without making a floor.
type holdUp struct {
	kind string // one of the Bound constants; empty: nothing did
	host string
	held record.Micros // for how long
}

// muchOver is by which part of the wall it has to be above the floor before something learned is called the bound.
const muchOver = 0.2

// heldBy finds the host that held a run up by more than was asked for: with the pauses or the limits that were learned of
// it, or since nobody listened. It is the zero value if that does not explain at least half of the time above the floor,
// which is that without waiting between attempts.
func (c *Collector) heldBy(wall, floor record.Micros) (best holdUp) {
	over := wall - floor
	if wall <= 0 || float64(over) < muchOver*float64(wall) {
		return best
	}
	longest := over / 2
	consider := func(kind string, h *host, held, waited record.Micros) {
		// What holds a host up makes its hops wait; an allowance that nobody uses up is none.
		if held = min(held, waited, wall); held >= longest {
			longest = held + 1
			best = holdUp{kind: kind, host: h.name, held: held}
		}
	}
	for _, h := range c.hosts.all {
		if h.merged() {
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
				tokens = h.pace.Waited.Limiter
			}
			if c.keptTo(h, l) {
				consider(BoundStated, h, tokens, wall)
			}
			if l.Pace != nil {
				consider(BoundLearnedRate, h, l.Pace.Held, tokens)
			}
			if l.Slots != nil && h.pace.Waited.Queue > h.pace.Waited.Limiter { // waiting behind others for a token is queueing, too
				consider(BoundLearnedSlots, h, l.Slots.Held, h.pace.Waited.Queue)
			}
		}
		if w.paused-w.paused/5 > best.held { // else it is known what made the pauses
			consider(BoundPause, h, w.paused, wall)
		}
	}
	return best
}
