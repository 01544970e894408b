package measure

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/measure/lesson"
	"example.com/fetch/internal/measure/whatif"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/web"
)

// Config says what was asked of the run whose records a Collector gathers. The limits are those asked for, not those
// that were learned from servers, which are only lower.
type Config struct {
	Slots   int                                     // hops in flight in total (-c); 0 means no bound
	Total   fetcher.Limit                           // over all hosts; its InFlight lowers Slots
	PerHost fetcher.Limit                           // for each host by itself
	Host    func(host string) (fetcher.Limit, bool) // with true it takes the place of PerHost; nil: for none
	Stated  func(host string) string                // where it stands how a host wants to be asked; empty: nowhere. May be nil
	Auto    bool                                    // Slots are a ceiling, below which as many were used as measurement found right

	NoAdapt bool // nothing was to be learned of hosts
	Unsafe  bool // POST and the like, too, were tried again, or nothing was

	Sample int64 // how many requests, the first of the list, were measured for End.Serial; 0 means all of them
	WhatIf int   // how many requests, the first that end, the advice is computed from; 0 means 10,000, less than 0 none
}

// listExact is how many latencies of a list run are kept as they are, so that small ones are told exactly.
const listExact = 1000

// DefaultWhatIf is how many requests the advice is computed from when Config.WhatIf is 0.
const DefaultWhatIf = 10_000

// Collector makes a Summary from a stream of records, in memory that is bounded however many records or hosts there
// are. The same records in the same order give the same Summary, live or from a journal. It is not safe for concurrent
// use.
type Collector struct {
	config Config
	limits whatif.Settings

	sum           Summary // what is added up, of what a Summary has
	rows          rows
	hosts         *hosts
	lessons       lesson.Log
	room          room
	latencyOK     Distribution
	latencyFailed Distribution

	work           whatif.Work
	paged          paged
	inTurn         record.Micros // all service, and the waits that pages ask for
	sampled        record.Micros // of inTurn, that of the first Config.Sample requests
	last           record.Micros // the end of the last request
	longest        record.Micros // the longest that one request takes with its pages: service, back-off, and the waits between them
	longestName    string        // what that request is called
	longestPages   bool          // it has several
	longestService record.Micros // likewise, without back-off
	unsafe         int64         // requests that were refused and not tried again since that is not safe
	ended          record.Micros // the end of the run, when a Summary was asked for

	jobs []whatif.Job // for the advice
	most int          // how many to keep
}

// New makes a Collector.
func New(config Config) *Collector {
	limits := whatif.Settings{Slots: config.Slots, Total: config.Total, PerHost: config.PerHost, Host: config.Host, Adapt: !config.NoAdapt}
	return &Collector{config: config, limits: limits, most: cmp.Or(config.WhatIf, DefaultWhatIf), hosts: newHosts(limits.LimitOf), paged: make(paged),
		room: room{maxSpans, maxAsks}, latencyOK: Distribution{exact: listExact}, latencyFailed: Distribution{exact: listExact}}
}

// Add takes one record. It does not keep it.
func (c *Collector) Add(r *record.Record) {
	s := &c.sum
	c.last = max(c.last, r.End())
	s.Attempts += int64(r.TotalAttempts())
	s.Bytes += r.Bytes
	if r.File != "" {
		s.Files++
	}
	if r.HasRows() {
		c.rows.add(r)
	}
	s.Waited.Queue += r.Queue
	s.Waited.Limiter += r.Limiter
	s.Waited.Backoff += r.Backoff
	pages, wait := c.paged.add(r)
	c.inTurn += wait + r.Service
	if r.Seq <= c.config.Sample {
		c.sampled += wait + r.Service
	}
	c.longestService = max(c.longestService, pages.service)
	if pages.whole > c.longest || c.longestName == "" {
		c.longest, c.longestPages = max(c.longest, pages.whole), r.Page > 1 && pages.whole > c.longest
		c.longestName = strings.Clone(cmp.Or(r.Name, r.URL))
	}

	h := c.hosts.get(r.Host)
	h.line.N++
	switch {
	case r.OK:
		s.OK++
		h.line.OK++
		c.latencyOK.Add(r.Service)
		h.latency.Add(r.Service)
	case isCanceled(r.Class):
		s.Canceled++
	default:
		s.Failed++
		h.line.Failed++
		hasHops := func(a record.Attempt) bool { return len(a.Hops) > 0 }
		if r.Service > 0 || slices.ContainsFunc(r.Attempts, hasHops) { // what was never sent has no latency
			c.latencyFailed.Add(r.Service)
		}
		s.Classes.add(r.Class, 1)
		if s.Errors[r.Class] == "" {
			s.Errors.merge(Errors{r.Class: r.Called() + ": " + r.Failure()})
		}
		if r.Class == rateLimited && !c.config.Unsafe && len(r.Attempts) == 1 && !web.IsIdempotent(r.Method) {
			c.unsafe++
		}
	}

	for i := range r.Attempts {
		a := &r.Attempts[i]
		service, lost := c.addHops(r, i, h)
		if i < len(r.Attempts)-1 {
			s.Retried.add(a.Class, 1)
			lost = service
		}
		s.RetriedService += lost
	}
	for _, note := range r.Notes {
		s.Notes.add(note, 1)
	}
	if len(c.jobs) < c.most {
		job := whatif.JobOf(r, c.hosts.named)
		job.Wait, job.Kind = wait.Duration(), whatif.KindOf(r)
		c.jobs = append(c.jobs, job)
	}
}

