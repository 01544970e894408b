package measure

import (
	"math"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

// The bounds of a run, as in Summary.Bound: which of its floors is the largest.
const (
	BoundLongest   = "longest_request" // service and back-off of one request
	BoundSlots     = "slots"           // all service / slots
	BoundHostSlots = "host_slots"      // a host's service / its slots
	BoundRate      = "rate"            // (hops - burst) / rate
	BoundHostRate  = "host_rate"       // a host's hops, likewise
	BoundPause     = "pause"           // the pauses that a host asked for

	// These make no floor, since another law might have learned otherwise: they say what held the run far above its floor.
	BoundStated       = "stated_limit" // which the host says itself
	BoundOutage       = "outage"       // nobody listened
	BoundLearnedRate  = "learned_rate"
	BoundLearnedSlots = "learned_slots"
)

// work is what was asked of a server, or of all of them.
type work struct {
	hops    int64
	resent  int64 // of hops, those that the transport sent again by itself: they took their token afterwards
	service record.Micros
}

func (w *work) add(t record.Micros, resent bool) {
	w.hops++
	if resent {
		w.resent++
	}
	w.service += t
}

// gated is how many hops waited for a token.
func (w *work) gated() int64 { return w.hops - w.resent }

// bound is a floor: the least wall that some limit allows, and which limit that is.
type bound struct {
	floor record.Micros
	kind  string       // one of the Bound constants; empty if there was no work
	host  string       // of a host's own limit
	rate  fetcher.Rate // of a rate
	slots int          // of slots

	held record.Micros // of what makes no floor: for how long it held the run up
}

// bounds says how the largest floor is found. Unset limits have none.
type bounds struct {
	longest record.Micros
	total   work
	slots   int // 0 means no bound
	limit   fetcher.Limit
	legs    int64           // each began with full buckets
	offsets []record.Micros // where they begin
	anyway  bool            // as if no host had asked for a pause
}

// largest gives the largest of all floors, over all hosts with their limits.
func (b *bounds) largest(hosts []*host) bound {
	best := bound{floor: b.longest}
	if b.total.hops > 0 {
		best.kind = BoundLongest
	}
	consider := func(c bound) {
		if c.floor > best.floor {
			best = c
		}
	}
	if b.slots > 0 {
		consider(bound{floor: b.total.service / record.Micros(b.slots), kind: BoundSlots, slots: b.slots})
	}
	for _, r := range b.limit.Rates {
		consider(bound{floor: rateFloor(b.total.gated(), r, b.legs), kind: BoundRate, rate: r})
	}
	for _, h := range hosts {
		if h.tally != nil && !b.anyway {
			_, paused := h.settled(b.offsets)
			consider(bound{floor: paused, kind: BoundPause, host: h.name})
		}
		if n := h.limit.InFlight; n > 0 {
			consider(bound{floor: h.service / record.Micros(n), kind: BoundHostSlots, host: h.name, slots: n})
		}
		for _, r := range h.limit.Rates {
			consider(bound{floor: rateFloor(h.work.gated(), r, b.legs), kind: BoundHostRate, host: h.name, rate: r})
		}
	}
	return best
}

// rateFloor is the least time in which so many hops leave at a rate: (hops - burst) / rate.
func rateFloor(hops int64, r fetcher.Rate, legs int64) record.Micros {
	// A millionth of a hop less: the arithmetic of the buckets is in floating point.
	late := float64(hops-legs*int64(r.Bucket())) - 1e-6
	if late <= 0 {
		return 0
	}
	return record.Micros(math.Min(late/r.PerSecond()*1e6, math.MaxInt64/2))
}

// slowestRate is the largest of the floors that rates make.
func (b *bounds) slowestRate(hosts []*host) record.Micros {
	var slowest record.Micros
	for _, r := range b.limit.Rates {
		slowest = max(slowest, rateFloor(b.total.gated(), r, b.legs))
	}
	for _, h := range hosts {
		for _, r := range h.limit.Rates {
			slowest = max(slowest, rateFloor(h.work.gated(), r, b.legs))
		}
	}
	return slowest
}
