package sched

import (
	"math/rand/v2"
	"testing"
	"time"
)

// client drives a Scheduler as the engine does, in virtual time, against a server that is a function.
type client struct {
	t      *testing.T
	s      *Scheduler
	now    time.Duration
	serve  func(now time.Duration, r *wish) (Signal, time.Duration) // what becomes of a hop, and how long that takes
	wishes []*wish
	flying []flight
	events []Event
	seq    int64
	random *rand.Rand
}

// wish is a request, and what became of it.
type wish struct {
	seq   int64
	host  string
	tries Tries
	hop   *Hop
	sent  []time.Duration
	ok    bool
	over  bool
	why   string // why it failed, if a limit is the reason
	end   time.Duration
}

type flight struct {
	wish *wish
	sig  Signal
	ends time.Duration
}

// adapting is the configuration of the engine.
func adapting() Config {
	return Config{
		Slots: 10, MaxAway: MaxAway(10), Adapt: true,
		Retries: 3, MinWait: 500 * ms, MaxWait: time.Minute, GiveUp: 2 * time.Minute, Budget: 0.2,
	}
}

func newClient(t *testing.T, config Config, serve func(time.Duration, *wish) (Signal, time.Duration)) *client {
	c := &client{t: t, serve: serve, random: rand.New(rand.NewPCG(1, 2))}
	config.Event = func(e Event) { c.events = append(c.events, e) }
	c.s = New(config)
	return c
}

// add adds so many requests to a host.
func (c *client) add(host string, n int) []*wish {
	for range n {
		c.seq++
		w := &wish{seq: c.seq, host: host}
		c.wishes = append(c.wishes, w)
		c.put(w, First, 0)
	}
	return c.wishes[len(c.wishes)-n:]
}

func (c *client) put(w *wish, class Class, due time.Duration) {
	w.hop = &Hop{Seq: w.seq, Class: class, Host: w.host, Due: due, Payload: w, Refusals: w.tries.Refusals}
	c.s.Add(c.now, w.hop)
}

// run goes on until nothing happens any more, or until an instant, and tells when that was.
func (c *client) run(until time.Duration) time.Duration {
	c.t.Helper()
	for range 1_000_000 {
		for h := c.s.Rejected(c.now); h != nil; h = c.s.Rejected(c.now) {
			c.finish(h.Payload.(*wish), false, WhyCircuit)
		}
		for h := c.s.Next(c.now); h != nil; h = c.s.Next(c.now) {
			w := h.Payload.(*wish)
			w.sent = append(w.sent, c.now)
			sig, latency := c.serve(c.now, w)
			c.flying = append(c.flying, flight{w, sig, c.now + latency})
		}
		at, ok := c.s.Wake(c.now)
		for _, f := range c.flying {
			if !ok || f.ends < at {
				at, ok = f.ends, true
			}
		}
		if !ok || at > until {
			if ok {
				c.now = until
			}
			return c.now
		}
		c.now = max(c.now, at)
		flying := c.flying
		c.flying = nil
		for _, f := range flying {
			if f.ends <= c.now {
				c.ended(f.wish, f.sig)
			} else {
				c.flying = append(c.flying, f)
			}
		}
	}
	c.t.Fatalf("it spins at %v", c.now)
	return 0
}

func (c *client) ended(w *wish, sig Signal) {
	c.s.Done(c.now, w.hop, sig)
	if sig.Kind == Served {
		c.finish(w, true, "")
		return
	}
	v := c.s.Judge(c.now, w.host, sig, &w.tries)
	if !v.Again {
		c.finish(w, false, v.Why)
		return
	}
	wait := v.Wait
	if v.Jitter > 0 {
		wait += time.Duration(c.random.Int64N(int64(v.Jitter)))
	}
	c.s.Away(c.now, w.host)
	c.put(w, Retry, c.now+wait)
}

func (c *client) finish(w *wish, ok bool, why string) {
	if w.over {
		c.t.Fatalf("request %d ended twice", w.seq)
	}
	w.over, w.ok, w.why, w.end = true, ok, why, c.now
}

// tally is how many requests were served, and how many hops left.
func (c *client) tally() (ok, sent int) {
	c.t.Helper()
	for _, w := range c.wishes {
		if !w.over {
			c.t.Errorf("request %d to %s never ended", w.seq, w.host)
		}
		if w.ok {
			ok++
		}
		sent += len(w.sent)
	}
	return ok, sent
}

func (c *client) count(what string) (n int) {
	for _, e := range c.events {
		if e.What == what {
			n++
		}
	}
	return n
}

const hour = time.Hour

// always is a server that does the same with each.
func always(sig Signal, latency time.Duration) func(time.Duration, *wish) (Signal, time.Duration) {
	return func(time.Duration, *wish) (Signal, time.Duration) { return sig, latency }
}

var serves = Signal{Kind: Served}

// dead are the ways in which a host can fail.
var dead = []struct {
	name    string
	sig     Signal
	latency time.Duration
}{
	{"unreachable", Signal{Kind: Unreachable, Word: "connection refused"}, ms},
	{"503", Signal{Kind: Busy, Word: "503"}, 10 * ms},
	{"503 with Retry-After", Signal{Kind: Busy, Wait: time.Second, Word: "503"}, 10 * ms},
	{"429", Signal{Kind: OverQuota, Word: "429"}, 10 * ms},
	{"500", Signal{Kind: Failed, Word: "500"}, 10 * ms},
	{"hangs", Signal{Kind: TimedOut, Word: "time-out"}, 3 * time.Second},
}
