package measure

import (
	"slices"
	"sync"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

// Live is what a load test has come to so far, for those who watch it. Like a LoadSummary it leaves out what was due in the
// warm-up, but for Sent, InFlight, Waiting, Seconds and Recent, which show what goes on now. It is the caller's, but for what
// Seconds and Recent point to, which must not be changed.
type Live struct {
	At     record.Micros // of the last Tick, from the beginning of the run, warm-up included
	WarmUp WarmUp        // what has been left out so far

	Interval // all since the warm-up, without the phases; InFlight and Waiting are those of the last Tick

	Seconds []Second // the last LiveSeconds whole ones, oldest first; those of the warm-up have times below 0
	Recent  Interval // the last RecentSeconds whole seconds: less at the beginning of a run, and no time before its first second is over
}

// How many seconds Live looks back.
const (
	LiveSeconds   = 60
	RecentSeconds = 10
)

// latest keeps the last n.
func latest[T any](all []T, n int) []T { return all[max(len(all)-n, 0):] }

// lookBack brings c.lately up to date, which changes with each Tick only. Open are copies of the open seconds.
func (c *LoadCollector) lookBack(open []*second, now time.Duration) {
	if c.lately.Seconds != nil && c.lately.At == record.MicrosOf(now) {
		return
	}
	whole := slices.Clone(c.recent)
	for _, s := range open {
		if s.end() <= now {
			whole = append(whole, s.whole(c.warmUp))
		}
	}
	c.lately = Live{At: record.MicrosOf(now), Seconds: []Second{}}
	for _, i := range latest(whole, LiveSeconds) {
		c.lately.Seconds = append(c.lately.Seconds, secondOf(i, c.config.Asked.WarmUp))
	}
	for n, i := range latest(whole, RecentSeconds) {
		if n == 0 {
			c.lately.Recent.From = i.From
		}
		c.lately.Recent.To = i.To
		c.lately.Recent.mergeEnded(i)
	}
}

// Running adds up results as they come, for those who watch. It is safe for concurrent use, and its zero value has none.
type Running struct {
	mu  sync.Mutex
	sum Interval
}

// Add takes one result. It does not keep it.
func (r *Running) Add(result *fetcher.Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sum.add(result)
}

// Snapshot is what all have come to so far, without the phases. It is the caller's.
func (r *Running) Snapshot() Interval {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sum.clone()
}

// atWork are copies of the open seconds, without their phases, and what the last Tick told.
func (c *LoadCollector) atWork() (open []*second, now time.Duration, last Gauges) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.open {
		open = append(open, &second{number: s.number, warmUp: s.warmUp.clone(), measured: s.measured.clone()})
	}
	return open, c.now, c.last
}

// Snapshot is what the test has come to so far. It takes about a millisecond of a busy test; Add waits only while the
// last seconds are copied.
func (c *LoadCollector) Snapshot() Live {
	c.past.Lock()
	defer c.past.Unlock()
	open, now, last := c.atWork()
	c.lookBack(open, now)
	l := c.lately
	l.Seconds = slices.Clone(l.Seconds)
	l.WarmUp, l.Interval = c.totals.warmUp, Interval{Statuses: Counts{}, Classes: Counts{}, Notes: Counts{}}
	l.mergeEnded(&c.totals.sum)
	for _, s := range open {
		l.WarmUp.Requests += s.warmUp.ended()
		l.WarmUp.Failed += s.warmUp.Failed
		l.mergeEnded(&s.measured)
	}
	l.Sent, l.InFlight, l.Waiting = last.Sent, last.InFlight, last.Waiting
	return l
}
