package sched

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var testHosts = []string{"a.test:80", "b.test:80", "c.test:80"}

func drawLimit(t *rapid.T) Limit {
	var l Limit
	for range rapid.IntRange(0, 2).Draw(t, "rates") {
		l.Rates = append(l.Rates, drawRate(t))
	}
	l.InFlight = max(0, rapid.IntRange(-3, 3).Draw(t, "in flight"))
	return l
}

func drawTime(t *rapid.T, most time.Duration, label string) time.Duration {
	// Often a round time, so that things happen at the same instant; often 0.
	if rapid.Bool().Draw(t, label+" round") {
		return time.Duration(rapid.IntRange(0, 5).Draw(t, label)) * most / 10
	}
	return time.Duration(rapid.Int64Range(0, int64(most)).Draw(t, label))
}

func drawScripts(t *rapid.T) []*script {
	scripts := make([]*script, rapid.IntRange(1, 25).Draw(t, "requests"))
	for i := range scripts {
		s := &script{seq: int64(i + 1), add: drawTime(t, 300*ms, "add")}
		host := rapid.SampledFrom(testHosts).Draw(t, "host")
		for n := range rapid.IntRange(1, 3).Draw(t, "hops") {
			h := scripted{host: host, class: First, service: drawTime(t, 200*ms, "service")}
			switch {
			case n == 0:
				h.due = drawTime(t, 200*ms, "due")
			case rapid.Bool().Draw(t, "retry"):
				h.class = Retry
				h.due = drawTime(t, 400*ms, "backoff")
				h.asleep = rapid.Bool().Draw(t, "asleep")
			default:
				h.class = Redirect
				h.host = rapid.SampledFrom(testHosts).Draw(t, "redirected")
			}
			// With MaxAway some may never leave by themselves, so all are given up at some time.
			h.remove = time.Hour
			if rapid.IntRange(0, 4).Draw(t, "remove") == 0 {
				h.remove = 1 + drawTime(t, 300*ms, "remove after")
			}
			s.hops = append(s.hops, h)
		}
		scripts[i] = s
	}
	return scripts
}

func drawConfig(t *rapid.T) Config {
	limits := make(map[string]Limit)
	for _, h := range testHosts {
		limits[h] = drawLimit(t)
	}
	return Config{
		Slots:   rapid.IntRange(0, 4).Draw(t, "slots"),
		Total:   Limit{Rates: drawLimit(t).Rates},
		PerHost: func(h string) Limit { return limits[h] },
		MaxAway: rapid.IntRange(0, 3).Draw(t, "max away"),
	}
}

// Everything that the package promises, against a reference that loops over all hops at each event: each hop leaves
// once, as soon as it may and in its turn; slots and tokens hold; the waits are told apart rightly.
func TestAgainstReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		config := drawConfig(t)
		lateness := rapid.SampledFrom([]time.Duration{0, 0, ms, 20 * ms, time.Second}).Draw(t, "lateness")
		late := func() time.Duration {
			if lateness == 0 {
				return 0
			}
			return time.Duration(rapid.Int64Range(0, int64(lateness)).Draw(t, "late"))
		}
		r := newReference(t, config, late)
		r.onTime = lateness == 0
		r.run(drawScripts(t))
		r.checkWindows()
	})
}

// checkWindows checks that in any half-open window of time t at most Bucket + ceil(Events·t/Per) hops left.
func (r *reference) checkWindows() {
	check := func(rates []Rate, at []time.Duration) {
		for _, rate := range rates {
			for _, window := range []time.Duration{10 * ms, 100 * ms, 333 * ms, time.Second, 10 * time.Second} {
				most := rate.Bucket() + int(math.Ceil(rate.PerSecond()*window.Seconds()))
				if n := mostIn(at, window-slack); len(at) > 0 && n > most {
					r.t.Fatalf("%d hops in %v at %+v, want %d at the most", n, window, rate, most)
				}
			}
		}
	}
	check(r.config.Total.Rates, r.starts[""])
	for _, h := range testHosts {
		check(r.limit(h).Rates, r.starts[h])
	}
}

// drive runs hops that all take the same time and tells when each left and when all have ended. Each is added at once.
func drive(config Config, hops []*Hop, service func(*Hop) time.Duration) (end time.Duration) {
	s := New(config)
	for _, h := range hops {
		s.Add(0, h)
	}
	type flight struct {
		hop  *Hop
		ends time.Duration
	}
	var flying []flight
	now := time.Duration(0)
	for {
		for h := s.Next(now); h != nil; h = s.Next(now) {
			flying = append(flying, flight{h, now + service(h)})
		}
		next, ok := s.Wake(now)
		for _, f := range flying {
			if !ok || f.ends < next {
				next, ok = f.ends, true
			}
		}
		if !ok {
			return now
		}
		now = next
		flying = slices.DeleteFunc(flying, func(f flight) bool {
			if f.ends <= now {
				s.Done(now, f.hop, Signal{Kind: Served})
			}
			return f.ends <= now
		})
	}
}

