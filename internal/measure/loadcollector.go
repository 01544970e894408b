package measure

import (
	"errors"
	"slices"
	"sync"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

// LoadConfig configures a LoadCollector.
type LoadConfig struct {
	Beginning // with Asked.WarmUp: results due before its end are left out; with Asked.GroupBy: the column to group by

	Retries int           // maximum number of retries of a request
	Timeout time.Duration // minimum time that a time-out counts for in All; a request's own time limit has priority

	// Line is called with each line for the journal of this test: the plan by NewLoad, then by Tick and Finish, on their
	// goroutine. It may keep its argument, and must not change it. May be nil.
	Line func(Line)
}

// Gauges are what a LoadCollector cannot derive from results: the state of the run at a Tick.
type Gauges struct {
	Sent     int64         // requests sent since the start of the run
	InFlight int64         // now
	Peak     int64         // maximum in flight since the start; 0: unknown, so that InFlight is used
	Waiting  int64         // due and not sent, now
	CPU      time.Duration // used by this process since it began
	Opened   int64         // connections opened since the start, used or not
}

// LoadCollector computes the figures of a load test from its results. All methods are safe for concurrent use, but Tick
// and Finish may be called by one goroutine only.
type LoadCollector struct {
	config LoadConfig
	warmUp time.Duration

	past   sync.Mutex // guards completed seconds; locked before mu
	totals *Totals
	recent []*Interval // the last LiveSeconds completed seconds, warm-up included
	lately Live        // Seconds and Recent as of lately.At, cached for Snapshot

	mu     sync.Mutex // guards seconds in progress: the only lock that Add waits for
	open   []*second  // in order, without gaps
	next   int64      // number of the next second
	groups []*dimension
	now    time.Duration // of the last Tick
	last   Gauges        // of the last Tick
	ticked bool          // there was a Tick
}

// NewLoad returns a LoadCollector.
func NewLoad(config LoadConfig) *LoadCollector {
	if config.Line == nil {
		config.Line = func(Line) {}
	}
	c := &LoadCollector{
		config: config,
		warmUp: config.Asked.WarmUp.Duration(),
		totals: NewTotals(config.Beginning),
		groups: newGroups(config.Asked.GroupBy),
	}
	config.Line(&config.Beginning)
	return c
}

// errSentAgain is the error of a request that failed although it finally had a response.
var errSentAgain = errors.New("the connection ended before the response, and the transport sent the request again by itself")

// Add adds one result. It does not keep it. A success that needed more than Retries retransmissions by the transport is
// first turned into a failure (KindConnReset), because the server failed it.
func (c *LoadCollector) Add(r *fetcher.Result) {
	if r.Err == nil && c.overdrawn(r) {
		r.Err = &fetcher.Error{Kind: fetcher.KindConnReset, URL: r.FinalURL, Attempts: len(r.Attempts), Err: errSentAgain}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	warmUp := r.Due < c.warmUp
	i := c.second(r.End()).of(warmUp)
	if i.add(r, c.config.Timeout) && !warmUp {
		for _, d := range c.groups {
			d.of(r).add(r, c.config.Timeout)
		}
	}
}

// overdrawn reports whether the transport has sent a request again by itself so often that, together with the retries,
// it exceeds the allowed number.
func (c *LoadCollector) overdrawn(r *fetcher.Result) bool {
	again := resends(r)
	if again == 0 {
		return false
	}
	for _, a := range r.Attempts[:len(r.Attempts)-1] {
		if !a.Requeued { // a requeued attempt does not count as a retry
			again++
		}
	}
	return again > int64(c.config.Retries)
}

// Tick reports the age of the run and its state. It must be called at the start (0), at least every second of the run's
// clock, and at the end.
func (c *LoadCollector) Tick(now time.Duration, g Gauges) {
	c.close(func() int {
		if !c.ticked { // CPU time from before the run does not count
			c.ticked = true
			c.last = Gauges{CPU: g.CPU}
		}
		c.gauge(max(now, c.now), g)
		n := 0
		for n < len(c.open) && c.open[n].end() <= c.now-grace {
			n++
		}
		return n
	})
}

// grace is how long an interval is kept open after its end: results are delivered some milliseconds late.
const grace = time.Second

// Finish closes all intervals and returns the summary. It must be called once, after the last Add and Tick.
func (c *LoadCollector) Finish(f Final) *LoadSummary {
	c.close(func() int {
		c.end()
		return len(c.open)
	})
	for _, d := range c.groups {
		for _, g := range d.sorted() {
			c.config.Line(g)
			c.totals.AddGroup(g)
		}
	}
	c.config.Line(&f)
	return c.totals.Summary(f)
}

// close removes the first open seconds, as many as over returns while nothing is added, and reports them.
func (c *LoadCollector) close(over func() int) {
	var closed []*Interval
	defer func() {
		for _, i := range closed {
			c.config.Line(i)
		}
	}()
	c.past.Lock()
	defer c.past.Unlock()
	for _, s := range c.take(over) {
		for _, i := range s.intervals(c.warmUp) {
			for _, d := range i.each() {
				d.pack()
			}
			c.totals.Add(i)
			closed = append(closed, i)
		}
		c.recent = latest(append(c.recent, s.whole(c.warmUp)), LiveSeconds)
	}
}

func (c *LoadCollector) take(over func() int) []*second {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := over()
	taken := c.open[:n:n]
	c.open = c.open[n:]
	return taken
}

// Live is the state of a load test for live display. Like a LoadSummary it leaves out what was due in the warm-up,
// except in Sent, InFlight, Waiting, Seconds and Recent, which show the present. It belongs to the caller, except for
// what Seconds and Recent point to, which must not be changed.
type Live struct {
	At     record.Micros // of the last Tick, from the start of the run, warm-up included
	WarmUp WarmUp        // what has been left out so far

	Interval // everything since the warm-up, without the phases; InFlight and Waiting as of the last Tick

	Seconds []Second // the last LiveSeconds completed ones, oldest first; those of the warm-up have negative times
	Recent  Interval // the last RecentSeconds completed seconds; fewer at the start of a run, and empty before its first second is over
}

// Numbers of seconds that Live covers.
const (
	LiveSeconds   = 60
	RecentSeconds = 10
)

// latest returns the last n elements.
func latest[T any](all []T, n int) []T { return all[max(len(all)-n, 0):] }

// lookBack updates c.lately, which changes only with each Tick. Open are copies of the open seconds.
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

// Running adds up results as they arrive, for live display. It is safe for concurrent use, and its zero value is empty.
type Running struct {
	mu  sync.Mutex
	sum Interval
}

// Add adds one result. It does not keep it.
func (r *Running) Add(result *fetcher.Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sum.add(result, 0)
}

// Snapshot returns the sum so far, without the phases. It belongs to the caller.
func (r *Running) Snapshot() Interval {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sum.clone()
}

// inProgress returns copies of the open seconds, without their phases, and the values of the last Tick.
func (c *LoadCollector) inProgress() (open []*second, now time.Duration, last Gauges) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.open {
		open = append(open, &second{number: s.number, warmUp: s.warmUp.clone(), measured: s.measured.clone()})
	}
	return open, c.now, c.last
}

// Snapshot returns the state of the test. It takes about a millisecond in a busy test; Add waits only while the open
// seconds are copied.
func (c *LoadCollector) Snapshot() Live {
	c.past.Lock()
	defer c.past.Unlock()
	open, now, last := c.inProgress()
	c.lookBack(open, now)
	l := c.lately
	l.Seconds = slices.Clone(l.Seconds)
	l.WarmUp, l.Interval = c.totals.warmUp, Interval{Statuses: Counts{}, Classes: Counts{}, Retried: Counts{}, Notes: Counts{}}
	l.mergeEnded(&c.totals.sum)
	for _, s := range open {
		l.WarmUp.Requests += s.warmUp.ended()
		l.WarmUp.Failed += s.warmUp.Failed
		l.mergeEnded(&s.measured)
	}
	l.Sent, l.InFlight, l.Waiting = last.Sent, last.InFlight, last.Waiting
	return l
}
