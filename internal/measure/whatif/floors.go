package whatif

import (
	"math"
	"slices"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/sched"
)

// Settings are the limits of a run.
type Settings struct {
	Slots   int                                     // hops in flight in total (-c); 0 means no limit
	Total   fetcher.Limit                           // over all hosts; its InFlight lowers Slots
	PerHost fetcher.Limit                           // for each host separately
	Host    func(host string) (fetcher.Limit, bool) // if it returns true, it replaces PerHost; nil: for no host
	Adapt   bool                                    // pauses that hosts ask for are observed, and little is sent to a host before it responds
}

// LimitOf returns the limit for one host.
func (s *Settings) LimitOf(host string) fetcher.Limit {
	if s.Host != nil {
		if limit, ok := s.Host(host); ok {
			return limit
		}
	}
	return s.PerHost
}

// InFlight returns how many hops may be in flight in total; 0 means no limit.
func (s *Settings) InFlight() int {
	if n := s.Total.InFlight; n > 0 && (s.Slots <= 0 || n < s.Slots) {
		return n
	}
	return max(s.Slots, 0)
}

// scheduler returns the configuration of a scheduler.
func (s *Settings) scheduler() sched.Config {
	perHost := func(host string) sched.Limit { return scheduled(s.LimitOf(host)) }
	return sched.Config{Slots: s.InFlight(), Total: scheduled(s.Total), PerHost: perHost, MaxAway: sched.MaxAway(s.InFlight()), Adapt: s.Adapt}
}

// scheduled converts a limit for the scheduler.
func scheduled(l fetcher.Limit) sched.Limit {
	return sched.LimitOf(l.Rates, l.InFlight, sched.RunningTime(l.RunningTime))
}

func (s Settings) withSlots(n int) Settings {
	s.Slots, s.Total.InFlight = n, 0
	return s
}

// lift returns the settings without the limit that causes b, and whether that is one limit for every host.
func (s Settings) lift(b Bound) (lifted Settings, everyHost bool) {
	if b.Kind == BoundRate {
		s.Total.Rates = without(s.Total.Rates, b.Rate)
		return s, false
	}
	relax := func(l fetcher.Limit) fetcher.Limit {
		if b.Kind == BoundHostRate {
			l.Rates = without(l.Rates, b.Rate)
		} else {
			l.InFlight = 0
		}
		return l
	}
	if s.Host != nil {
		if limit, ok := s.Host(b.Host); ok {
			return s.WithLimits(map[string]fetcher.Limit{b.Host: relax(limit)}), false
		}
	}
	s.PerHost = relax(s.PerHost)
	return s, true
}

// WithLimits returns the settings with other limits for some hosts.
func (s Settings) WithLimits(limits map[string]fetcher.Limit) Settings {
	before := s.Host
	s.Host = func(host string) (limit fetcher.Limit, ok bool) {
		if limit, ok = limits[host]; !ok && before != nil {
			return before(host)
		}
		return limit, ok
	}
	return s
}

func without(rates []fetcher.Rate, out fetcher.Rate) []fetcher.Rate {
	return slices.DeleteFunc(slices.Clone(rates), func(r fetcher.Rate) bool { return r == out })
}

// The largest floor of a run may come from these.
const (
	BoundLongest   = "longest_request" // service and back-off of one request with its pages, and the requested waits between them
	BoundSlots     = "slots"           // all service / slots
	BoundHostSlots = "host_slots"      // a host's service / its slots
	BoundRate      = "rate"            // (hops - burst) / rate
	BoundHostRate  = "host_rate"       // a host's hops, likewise
	BoundPause     = "pause"           // the pauses that a host asked for
)

// Work is what was asked of one server, or of all of them.
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
	Longest record.Micros // of one request with its pages
	Total   Work
	Legs    int64 // each part of a run began with full buckets
	Hosts   []Host
}

// Host is what a run asked of one host.
type Host struct {
	Name  string
	Limit fetcher.Limit
	Work
	Paused record.Micros // for how long nothing could be sent, whatever the limits
}

// Bound is a floor: the least wall time that some limit allows, and which limit that is.
type Bound struct {
	Floor record.Micros
	Kind  string       // one of the Bound constants; empty if there was no work
	Host  string       // of a host's own limit
	Rate  fetcher.Rate // of a rate
	Slots int          // of slots
}

// ofLimit reports whether the bound disappears when a limit other than Settings.Slots is lifted.
func (b *Bound) ofLimit() bool {
	return b.Kind == BoundRate || b.Kind == BoundHostRate || b.Kind == BoundHostSlots
}

// floors calls consider with all floors, over all hosts with their limits, except that of the longest request.
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

// Largest returns the largest of all floors.
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

// SlowestRate returns the largest of the floors of rates.
func (s *Settings) SlowestRate(d *Demand) (slowest record.Micros) {
	s.floors(d, func(b Bound) {
		if b.Kind == BoundRate || b.Kind == BoundHostRate {
			slowest = max(slowest, b.Floor)
		}
	})
	return slowest
}

// rateFloor returns the least time in which so many hops can be sent at a rate: (hops - burst) / rate.
func rateFloor(hops int64, r fetcher.Rate, legs int64) record.Micros {
	// A millionth of a hop less, because the buckets use floating point.
	late := float64(hops-legs*int64(r.Bucket())) - 1e-6
	if late <= 0 {
		return 0
	}
	return record.Micros(math.Min(late/r.PerSecond()*1e6, math.MaxInt64/2))
}
