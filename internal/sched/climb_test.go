package sched

import (
	"fmt"
	"testing"
	"time"
)

// climbing is the configuration of the engine with -c auto.
func climbing() Config {
	c := adapting()
	c.Slots, c.Unheard, c.MaxAway = 256, 1024, MaxAway(256)
	return c
}

// Of 1,000 hosts 990 are dead, in five ways: the ten good ones are done at once, and the others with all their retries in
// less than four minutes. A host that has served nothing has one hop in flight.
func TestDeadHostsHoldUpNoOther(t *testing.T) {
	ways := []struct {
		sig     Signal
		latency time.Duration
	}{
		{Signal{Kind: Unreachable, Word: "connection refused"}, ms},
		{Signal{Kind: TimedOut, Word: "time-out"}, 10 * time.Second}, // to connect
		{Signal{Kind: Failed, Word: "reset"}, 5 * ms},
		{Signal{Kind: TimedOut, Word: "time-out"}, 30 * time.Second},
		{Signal{}, 5 * ms}, // no such name
	}
	inFlight := map[string]int{}
	c := newClient(t, climbing(), func(_ time.Duration, w *wish) (Signal, time.Duration) {
		var i int
		fmt.Sscanf(w.host, "h%d", &i)
		if i%100 == 50 {
			return serves, 50 * ms
		}
		if w.hop.host.inFlight > 1 {
			t.Errorf("%d hops in flight to %s", w.hop.host.inFlight, w.host)
		}
		inFlight[w.host]++
		return ways[i%len(ways)].sig, ways[i%len(ways)].latency
	})
	for i := range 1000 {
		c.add(fmt.Sprintf("h%d:80", i), 3)
	}
	end := c.run(hour)
	if end > 4*time.Minute {
		t.Errorf("the run took %v", end)
	}
	if peak := c.s.count.Peak; peak < 900 || peak > 256+1024 {
		t.Errorf("up to %d hops were in flight", peak)
	}
	good := 0
	for _, w := range c.wishes {
		if w.ok {
			good++
			if w.end > time.Second {
				t.Errorf("a request to %s ended after %v", w.host, w.end)
			}
		}
	}
	if good != 30 {
		t.Errorf("%d of 30 were served", good)
	}
}

// There are no more hops to hosts not heard from than are allowed, and those with slots are not held up by them.
func TestUnheardHaveTheirAllowance(t *testing.T) {
	config := climbing()
	config.Slots, config.Unheard = 2, 3
	s := New(config)
	grant := func(want int) (all []*Hop) {
		t.Helper()
		for h := s.Next(s.now); h != nil; h = s.Next(s.now) {
			all = append(all, h)
		}
		if len(all) != want {
			t.Fatalf("%d hops left, want %d", len(all), want)
		}
		return all
	}
	for i := range 5 {
		for range 2 {
			s.Add(0, &Hop{Seq: int64(i + 1), Class: First, Host: fmt.Sprintf("h%d:80", i)})
		}
	}
	first := grant(3)
	if !s.SlotIsFree() || first[2].Host != "h2:80" {
		t.Errorf("the last one went to %s", first[2].Host)
	}
	s.Done(ms, first[0], serves) // now it has slots, and another may take its place
	for _, h := range grant(2) {
		if h.Host != "h0:80" && h.Host != "h3:80" {
			t.Errorf("one went to %s", h.Host)
		}
		if h.Queue+h.Limiter != ms || h.Limiter != 0 {
			t.Errorf("%s waited %v in the queue and %v for a token", h.Host, h.Queue, h.Limiter)
		}
	}
	if n := s.Counts(ms).InFlight; n != 4 {
		t.Errorf("%d in flight, want 4", n)
	}
}

// What a rate bounds, or the list, says nothing of how much the host bears.
func TestClimbWhereNothingBinds(t *testing.T) {
	config := climbing()
	config.PerHost = func(string) Limit { return perSecond(20) }
	c := newClient(t, config, always(serves, 100*ms))
	c.add("a:80", 500)
	c.run(hour)
	if n := c.s.hosts["a:80"].climb.level; n > 8 {
		t.Errorf("%d slots at 2 in flight", n)
	}
}

// A climb can go on from what was found before.
func TestClimbFrom(t *testing.T) {
	config := climbing()
	config.PerHost = func(string) Limit { return Limit{Known: &Known{Concurrency: 40}} }
	c := newClient(t, config, always(serves, 100*ms))
	c.add("a:80", 500)
	c.run(150 * ms)
	if n := c.s.count.InFlight; n != 40 {
		t.Errorf("%d in flight after the first response, want 40", n)
	}
	if n := c.s.Known(c.now)["a:80"].Concurrency; n < 40 {
		t.Errorf("%d were found", n)
	}
}
