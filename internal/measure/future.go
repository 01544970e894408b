package measure

import (
	"time"

	"example.com/fetch/internal/record"
)

// Future is an upper bound on the rest of a load test.
type Future struct {
	Requests int64         // that may still end
	Planned  time.Duration // duration of the whole test without the warm-up; 0: the test ends with these requests
}

// longest stands for times longer than any threshold.
const longest = record.Micros(time.Hour / time.Microsecond)

// Futures returns the summary of what has ended so far, first, and then those of the extreme outcomes: all that may
// still come never ends, succeeds or fails, at once or after a very long time. Each figure has in one of them its
// highest possible value, and in another its lowest. The remaining requests may belong to any group. Groups are left
// out unless requested.
func (c *LoadCollector) Futures(f Future, groups bool) []*LoadSummary {
	l := c.Snapshot()
	past := &Totals{begun: c.config.Beginning, start: c.config.Asked.WarmUp, sum: l.Interval, warmUp: l.WarmUp}
	if groups {
		past.groups = c.groupsSoFar()
	}
	final := Final{Planned: max(l.At-past.start, 0)}
	all := []*LoadSummary{past.Summary(final)}
	final.Planned = max(final.Planned, record.MicrosOf(f.Planned))
	for _, come := range []struct {
		n    int64
		ok   bool
		took record.Micros
	}{{0, true, 0}, {f.Requests, true, 0}, {f.Requests, false, 0}, {f.Requests, true, longest}, {f.Requests, false, longest}} {
		future := *past
		future.sum = past.sum.clone()
		future.sum.come(come.n, come.ok, come.took)
		future.groups = nil
		for _, d := range past.groups {
			for _, g := range d.groups {
				later := &GroupTimes{By: g.By, Name: g.Name, OK: g.OK, Failed: g.Failed}
				later.Times.merge(&g.Times)
				later.Times.come(come.n, come.ok, come.took, &later.OK, &later.Failed)
				future.AddGroup(later)
			}
		}
		all = append(all, future.Summary(final))
	}
	return all
}

// groupsSoFar returns a copy of the groups.
func (c *LoadCollector) groupsSoFar() []*dimension {
	copied := &Totals{}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range c.groups {
		for _, g := range d.groups {
			copied.AddGroup(g)
		}
	}
	return copied.groups
}

// come adds n requests with the same outcome.
func (i *Interval) come(n int64, ok bool, took record.Micros) {
	i.Times.come(n, ok, took, &i.OK, &i.Failed)
	i.Lag.addMany(n, 0)
}

func (t *Times) come(n int64, ok bool, took record.Micros, succeeded, failed *int64) {
	response, service, count := &t.Response, &t.Service, succeeded
	if !ok {
		response, service, count = &t.FailedResponse, &t.FailedService, failed
		t.CountedResponse.addMany(n, took)
		t.CountedService.addMany(n, took)
	}
	response.addMany(n, took)
	service.addMany(n, took)
	*count += n
}

// mostAdded keeps sums of longest finite.
const mostAdded = 1 << 30

// addMany adds one time n times.
func (d *Distribution) addMany(n int64, m record.Micros) {
	if n = min(n, mostAdded); n <= 0 {
		return
	}
	if d.n == 0 || m < d.min {
		d.min = m
	}
	d.max = max(d.max, m)
	d.n += n
	d.sum += n * int64(m)
	d.pack()
	_ = d.room().RecordValues(countedAt(m), n)
}
