package sched

import (
	"slices"
	"testing"
	"time"
)

// sharer is a process that leases what it sends from a timeline, in virtual time.
type sharer struct {
	s       *Scheduler
	line    *Timeline
	latency time.Duration
	alone   bool          // it cannot lease
	stalled time.Duration // nothing is driven before
	ends    []flying
	sent    []time.Duration
}

type flying struct {
	hop *Hop
	at  time.Duration
}

func newSharer(line *Timeline, rates []Rate, latency time.Duration, n int) *sharer {
	p := &sharer{s: New(Config{Slots: 10, Adapt: true, PerHost: func(string) Limit { return Limit{Leased: rates} }}), line: line, latency: latency}
	for i := range n {
		p.s.Add(0, &Hop{Seq: int64(i), Class: First, Host: "a.test:80"})
	}
	return p
}

// drive does what is to be done at an instant, and says when it is to be driven again.
func (p *sharer) drive(now time.Duration) time.Duration {
	if now < p.stalled {
		return p.stalled
	}
	for len(p.ends) > 0 && p.ends[0].at <= now {
		p.s.Done(now, p.ends[0].hop, Signal{Kind: Served})
		p.ends = p.ends[1:]
	}
	for again := true; again; {
		for h := p.s.Next(now); h != nil; h = p.s.Next(now) {
			p.sent = append(p.sent, now)
			p.ends = append(p.ends, flying{h, now + p.latency})
		}
		again = false
		for w := range p.s.Wanting {
			again = true
			var at []time.Time
			for ; w.N > 0 && !p.alone; w.N-- {
				at = append(at, epoch.Add(p.line.Next(now)))
			}
			p.s.Lease(now, w.Host, epoch.Add(now), at, !p.alone)
		}
	}
	at, ok := p.s.Wake(now)
	if len(p.ends) > 0 && (!ok || p.ends[0].at < at) {
		at, ok = p.ends[0].at, true
	}
	if !ok {
		return time.Hour
	}
	return max(at, now+1)
}

// share drives all until an instant.
func share(until time.Duration, all ...*sharer) {
	for now := time.Duration(0); now < until; {
		next := time.Hour
		for _, p := range all {
			next = min(next, p.drive(now))
		}
		now = next
	}
}

// mostInASecond is the most of all in any second.
func mostInASecond(all ...*sharer) int {
	var sent []time.Duration
	for _, p := range all {
		sent = append(sent, p.sent...)
	}
	slices.Sort(sent)
	return mostIn(sent, time.Second)
}

var fiveASecond = []Rate{{Events: 4.9, Per: time.Second}, {Events: 392, Per: time.Minute}}

func newLine(rates []Rate) *Timeline {
	line := NewTimeline(rates, make([]time.Duration, len(rates)))
	return &line
}

// TestShared: what several send together is what one may send, and each has its part, however slow its responses are and
// however much of its work is done.
func TestShared(t *testing.T) {
	line := newLine(fiveASecond)
	a, b, c := newSharer(line, fiveASecond, ms, 1000), newSharer(line, fiveASecond, 300*ms, 1000), newSharer(line, fiveASecond, ms, 20)
	share(time.Minute, a, b, c)
	if most := mostInASecond(a, b, c); most > 5 {
		t.Errorf("%d in a second", most)
	}
	if all := len(a.sent) + len(b.sent) + len(c.sent); all < 290 {
		t.Errorf("%d in a minute", all)
	}
	if len(c.sent) != 20 || len(a.sent)-len(b.sent) > 2 || len(b.sent)-len(a.sent) > 2 {
		t.Errorf("%d, %d and %d", len(a.sent), len(b.sent), len(c.sent))
	}
}

// TestSharedFast: many are leased at once, and few of them lapse where slots bind.
func TestSharedFast(t *testing.T) {
	rates := []Rate{{Events: 196, Per: time.Second}}
	line := newLine(rates)
	free, bound := newSharer(line, rates, ms, 1000), newSharer(line, rates, time.Second, 1000)
	share(5*time.Second, free, bound)
	if len(bound.sent) < 40 || len(free.sent) < 900 {
		t.Errorf("%d with slots enough, %d with 10 slots of a second", len(free.sent), len(bound.sent))
	}
	if most := mostInASecond(free, bound); most > 200 {
		t.Errorf("%d in a second", most)
	}
}

