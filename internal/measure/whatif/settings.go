package whatif

import (
	"slices"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/sched"
)

// Settings are the limits of a run.
type Settings struct {
	Slots   int                                     // hops in flight in total (-c); 0 means no bound
	Total   fetcher.Limit                           // over all hosts; its InFlight lowers Slots
	PerHost fetcher.Limit                           // for each host by itself
	Host    func(host string) (fetcher.Limit, bool) // with true it takes the place of PerHost; nil: for none
}

// LimitOf is the limit that holds for one host.
func (s *Settings) LimitOf(host string) fetcher.Limit {
	if s.Host != nil {
		if limit, ok := s.Host(host); ok {
			return limit
		}
	}
	return s.PerHost
}

// InFlight is how many hops may be in flight in total; 0 means no bound.
func (s *Settings) InFlight() int {
	if n := s.Total.InFlight; n > 0 && (s.Slots <= 0 || n < s.Slots) {
		return n
	}
	return max(s.Slots, 0)
}

// scheduler is what a scheduler is told.
func (s *Settings) scheduler() sched.Config {
	perHost := func(host string) sched.Limit { return scheduled(s.LimitOf(host)) }
	return sched.Config{Slots: s.InFlight(), Total: scheduled(s.Total), PerHost: perHost, MaxAway: sched.MaxAway(s.InFlight())}
}

// scheduled is a limit as the scheduler knows it.
func scheduled(l fetcher.Limit) sched.Limit { return sched.LimitOf(l.Rates, l.InFlight) }

func (s Settings) withSlots(n int) Settings {
	s.Slots, s.Total.InFlight = n, 0
	return s
}

// lift gives the settings without the limit that makes b, and whether that is one limit for every host.
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

// WithLimits gives the settings with other limits for some hosts.
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
