// Package policy has what is known of how hosts want to be asked: the presets that come with the program, and those of a
// user's own file, which also has defaults of flags.
package policy

import (
	"net/http"
	"slices"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/cli/value"
)

// Policy says how the hosts that it is for want to be asked. It is not changed once it is in a Set.
type Policy struct {
	Name    string // of the preset, or the pattern that a user's file has
	Source  string // where it stands: "preset pubchem", "hosts.toml:3"
	Figures string // where its figures come from, in words; empty: it does not say

	Limit   fetcher.Limit            // as it is stated; Kept is what is sent
	Timeout time.Duration            // for one attempt; 0: it says nothing
	Bounds  map[string]time.Duration // on parts of a hop, by the flag that sets the same for all hosts: see BoundFlags
	RetryOn value.RetryOn            // with an empty text it says nothing
	Header  http.Header              // what requests to its hosts carry, and no others: who starts from it does not have it
	AnyPort bool                     // its pattern names no port

	Lines map[string]string // by key, where each value stands, as Source has it

	burst       int            // of all rates; 0: it says nothing
	withContact []fetcher.Rate // in the place of Limit.Rates if the User-Agent names a contact; nil: those hold
}

// Room is the part by which more time goes by for a rate than is stated: requests do not arrive as evenly as they leave.
const Room = 0.02

// Kept is the limit that is kept to, so that the host sees no more than it states: with some room, and strictly.
func (p *Policy) Kept() fetcher.Limit {
	kept := p.Limit
	kept.Rates = slices.Clone(kept.Rates)
	for i := range kept.Rates {
		r := &kept.Rates[i]
		r.Per += time.Duration(Room * float64(r.Per))
		r.Strict = true
	}
	return kept
}

// Stricter is what holds where both limits do.
func Stricter(a, b fetcher.Limit) fetcher.Limit {
	both := fetcher.Limit{InFlight: max(a.InFlight, b.InFlight), Rates: slices.Clone(a.Rates), RunningTime: a.RunningTime}
	for _, r := range b.Rates {
		if !slices.Contains(a.Rates, r) {
			both.Rates = append(both.Rates, r)
		}
	}
	if a.InFlight > 0 && b.InFlight > 0 {
		both.InFlight = min(a.InFlight, b.InFlight)
	}
	if share(b.RunningTime) < share(a.RunningTime) {
		both.RunningTime = b.RunningTime
	}
	return both
}

// share is which part of the time one hop may be in flight; more than any where there is no bound.
func share(r fetcher.RunningTime) float64 {
	if r.Time <= 0 || r.Per <= 0 {
		return float64(1<<63 - 1)
	}
	return float64(r.Time) / float64(r.Per)
}
