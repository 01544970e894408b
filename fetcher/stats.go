package fetcher

import (
	"sync/atomic"
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

func heldUp(s *sched.Scheduler, now time.Duration) (hosts []HostStats) {
	for _, h := range s.HeldUp(now, maxHeldUp) {
		hosts = append(hosts, HostStats{Host: h.Host, InFlight: int64(h.InFlight), Waiting: int64(h.Waiting),
			Sleeping: int64(h.Away), RateLimited: h.TokenMissing,
			Pace: h.Pace, Slots: h.Learned, Paused: max(0, h.PausedUntil-now), Down: h.GivenUp, Why: h.Why})
	}
	return hosts
}

// stats is what all runs have done, or one of them, and what the scheduler is doing for all.
func (e *engine) stats(of *run) Stats {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.now()
	s := e.ended
	s.Elapsed = now
	if of != nil {
		s = Stats{Elapsed: now - of.start}
		of.counters.addTo(&s)
	}
	for r := range e.runs {
		switch {
		case of != nil:
		case r.aside:
			s.Hops += r.counters.hops.Load()
		default:
			r.counters.addTo(&s)
		}
	}
	hops := e.sched.Counts(now)
	s.InFlight, s.Peak = int64(hops.InFlight), int64(hops.Peak)
	s.Waiting, s.Sleeping = int64(hops.Waiting), int64(hops.Sleeping)
	s.Hosts = heldUp(e.sched, now)
	return s
}

// counters are what Stats reports of a run beside the state of the scheduler.
type counters struct {
	read, sent, done, ok, failed, canceled, notStarted, attempts, hops, bytes atomic.Int64
}

// addTo adds them to what there is. The engine's lock is held, without which sent does not rise: it is no less than what is done
// and what is in flight.
func (c *counters) addTo(s *Stats) {
	s.Done += c.done.Load()
	s.Read += c.read.Load()
	s.Sent += c.sent.Load()
	s.OK += c.ok.Load()
	s.Failed += c.failed.Load()
	s.Canceled += c.canceled.Load()
	s.NotStarted += c.notStarted.Load()
	s.Attempts += c.attempts.Load()
	s.Hops += c.hops.Load()
	s.Bytes += c.bytes.Load()
}

// count adds a result.
func (c *counters) count(r *Result) {
	c.done.Add(1)
	c.bytes.Add(r.Bytes)
	c.attempts.Add(int64(len(r.Attempts)))
	switch kind := r.Kind(); {
	case r.Err == nil:
		c.ok.Add(1)
	case kind == KindCanceled || kind == KindDeadline:
		c.canceled.Add(1)
	default:
		c.failed.Add(1)
	}
}
