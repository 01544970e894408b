package measure

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
)

const busy = "busy.test:80"

// hopAt is a hop to a host that left at a millisecond and took so many.
func hopAt(host string, at, took, status int) record.Hop {
	return record.Hop{Host: host, Status: status, Start: micros(time.Duration(at) * ms), Phases: record.Phases{Wait: micros(time.Duration(took) * ms)}}
}

// asked is an attempt that a host turned away with a status, and with a wait in milliseconds.
func turnedAway(host string, at, took, status, wait int) record.Attempt {
	return record.Attempt{Start: micros(time.Duration(at) * ms), Status: status, Class: rateLimited, RetryAfter: micros(time.Duration(wait) * ms),
		Requeued: true, Backoff: micros(time.Duration(wait) * ms), Hops: []record.Hop{hopAt(host, at, took, status)}}
}

func served(host string, at, took int) record.Attempt {
	return record.Attempt{Start: micros(time.Duration(at) * ms), Status: 200, Hops: []record.Hop{hopAt(host, at, took, 200)}}
}

// of is the record of a request with those attempts.
func of(seq int64, attempts ...record.Attempt) *record.Record {
	r := &record.Record{Seq: seq, Host: attempts[0].Hops[0].Host, URL: "http://x/", OK: attempts[len(attempts)-1].Class == "", Attempts: attempts,
		Due: attempts[0].Start}
	for _, a := range attempts {
		r.Backoff += a.Backoff
		for i := range a.Hops {
			r.Service += a.Hops[i].Time()
		}
	}
	last := attempts[len(attempts)-1]
	hop := last.Hops[len(last.Hops)-1]
	r.Response = hop.Start + hop.Time() - r.Due
	return r
}

func paceOf(t *testing.T, s *Summary, host string) *Pace {
	t.Helper()
	for i := range s.PerHost {
		if s.PerHost[i].Host == host {
			return s.PerHost[i].Pace
		}
	}
	t.Fatalf("no line for %s", host)
	return nil
}

// A 503 with Retry-After is about its own request, a 429 about all of the host; what left with the response on its way
// could not know of it; and what was not sent again honours nothing.
func TestRetryAfterHonoured(t *testing.T) {
	for _, test := range []struct {
		name    string
		noAdapt bool
		records []*record.Record
		want    *Honoured
		floor   time.Duration
	}{
		{"none asked", false, []*record.Record{of(1, served(busy, 0, 10))}, nil, 0},
		{"503, kept", false, []*record.Record{of(1, turnedAway(busy, 0, 10, 503, 1000), served(busy, 1010, 10)), of(2, served(busy, 500, 10))}, &Honoured{1, 1}, 0},
		{"503, too early", false, []*record.Record{of(1, turnedAway(busy, 0, 10, 503, 1000), served(busy, 900, 10))}, &Honoured{1, 0}, 0},
		{"503, not again", false, []*record.Record{of(1, turnedAway(busy, 0, 10, 503, 1000))}, nil, 0},
		{"429, kept", false, []*record.Record{of(1, turnedAway(busy, 0, 10, 429, 1000), served(busy, 1010, 10)), of(2, served(busy, 5, 2000))}, &Honoured{1, 1}, time.Second},
		{"429, another request leaves meanwhile", false,
			[]*record.Record{of(2, served(busy, 500, 10)), of(1, turnedAway(busy, 0, 10, 429, 1000), served(busy, 1010, 10))}, &Honoured{1, 0}, 0},
		{"429, another one leaves at the same time", false,
			[]*record.Record{of(2, served(busy, 12, 10)), of(1, turnedAway(busy, 0, 10, 429, 1000), served(busy, 1010, 10))}, &Honoured{1, 1}, time.Second},
		{"429, other hosts go on", false,
			[]*record.Record{of(2, served("other.test:80", 500, 10)), of(1, turnedAway(busy, 0, 10, 429, 1000), served(busy, 1010, 10))}, &Honoured{1, 1}, time.Second},
		{"429, final, and others wait", false, []*record.Record{of(1, turnedAway(busy, 0, 10, 429, 1000)), of(2, served(busy, 1100, 10))}, &Honoured{1, 1}, time.Second},
		{"429, nothing after it", false, []*record.Record{of(1, turnedAway(busy, 0, 10, 429, 1000))}, nil, 0},
		{"two pauses that overlap", false, []*record.Record{of(1, turnedAway(busy, 0, 10, 429, 1000), served(busy, 1510, 10)),
			of(2, turnedAway(busy, 5, 505, 429, 1000), served(busy, 1511, 10))}, &Honoured{2, 2}, 1500 * time.Millisecond},
		{"429, nothing is learned", true,
			[]*record.Record{of(2, served(busy, 500, 10)), of(1, turnedAway(busy, 0, 10, 429, 1000), served(busy, 1010, 10))}, &Honoured{1, 1}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := New(Config{Slots: 10, NoAdapt: test.noAdapt})
			for _, r := range test.records {
				c.Add(r)
			}
			s := c.Summary(End{Wall: 3 * time.Second})
			var got *Honoured
			if p := paceOf(t, s, busy); p != nil {
				got = p.RetryAfter
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if s.Bound == BoundPause && s.BoundHeld == 0 && s.Floor != micros(test.floor) {
				t.Errorf("the pauses are %v, want %v", s.Floor.Duration(), test.floor)
			}
			if test.floor > 0 && (s.Bound != BoundPause && s.Bound != BoundLongest || s.Floor < micros(test.floor)) {
				t.Errorf("bound %s of %v, want at least the pause of %v", s.Bound, s.Floor.Duration(), test.floor)
			}
			if test.floor == 0 && s.Bound == BoundPause {
				t.Errorf("a pause of %v is the bound", s.Floor.Duration())
			}
		})
	}
}

