package sched

import (
	"testing"
	"time"
)

// The caller comes so late for one hop; the other hops of a row take what there is before it.
func TestLate(t *testing.T) {
	const delay = 5 * ms
	host := func(l Limit) func(string) Limit { return func(string) Limit { return l } }
	for _, test := range []struct {
		name   string
		config Config
		due    time.Duration // of the last of two hops, of which the first takes 100 ms
		leaves time.Duration // when the caller lets the last one leave
		late   time.Duration
	}{
		{"on time", Config{}, 50 * ms, 50 * ms, 0},
		{"late", Config{}, 50 * ms, 50*ms + delay, delay},
		{"a slot comes and is taken at once", Config{Slots: 1}, 50 * ms, 100 * ms, 0},
		{"a slot comes and is taken late", Config{Slots: 1}, 50 * ms, 100*ms + delay, delay},
		{"a host's slot comes and is taken late", Config{PerHost: host(Limit{InFlight: 1})}, 50 * ms, 100*ms + delay, delay},
		{"a token comes and is taken at once", Config{Total: perSecond(5)}, 50 * ms, 200 * ms, 0},
		{"a token comes and is taken late", Config{Total: perSecond(5)}, 50 * ms, 200*ms + delay, delay},
		{"a host's token comes and is taken late", Config{PerHost: host(perSecond(5))}, 50 * ms, 200*ms + delay, delay},
		{"a token comes before the slot", Config{Slots: 1, Total: perSecond(20)}, 20 * ms, 100*ms + delay, delay},
	} {
		s := New(test.config)
		first := &Hop{Seq: 1, Host: "a.test:80"}
		last := &Hop{Seq: 2, Host: "a.test:80", Due: test.due}
		s.Add(0, first)
		s.Add(0, last)
		if s.Next(0) != first {
			t.Fatalf("%s: the first hop does not leave", test.name)
		}
		if test.leaves >= 100*ms {
			s.Done(100*ms, first, Signal{Kind: Served})
		}
		if s.Next(test.leaves) != last || last.Late != test.late {
			t.Errorf("%s: %v late, want %v", test.name, last.Late, test.late)
		}
	}
}

// Who brings a hop when it has long been due is late, unless there was no slot for it.
func TestLateAdd(t *testing.T) {
	for slots, want := range map[int]time.Duration{1: 20 * ms, 2: 70 * ms} {
		s := New(Config{Slots: slots})
		first := &Hop{Seq: 1, Host: "a.test:80"}
		s.Add(0, first)
		s.Next(0)
		s.Done(100*ms, first, Signal{Kind: Served})
		hop := &Hop{Seq: 2, Host: "a.test:80", Due: 50 * ms}
		s.Add(110*ms, hop)
		if s.Next(120*ms) != hop || hop.Late != want || hop.Queue != 10*ms {
			t.Errorf("%d slots: %v late of %v in the queue, want %v of 10ms", slots, hop.Late, hop.Queue, want)
		}
	}
}

// A late timer is put down once, not again for all who wait in line for the tokens after it.
func TestLateTimersDoNotAddUp(t *testing.T) {
	s := New(Config{Total: perSecond(10)})
	for i := range 50 {
		s.Add(0, &Hop{Seq: int64(i), Host: "a.test:80"})
	}
	now := time.Duration(0)
	for {
		wake, ok := s.Wake(now)
		if !ok {
			break
		}
		now = wake + 3*ms
		if h := s.Next(now); h == nil || h.Late != 3*ms {
			t.Fatalf("at %v: %+v, want a hop that is 3ms late", now, h)
		}
	}
}

// A token that comes sooner than it was to makes no hop early.
func TestOpeningComesForward(t *testing.T) {
	var o opening
	o.update(1, true, 100)
	o.update(50, true, 50)
	if o.since != 50 {
		t.Errorf("open since %v, want 50", o.since)
	}
	o.update(60, true, 50)
	if o.since != 50 {
		t.Errorf("open since %v, want 50", o.since)
	}
}