func all(d time.Duration) func(*Hop) time.Duration { return func(*Hop) time.Duration { return d } }

func perSecond(events float64) Limit { return Limit{Rates: []Rate{{Events: events, Per: time.Second}}} }

func TestPrecedence(t *testing.T) {
	s := New(Config{Slots: 1})
	want := []*Hop{
		{Seq: 9, Class: Redirect, Host: "b.test:80"},
		{Seq: 5, Class: Retry, Host: "a.test:80"},
		{Seq: 8, Class: Retry, Host: "c.test:80"},
		{Seq: 1, Class: First, Host: "b.test:80"},
		{Seq: 2, Page: 1, Class: First, Host: "c.test:80"},
		{Seq: 2, Page: 2, Class: First, Host: "c.test:80"},
		{Seq: 3, Class: First, Host: "a.test:80"},
		{Seq: 3, Class: First, Host: "a.test:80"},
	}
	for _, i := range []int{6, 5, 7, 2, 0, 4, 1, 3} {
		s.Add(0, want[i])
	}
	for i, w := range want {
		h := s.Next(time.Duration(i))
		if h != w {
			t.Fatalf("hop %d is %s, want %s", i, describe(h), describe(w))
		}
		if s.Next(time.Duration(i)) != nil {
			t.Fatal("two hops in one slot")
		}
		if _, ok := s.Wake(time.Duration(i)); ok {
			t.Error("to be woken, although only Done can help")
		}
		s.Done(time.Duration(i+1), h, Signal{Kind: Served})
	}
}

// A list sorted by host, with one slow host first, is as fast as if the slow host were not there.
func TestHostFairness(t *testing.T) {
	config := Config{Slots: 10, PerHost: func(h string) Limit {
		if h == "slow.test:80" {
			return perSecond(2)
		}
		return Limit{}
	}}
	var hops []*Hop
	for i := range 1020 {
		host := "slow.test:80"
		if i >= 20 {
			host = "fast.test:80"
		}
		hops = append(hops, &Hop{Seq: int64(i + 1), Host: host})
	}
	end := drive(config, hops, all(10*ms))
	if want := 9510 * ms; end < want || end > want+slack {
		t.Errorf("it takes %v, want the slow host's floor %v", end, want)
	}
	for _, h := range hops[20:] {
		if h.Start > 1020*ms {
			t.Fatalf("hop %d to the fast host left at %v", h.Seq, h.Start)
		}
		if h.Limiter != 0 {
			t.Fatalf("hop %d to the fast host waited %v for a token", h.Seq, h.Limiter)
		}
	}
	for i, h := range hops[:20] {
		if want := time.Duration(i) * 500 * ms; h.Start < want || h.Start > want+slack {
			t.Errorf("hop %d to the slow host left at %v, want %v", h.Seq, h.Start, want)
		}
	}
}

func TestLimiterWait(t *testing.T) {
	hop := func(seq int64, host string) *Hop { return &Hop{Seq: seq, Host: host} }
	for _, test := range []struct {
		name   string
		config Config
		queue  time.Duration // of the third of three hops that take 300 ms each
		wait   time.Duration
	}{
		{"no rate", Config{Slots: 1}, 600 * ms, 0},
		{"rate only", Config{Total: perSecond(1)}, 0, 2 * time.Second},
		{"host's rate only", Config{PerHost: func(string) Limit { return perSecond(1) }}, 0, 2 * time.Second},
		{"rate and a slot", Config{Slots: 1, Total: perSecond(1)}, 600 * ms, 1400 * ms},
		{"rate and a host's slot", Config{Total: perSecond(1), PerHost: func(string) Limit { return Limit{InFlight: 1} }},
			600 * ms, 1400 * ms},
		{"the slot is the slower", Config{Slots: 1, Total: perSecond(10)}, 600 * ms, 0},
	} {
		hops := []*Hop{hop(1, "a.test:80"), hop(2, "a.test:80"), hop(3, "a.test:80")}
		drive(test.config, hops, all(300*ms))
		if h := hops[2]; h.Queue != test.queue || h.Limiter != test.wait {
			t.Errorf("%s: waited %v in the queue and %v for a token, want %v and %v", test.name, h.Queue, h.Limiter,
				test.queue, test.wait)
		}
	}
}

