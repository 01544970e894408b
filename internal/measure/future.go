package measure

import (
	"time"

	"example.com/fetch/internal/record"
)

// Future bounds what may still come of a load test.
type Future struct {
	Requests int64         // that may still end
	Planned  time.Duration // how long the whole is to last, without the warm-up; 0: it is over when they have ended
}

// longest stands for times that are longer than any that a threshold is about.
const longest = record.Micros(time.Hour / time.Microsecond)

// Futures are the summary of what has come so far, which is the first, and those of what would come of it if all that may still
// come never did, succeeded or failed, at once or after very long: each figure is in one of them as high as it can become,
// and in one as low. All that is still to come may be of any group. Groups are left out unless asked for.
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

// groupsSoFar is a copy of the groups.
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

// come adds n requests that all end alike.
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

// addMany takes one time so often.
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