// Distribution are cut to microseconds, so that a hop may seem to leave a little early: the floor is no later than that.
func TestPauseIsNoLongerThanItWas(t *testing.T) {
	c := New(Config{Slots: 1})
	before := of(1, turnedAway(busy, 0, 10, 429, 1000))
	before.Backoff = 0
	c.Add(before)
	after := of(2, served(busy, 1010, 0))
	after.Attempts[0].Hops[0].Start -= 7
	c.Add(after)
	if s := c.Summary(End{Wall: 1010*ms - 7*time.Microsecond}); s.Bound != BoundPause || s.Floor != micros(time.Second)-7 || *paceOf(t, s, busy).RetryAfter != (Honoured{1, 1}) {
		t.Errorf("bound %s, floor %v", s.Bound, s.Floor.Duration())
	}
}

// The best rate is that of ten seconds, of what was served, from when the host taught.
func TestBest(t *testing.T) {
	var h history
	left := room{spans: 1000}
	add := func(from, every, n int, turned bool) {
		for i := range n {
			s := span{start: micros(time.Duration(from+i*every) * ms), took: 10}
			if turned {
				s.turned = turnedDown
			}
			h.hop(s, &left)
		}
	}
	add(0, 1, 100, false)     // a burst, before it taught
	add(1000, 200, 100, true) // refused
	if got := h.best(0); got < 990 || got > 1001 {
		t.Errorf("a burst is %v/s", got)
	}
	if got := h.best(micros(time.Second)); got != 0 {
		t.Errorf("nothing was served, and it is %v/s", got)
	}
	add(1000, 500, 40, false)  // 20 s of 2/s
	add(21000, 200, 75, false) // 15 s of 5/s
	if got := h.best(micros(time.Second)); got != 5 {
		t.Errorf("%v/s, want 5", got)
	}
	left.spans = 0
	add(0, 1, 1, false)
	if got := h.best(0); got != 0 {
		t.Errorf("not all is known, and it is %v/s", got)
	}
}

// A pause of the first leg that the end of the leg cut short has nothing to do with what the second one sends.
func TestRetryAfterOfEarlierLeg(t *testing.T) {
	c := New(Config{Slots: 1})
	c.Add(of(1, turnedAway(busy, 0, 10, 429, 1000)))
	c.Add(of(2, served(busy, 150, 10)))
	s := c.Summary(End{Wall: time.Second, Legs: 2, Offsets: []record.Micros{0, micros(100 * ms)}})
	if p := paceOf(t, s, busy); p.RetryAfter != nil {
		t.Errorf("%+v", p.RetryAfter)
	}
}

func event(at time.Duration, change string, from, to float64, why string) record.HostEvent {
	return record.HostEvent{At: micros(at), Host: busy, Change: change, From: from, To: to, Why: why}
}

// held is a run over a host that was throttled after a second to 5/s, met that again and again, and took a minute.
func heldRun(config Config) *Collector {
	c := New(config)
	c.Event(event(time.Second, fetcher.EventPace, 0, 4.7, "7 × 503"))
	c.Event(event(10*time.Second, fetcher.EventPace, 5.4, 4.6, "503"))
	c.Event(event(30*time.Second, fetcher.EventPace, 5.4, 2.7, "2 × 503"))
	for i := range 300 {
		var attempts []record.Attempt
		if i < 10 {
			attempts = append(attempts, turnedAway(busy, 0, 10, 503, 500))
		}
		last := served(busy, 1000+200*i, 100)
		last.Hops[0].Limiter = micros(time.Duration(200*i) * ms)
		c.Add(of(int64(i+1), append(attempts, last)...))
	}
	return c
}