func TestMaxAway(t *testing.T) {
	s := New(Config{MaxAway: 2})
	const a, b = "a.test:80", "b.test:80"
	s.Away(0, a)
	s.Away(0, a)
	s.Add(0, &Hop{Seq: 1, Host: a, Class: First})
	s.Add(0, &Hop{Seq: 2, Host: b, Class: First})
	s.Add(0, &Hop{Seq: 3, Host: a, Class: Redirect})
	if h := s.Next(0); h == nil || h.Seq != 3 {
		t.Fatal("a redirect is held up by sleepers")
	}
	if h := s.Next(0); h == nil || h.Seq != 2 {
		t.Fatal("another host is held up by sleepers")
	}
	if h := s.Next(0); h != nil {
		t.Fatalf("%s left while two requests sleep", describe(h))
	}
	if at, ok := s.Wake(0); ok {
		t.Errorf("to be woken at %v", at)
	}
	s.Back(time.Second, a)
	if h := s.Next(time.Second); h == nil || h.Seq != 1 || h.Queue != time.Second || h.Limiter != 0 {
		t.Fatal("held although one has come back")
	}

	retry := &Hop{Seq: 4, Host: a, Class: Retry}
	s.Away(time.Second, a)
	s.Add(time.Second, retry)
	s.Add(time.Second, &Hop{Seq: 5, Host: a, Class: First})
	if h := s.Next(time.Second); h != retry {
		t.Fatal("the retry does not leave")
	}
	if h := s.Next(time.Second); h == nil || h.Seq != 5 {
		t.Fatal("held although a retry has left")
	}
}

// A retry that is taken out no longer sleeps, whether it was due or not; what it waited is told, even of a used Hop.
func TestRemovedRetryIsNotAway(t *testing.T) {
	for _, due := range []time.Duration{0, time.Minute} {
		s := New(Config{MaxAway: 1})
		s.Away(0, "a.test:80")
		retry := &Hop{Seq: 1, Class: Retry, Host: "a.test:80", Due: due, Queue: 5, Limiter: 6}
		first := &Hop{Seq: 2, Host: "a.test:80", Class: First}
		if due == 0 {
			s.Charge(0, "a.test:80")
		}
		s.Add(0, retry)
		s.Add(0, first)
		if !s.Remove(time.Second, retry) {
			t.Fatal("it cannot be taken out")
		}
		waited := time.Second
		if due > 0 {
			waited = 0
		}
		if retry.Queue+retry.Limiter != waited {
			t.Errorf("due at %v, taken out after 1s: it waited %v and %v", due, retry.Queue, retry.Limiter)
		}
		if s.Next(time.Second) != first {
			t.Errorf("due at %v: its host is held up although nothing sleeps", due)
		}
	}
}

func TestRemove(t *testing.T) {
	s := New(Config{Slots: 1})
	flying, waiting, late := &Hop{Seq: 1, Host: "a.test:80"}, &Hop{Seq: 2, Host: "a.test:80"},
		&Hop{Seq: 3, Host: "a.test:80", Due: time.Minute}
	for _, h := range []*Hop{flying, waiting, late} {
		s.Add(0, h)
	}
	s.Next(0)
	if s.Remove(1, flying) || s.Remove(1, &Hop{}) {
		t.Error("a hop was taken out that does not wait")
	}
	if s.Counts(0).Waiting != 1 || s.count.InFlight != 1 {
		t.Errorf("%d waiting, %d in flight", s.Counts(0).Waiting, s.count.InFlight)
	}
	if !s.Remove(time.Second, waiting) || waiting.Queue != time.Second {
		t.Errorf("the waiting hop waited %v", waiting.Queue)
	}
	if !s.Remove(time.Second, late) {
		t.Error("the hop that is not due cannot be taken out")
	}
	s.Done(time.Second, flying, Signal{Kind: Dropped})
	if at, ok := s.Wake(time.Second); ok || s.Next(time.Hour) != nil {
		t.Errorf("something is left: %v", at)
	}
	if len(s.hosts) != 0 {
		t.Errorf("%d hosts are left", len(s.hosts))
	}
}

