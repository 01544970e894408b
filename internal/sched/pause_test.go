package sched

import (
	"fmt"
	"reflect"
	"testing"
	"time"
)

// settled is a client whose host has served for long enough to be known.
func settled(t *testing.T, serve func(time.Duration, *wish) (Signal, time.Duration)) *client {
	t.Helper()
	fine := true
	c := newClient(t, adapting(), func(now time.Duration, w *wish) (Signal, time.Duration) {
		if fine {
			return serves, 100 * ms
		}
		return serve(now, w)
	})
	c.add("a.test:80", 100)
	c.run(hour)
	if len(c.events) > 0 {
		t.Fatalf("a host that only serves: events %+v", c.events)
	}
	fine, c.wishes, c.seq = false, nil, 0
	return c
}

// One refusal among many successes delays its own request and nothing else: the others leave when they would have.
func TestRefusalAloneIsNoise(t *testing.T) {
	run := func(sig Signal) *client {
		c := settled(t, func(_ time.Duration, w *wish) (Signal, time.Duration) {
			if w.seq == 50 && len(w.sent) == 1 {
				return sig, 100 * ms
			}
			return serves, 100 * ms
		})
		c.add("a.test:80", 200)
		c.run(hour)
		if ok, sent := c.tally(); ok != 200 || sent != 200 && sent != 201 {
			t.Fatalf("%+v: %d served, %d sent", sig, ok, sent)
		}
		return c
	}
	without := run(serves)
	for _, sig := range []Signal{
		{Kind: Busy, Word: "503"}, {Kind: Busy, Wait: 5 * time.Second, Word: "503"}, {Kind: OverQuota, Word: "429"},
		{Kind: TimedOut, Word: "time-out"}, {Kind: Failed, Word: "500"}, {Kind: Dropped},
	} {
		with := run(sig)
		if len(with.events) > 0 {
			t.Errorf("%+v: events %+v", sig, with.events)
		}
		for i, w := range with.wishes {
			// The retry takes the place of a first hop once.
			if delay := w.sent[0] - without.wishes[i].sent[0]; delay < 0 || delay > 100*ms {
				t.Errorf("%+v: request %d left %v late", sig, w.seq, delay)
			}
			if w.seq == 50 && len(w.sent) == 2 && w.sent[1] < w.sent[0]+100*ms+sig.Wait {
				t.Errorf("%+v: tried again after %v", sig, w.sent[1]-w.sent[0])
			}
		}
	}
}

// A 429 is about the client: its Retry-After holds for its host, and for no other. That of a 503 is about the one request.
func TestRetryAfter(t *testing.T) {
	const wait = 30 * time.Second
	for _, kind := range []Kind{OverQuota, Busy} {
		c := settled(t, func(_ time.Duration, w *wish) (Signal, time.Duration) {
			if w.seq == 5 && len(w.sent) == 1 {
				return Signal{Kind: kind, Wait: wait, Word: "no"}, 10 * ms
			}
			return serves, 100 * ms
		})
		began := c.now
		c.add("a.test:80", 50)
		for i := range 1000 {
			c.add(fmt.Sprintf("host%d.test:80", i), 1)
		}
		c.run(hour)
		if ok, sent := c.tally(); ok != 1050 || sent != 1051 {
			t.Fatalf("%d served, %d sent", ok, sent)
		}
		paused := 0
		told := began + 10*ms
		for _, w := range c.wishes {
			for _, at := range w.sent {
				switch {
				case w.host != "a.test:80":
					if at > began+12*time.Second {
						t.Fatalf("kind %d: %s was sent its request after %v", kind, w.host, at-began)
					}
				case at > told && at < told+wait:
					if kind == OverQuota {
						t.Fatalf("request %d left %v after the host had asked for %v", w.seq, at-told, wait)
					}
				case at >= told+wait:
					paused++
				}
			}
		}
		if kind == Busy && paused != 1 || kind == OverQuota && paused != 41 {
			t.Errorf("kind %d: %d hops waited", kind, paused)
		}
		want := []Event(nil)
		if kind == OverQuota {
			want = []Event{{At: told, Host: "a.test:80", What: EventPause, To: 30, Why: "1 × no"}}
		}
		if !reflect.DeepEqual(c.events, want) {
			t.Errorf("kind %d: events %+v", kind, c.events)
		}
	}
}

// A host that refuses what is too much in a second is soon sent just under that, one that refuses what is too much at once
// so many at once; the events tell each change once, and when.
func TestPaceAndSlots(t *testing.T) {
	t.Run("rate", func(t *testing.T) {
		var at []time.Duration
		c := newClient(t, adapting(), func(now time.Duration, w *wish) (Signal, time.Duration) {
			n := 0
			for i := len(at) - 1; i >= 0 && at[i] > now-time.Second; i-- {
				n++
			}
			if n >= 20 {
				return Signal{Kind: Busy, Word: "503"}, 10 * ms
			}
			at = append(at, now)
			return serves, 10 * ms
		})
		c.add("a.test:80", 1000)
		end := c.run(hour)
		if ok, sent := c.tally(); ok != 1000 || sent > 1080 || end > 65*time.Second {
			t.Errorf("%d served, %d sent, over after %v", ok, sent, end)
		}
		c.checkEvents(t, EventPace)
	})
	t.Run("slots", func(t *testing.T) {
		var ends []time.Duration
		c := newClient(t, adapting(), func(now time.Duration, w *wish) (Signal, time.Duration) {
			n := 0
			for _, e := range ends {
				if e > now {
					n++
				}
			}
			if n >= 4 {
				return Signal{Kind: Busy, Word: "503"}, ms
			}
			ends = append(ends, now+200*ms)
			return serves, 200 * ms
		})
		c.add("a.test:80", 400)
		end := c.run(hour)
		if ok, sent := c.tally(); ok != 400 || sent > 440 || end > 26*time.Second {
			t.Errorf("%d served, %d sent, over after %v", ok, sent, end)
		}
		c.checkEvents(t, EventSlots)
	})
}

// checkEvents checks that some were told, of this kind, in order, each of a change, and with a reason.
func (c *client) checkEvents(t *testing.T, what string) {
	t.Helper()
	if c.count(what) == 0 {
		t.Errorf("no event of %s in %+v", what, c.events)
	}
	last := time.Duration(0)
	for _, e := range c.events {
		if e.At < last || e.Host != "a.test:80" || e.Why == "" || e.From < 0 || e.To < 0 {
			t.Errorf("event %+v after %v", e, last)
		}
		if (e.What == EventPace || e.What == EventSlots) && e.From == e.To {
			t.Errorf("an event without a change: %+v", e)
		}
		if e.What == EventSlots && (e.From != float64(int(e.From)) || e.To != float64(int(e.To))) {
			t.Errorf("parts of slots: %+v", e)
		}
		last = e.At
	}
}

// An outcome that is told twice, with the head and at the end, counts once, and as what it was said to be first.
func TestOutcomeCountsOnce(t *testing.T) {
	s := New(adapting())
	h := &Hop{Host: "a.test:80"}
	s.Add(0, h)
	s.Next(0)
	s.Observe(ms, h, Signal{})
	s.Observe(2*ms, h, Signal{Kind: Busy, Word: "503"})
	s.Observe(3*ms, h, serves)
	s.Done(4*ms, h, Signal{Kind: Busy, Word: "503"})
	if host := s.hosts["a.test:80"]; host.outcomes != 1 || host.accepted != 0 || host.failures != 1 {
		t.Errorf("%d outcomes, %d accepted, %d failures", host.outcomes, host.accepted, host.failures)
	}
}
