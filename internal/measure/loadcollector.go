package measure

import (
	"errors"
	"slices"
	"sync"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

// LoadConfig says what a LoadCollector gathers, and who is told of it.
type LoadConfig struct {
	Beginning // with Asked.WarmUp: results due before it are left out; with Asked.GroupBy: the column to group by

	Retries int           // how often a request may be tried again
	Timeout time.Duration // what a failure by time-out counts for at the least, among all; a request's own goes before it

	// Line is told each line of the journal of this test: the plan by New, then by Tick and Finish, on their goroutine. It
	// may keep what it is given, and must not change it. Nil: nobody is told.
	Line func(Line)
}

// Gauges are what a LoadCollector cannot see from results: the state of the run at a Tick.
type Gauges struct {
	Sent     int64         // requests that have been sent since the beginning of the run
	InFlight int64         // now
	Peak     int64         // the most in flight at once since the beginning; 0: not known, so InFlight is what there is
	Waiting  int64         // due and not sent, now
	CPU      time.Duration // that this process has used since it began
	Opened   int64         // connections that have been made since the beginning, whether or not anything was sent on them
}

// LoadCollector makes the figures of a load test from its results. All methods are safe for concurrent use, but Tick and
// Finish are called by one goroutine only.
type LoadCollector struct {
	config LoadConfig
	warmUp time.Duration

	past   sync.Mutex // of what is over, taken before mu
	totals *Totals
	recent []*Interval // the last LiveSeconds whole seconds that are over, warm-up or not
	lately Live        // Seconds and Recent of the Tick at lately.At, from which a Snapshot has made them

	mu     sync.Mutex // of what goes on: all that Add waits for
	open   []*second  // in order, without gaps
	next   int64      // the number of the second after them
	groups []*dimension
	now    time.Duration // of the last Tick
	last   Gauges        // of the last Tick
	ticked bool          // there was one
}

// New makes a LoadCollector.
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

// errSentAgain is why a request failed that had a response in the end.
var errSentAgain = errors.New("the connection ended before the response, and the transport sent the request again by itself")

// Add takes one result. It does not keep it. One that succeeded only because the transport sent it again by itself, more
// often than Retries allows, is made a failure (KindConnReset) first: the server failed it.
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

// overdrawn reports whether the transport has sent a request again by itself, and with the retries that is more than allowed.
func (c *LoadCollector) overdrawn(r *fetcher.Result) bool {
	again := resends(r)
	if again == 0 {
		return false
	}
	for _, a := range r.Attempts[:len(r.Attempts)-1] {
		if !a.Requeued { // which costs no retry
			again++
		}
	}
	return again > int64(c.config.Retries)
}

// Tick tells that the run is now so old, and how it stands. Call it at the beginning (0), at every second of the run's
// clock at the least, and at the end.
func (c *LoadCollector) Tick(now time.Duration, g Gauges) {
	c.close(func() int {
		if !c.ticked { // what the process used up before the run is not the run's
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

// grace is how long after its end an interval is kept open: results are delivered some milliseconds late.
const grace = time.Second

// Finish closes all intervals, and gives the summary. Call it once, after the last Add and Tick.
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

// close takes away the first of the open seconds, as many as over gives while nothing is added, and tells of them.
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
	r.sum.add(result, 0)
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
