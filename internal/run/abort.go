package run

import (
	"fmt"
	"math"
	"slices"
	"time"

	"example.com/fetch/internal/live"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/threshold"
	"example.com/fetch/internal/units"
)

// judgeNow evaluates the thresholds on the figures so far, for the live view, and with --abort-on-fail ends
// the test once one has been crossed that no later result can restore.
func (t *loadTest) judgeNow() {
	limits := t.flags.Limits
	if len(limits) == 0 {
		return
	}
	rest, known := t.rest()
	ofGroup := slices.ContainsFunc(limits, func(l threshold.Threshold) bool { return l.Group() != "" })
	futures := t.collector.Futures(rest, ofGroup)
	var now []live.Limit
	for _, limit := range limits {
		check := limit.Check(futures[0])
		now = append(now, live.Limit{Check: check, Crossed: limit.Lost(futures[:1])})
		if !t.flags.AbortOnFail || !known || t.aborted.Load() != nil || !limit.Lost(futures) {
			continue
		}
		why := fmt.Sprintf("--abort-on-fail: the threshold %s was crossed after %s and could no longer be met: %s",
			record.Printable(limit.String()), units.Seconds(record.MicrosOf(time.Since(t.start))), check.Measured)
		t.aborted.Store(&why)
		t.drain()
	}
	t.limits.Store(&now)
}

// rest returns what may still come: at a rate, the requests still to be due; for users, as many requests as
// if each took no longer than the fastest so far. Known is false where there is no bound.
func (t *loadTest) rest() (rest measure.Future, known bool) {
	plan, l := &t.flags.Planned, t.collector.Snapshot()
	done, most := l.OK+l.Failed+l.Canceled, int64(math.MaxInt64)
	end, ends := plan.End()
	if ends {
		rest.Planned = end - plan.WarmUp
	}
	if plan.Count > 0 {
		most = plan.Count
	}
	if ends && time.Since(t.start) >= end { // too late to abort anything
		return rest, false
	}
	switch {
	case plan.Open && ends:
		most = min(most, t.due(end))
	case ends:
		left := max(end-time.Since(t.start), 0)
		fastest := plan.Think.Least + fastestOf(&l.Interval)
		if fastest <= 0 {
			return rest, plan.Count > 0
		}
		users := float64(plan.MostUsers())
		most = min(most, done+int64(users*(float64(left)/float64(fastest)+1)))
	}
	rest.Requests = max(most-done, 0)
	return rest, most < math.MaxInt64
}

// due returns how many requests are due in the open model before end. Random arrivals are stepped through,
// but only once.
func (t *loadTest) due(end time.Duration) int64 {
	if t.all == 0 {
		t.all = t.load.Due(end)
	}
	return t.all
}

// fastestOf returns the shortest response time in the interval, failures included; 0 if no request has ended.
func fastestOf(i *measure.Interval) time.Duration {
	ok, failed := i.Response.Min(), i.FailedResponse.Min()
	switch {
	case i.Response.N() == 0:
		return failed.Duration()
	case i.FailedResponse.N() == 0:
		return ok.Duration()
	}
	return min(ok, failed).Duration()
}
