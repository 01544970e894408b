package sched

import (
	"cmp"
	"slices"
	"time"
)

// HeldUp lists the hosts with hops that wait although the total has room, with requests away, or of which it was learned that
// they bear less than was asked for: so many at most, the most affected first.
func (s *Scheduler) HeldUp(now time.Duration, most int) (hosts []HostState) {
	for h := range s.Hosts {
		full := h.Slots > 0 && h.InFlight >= h.Slots
		learned := h.GivenUp || h.PausedUntil > now || h.Pace > 0 || h.Learned > 0
		if h.Away > 0 || h.TokenMissing || full && h.Waiting > 0 || learned {
			hosts = append(hosts, h)
		}
	}
	slices.SortFunc(hosts, func(a, b HostState) int {
		return cmp.Or(cmp.Compare(b.Waiting+b.Away, a.Waiting+a.Away), cmp.Compare(b.InFlight, a.InFlight),
			cmp.Compare(max(b.PausedUntil, now), max(a.PausedUntil, now)), cmp.Compare(a.Host, b.Host))
	})
	return slices.Clone(hosts[:min(len(hosts), most)])
}
