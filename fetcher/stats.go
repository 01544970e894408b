package fetcher

import (
	"cmp"
	"slices"
	"time"

	"example.com/fetch/internal/sched"
)

// Stats is a snapshot of what a Fetcher is doing and has done, over all its runs, for showing progress.
type Stats struct {
	Elapsed time.Duration // since the first use of the Fetcher; 0 before it

	Read       int64 // requests taken from their sources, and pages that Follow asked for
	Sent       int64 // of those read: their first hop has passed the gate. It never falls, whatever their later hops wait for
	Done       int64 // results made: OK + Failed + Canceled
	OK         int64
	Failed     int64
	Canceled   int64
	NotStarted int64 // of those read: never sent, because the run was stopped. At the end Read = Done + NotStarted
	Attempts   int64 // attempts that ended
	Hops       int64 // hops that left
	Bytes      int64 // decoded bytes of the last answers of all results

	InFlight int64 // hops in flight now
	Peak     int64 // the most hops that were in flight at once
	Waiting  int64 // hops that wait at the gate now
	Sleeping int64 // requests between two attempts now

	// Hosts are those that hold things up: a rate or a slot limit makes their hops wait, requests to them sleep, or they are
	// sent less than was asked for, since they turned requests away. Most affected first, five at most.
	Hosts []HostStats
}

// HostStats is a snapshot of one host.
type HostStats struct {
	Host                        string
	InFlight, Waiting, Sleeping int64
	RateLimited                 bool // its hops wait for a token or for the end of a pause, not for a slot

	// What was learned of it; 0 and false if nothing was.
	Pace   float64       // hops a second
	Slots  int           // hops in flight
	Paused time.Duration // for so long nothing is sent yet
	Down   bool          // it has been given up
	Why    string        // for people: "3 × 503, Yellow"
}

// maxHeldUp is how many hosts Stats lists.
const maxHeldUp = 5

// heldUp lists the hosts with hops that wait although the total has room, with requests asleep, or of which it was learned
// that they bear less than was asked for.
func heldUp(s *sched.Scheduler, now time.Duration) []HostStats {
	var hosts []HostStats
	for h := range s.Hosts {
		full := h.Slots > 0 && h.InFlight >= h.Slots
		learned := h.GivenUp || h.PausedUntil > now || h.Pace > 0 || h.Learned > 0
		if h.Away == 0 && !h.TokenMissing && !(full && h.Waiting > 0) && !learned {
			continue
		}
		hosts = append(hosts, HostStats{Host: h.Host, InFlight: int64(h.InFlight), Waiting: int64(h.Waiting),
			Sleeping: int64(h.Away), RateLimited: h.TokenMissing,
			Pace: h.Pace, Slots: h.Learned, Paused: max(0, h.PausedUntil-now), Down: h.GivenUp, Why: h.Why})
	}
	slices.SortFunc(hosts, func(a, b HostStats) int {
		return cmp.Or(cmp.Compare(b.Waiting+b.Sleeping, a.Waiting+a.Sleeping), cmp.Compare(b.InFlight, a.InFlight),
			cmp.Compare(b.Paused, a.Paused), cmp.Compare(a.Host, b.Host))
	})
	return slices.Clone(hosts[:min(len(hosts), maxHeldUp)])
}
