package sched

import (
	"fmt"
	"testing"
	"time"
)

// Among 100,000 hosts, those that are dead or slow hold up no other, and what is kept of all is bounded.
func TestManyHosts(t *testing.T) {
	const hosts = 100_000
	for _, i := range []int{0, len(dead) - 1} {
		d := dead[i]
		t.Run(d.name, func(t *testing.T) {
			config := adapting()
			config.Slots = 100
			most, listed := 0, 0
			var c *client
			c = newClient(t, config, func(_ time.Duration, w *wish) (Signal, time.Duration) {
				most = max(most, c.s.idle.Len())
				if w.host == "bad.test:80" {
					return d.sig, d.latency
				}
				return Signal{Kind: Served, Quotas: []Quota{{Limit: 10, Remaining: 9, Window: time.Minute, Reset: time.Minute}}}, 10 * ms
			})
			for range 300 {
				c.add("bad.test:80", 1)
			}
			for i := range hosts {
				c.add(fmt.Sprint(i), 1)
			}
			c.run(hour)
			var last time.Duration
			for _, w := range c.wishes {
				if w.host != "bad.test:80" {
					last = max(last, w.end)
				}
			}
			for range c.s.Hosts {
				listed++
			}
			if floor := hosts * 10 * ms / 100; last > floor*6/5+d.latency {
				t.Errorf("the good hosts were done after %v, floor %v", last, floor)
			}
			if most > keptIdle+1 || listed > keptIdle || len(c.s.hosts) > keptIdle || cap(c.s.failing) > 100 {
				t.Errorf("up to %d idle hosts are kept, %d at the end, %d listed", most, len(c.s.hosts), listed)
			}
		})
	}
}

// A host that has nothing to do between two requests is still known for what it did: its retry budget, and that it served.
func TestIdleHostIsKnown(t *testing.T) {
	config := adapting()
	config.Adapt, config.Budget = false, 0
	s := New(config)
	n := 0
	for ; n < 1000 && s.Judge(s.now, "a.test:80", Signal{Kind: Failed}, &Tries{}).Again; n++ {
	}
	if n != hostBudget+runBudget {
		t.Errorf("%d retries, want %d", n, hostBudget+runBudget)
	}
	s = served(adapting(), "a.test:80", 1)
	s.advance(s.now + keptServed - ms)
	if v := s.Judge(s.now, "a.test:80", Signal{Kind: Busy}, &Tries{}); !v.Requeued {
		t.Error("it is forgotten that the host has served")
	}
}

// TestSlowHostKeepsNoOthers: a host whose bucket takes an hour to fill again is kept for that long, and no other with it; and
// hosts at rest of which nothing was learned are not looked at by Hosts.
func TestSlowHostKeepsNoOthers(t *testing.T) {
	s := New(Config{Slots: 10, PerHost: func(host string) Limit {
		if host == "slow.test:80" {
			return Limit{Rates: []Rate{{Events: 1, Per: hour}}}
		}
		return Limit{Rates: []Rate{{Events: 10, Per: time.Second}}}
	}})
	now := time.Duration(1)
	for i := range 50_000 { // ten minutes
		h := &Hop{Seq: int64(i + 1), Class: First, Host: fmt.Sprintf("%d.test:80", i)}
		if i == 0 {
			h.Host = "slow.test:80"
		}
		s.Add(now, h)
		if s.Next(now) != h {
			t.Fatal("it did not leave")
		}
		s.Done(now, h, Signal{Kind: Served})
		now += 12 * ms
	}
	if n := len(s.hosts); n > keptIdle || s.hosts["slow.test:80"] == nil {
		t.Errorf("%d hosts are kept, the slow one: %v", n, s.hosts["slow.test:80"] != nil)
	}
	if n := s.shown.Len(); n != 0 {
		t.Errorf("%d hosts at rest are shown", n)
	}
}
