package measure

import (
	"strings"
	"testing"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/measure/lesson"
	"example.com/fetch/internal/record"
)

// waiting is a request that waited so many milliseconds for a token before it was served.
func waiting(seq int64, at, limiter int) *record.Record {
	r := of(seq, served(busy, at, 5))
	r.Attempts[0].Hops[0].Limiter = micros(time.Duration(limiter) * ms)
	return r
}

// nobody is an attempt that found nobody who listens.
func nobody(at, backoff int) record.Attempt {
	return record.Attempt{Start: micros(time.Duration(at) * ms), Class: noConnection, Requeued: true, Backoff: micros(time.Duration(backoff) * ms),
		Hops: []record.Hop{hopAt(busy, at, 1, 0)}}
}

// TestHeldUp: what held a run up for most of its time is the bound, and next says so, whether events tell it or only the hops.
func TestHeldUp(t *testing.T) {
	quota := func(requests float64) func(*Collector) {
		return func(c *Collector) {
			c.Event(event(0, fetcher.EventQuota, 0, requests, "as it says"))
			for i := range 100 {
				c.Add(waiting(int64(i+1), 200*i, 200*i))
			}
		}
	}
	for _, test := range []struct {
		name    string
		noAdapt bool
		records func(*Collector)
		wall    time.Duration
		bound   string
		held    time.Duration
		next    string
	}{
		{"a quota without a time", false, quota(40), 20 * time.Second, BoundStated, 19800 * ms,
			"more workers gain nothing: busy.test states a limit of 40 requests, which delayed the run for 19.8 s of 20.0 s"},
		{"a quota that was not come near", false, quota(5000), 20 * time.Second, BoundSlots, 0, "-c"},
		{"a pause that no event tells of", false, func(c *Collector) {
			for i := range 10 {
				c.Add(of(int64(i+1), turnedAway(busy, i, 10, 503, 60_000-i), served(busy, 60_020, 10)))
			}
		}, time.Minute + 30*ms, BoundPause, 60 * time.Second, "more workers gain nothing: requests to busy.test were paused for 60.0 s of 60.0 s"},
		{"nobody listened", false, func(c *Collector) {
			for i := range 100 {
				c.Add(of(int64(i+1), served(busy, i, 10)))
			}
			c.Add(of(101, nobody(200, 20_000), nobody(20_200, 20_000), served(busy, 40_210, 10)))
			for i := range 100 {
				c.Add(waiting(int64(i+102), 40_220, 40_000))
			}
		}, 41 * time.Second, BoundOutage, 40109 * ms, "more workers gain nothing: busy.test was unreachable for "},
		{"a failure delayed one request", false, func(c *Collector) {
			for i := range 100 {
				c.Add(of(int64(i+1), served(busy, 100*i, 1000)))
			}
			failed := served(busy, 0, 10)
			failed.Class, failed.Status, failed.Backoff = "http_5xx", 500, micros(20*time.Second)
			c.Add(of(101, failed, served(busy, 20_010, 10)))
		}, 20020 * ms, BoundLongest, 0, ""},
		{"it was closed for failures", false, func(c *Collector) {
			failed := served(busy, 0, 10)
			failed.Class, failed.Status, failed.Backoff = "http_5xx", 502, micros(100*ms)
			for i := range 10 {
				again := served(busy, 12_000+i, 10)
				again.Hops[0].Limiter = micros(11_800 * ms)
				c.Add(of(int64(i+1), failed, again))
			}
		}, 12_020 * ms, BoundPause, 11_800 * ms, "requests to busy.test were paused for 11.8 s of 12.0 s"},
		{"what had no connection once", true, func(c *Collector) {
			c.Add(of(1, nobody(0, 100), served(busy, 100, 10)))
			for i := range 100 {
				c.Add(of(int64(i+2), served(busy, 20*i, 200)))
			}
		}, 2200 * ms, BoundSlots, 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := New(Config{Slots: 10, NoAdapt: test.noAdapt})
			test.records(c)
			s := c.Summary(End{Wall: test.wall})
			if off := s.BoundHeld - micros(test.held); s.Bound != test.bound || off < -micros(100*ms) || off > micros(100*ms) {
				t.Errorf("bound %s, held for %v, want %s and %v", s.Bound, s.BoundHeld.Duration(), test.bound, test.held)
			}
			if s.Floor > s.Wall {
				t.Errorf("floor %v of %v", s.Floor.Duration(), test.wall)
			}
			if !strings.Contains(s.Advice, test.next) {
				t.Errorf("next %q, want %q", s.Advice, test.next)
			}
		})
	}
}

