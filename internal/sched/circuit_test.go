package sched

import (
	"testing"
	"time"
)

// A host that never serves anything is given up within seconds, and nearly none of its requests were sent.
func TestDeadHostIsGivenUp(t *testing.T) {
	for _, d := range dead {
		for _, slots := range []int{1, 10, 50} {
			config := adapting()
			config.Slots = slots
			c := newClient(t, config, always(d.sig, d.latency))
			c.add("a.test:80", 500)
			end := c.run(hour)
			most := 10*time.Second + 2*time.Duration(failuresBefore[TimedOut])*d.latency
			ok, sent := c.tally()
			if ok > 0 || end > most || sent > 2*slots+30 {
				t.Errorf("%s, %d slots: %d served, %d sent, over after %v", d.name, slots, ok, sent, end)
			}
			if c.count(EventDown) != 1 {
				t.Errorf("%s, %d slots: events %+v", d.name, slots, c.events)
			}
			byCircuit := 0
			for _, w := range c.wishes {
				if w.why == WhyCircuit {
					byCircuit++
				}
			}
			if byCircuit < 400 {
				t.Errorf("%s, %d slots: %d failed for the circuit", d.name, slots, byCircuit)
			}
		}
	}
}

// A single request is tried as often as the retries say, and is not delayed for its host's sake.
func TestOneDeadRequest(t *testing.T) {
	for _, d := range dead {
		for _, retries := range []int{0, 1, 3, 5} {
			config := adapting()
			config.Retries = retries
			c := newClient(t, config, always(d.sig, d.latency))
			w := c.add("a.test:80", 1)[0]
			end := c.run(hour)
			backoff := time.Duration(1<<retries-1)*500*ms + time.Duration(retries)*d.sig.Wait
			most := backoff + time.Duration(retries+1)*(d.latency+strikeApart)
			if len(w.sent) != retries+1 || w.ok || !w.over || end > most {
				t.Errorf("%s, %d retries: sent %d times, over after %v, want at most %v", d.name, retries, len(w.sent), end, most)
			}
		}
	}
}

// One request that is always refused does not stand for its host, not even when it is the first, and goes alone.
func TestFirstRequestIsAlwaysRefused(t *testing.T) {
	for _, sig := range []Signal{{Kind: Busy, Word: "503"}, {Kind: Busy, Wait: time.Second, Word: "503"}, {Kind: Failed, Word: "500"}} {
		for _, slots := range []int{1, 2, 10} {
			config := adapting()
			config.Slots = slots
			c := newClient(t, config, func(_ time.Duration, w *wish) (Signal, time.Duration) {
				if w.seq == 1 {
					return sig, 10 * ms
				}
				return serves, 10 * ms
			})
			c.add("a.test:80", 100)
			c.run(hour)
			if ok, _ := c.tally(); ok != 99 || c.wishes[0].ok || c.count(EventDown) > 0 {
				t.Errorf("%v, %d slots: %d served, %+v", sig, slots, ok, c.events)
			}
		}
	}
}

// Neither do a few that come first.
func TestFirstRequestsAreAlwaysRefused(t *testing.T) {
	for _, test := range []struct {
		bad     int64
		slots   int
		retries int
	}{{3, 1, 3}, {9, 1, 3}, {12, 10, 3}, {12, 4, 1}} {
		config := adapting()
		config.Slots, config.Retries = test.slots, test.retries
		c := newClient(t, config, func(_ time.Duration, w *wish) (Signal, time.Duration) {
			if w.seq <= test.bad {
				return Signal{Kind: Busy, Word: "503"}, 10 * ms
			}
			return serves, 10 * ms
		})
		c.add("a.test:80", 100)
		end := c.run(hour)
		if ok, _ := c.tally(); int64(ok) != 100-test.bad || end > time.Minute {
			t.Errorf("%+v: %d served, over after %v: %+v", test, ok, end, c.events)
		}
	}
}

// A host that asks for a wait that is too long to be obeyed is given up at once if it means this client, whether the retry
// policy allows another attempt or not, and soon if it does not.
func TestTooLongToWait(t *testing.T) {
	for _, kind := range []Kind{Busy, OverQuota} {
		for _, served := range []int64{0, 20} {
			for _, retries := range []int{0, 3} {
				config := adapting()
				config.Retries, config.GiveUp = retries, 3*time.Second
				c := newClient(t, config, func(_ time.Duration, w *wish) (Signal, time.Duration) {
					if w.seq <= served {
						return serves, 10 * ms
					}
					return Signal{Kind: kind, Wait: hour, Word: "429"}, 10 * ms
				})
				c.add("a.test:80", 100)
				end := c.run(hour)
				ok, sent := c.tally()
				if int64(ok) != served || sent > int(served)+25 || end > 5*time.Second || kind == OverQuota && end > 200*ms || c.count(EventDown) == 0 {
					t.Errorf("%v, %d served before, %d retries: %d served of %d sent, over after %v", kind, served, retries, ok, sent, end)
				}
			}
		}
	}
}

