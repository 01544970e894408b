package sched

import (
	"testing"
	"time"
)

// stated is a host that states quotas with its first response; it tells when each of the hops after that left.
func stated(t *testing.T, config Config, n int, latency time.Duration, sig Signal) (at []time.Duration, c *client) {
	t.Helper()
	sig.Kind = Served
	c = newClient(t, config, func(_ time.Duration, w *wish) (Signal, time.Duration) {
		if w.seq == 1 {
			return sig, 0
		}
		return serves, latency
	})
	c.add("a.test:80", 1)
	c.run(0)
	c.add("a.test:80", n)
	c.run(10 * hour)
	if ok, sent := c.tally(); ok != n+1 || sent != n+1 {
		t.Fatalf("%d served, %d sent", ok, sent)
	}
	for _, w := range c.wishes[1:] {
		at = append(at, w.sent[0])
	}
	return at, c
}

func TestQuota(t *testing.T) {
	const sec, minute = time.Second, time.Minute
	for _, test := range []struct {
		name   string
		quotas []Quota
		share  float64
		n      int
		first  time.Duration // when the first of them leaves
		last   time.Duration // and the last
	}{
		{"what remains is spread", []Quota{{Limit: 60, Remaining: 20, Window: minute, Reset: 20 * sec}}, 0, 21, 0, 20 * sec},
		{"what fits is not", []Quota{{Limit: 60, Remaining: 20, Window: minute, Reset: 20 * sec}}, 0, 20, 0, 0},
		{"nothing remains", []Quota{{Limit: 60, Remaining: 0, Window: minute, Reset: 20 * sec}}, 0, 10, 20*sec + resetSlack, 20*sec + resetSlack},
		{"nothing remains for longer than the longest wait", []Quota{{Limit: 60, Remaining: 0, Window: hour, Reset: hour}}, 0, 10, 0, 0}, // one at a time: the host has the last word
		{"nothing remains until the end of all time", []Quota{{Limit: 60, Remaining: 0, Window: Unknown, Reset: 1<<63 - 1}}, 0, 10, 0, 0},
		{"nothing remains, and nobody knows for how long", []Quota{{Limit: Unknown, Remaining: 0, Window: Unknown, Reset: Unknown}}, 0, 10, 0, 0},
		{"a rate is kept to", []Quota{{Limit: 60, Remaining: Unknown, Window: minute, Reset: Unknown}}, 0, 61, 0, 62 * sec},
		{"a long window is not spread", []Quota{{Limit: 5000, Remaining: 100, Window: hour, Reset: hour}}, 0, 101, 0, 0},
		{"of several the slowest", []Quota{{Name: "a", Limit: 100, Remaining: 100, Window: 10 * sec, Reset: 10 * sec},
			{Name: "b", Limit: 60, Remaining: 30, Window: minute, Reset: 30 * sec}}, 0, 31, 0, 30 * sec},
		{"bytes are not hops", []Quota{{Unit: Bytes, Limit: 10, Remaining: 5, Window: minute, Reset: minute}}, 0, 100, 0, 0},
		{"but when none remain", []Quota{{Unit: Bytes, Limit: 10, Remaining: 0, Window: minute, Reset: 7 * sec}}, 0, 10, 7*sec + resetSlack, 7*sec + resetSlack},
		{"a busy host's half", []Quota{{Limit: 60, Remaining: Unknown, Window: minute, Reset: Unknown}}, 0.5, 21, 2 * sec / 2, 41 * sec},
		{"nothing is known", []Quota{{Limit: Unknown, Remaining: Unknown, Window: Unknown, Reset: Unknown}}, 0, 100, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			config := adapting()
			config.Slots = 0
			at, _ := stated(t, config, test.n, 0, Signal{Quotas: test.quotas, Share: test.share})
			near := func(got, want time.Duration) bool { d := got - want; return max(d, -d) <= max(want/20, 25*ms) }
			if !near(at[0], test.first) && test.share == 0 || !near(at[len(at)-1], test.last) {
				t.Errorf("from %v to %v, want %v to %v", at[0], at[len(at)-1], test.first, test.last)
			}
		})
	}
}