// What was learned of a host is the bound of a run that it held far above its floor, and the next run may begin with it.
// More at once is never advised.
func TestLearnedIsTheBound(t *testing.T) {
	s := heldRun(Config{Slots: 10}).Summary(End{Wall: 61 * time.Second})
	if s.Bound != BoundLearnedRate || s.BoundHost != busy || s.Efficiency > 0.1 {
		t.Errorf("bound %s of %s, floor %v", s.Bound, s.BoundHost, s.Floor.Duration())
	}
	if want := "busy.test was found to sustain 4.8/s after 10 refusals; --rate-host busy.test=4.8/s would apply that from the start"; s.Advice != want {
		t.Errorf("advice %q, want %q", s.Advice, want)
	}
	p := paceOf(t, s, busy)
	l := p.Learned
	if l.Pace == nil || l.Changes != 3 || len(l.Events) != 3 || l.Slots != nil {
		t.Fatalf("%+v", l)
	}
	b := l.Pace
	if round := func(f float64) float64 { return float64(int(f*100+0.5)) / 100 }; round(b.Bears) != 4.86 && round(b.Bears) != 4.7 || b.Lowest != 2.7 || b.Last != 2.7 || round(b.Mean) < 3 || round(b.Mean) > 5 {
		t.Errorf("%+v", b)
	}
	if p.Asked.Slots != 10 || p.Asked.PerSecond != 0 || p.Refused["503"] != 10 || p.Requeued != 10 || p.Peak != 10 {
		t.Errorf("%+v", p)
	}
	if want := micros(5 * time.Second); p.Waited.Backoff != want || p.Waited.Requeued != want {
		t.Errorf("back-off %v", p.Waited.Backoff)
	}
}

// A host that is allowed again what was asked for needs no limit, and a pace that nobody waited for is no bound.
func TestLearnedIsNotTheBound(t *testing.T) {
	c := heldRun(Config{Slots: 10})
	c.Event(event(31*time.Second, fetcher.EventPace, 4, 0, "recovered"))
	s := c.Summary(End{Wall: 61 * time.Second})
	if strings.Contains(s.Advice, "--rate-host") || strings.Contains(s.Advice, "-c ") {
		t.Errorf("advice %q", s.Advice)
	}
	c = New(Config{Slots: 10})
	c.Event(event(0, fetcher.EventPace, 0, 1000, "503"))
	for i := range 20 {
		c.Add(of(int64(i+1), served(busy, 1000*i, 10)))
	}
	if s := c.Summary(End{Wall: 20 * time.Second}); s.Bound == BoundLearnedRate {
		t.Error("a pace of 1000/s is called the bound of 1/s")
	}
}

// A limit that a host states is kept to, and so is the bound, unless less was asked for, or much less was sent.
func TestStatedLimit(t *testing.T) {
	for _, test := range []struct {
		name           string
		stated, asked  float64
		noAdapt, bound bool
	}{
		{"kept to", 5, 0, false, true},
		{"more was asked for", 5, 20, false, true},
		{"less was asked for", 5, 4, false, false},
		{"far more than was sent", 1000, 0, false, false},
		{"nothing was to be learned", 5, 0, true, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			config := Config{Slots: 10, NoAdapt: test.noAdapt}
			if test.asked > 0 {
				config.PerHost.Rates = []fetcher.Rate{{Events: test.asked, Per: time.Second}}
			}
			c := New(config)
			c.Event(event(0, fetcher.EventQuota, 60, 60*test.stated, ""))
			c.Event(event(0, fetcher.EventQuota, 1, 2*test.stated, ""))
			for i := range 300 {
				r := of(int64(i+1), served(busy, 200*i, 50))
				r.Attempts[0].Hops[0].Limiter = micros(time.Duration(200*i) * ms)
				c.Add(r)
			}
			s := c.Summary(End{Wall: time.Minute})
			if got := s.Bound == BoundStated; got != test.bound {
				t.Errorf("bound %s", s.Bound)
			}
			if got := s.Advice == "busy.test states a limit of 300 in 1m; --rate-host busy.test=300/m would keep to it from the start"; got != test.bound {
				t.Errorf("advice %q", s.Advice)
			}
		})
	}
}