// A refusal that comes first, and asks for a wait, delays its own request only.
func TestFirstRefusalDelaysItself(t *testing.T) {
	c := newClient(t, adapting(), func(_ time.Duration, w *wish) (Signal, time.Duration) {
		if w.seq == 1 && len(w.sent) == 1 {
			return Signal{Kind: Busy, Wait: 8 * time.Second, Word: "503"}, ms
		}
		return serves, 50 * ms
	})
	c.add("a.test:80", 100)
	c.run(hour)
	for _, w := range c.wishes[1:] {
		if w.end > time.Second {
			t.Fatalf("request %d ended after %v", w.seq, w.end)
		}
	}
	if end := c.wishes[0].end; end < 8*time.Second || end > 9*time.Second {
		t.Errorf("it ended after %v", end)
	}
}

// A host that turns each request away once, as some do before they have warmed up, is not dead.
func TestEachRequestIsRefusedOnce(t *testing.T) {
	for _, slots := range []int{1, 10} {
		config := adapting()
		config.Slots = slots
		c := newClient(t, config, func(_ time.Duration, w *wish) (Signal, time.Duration) {
			if len(w.sent) == 1 {
				return Signal{Kind: Busy, Word: "503"}, 10 * ms
			}
			return serves, 10 * ms
		})
		c.add("a.test:80", 50)
		c.run(hour)
		if ok, _ := c.tally(); ok != 50 {
			t.Errorf("%d slots: %d of 50 served: %+v", slots, ok, c.events)
		}
	}
}

// An open circuit lets a probe through after a while. If it is served, everything is as before; if not, it is open for
// twice as long.
func TestProbeClosesCircuit(t *testing.T) {
	for _, d := range dead {
		up := time.Duration(1<<62 - 1)
		c := newClient(t, adapting(), func(now time.Duration, w *wish) (Signal, time.Duration) {
			if now >= up {
				return serves, 10 * ms
			}
			return d.sig, d.latency
		})
		c.add("a.test:80", 50)
		opened := c.run(hour)
		c.now = opened + downFor - ms
		if w := c.add("a.test:80", 1)[0]; c.run(hour) > c.now || len(w.sent) > 0 || w.why != WhyCircuit {
			t.Fatalf("%s: sent to a host that was given up: %+v", d.name, w)
		}

		c.now = opened + downFor + d.latency + ms
		second := c.add("a.test:80", 20)
		again := c.run(hour)
		sent := 0
		for _, w := range second {
			sent += len(w.sent)
		}
		if sent != 1 || again > opened+downFor+2*d.latency+time.Second {
			t.Fatalf("%s: %d probes, until %v; it was given up at %v", d.name, sent, again, opened)
		}
		c.now = again + 2*downFor - ms
		if w := c.add("a.test:80", 1)[0]; c.run(hour) > c.now || len(w.sent) > 0 {
			t.Fatalf("%s: it is not open for longer the second time", d.name)
		}

		c.now = again + 2*downFor + ms
		up = c.now
		third := c.add("a.test:80", 100)
		end := c.run(c.now + hour)
		for _, w := range third {
			if !w.ok {
				t.Fatalf("%s: a request to a host that is well again failed: %+v", d.name, w)
			}
		}
		if end-up > 2*time.Second || c.count(EventUp) != 1 || c.count(EventDown) != 1 {
			t.Errorf("%s: over %v after it was up, events %+v", d.name, end-up, c.events)
		}
	}
}

// When a host is given up its requests fail at that instant: those that wait, those that sleep, and those that come later;
// those of other hosts do not.
func TestSleepersFailWithCircuit(t *testing.T) {
	s := New(adapting())
	const a, b = "a.test:80", "b.test:80"
	for i := range 20 {
		s.Away(0, a)
		s.Add(0, &Hop{Seq: int64(100 + i), Class: Retry, Host: a, Due: time.Minute})
	}
	s.Away(0, b)
	s.Add(0, &Hop{Seq: 200, Class: Retry, Host: b, Due: time.Minute})
	first := &Hop{Seq: 1, Host: a}
	s.Add(0, first)
	s.Add(0, &Hop{Seq: 2, Host: a, Due: time.Minute})
	s.Next(0)
	for i := range 5 {
		s.Add(0, &Hop{Seq: int64(10 + i), Host: a})
	}
	sig := Signal{Kind: OverQuota, Wait: 2 * time.Minute, Word: "429"}
	s.Done(ms, first, sig)
	var tries Tries
	if v := s.Judge(ms, a, sig, &tries); v.Again || v.Why != WhyRetryAfter {
		t.Fatalf("got %+v", v)
	}
	rejected := func(now time.Duration) (n int) {
		for h := s.Rejected(now); h != nil; h = s.Rejected(now) {
			if h.Host != a || h.Why != "1 × 429" {
				t.Errorf("rejected %s, since %q", describe(h), h.Why)
			}
			n++
		}
		return n
	}
	if n := rejected(ms); n != 25 {
		t.Errorf("%d rejected, want 25", n)
	}
	s.Away(2*ms, a)
	s.Add(2*ms, &Hop{Seq: 50, Class: Retry, Host: a, Due: hour})
	if n := rejected(2 * ms); n != 1 {
		t.Error("a retry that comes later sleeps")
	}
	if n := rejected(time.Minute); n != 1 {
		t.Error("a request that was not due is not rejected when it is")
	}
	if h := s.Next(time.Minute); h == nil || h.Host != b {
		t.Error("the sleeper of another host does not leave")
	}
	if s.Counts(time.Minute).Waiting+s.Counts(time.Minute).Sleeping != 0 || s.hosts[a].away != 0 {
		t.Errorf("something is left of %+v", s.hosts[a])
	}
}