// What left before the host stated its limit has used it up.
func TestFirstBurstCounts(t *testing.T) {
	served := 0
	c := newClient(t, adapting(), func(now time.Duration, _ *wish) (Signal, time.Duration) {
		sig := Signal{Kind: Busy, Word: "503", Quotas: []Quota{{Limit: 5, Remaining: Unknown, Window: time.Second, Reset: Unknown}}}
		if now >= time.Second || served < 5 {
			served++
			sig.Kind = Served
		}
		return sig, 100 * ms
	})
	c.add("a.test:80", 20)
	c.run(hour)
	if ok, sent := c.tally(); ok != 20 || sent != 25 || c.now < 3*time.Second || c.now > 4500*ms {
		t.Errorf("%d served of %d sent, over after %v", ok, sent, c.now)
	}
}

// Slots that a host states hold at once, below what was asked for.
func TestStatedSlots(t *testing.T) {
	_, c := stated(t, adapting(), 40, 100*ms, Signal{Quotas: []Quota{{Unit: Concurrent, Limit: 3, Remaining: Unknown, Window: Unknown, Reset: Unknown}}})
	if c.s.count.Peak != 3 || c.now < 1300*ms || c.now > 1500*ms {
		t.Errorf("up to %d at once, over after %v", c.s.count.Peak, c.now)
	}
}

// A host that serves although nothing remains, by its own account, for a day, is not held to that. One that keeps to it is
// given up at its first refusal.
func TestNothingRemains(t *testing.T) {
	for _, keepsToIt := range []bool{false, true} {
		c := newClient(t, adapting(), func(_ time.Duration, w *wish) (Signal, time.Duration) {
			sig := Signal{Kind: Served, Quotas: []Quota{{Limit: 1000, Remaining: 0, Window: 24 * hour, Reset: 24 * hour}}}
			if keepsToIt && w.seq > 10 {
				sig.Kind, sig.Word = OverQuota, "429"
			}
			return sig, 10 * ms
		})
		c.add("a.test:80", 1000)
		end := c.run(hour)
		ok, sent := c.tally()
		if !keepsToIt && (ok != 1000 || end > 2*time.Second) || keepsToIt && (ok != 10 || sent != 11 || end > time.Second) {
			t.Errorf("%v: %d served of %d sent, over after %v", keepsToIt, ok, sent, end)
		}
	}
}

// A host cannot make its limits be told without end.
func TestQuotaEventsAreBounded(t *testing.T) {
	c := newClient(t, adapting(), func(_ time.Duration, w *wish) (Signal, time.Duration) {
		return Signal{Kind: Served, Quotas: []Quota{{Limit: 1000 + float64(w.seq%2), Remaining: 900, Window: time.Minute, Reset: time.Minute}}}, 10 * ms
	})
	c.add("a.test:80", 400)
	c.run(hour)
	if len(c.events) > 2*maxTold {
		t.Errorf("%d events", len(c.events))
	}
}

// The quota that is stated again and again is told of once, and one that has changed again.
func TestQuotaEvents(t *testing.T) {
	c := newClient(t, adapting(), func(_ time.Duration, w *wish) (Signal, time.Duration) {
		limit := 1000.
		if w.seq > 50 {
			limit = 500
		}
		return Signal{Kind: Served, Quotas: []Quota{{Limit: limit, Remaining: limit - float64(w.seq), Window: time.Minute, Reset: time.Minute}}}, 10 * ms
	})
	c.add("a.test:80", 100)
	c.run(hour)
	if len(c.events) != 2 || c.events[0].To != 1000 || c.events[1].To != 500 || c.events[0].What != EventQuota || c.events[0].From != 60 {
		t.Errorf("events %+v", c.events)
	}
}

// A host that states what its policy has already is not slowed down for it a second time; one that states less is.
func TestQuotaKnownBeforehand(t *testing.T) {
	for limit, want := range map[float64]time.Duration{5: 204 * ms, 4.9: 204 * ms * 105 / 100, 2: 525 * ms} {
		config := adapting()
		config.PerHost = func(string) Limit {
			return Limit{Rates: []Rate{{Events: 5, Per: 1020 * ms, Strict: true}}}
		}
		at, _ := stated(t, config, 41, 0, Signal{Quotas: []Quota{{Limit: limit, Remaining: Unknown, Window: time.Second, Reset: Unknown}}})
		if got := (at[40] - at[0]) / 40; got < want-ms || got > want+10*ms {
			t.Errorf("%v a second are stated, and a hop leaves every %v, want %v", limit, got, want)
		}
	}
}
