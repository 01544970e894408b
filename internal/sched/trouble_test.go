package sched

import (
	"testing"
	"time"
)

var fails = Signal{Kind: Failed, Word: "502"}

// A server that fails everything while it starts again, as a proxy makes it seem, loses nobody a request.
func TestFailuresOfARestart(t *testing.T) {
	for _, down := range []time.Duration{300 * ms, time.Second, 3 * time.Second, 10 * time.Second} {
		for _, slots := range []int{1, 10, 50} {
			config := adapting()
			config.Slots = slots
			c := newClient(t, config, func(now time.Duration, w *wish) (Signal, time.Duration) {
				if now >= time.Second && now < time.Second+down {
					return fails, ms
				}
				return serves, 20 * ms
			})
			n := 100 * slots
			c.add("a.test:80", n)
			end := c.run(hour)
			if ok, sent := c.tally(); ok != n || sent > n+3*slots+30 || end > 2*time.Second+2*down+2*time.Second {
				t.Errorf("%v, %d slots: %d of %d served, %d sent, over after %v", down, slots, ok, n, sent, end)
			}
		}
	}
}

// Failures that are about the requests, however many they are, neither slow the host down for long nor open its circuit.
func TestFailuresOfRequests(t *testing.T) {
	for _, percent := range []int64{20, 50, 80, 90} {
		config := adapting()
		c := newClient(t, config, func(_ time.Duration, w *wish) (Signal, time.Duration) {
			if w.seq*37%100 < percent {
				return fails, 20 * ms
			}
			return serves, 20 * ms
		})
		c.add("a.test:80", 1000)
		end := c.run(hour)
		if ok, _ := c.tally(); int64(ok) != 10*(100-percent) || c.count(EventDown) > 0 || end > 40*time.Second {
			t.Errorf("%d %%: %d served, over after %v", percent, ok, end)
		}
	}
}

// A host that served once and fails everything from then on gets a while to recover; then its requests fail one by one, each
// for itself.
func TestFailuresWithoutEnd(t *testing.T) {
	c := newClient(t, adapting(), func(_ time.Duration, w *wish) (Signal, time.Duration) {
		if w.seq <= 10 {
			return serves, 20 * ms
		}
		return fails, 20 * ms
	})
	c.add("a.test:80", 500)
	end := c.run(hour)
	if ok, _ := c.tally(); ok != 10 || c.count(EventDown) > 0 || end > 2*outageLasts {
		t.Errorf("%d served, over after %v: %+v", ok, end, c.events)
	}
}

// A limit on concurrency that closes the connection of one too many is found all the same.
func TestFailuresOfOneTooMany(t *testing.T) {
	inFlight := 0
	var c *client
	c = newClient(t, adapting(), func(_ time.Duration, w *wish) (Signal, time.Duration) {
		inFlight = 0
		for _, f := range c.flying {
			if f.sig.Kind == Served {
				inFlight++
			}
		}
		if inFlight >= 3 {
			return Signal{Kind: Failed, Word: "connection reset"}, ms
		}
		return serves, 100 * ms
	})
	c.add("a.test:80", 300)
	end := c.run(hour)
	if ok, sent := c.tally(); ok != 300 || sent > 350 || end > 20*time.Second {
		t.Errorf("%d served of %d sent, over after %v", ok, sent, end)
	}
}

// A host that turns each request away once serves them at full speed when that is known. One with a limit is not taken for it.
func TestTurnedAwayOnce(t *testing.T) {
	for _, slots := range []int{1, 5, 10, 50} {
		config := adapting()
		config.Slots = slots
		c := newClient(t, config, func(_ time.Duration, w *wish) (Signal, time.Duration) {
			if len(w.sent) == 1 {
				return Signal{Kind: Busy, Word: "503"}, 10 * ms
			}
			return serves, 10 * ms
		})
		c.add("a.test:80", 200)
		end := c.run(hour)
		if ok, sent := c.tally(); ok != 200 || sent != 400 || end > 15*time.Second && slots > 1 || end > 45*time.Second {
			t.Errorf("%d slots: %d served of %d sent, over after %v", slots, ok, sent, end)
		}
	}
}