// TestLeaseLapses: one who was stopped does not send what it has leased beside others, but leases anew.
func TestLeaseLapses(t *testing.T) {
	rates := []Rate{{Events: 49, Per: time.Second}}
	line := newLine(rates)
	a, b := newSharer(line, rates, ms, 10_000), newSharer(line, rates, ms, 10_000)
	share(2*time.Second, a, b)
	before := len(a.sent)
	a.stalled = 2500 * ms
	for now := 2 * time.Second; now < 6*time.Second; {
		now = min(a.drive(now), b.drive(now))
	}
	for i, at := range a.sent[before:] {
		if at < 2500*ms || i > 0 && at-a.sent[before+i-1] < 15*ms {
			t.Errorf("sent at %v, %v after the one before", at, at-a.sent[before+i-1])
		}
	}
	if most := mostInASecond(a, b); most > 50 {
		t.Errorf("%d in a second", most)
	}
	if n := len(a.sent) - before; n < 60 {
		t.Errorf("then it sent %d", n)
	}
}

// TestLeaseAlone: without anybody to lease from, the rates are kept to alone, and the waiting counts as a missing token.
func TestLeaseAlone(t *testing.T) {
	p := newSharer(nil, fiveASecond, ms, 1000)
	p.alone = true
	share(10*time.Second, p)
	if n := len(p.sent); n < 48 || n > 50 {
		t.Errorf("%d in 10 s", n)
	}
	p.alone, p.line = false, newLine(fiveASecond) // 10 s later somebody can be asked again
	for now := 10 * time.Second; now < 20*time.Second; {
		now = p.drive(now)
	}
	if n := len(p.sent); n < 95 || n > 100 {
		t.Errorf("%d in 20 s", n)
	}
	if full := p.line.Full()[0]; full < 19*time.Second {
		t.Errorf("nothing was leased after %v", full)
	}
}

func TestLeaseCountsAsLimiter(t *testing.T) {
	s := New(Config{PerHost: func(string) Limit { return Limit{Leased: fiveASecond} }})
	h := &Hop{Host: "a.test:80", Class: First}
	s.Add(1, h)
	asked := 0
	for range s.Wanting {
		asked++
	}
	for range s.Wanting {
		asked++
	}
	if asked != 1 || s.Next(1) != nil {
		t.Error("asked", asked)
	}
	s.Lease(50*ms, "a.test:80", epoch, []time.Time{epoch.Add(70 * ms)}, true)
	if at, ok := s.Wake(50 * ms); !ok || at != 120*ms {
		t.Error(at, ok)
	}
	if s.Next(120*ms) != h || h.Limiter != 120*ms-1 || h.Queue != 0 {
		t.Error(h.Limiter, h.Queue)
	}
	s.Charge(130*ms, "a.test:80") // another one left by itself
	s.Done(140*ms, h, Signal{})
	s.Add(140*ms, &Hop{Host: "a.test:80", Class: First})
	for w := range s.Wanting {
		if w.N != 2 || w.Spent != 20*ms {
			t.Errorf("wants %+v, but owes one, and one took 20 ms", w)
		}
	}
	s.Lease(140*ms, "a.test:80", epoch, []time.Time{epoch.Add(160 * ms), epoch.Add(360 * ms)}, true)
	if at, _ := s.Wake(140 * ms); at != 500*ms {
		t.Error(at)
	}
	if s.Next(500*ms) == nil {
		t.Fatal("the next does not leave")
	}
	s.Add(700*ms, &Hop{Host: "a.test:80", Class: First})
	for w := range s.Wanting {
		if w.Spent != 200*ms {
			t.Errorf("wants %+v, but one is in flight for 200 ms", w)
		}
	}
}

// TestTimelineGoesOn: a timeline that was made anew from its instants gives what it would have given.
func TestTimelineGoesOn(t *testing.T) {
	rates := []Rate{{Events: 5, Per: time.Second}, {Events: 20, Per: 10 * time.Second, Burst: 7}}
	whole, parts := newLine(rates), newLine(rates)
	for now := time.Duration(0); now < time.Minute; now += 700 * ms {
		for range 2 {
			want := whole.Next(now)
			next := NewTimeline(rates, parts.Full())
			parts = &next
			if got := parts.Next(now); (got - want).Abs() > time.Microsecond {
				t.Fatalf("at %v: %v, not %v", now, got, want)
			}
		}
	}
}