// With no retries a refusal is final, and costs nobody else anything.
func TestNoRetries(t *testing.T) {
	config := adapting()
	config.Retries = 0
	c := newClient(t, config, func(_ time.Duration, w *wish) (Signal, time.Duration) {
		if w.seq%20 == 0 {
			return Signal{Kind: Busy, Word: "503"}, 10 * ms
		}
		return serves, 10 * ms
	})
	c.add("a.test:80", 200)
	end := c.run(hour)
	if ok, sent := c.tally(); ok != 190 || sent != 200 || end > 2*time.Second {
		t.Errorf("%d served, %d sent, over after %v", ok, sent, end)
	}
}

// A host that has served and then refuses everything is probed until its time is over, and served again if it comes back
// before.
func TestGiveUp(t *testing.T) {
	for _, test := range []struct {
		name   string
		sig    Signal
		giveUp time.Duration
		back   time.Duration
		open   bool
	}{
		{"503 for good", Signal{Kind: Busy, Word: "503"}, 2 * time.Minute, 100 * hour, true},
		{"nobody listens any more", Signal{Kind: Unreachable}, 2 * time.Minute, 100 * hour, true},
		{"503 for good, shorter", Signal{Kind: Busy, Word: "503"}, 30 * time.Second, 100 * hour, true},
		{"503 for a minute", Signal{Kind: Busy, Word: "503"}, 2 * time.Minute, time.Minute, false},
		{"nobody listens for a minute", Signal{Kind: Unreachable}, 2 * time.Minute, time.Minute, false},
		{"nobody listens for long, and there is no bound", Signal{Kind: Unreachable}, 0, 10 * time.Minute, false},
	} {
		config := adapting()
		config.GiveUp = test.giveUp
		c := newClient(t, config, func(now time.Duration, w *wish) (Signal, time.Duration) {
			if now < time.Second || now > test.back {
				return serves, 100 * ms
			}
			return test.sig, 5 * ms
		})
		c.add("a.test:80", 300)
		end := c.run(100 * hour)
		ok, sent := c.tally()
		if open := c.count(EventDown) > 0; open != test.open {
			t.Errorf("%s: events %+v", test.name, c.events)
		}
		switch {
		case test.open:
			if ok < 90 || end < test.giveUp || end > test.giveUp+longBackoff+10*time.Second {
				t.Errorf("%s: %d served, over after %v", test.name, ok, end)
			}
		case ok != 300:
			t.Errorf("%s: %d served, over after %v", test.name, ok, end)
		case test.sig.Kind == Unreachable && end > test.back+longBackoff+5*time.Second:
			t.Errorf("%s: over after %v", test.name, end)
		}
		if sent > 300+150 {
			t.Errorf("%s: %d sent", test.name, sent)
		}
	}
}

// What left before the circuit opened closes it, too, if it is served; nothing then waits for the end of the time for which
// the circuit was to be open.
func TestLateResponseClosesCircuit(t *testing.T) {
	c := newClient(t, adapting(), func(now time.Duration, w *wish) (Signal, time.Duration) {
		if w.seq == 2 {
			return Signal{Kind: OverQuota, Wait: 24 * hour, Word: "429"}, 10 * ms
		}
		return serves, time.Second
	})
	c.add("a.test:80", 2)
	c.run(2 * time.Second)
	if c.count(EventDown) != 1 || c.count(EventUp) != 1 {
		t.Fatalf("events %+v", c.events)
	}
	c.add("a.test:80", 20)
	if end := c.run(100 * hour); end > 10*time.Minute {
		t.Errorf("over after %v: %+v", end, c.events)
	}
	if ok, _ := c.tally(); ok != 21 {
		t.Errorf("%d served", ok)
	}
}