func TestCharge(t *testing.T) {
	for name, config := range map[string]Config{
		"total": {Total: perSecond(1)},
		"host":  {PerHost: func(string) Limit { return perSecond(1) }},
	} {
		s := New(config)
		first, second := &Hop{Seq: 1, Host: "a.test:80"}, &Hop{Seq: 2, Host: "a.test:80"}
		s.Add(0, first)
		s.Add(0, second)
		s.Next(0)
		s.Charge(100*ms, "a.test:80") // takes what comes at 1 s
		s.Done(200*ms, first, Signal{Kind: Served})
		if at, ok := s.Wake(200 * ms); !ok || at < 2*time.Second || at > 2*time.Second+slack {
			t.Errorf("%s: to be woken at %v, want 2s", name, at)
		}
		if s.Next(1999*ms) != nil {
			t.Errorf("%s: the debt is not paid", name)
		}
		if h := s.Next(2001 * ms); h != second || h.Limiter < 2*time.Second || h.Limiter > 2*time.Second+slack {
			t.Errorf("%s: it waited %v for a token", name, second.Limiter)
		}
	}
}

func TestClockDoesNotGoBack(t *testing.T) {
	s := New(Config{Total: perSecond(1)})
	s.Add(time.Second, &Hop{Seq: 1, Host: "a.test:80"})
	s.Add(0, &Hop{Seq: 2, Host: "a.test:80"})
	if h := s.Next(0); h == nil || h.Start != time.Second {
		t.Fatal("the past is not taken for the present")
	}
	s.Next(3 * time.Second)
	if h := s.Next(0); h != nil {
		t.Fatal("a third hop")
	}
}

// A list of very many hosts is not kept: without limits only the latest, and with rates those whose bucket fills again.
func TestHostsAreForgotten(t *testing.T) {
	for _, test := range []struct {
		name  string
		limit Limit
		most  int
	}{
		{"no limits", Limit{}, keptIdle + 1},
		{"slots", Limit{InFlight: 2}, keptIdle + 1},
		{"rates", perSecond(5), 40_010}, // 10 µs a hop, 200 ms to fill again and as much to be as good as new
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := New(Config{Slots: 10, PerHost: func(string) Limit { return test.limit }})
			most := 0
			now := time.Duration(0)
			for i := range 200_000 {
				s.Add(now, &Hop{Seq: int64(i), Host: fmt.Sprint(i)})
				now += 10 * time.Microsecond
				s.Done(now, s.Next(now), Signal{Kind: Served})
				most = max(most, len(s.hosts), s.idle.Len())
			}
			if most > test.most {
				t.Errorf("up to %d hosts were kept, want %d", most, test.most)
			}
			for h := range s.Hosts {
				t.Errorf("%v is listed and nothing happens there", h)
			}
		})
	}
}

// A host that is forgotten and comes back has not gained a token.
func TestForgettingGivesNothing(t *testing.T) {
	s := New(Config{PerHost: func(string) Limit {
		return Limit{Rates: []Rate{{Events: 10, Per: time.Second, Burst: 3}}}
	}})
	var at []time.Duration
	seq := int64(0)
	for now := time.Duration(0); now < 20*time.Second; now += 7 * ms {
		if now/time.Second%3 == 2 { // quiet now and then, so that it is forgotten
			seq++
			s.Add(now, &Hop{Seq: seq, Host: fmt.Sprint(seq)})
		} else if s.Counts(0).Waiting == 0 {
			seq++
			s.Add(now, &Hop{Seq: seq, Host: "a.test:80"})
		}
		for h := s.Next(now); h != nil; h = s.Next(now) {
			if h.Host == "a.test:80" {
				at = append(at, now)
			}
			s.Done(now, h, Signal{Kind: Served})
		}
	}
	if n := mostIn(at, time.Second); n > 13 || n < 10 {
		t.Errorf("%d hops in one second, want 3 + 10 at the most", n)
	}
}

func TestHosts(t *testing.T) {
	s := New(Config{PerHost: func(h string) Limit {
		if h == "a.test:80" {
			return Limit{Rates: perSecond(1).Rates, InFlight: 3}
		}
		return Limit{}
	}})
	for range 4 {
		s.Add(0, &Hop{Host: "a.test:80"})
	}
	s.Next(0)
	s.Away(0, "b.test:80")
	got := make(map[string]HostState)
	for h := range s.Hosts {
		got[h.Host] = h
	}
	want := map[string]HostState{
		"a.test:80": {Host: "a.test:80", InFlight: 1, Waiting: 3, Slots: 3, TokenMissing: true},
		"b.test:80": {Host: "b.test:80", Away: 1},
	}
	if len(got) != 2 || got["a.test:80"] != want["a.test:80"] || got["b.test:80"] != want["b.test:80"] {
		t.Errorf("got %+v", got)
	}
}
