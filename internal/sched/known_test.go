package sched

import (
	"testing"
	"time"
)

// limited serves five a second, in a window that slides, and refuses the rest.
func limited() func(time.Duration, *wish) (Signal, time.Duration) {
	var served []time.Duration
	return func(now time.Duration, _ *wish) (Signal, time.Duration) {
		for len(served) > 0 && now-served[0] >= time.Second {
			served = served[1:]
		}
		if len(served) >= 5 {
			return Signal{Kind: Busy, Word: "503"}, 2 * ms
		}
		served = append(served, now)
		return Signal{Kind: Served}, 2 * ms
	}
}

// TestKnown: what one Scheduler has learned spares the next the refusals, and more is tried all the same.
func TestKnown(t *testing.T) {
	first := newClient(t, adapting(), limited())
	first.add("a.test:80", 100)
	first.run(time.Hour)
	_, sent := first.tally()
	known := first.s.Known(first.now)["a.test:80"]
	if known.Pace < 3.5 || known.Pace > 6 || sent < 103 || known.Age < 0 || known.Age > first.now {
		t.Fatalf("%+v of %d", known, sent)
	}
	for _, tt := range []struct {
		age  time.Duration
		pace float64 // at first
	}{{time.Hour, 0.95 * known.Pace}, {30 * time.Hour, known.Pace}} {
		known.Age, known.Why = tt.age, "kept"
		config := adapting()
		config.PerHost = func(string) Limit { return Limit{Known: &known} }
		next := newClient(t, config, limited())
		next.add("a.test:80", 10)
		next.run(time.Second)
		if e := next.events; len(e) == 0 || e[0].What != EventPace || e[0].Why != "kept" || e[0].To < 0.99*tt.pace || e[0].To > 1.01*tt.pace {
			t.Errorf("%v: %+v", tt.age, next.events)
		}
		next.add("a.test:80", 190)
		took := next.run(time.Hour)
		if ok, all := next.tally(); ok != 200 || all-ok > 20 || took > 55*time.Second {
			t.Errorf("%v: sent %d for %d in %v", tt.age, all, ok, took)
		}
	}
}

// TestKnownGrows: a host that bears far more than was kept soon gets it, if it was kept long ago, and that is what is kept then.
func TestKnownGrows(t *testing.T) {
	known := Known{Pace: 2, Age: 48 * time.Hour}
	config := adapting()
	config.PerHost = func(string) Limit { return Limit{Known: &known} }
	c := newClient(t, config, always(Signal{Kind: Served}, 2*ms))
	c.add("a.test:80", 400)
	if took := c.run(time.Hour); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
	if next := c.s.Known(c.now)["a.test:80"]; next.Pace < 20 || next.Age > time.Second {
		t.Errorf("%+v", next)
	}
}

// TestKnownUnused: what was only repeated gets no younger.
func TestKnownUnused(t *testing.T) {
	known := Known{Pace: 2, Slots: 3, Age: 20 * time.Hour}
	config := adapting()
	config.PerHost = func(string) Limit { return Limit{Known: &known} }
	c := newClient(t, config, always(Signal{Kind: Served}, 2*ms))
	c.add("a.test:80", 5)
	c.run(time.Hour)
	if next := c.s.Known(c.now)["a.test:80"]; next.Pace != 2 || next.Slots != 3 || next.Age < 20*time.Hour {
		t.Errorf("%+v", next)
	}
	plain := newClient(t, adapting(), always(Signal{Kind: Served}, 2*ms))
	plain.add("a.test:80", 5)
	plain.run(time.Hour)
	if all := plain.s.Known(plain.now); len(all) > 0 {
		t.Errorf("nothing was learned: %v", all)
	}
}

// TestKnownPause: a pause goes on, but for no longer than is waited for any host; a host that was given up is none.
func TestKnownPause(t *testing.T) {
	for wait, want := range map[time.Duration]time.Duration{10 * time.Second: 10 * time.Second, time.Hour: time.Minute} {
		known := Known{Wait: wait}
		config := adapting()
		config.PerHost = func(string) Limit { return Limit{Known: &known} }
		c := newClient(t, config, always(Signal{Kind: Served}, 2*ms))
		w := c.add("a.test:80", 1)[0]
		c.run(time.Hour)
		if len(w.sent) != 1 || w.sent[0] != want {
			t.Errorf("%v: sent at %v", wait, w.sent)
		}
	}
	c := newClient(t, adapting(), always(Signal{Kind: OverQuota, Wait: 30 * time.Second}, 2*ms))
	c.add("a.test:80", 1)
	c.run(time.Second)
	if k := c.s.Known(c.now)["a.test:80"]; k.Wait < 28*time.Second || k.Pace > 0 {
		t.Errorf("%+v", k)
	}
}
