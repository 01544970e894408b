// Package policy has what is known of how hosts want to be asked: the presets that come with the program, and those of a
// user's own file.
package policy

import (
	"slices"
	"time"

	"example.com/fetch/fetcher"
)

// Policy says how the hosts that it is for want to be asked.
type Policy struct {
	Name  string // of the preset, or the pattern that a user's file has
	Hosts []string
	Limit fetcher.Limit
}

// Set is the policies that hold in a run. The zero Set has none. It is safe for concurrent use.
type Set struct{ policies []Policy }

// Of is the policy of a host "name:port"; nil: it has none.
func (s *Set) Of(host string) *Policy {
	for i := range s.policies {
		if slices.Contains(s.policies[i].Hosts, host) {
			return &s.policies[i]
		}
	}
	return nil
}

// Presets are the policies that come with the program.
func Presets() *Set {
	return &Set{policies: []Policy{{
		Name: "pubchem", Hosts: []string{"pubchem.ncbi.nlm.nih.gov:443", "pubchem.test:80"},
		Limit: fetcher.Limit{InFlight: 5, Rates: []fetcher.Rate{
			{Events: 5, Per: time.Second}, {Events: 400, Per: time.Minute},
		}},
	}}}
}

// Kept is the limit that is kept to, so that the host sees no more than it states: with some room.
func (p *Policy) Kept() fetcher.Limit {
	kept := p.Limit
	kept.Rates = slices.Clone(kept.Rates)
	for i := range kept.Rates {
		kept.Rates[i].Per += kept.Rates[i].Per / 50
	}
	return kept
}

// Stricter is what holds where both limits do.
func Stricter(a, b fetcher.Limit) fetcher.Limit {
	both := fetcher.Limit{InFlight: max(a.InFlight, b.InFlight), Rates: slices.Concat(a.Rates, b.Rates)}
	if a.InFlight > 0 && b.InFlight > 0 {
		both.InFlight = min(a.InFlight, b.InFlight)
	}
	return both
}