// addHops counts the hops of the i-th attempt, and gives their time, and that of those which the transport has sent again. H is
// the host of the request.
func (c *Collector) addHops(r *record.Record, i int, h *host) (service, lost record.Micros) {
	a := &r.Attempts[i]
	how := howTurned(a)
	for k := range a.Hops {
		hop := &a.Hops[k]
		t := hop.Time()
		h = c.hosts.get(hop.Host)
		resent := k > 0 && a.Hops[k-1].Status == 0 // a redirect follows an answer
		if resent && slices.Contains(r.Notes, fetcher.NoteTransportRetry) {
			c.sum.Retried.add(connReset, 1)
			lost += a.Hops[k-1].Time()
		}
		h.hop(hop, resent)
		if !h.merged() {
			s := span{start: hop.Start, took: short(hop.Time()), limiter: short(hop.Limiter)}
			if k == len(a.Hops)-1 {
				s.turned, s.slept = how, short(a.Backoff)
			}
			h.history.hop(s, &c.room)
		}
		c.work.Add(t, resent)
		service += t
	}
	h.attempt(a)
	c.asked(h, r.Attempts, i)
	return service, lost
}

var rateLimited = fetcher.KindRateLimited.String()

// isCanceled tells the requests that were given up with their run from those that failed by themselves.
func isCanceled(class string) bool {
	return class == fetcher.KindCanceled.String() || class == fetcher.KindDeadline.String()
}

// End is what a Summary needs beside the records.
type End struct {
	Wall       time.Duration // over all legs of the run
	Legs       int           // the run and each time it was resumed or retried; 0 means 1
	NotStarted int64         // requests that were never sent
	Skipped    int64         // bad lines that were passed over
	Duplicates int64         // requests that were left out because the list has them twice
	Proxies    []string      // over which requests went, without passwords
	Parts      bool          // the records are of several runs that were at work at once, for which there is no advice
	Programs   bool          // programs read the bodies (--exec), so that the run may go on when all has been fetched

	// Offsets are where the legs begin on the axis of the records' times, in order: 0, then the sums of the walls before. What
	// was due in a leg was due from there. Nil: in a run of several legs nothing is taken for due later than its start.
	Offsets []record.Micros

	// Serial is how long it took to do one request after another, when that was measured: all of them, or the first
	// Config.Sample, from which the rest is reckoned by their service times. 0 means that it was not measured.
	Serial time.Duration
}

// Values of Summary.SerialBasis.
const (
	SerialEstimated = "estimated" // the sum of the service times and of the waits that pages ask for, and never under the floors of the rates
	SerialMeasured  = "measured"  // all requests were done one at a time
	SerialSampled   = "sampled"   // some were, and the rest was reckoned from them
)

// Summary is what the records so far come to. It may be asked for at any time, and more than once. The advice takes up
// to 200 ms to compute.
func (c *Collector) Summary(end End) *Summary {
	c.ended = max(c.last, record.MicrosOf(end.Wall))
	bound := c.limits.Largest(c.demand(end, c.longest, true))
	noWaits := c.demand(end, c.longestService, false)
	s := c.sum
	s.Requests = s.ended() + end.NotStarted
	s.NotStarted, s.Skipped, s.Duplicates, s.Proxies = end.NotStarted, end.Skipped, end.Duplicates, end.Proxies
	s.Missing, s.RowCounts, s.Hosts, s.Hops = s.Notes[record.NoteMissing], c.rows.counts(), c.hosts.count(), c.work.Hops
	s.Wall, s.Floor, s.Bound, s.BoundHost = record.MicrosOf(end.Wall), bound.Floor, bound.Kind, bound.Host
	s.Classes, s.Errors, s.Retried, s.Notes = cloned(s.Classes), cloned(s.Errors), cloned(s.Retried), cloned(s.Notes)
	s.PerHost = c.hosts.summary(func(h *host) *Pace { return c.pace(h, end.Offsets) })
	by := c.heldBy(s.Wall, c.limits.Largest(noWaits).Floor)
	if by.kind != "" {
		s.Bound, s.BoundHost, s.BoundHeld = by.kind, by.host, by.held
	}
	if h := c.hosts.busiest(); c.config.Auto && h != nil && h.busy() > 0 {
		s.Auto = &Auto{Host: h.name, InFlight: float64(h.Service) / float64(h.busy())}
	}
	s.BoundPages = s.Bound == BoundLongest && c.longestPages
	if end.Legs > 1 {
		s.Legs = end.Legs
	}
	s.Serial, s.SerialBasis = c.serial(end, noWaits)
	if s.Wall > 0 {
		s.Speedup = float64(s.Serial) / float64(s.Wall)
		s.Efficiency = float64(s.Floor) / float64(s.Wall)
	}
	s.Latency.OK, s.Latency.Failed = briefOf(&c.latencyOK), briefOf(&c.latencyFailed)
	if s.Canceled+end.NotStarted == 0 && !end.Parts {
		s.Advice = c.advice(end, by)
	}
	return &s
}

// ended is how many results there are.
func (s *Summary) ended() int64 { return s.OK + s.Failed + s.Canceled }

// serial is what one client doing one thing at a time would have needed, and how that is known.
func (c *Collector) serial(end End, d *whatif.Demand) (record.Micros, string) {
	measured := record.MicrosOf(end.Serial)
	done := c.sum.ended()
	switch sample := c.config.Sample; {
	case measured <= 0:
		return max(c.inTurn, c.limits.SlowestRate(d)), SerialEstimated
	case sample <= 0 || sample >= done+end.NotStarted:
		return measured, SerialMeasured
	case c.sampled > 0:
		return record.Micros(float64(measured) * float64(c.inTurn) / float64(c.sampled)), SerialSampled
	default:
		return record.Micros(float64(measured) * float64(done) / float64(sample)), SerialSampled
	}
}
