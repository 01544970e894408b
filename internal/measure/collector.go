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

// Config is what was requested of the run whose records a Collector aggregates. The limits are the requested ones, not
// those learned from servers, which are only lower.
type Config struct {
	Slots   int                                     // hops in flight in total (-c); 0 means no limit
	Total   fetcher.Limit                           // over all hosts; its InFlight lowers Slots
	PerHost fetcher.Limit                           // for each host separately
	Host    func(host string) (fetcher.Limit, bool) // if it returns true, it replaces PerHost; nil: for no host
	Stated  func(host string) string                // names the source of a host's stated limits; empty: there is none. May be nil
	Auto    bool                                    // Slots are a ceiling; the concurrency below it was found by measurement

	NoAdapt bool // nothing was to be learned about hosts
	Unsafe  bool // requests with unsafe methods were retried, too, or no requests were

	Sample int64 // number of requests, the first of the list, that were measured for End.Serial; 0 means all
	WhatIf int   // number of requests, the first that end, that the advice is computed from; 0 means 10,000, negative none
}

// listExact is how many latencies of a list run are kept exactly, so that small samples have exact percentiles.
const listExact = 1000

// DefaultWhatIf is the number of requests that the advice is computed from if Config.WhatIf is 0.
const DefaultWhatIf = 10_000

// Collector computes a Summary from a stream of records, in memory that is bounded for any number of records or hosts.
// The same records in the same order give the same Summary, live or from a journal. It is not safe for concurrent use.
type Collector struct {
	config Config
	limits whatif.Settings

	sum           Summary // the additive part of a Summary
	rows          rows
	hosts         *hosts
	lessons       lesson.Log
	room          room
	latencyOK     Distribution
	latencyFailed Distribution

	work           whatif.Work
	paged          paged
	inTurn         record.Micros // serial time: all service, and the waits that pages ask for
	sampled        record.Micros // the part of inTurn of the first Config.Sample requests
	last           record.Micros // end of the last request
	longest        record.Micros // longest time of one request with its pages: service, back-off, and the waits between them
	longestName    string        // name of that request
	longestPages   bool          // it has several pages
	longestService record.Micros // likewise, without back-off
	unsafe         int64         // refused requests that were not retried because that is not safe
	ended          record.Micros // end of the run, set when a Summary is requested

	jobs []whatif.Job // for the advice
	most int          // maximum number of jobs
}

// New returns a Collector.
func New(config Config) *Collector {
	limits := whatif.Settings{Slots: config.Slots, Total: config.Total, PerHost: config.PerHost, Host: config.Host, Adapt: !config.NoAdapt}
	return &Collector{config: config, limits: limits, most: cmp.Or(config.WhatIf, DefaultWhatIf), hosts: newHosts(limits.LimitOf), paged: make(paged),
		room: room{maxSpans, maxAsks}, latencyOK: Distribution{exact: listExact}, latencyFailed: Distribution{exact: listExact}}
}

// Add adds one record. It does not keep it.
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
		if r.Service > 0 || slices.ContainsFunc(r.Attempts, hasHops) { // a request that was never sent has no latency
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

// addHops counts the hops of the i-th attempt, and returns their time, and the time of those that the transport sent
// again. H is the host of the request.
func (c *Collector) addHops(r *record.Record, i int, h *host) (service, lost record.Micros) {
	a := &r.Attempts[i]
	how := howTurned(a)
	for k := range a.Hops {
		hop := &a.Hops[k]
		t := hop.Time()
		h = c.hosts.get(hop.Host)
		resent := k > 0 && a.Hops[k-1].Status == 0 // a redirect follows a response
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

// isCanceled reports whether a class means that the request was cancelled with its run, rather than failing by itself.
func isCanceled(class string) bool {
	return class == fetcher.KindCanceled.String() || class == fetcher.KindDeadline.String()
}

// End is what a Summary needs besides the records.
type End struct {
	Wall       time.Duration // sum over all parts of the run
	Legs       int           // number of parts: the run and each resume or retry; 0 means 1
	NotStarted int64         // requests that were never sent
	Skipped    int64         // bad lines that were skipped
	Duplicates int64         // duplicates that were left out
	Proxies    []string      // proxies that were used, without passwords
	Parts      bool          // the records are of several concurrent runs, for which there is no advice
	Programs   bool          // programs read the bodies (--exec), so the run may continue after everything was fetched

	// Offsets are the starts of the parts on the time axis of the records, in order: 0, then the cumulated wall times.
	// Requests of a part were due from its start. Nil: in a run of several parts nothing is assumed to be due later than
	// its start.
	Offsets []record.Micros

	// Serial is the measured time of sending one request after another: all of them, or the first Config.Sample, from
	// which the rest is extrapolated by service time. 0 means not measured.
	Serial time.Duration
}

// Values of Summary.SerialBasis.
const (
	SerialEstimated = "estimated" // the sum of the service times and of the waits that pages ask for, but never less than the floors of the rates
	SerialMeasured  = "measured"  // all requests were sent one at a time
	SerialSampled   = "sampled"   // some were, and the rest was extrapolated
)

// Summary returns the summary of the records so far. It may be called at any time, and more than once. The advice takes
// up to 200 ms to compute.
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

// ended returns the number of results.
func (s *Summary) ended() int64 { return s.OK + s.Failed + s.Canceled }

// serial returns the time that one client sending one request at a time would have needed, and its basis.
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
