package measure

import (
	"example.com/fetch/internal/measure/whatif"
	"example.com/fetch/internal/record"
)

// The bounds of a run, as in Summary.Bound: the largest of its floors.
const (
	BoundLongest   = whatif.BoundLongest
	BoundSlots     = whatif.BoundSlots
	BoundHostSlots = whatif.BoundHostSlots
	BoundRate      = whatif.BoundRate
	BoundHostRate  = whatif.BoundHostRate
	BoundPause     = whatif.BoundPause

	// These are not floors, because a different learning algorithm might have found others: they say what delayed the
	// run far beyond its floor.
	BoundStated       = "stated_limit" // stated by the host itself
	BoundOutage       = "outage"       // no connection to the host was possible
	BoundLearnedRate  = "learned_rate"
	BoundLearnedSlots = "learned_slots"
)

// demand returns what was asked of servers. Longest is the time of one request that counts as a floor, with or without
// its back-off; pauses reports whether the pauses that hosts asked for count.
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

// holdUp is a delay that is not a floor.
type holdUp struct {
	kind string // one of the Bound constants; empty: no delay
	host string
	held record.Micros // for how long
}

// muchOver is the share of the wall time by which it must exceed the floor before something learned is called the
// bound.
const muchOver = 0.2

// heldBy finds the host that delayed a run beyond what was requested: by its pauses, by learned limits, or by an
// outage. It returns the zero value if that explains less than half of the time above the floor, where the floor
// excludes back-off.
func (c *Collector) heldBy(wall, floor record.Micros) (best holdUp) {
	over := wall - floor
	if wall <= 0 || float64(over) < muchOver*float64(wall) {
		return best
	}
	longest := over / 2
	consider := func(kind string, h *host, held, waited record.Micros) {
		// A limit delays a run only if it makes hops wait.
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
		if w.paused-w.paused/5 > best.held { // otherwise the cause of the pauses is known
			consider(BoundPause, h, w.paused, wall)
		}
	}
	return best
}
