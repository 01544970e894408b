package sched

import (
	"fmt"
	"testing"
	"time"
)

// bear lets hops to one host leave as they may: each takes a tenth of a second, and is refused, with a pause, if it
// leaves less than gap after the one before.
func bear(s *Scheduler, hops int, gap, pause time.Duration) (refused int, end time.Duration) {
	type flight struct {
		hop *Hop
		end time.Duration
		bad bool
	}
	var flying []flight
	seq, done, last := int64(0), 0, -time.Hour
	add := func(now time.Duration, class Class) {
		seq++
		s.Add(now, &Hop{Seq: seq, Host: "a.test:80", Class: class})
	}
	for range hops {
		add(0, First)
	}
	for now := time.Duration(0); done < hops; {
		for h := s.Next(now); h != nil; h = s.Next(now) {
			flying = append(flying, flight{h, now + 100*time.Millisecond, now-last < gap})
			last = now
		}
		next, ok := s.Wake(now)
		if len(flying) > 0 && (!ok || flying[0].end <= next) {
			next, ok = flying[0].end, true
		}
		if !ok {
			panic("nothing goes on")
		}
		now = max(now, next)
		for len(flying) > 0 && flying[0].end <= now {
			f := flying[0]
			flying = flying[1:]
			how := Served
			if f.bad {
				refused++
				how = Busy
				s.Pause(now, "a.test:80", now+pause)
				add(now, First)
			} else {
				done++
			}
			s.Done(now, f.hop, Signal{Kind: how})
		}
		end = now
	}
	return refused, end
}

// A host that takes one hop in 90 ms is found to bear one at a time, after few refusals; then it is tried with more.
func TestPauseFindsWhatAHostBears(t *testing.T) {
	s := New(Config{Slots: 16})
	refused, end := bear(s, 500, 90*time.Millisecond, time.Second)
	if refused < 15 || refused > 60 { // 15 + 7 + 3 + 1 at the start, and one in each 50 after that
		t.Errorf("%d refused", refused)
	}
	if end > 80*time.Second {
		t.Errorf("it took %v", end)
	}
}

// Nothing leaves during a pause, for that host; the wait is the limiter's.
func TestPause(t *testing.T) {
	s := New(Config{Slots: 8})
	a, b := &Hop{Seq: 1, Host: "a.test:80"}, &Hop{Seq: 2, Host: "a.test:80"}
	other := &Hop{Seq: 3, Host: "b.test:80"}
	s.Add(0, a)
	if s.Next(0) != a {
		t.Fatal("the first does not leave")
	}
	s.Pause(0, "a.test:80", 5*time.Second)
	s.Pause(0, "a.test:80", 3*time.Second) // a shorter one changes nothing
	s.Done(0, a, Signal{Kind: Busy})
	s.Add(0, b)
	s.Add(0, other)
	if got := s.Next(0); got != other {
		t.Errorf("%v leaves, not the other host's", got)
	}
	if at, ok := s.Wake(0); !ok || at != 5*time.Second {
		t.Errorf("wakes at %v %v", at, ok)
	}
	if got := s.Next(5 * time.Second); got != b || b.Limiter != 5*time.Second || b.Queue != 0 {
		t.Errorf("%v leaves, after %v and %v", got, b.Limiter, b.Queue)
	}
}

// What a host bears is tried again with one more after each 50 answers, and a host at rest is forgotten.
func TestRestraintEnds(t *testing.T) {
	s := New(Config{Slots: 8})
	var granted []*Hop
	for seq := range int64(4) {
		s.Add(0, &Hop{Seq: seq + 1, Host: "a.test:80"})
		granted = append(granted, s.Next(0))
	}
	s.Pause(0, "a.test:80", time.Second)
	for _, h := range granted {
		s.Done(0, h, Signal{Kind: Busy})
	}
	slots := func() (n int) {
		s.Hosts(func(h HostState) bool { n = h.Slots; return true })
		return n
	}
	now := time.Second
	s.Add(now, &Hop{Seq: 100, Host: "a.test:80"})
	if got := slots(); got != 2 {
		t.Errorf("%d slots after four were refused, want 2", got)
	}
	for range recoverAfter {
		h := s.Next(now)
		s.Add(now, &Hop{Seq: 101, Host: "a.test:80"})
		s.Done(now, h, Signal{Kind: Served})
	}
	if got := slots(); got != 3 {
		t.Errorf("%d slots after %d answers, want 3", got, recoverAfter)
	}
	s.Done(now, s.Next(now), Signal{Kind: Served})
	if n := len(s.hosts); n != 0 {
		t.Errorf("%d hosts are remembered: %s", n, fmt.Sprint(s.hosts))
	}
}
