package measure

import (
	"slices"
	"time"

	"example.com/fetch/internal/record"
)

// Live is what a load test has come to so far, for those who watch it. Like a LoadSummary it leaves out what was due in the
// warm-up, but for Seconds and Recent, which show what goes on now. It is the caller's,
// but for what the pointers in Seconds and Recent point to, which must not be changed.
type Live struct {
	At     record.Micros // of the last Tick, from the beginning of the run, warm-up included
	WarmUp WarmUp        // what has been left out so far

	Sent     int64 // by the last Tick, warm-up included
	InFlight int64 // at the last Tick
	Waiting  int64 // due and not sent, at the last Tick
	OK       int64
	Failed   int64
	Canceled int64
	Bytes    int64 // of bodies, decoded
	Wire     int64 // of bodies, as they came
	Opened   int64 // connections
	Reused   int64 // hops on a connection that had served before
	Statuses Counts
	Classes  Counts
	Notes    Counts

	Times
	Lag Distribution

	Seconds []Second // the last LiveSeconds whole ones, oldest first; those of the warm-up have times below 0
	Recent  Recent
}

// LiveSeconds is how many seconds Live looks back.
const LiveSeconds = 60

// Recent is what ended in the last RecentSeconds whole seconds.
type Recent struct {
	For      record.Micros // how long that is: less at the beginning of a run; 0 before its first second is over
	OK       int64
	Failed   int64
	Sent     int64
	Response Latency // of the successes
	Service  Latency
}

// RecentSeconds is how many seconds Recent looks back.
const RecentSeconds = 10

// recent is what ended lately, warm-up or not.
type recent struct {
	seconds   []Second    // the last LiveSeconds
	intervals []*Interval // the last RecentSeconds
}

// add takes the next second. Start is when the measured part begins.
func (r *recent) add(i *Interval, start record.Micros) {
	r.seconds = latest(append(r.seconds, secondOf(i, start)), LiveSeconds)
	r.intervals = latest(append(r.intervals, i), RecentSeconds)
}

// latest keeps the last n.
func latest[T any](all []T, n int) []T { return all[max(len(all)-n, 0):] }

// summary is what the intervals come to.
func (r *recent) summary() Recent {
	var s Recent
	var response, service Distribution
	for _, i := range r.intervals {
		s.For += i.To - i.From
		s.OK += i.OK
		s.Failed += i.Failed
		s.Sent += i.Sent
		response.Merge(&i.Response)
		service.Merge(&i.Service)
	}
	s.Response, s.Service = response.Latency(), service.Latency()
	return s
}

// lately is what a Snapshot tells of the seconds, which changes with each Tick only.
type lately struct {
	at      time.Duration // of the Tick
	known   bool          // false: it has to be made again
	seconds []Second
	recent  Recent
}

// lookBack brings c.lately up to date. Open are copies of the open seconds.
func (c *LoadCollector) lookBack(open []*second, now time.Duration) {
	if c.lately.known && c.lately.at == now {
		return
	}
	past := recent{seconds: slices.Clone(c.recent.seconds), intervals: slices.Clone(c.recent.intervals)}
	for _, s := range open {
		if s.end() <= now {
			past.add(s.whole(c.warmUp), c.config.Asked.WarmUp)
		}
	}
	c.lately = lately{at: now, known: true, seconds: past.seconds, recent: past.summary()}
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
	warmUp := c.totals.warmUp
	var all Interval
	all.mergeCounts(&c.totals.sum)
	for _, s := range open {
		warmUp.Requests += s.warmUp.ended()
		warmUp.Failed += s.warmUp.Failed
		all.mergeCounts(&s.measured)
	}
	return Live{
		At: record.MicrosOf(now), WarmUp: warmUp,
		Sent: last.Sent, InFlight: last.InFlight, Waiting: last.Waiting,
		OK: all.OK, Failed: all.Failed, Canceled: all.Canceled,
		Bytes: all.Bytes, Wire: all.Wire, Opened: all.Opened, Reused: all.Reused,
		Statuses: all.Statuses.clone(), Classes: all.Classes.clone(), Notes: all.Notes.clone(),
		Times: all.Times, Lag: all.Lag,
		Seconds: slices.Clone(c.lately.seconds), Recent: c.lately.recent,
	}
}