// TestLimitThatWasMet: of several limits that a host states the one that was met is named, not that with the least rate.
func TestLimitThatWasMet(t *testing.T) {
	c := New(Config{Slots: 10})
	c.Event(event(0, fetcher.EventQuota, 86400, 5000, ""))
	c.Event(event(0, fetcher.EventQuota, 10, 40, ""))
	for i := range 100 {
		c.Add(waiting(int64(i+1), 250*i, 250*i))
	}
	s := c.Summary(End{Wall: 25 * time.Second})
	if want := "busy.test states a limit of 40 in 10s; --rate-host busy.test=40/10s would keep to it from the start"; s.Bound != BoundStated || s.Advice != want {
		t.Errorf("bound %s, advice %q, want %q", s.Bound, s.Advice, want)
	}
	if q := paceOf(t, s, busy).Learned.Quota; q == nil || *q != (lesson.Quota{Requests: 40, Seconds: 10, Kept: true}) {
		t.Errorf("%+v", q)
	}
}

// TestLowest: no more is said to have been the least than what was learned, and nothing of a pace that was never come near.
func TestLowest(t *testing.T) {
	for _, test := range []struct {
		name   string
		lowest float64
		learnt bool
	}{{"a little above what was reached", 5.3, true}, {"far above", 350, false}} {
		c := New(Config{Slots: 10})
		c.Event(event(0, fetcher.EventPace, 0, test.lowest+1, "503"))
		c.Event(event(ms, fetcher.EventPace, test.lowest+1, test.lowest, "503"))
		for i := range 100 {
			c.Add(waiting(int64(i+1), 200*i, 200*i))
		}
		l := paceOf(t, c.Summary(End{Wall: 20 * time.Second}), busy).Learned
		if (l.Pace != nil) != test.learnt || l.Pace != nil && l.Pace.Lowest > l.Pace.Bears {
			t.Errorf("%s: %+v", test.name, l.Pace)
		}
	}
}

// TestSlotsGiveWay: slots bound nothing any more when a rate takes their place, or when all refusals turn out to be chance.
func TestSlotsGiveWay(t *testing.T) {
	for _, pace := range [][2]float64{{0, 5}, {2.5, 0}} {
		c := New(Config{Slots: 10})
		c.Event(event(0, fetcher.EventSlots, 0, 1, "503"))
		c.Event(event(time.Second, fetcher.EventPace, pace[0], pace[1], "503"))
		c.Event(event(1100*ms, fetcher.EventPace, pace[1], 0, "it refuses some whatever it is asked"))
		for i := range 100 {
			c.Add(waiting(int64(i+1), 20*i, 0))
		}
		s := c.Summary(End{Wall: 2 * time.Second})
		if l := paceOf(t, s, busy).Learned; l.Slots.Last != 0 || l.Slots.Held != micros(time.Second) || strings.Contains(s.Advice, "--per-host") {
			t.Errorf("%v: %+v, advice %q", pace, l.Slots, s.Advice)
		}
	}
}

// TestPausedUntilTheEnd: a pause goes on when nothing is sent, until the run ends.
func TestPausedUntilTheEnd(t *testing.T) {
	c := New(Config{Slots: 10})
	c.Event(event(10*ms, fetcher.EventPause, 0, 30, "1 × 429"))
	c.Add(of(1, served(busy, 0, 20)))
	if l := paceOf(t, c.Summary(End{Wall: 6 * time.Second}), busy).Learned; l.Paused != micros(5990*ms) {
		t.Errorf("paused for %v", l.Paused.Duration())
	}
}

// TestNotAgain: requests that a host refused and that are not safe to repeat are told of, with the flag that would.
func TestNotAgain(t *testing.T) {
	for _, test := range []struct {
		method string
		unsafe bool
		want   string
	}{
		{"POST", false, "2 refused requests were not retried, because their method is not safe to repeat; --retry-unsafe would retry them"},
		{"POST", true, ""}, {"GET", false, ""},
	} {
		c := New(Config{Slots: 10, Unsafe: test.unsafe})
		for i := range 5 {
			a := served(busy, 100*i, 10)
			if i < 2 {
				a = turnedAway(busy, 100*i, 10, 429, 0)
				a.Requeued, a.Backoff = false, 0
			}
			r := of(int64(i+1), a)
			r.Method, r.Class = test.method, a.Class
			c.Add(r)
		}
		if got := c.Summary(End{Wall: time.Second}).Advice; strings.Contains(got, "--retry-unsafe") != (test.want != "") || !strings.HasSuffix(got, test.want) {
			t.Errorf("%s: %q", test.method, got)
		}
	}
}
