package whatif

import (
	"math"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

// What makes the largest floor of a run.
const (
	BoundLongest   = "longest_request" // service and back-off of one request
	BoundSlots     = "slots"           // all service / slots
	BoundHostSlots = "host_slots"      // a host's service / its slots
	BoundRate      = "rate"            // (hops - burst) / rate
	BoundHostRate  = "host_rate"       // a host's hops, likewise
	BoundPause     = "pause"           // the pauses that a host asked for
)

// Work is what was asked of a server, or of all of them.
type Work struct {
	Hops    int64
	Resent  int64 // of Hops, those that the transport sent again by itself: they took their token afterwards
	Service record.Micros
}

// Add counts a hop.
func (w *Work) Add(t record.Micros, resent bool) {
	w.Hops++
	if resent {
		w.Resent++
	}
	w.Service += t
}

// Demand is what a run asked of servers.
type Demand struct {
	Longest record.Micros // of one request
	Total   Work
	Legs    int64 // each began with full buckets
	Hosts   []Host
}

// Host is what a run asked of one host.
type Host struct {
	Name  string
	Limit fetcher.Limit
	Work
	Paused record.Micros // for how long nothing could be sent, whatever else was asked for
}

// Bound is a floor: the least wall that some limit allows, and which limit that is.
type Bound struct {
	Floor record.Micros
	Kind  string       // one of the Bound constants; empty if there was no work
	Host  string       // of a host's own limit
	Rate  fetcher.Rate // of a rate
	Slots int          // of slots
}

// ofLimit reports whether it is one that goes when a limit other than Settings.Slots is lifted.
func (b *Bound) ofLimit() bool {
	return b.Kind == BoundRate || b.Kind == BoundHostRate || b.Kind == BoundHostSlots
}

// floors gives all floors to consider, over all hosts with their limits, but that of the longest request.
func (s *Settings) floors(d *Demand, consider func(Bound)) {
	limit := func(w *Work, slots int, rates []fetcher.Rate, host, bySlots, byRate string) {
		for _, r := range rates {
			consider(Bound{Floor: rateFloor(w.Hops-w.Resent, r, d.Legs), Kind: byRate, Host: host, Rate: r})
		}
		if slots > 0 {
			consider(Bound{Floor: w.Service / record.Micros(slots), Kind: bySlots, Host: host, Slots: slots})
		}
	}
	limit(&d.Total, s.InFlight(), s.Total.Rates, "", BoundSlots, BoundRate)
	for _, h := range d.Hosts {
		consider(Bound{Floor: h.Paused, Kind: BoundPause, Host: h.Name})
		limit(&h.Work, h.Limit.InFlight, h.Limit.Rates, h.Name, BoundHostSlots, BoundHostRate)
	}
}

// Largest gives the largest of all floors.
func (s *Settings) Largest(d *Demand) Bound {
	best := Bound{Floor: d.Longest}
	if d.Total.Hops > 0 {
		best.Kind = BoundLongest
	}
	s.floors(d, func(b Bound) {
		if b.Floor > best.Floor {
			best = b
		}
	})
	return best
}

// SlowestRate is the largest of the floors that rates make.
func (s *Settings) SlowestRate(d *Demand) (slowest record.Micros) {
	s.floors(d, func(b Bound) {
		if b.Kind == BoundRate || b.Kind == BoundHostRate {
			slowest = max(slowest, b.Floor)
		}
	})
	return slowest
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