// A limit that a host states and serves is advised rather than what it was found to bear before it was heard; not if it
// bears less than it states.
func TestStatedBeforeLearned(t *testing.T) {
	for _, test := range []struct {
		stated float64
		advice string
	}{
		{5, "--rate-host busy.test=5/s "},
		{20, "--rate-host busy.test=4.8/s "},
	} {
		c := heldRun(Config{Slots: 10})
		c.Event(event(time.Second, fetcher.EventQuota, 1, test.stated, ""))
		if s := c.Summary(End{Wall: 61 * time.Second}); !strings.Contains(s.Advice, test.advice) {
			t.Errorf("it states %v: %s", test.stated, s.Advice)
		}
	}
}

// What was learned is not the bound of a run that took little longer than what was asked for allows.
func TestAskedIsTheBound(t *testing.T) {
	s := heldRun(Config{Slots: 10, PerHost: fetcher.Limit{Rates: []fetcher.Rate{{Events: 5, Per: time.Second}}}}).Summary(End{Wall: 66 * time.Second})
	if s.Bound != BoundHostRate || s.Efficiency < 0.9 {
		t.Errorf("bound %s, efficiency %v", s.Bound, s.Efficiency)
	}
}

// Slots that were learned, and pauses that no Retry-After asked for.
func TestLearnedSlotsAndPauses(t *testing.T) {
	c := New(Config{Slots: 10})
	c.Event(event(100*ms, fetcher.EventSlots, 10, 3, "3 × 503"))
	for i := range 90 {
		r := of(int64(i+1), served(busy, 1000*(i/3), 1000))
		r.Attempts[0].Hops[0].Queue = micros(time.Duration(i/3) * time.Second)
		c.Add(r)
	}
	s := c.Summary(End{Wall: 30 * time.Second})
	if s.Bound != BoundLearnedSlots || !strings.Contains(s.Advice, "--per-host busy.test=3") {
		t.Errorf("bound %s, advice %q", s.Bound, s.Advice)
	}

	c = New(Config{Slots: 10})
	c.Event(event(time.Second, fetcher.EventQuota, 60, 100, ""))
	c.Event(event(time.Second, fetcher.EventPause, 0, 59, "quota"))
	c.Event(event(2*time.Second, fetcher.EventPause, 0, 58, "quota"))
	for i := range 110 {
		c.Add(of(int64(i+1), served(busy, 10*i+i/100*60_000, 10)))
	}
	s = c.Summary(End{Wall: 62 * time.Second})
	if s.Bound != BoundPause || s.BoundHost != busy || !strings.Contains(s.Advice, "--rate-host busy.test=100/m ") {
		t.Errorf("bound %s of %s, advice %q", s.Bound, s.BoundHost, s.Advice)
	}
	if l := paceOf(t, s, busy).Learned; l.Paused != micros(59*time.Second) || l.Pauses != 2 {
		t.Errorf("%+v", l)
	}
}

// Refusals here and there among successes are noise, for which nobody need slow down; and still no more is asked of the
// host, however much room -c has.
func TestNoiseIsNoAdvice(t *testing.T) {
	c := New(Config{Slots: 10})
	for i := range 200 {
		attempts := []record.Attempt{served(busy, i/10*100, 100)}
		if i%20 == 0 {
			attempts = append([]record.Attempt{turnedAway(busy, i/10*100, 5, 503, 10)}, attempts...)
		}
		c.Add(of(int64(i+1), attempts...))
	}
	s := c.Summary(End{Wall: 2 * time.Second})
	if strings.Contains(s.Advice, "slow") || strings.Contains(s.Advice, "-c ") || strings.Contains(s.Advice, "--rate") {
		t.Errorf("advice %q", s.Advice)
	}
	if !strings.Contains(s.Advice, "busy.test already refuses") {
		t.Errorf("advice %q", s.Advice)
	}
}

// Events may come at any time between the records.
func TestEventsAtAnyTime(t *testing.T) {
	early, late := New(Config{Slots: 1}), New(Config{Slots: 1})
	e := event(0, fetcher.EventPace, 0, 2, "429")
	early.Event(e)
	for i := range 5 {
		r := of(int64(i+1), served(busy, 500*i, 10))
		early.Add(r)
		late.Add(r)
	}
	late.Event(e)
	if diff := cmp.Diff(early.Summary(End{Wall: time.Second}), late.Summary(End{Wall: time.Second})); diff != "" {
		t.Error(diff)
	}
}

func TestRoundedRate(t *testing.T) {
	for perSecond, want := range map[float64]string{4.86: "4.8/s", 4.7999999: "4.7/s", 123.4: "120/s", 1: "1/s", 0.5: "30/m", 0.031: "1.8/m", 0.001: "3.6/h", 1999: "1900/s"} {
		if got := units.Rate(roundedRate(perSecond).Events, roundedRate(perSecond).Per); got != want {
			t.Errorf("%v is %s, want %s", perSecond, got, want)
		}
	}
}
