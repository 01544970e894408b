package sched

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// span is a hop that was in flight; to is 0 as long as it is.
type span struct{ from, to time.Duration }

// usedIn is what hops have used in a window that ends now.
func usedIn(spans []*span, now, per time.Duration) (used time.Duration) {
	for _, s := range spans {
		to := s.to
		if to == 0 {
			to = now
		}
		used += max(0, to-max(s.from, now-per))
	}
	return used
}

// No hop leaves while what the host has used in the last Per, in flight or not, is Time or more: so that no window has more
// than that, but for what was in flight. And one that waits leaves when that is over, or a part of the window later.
func TestRunningTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		drawn := func(most time.Duration, label string) time.Duration {
			return time.Duration(rapid.Int64Range(1, int64(most)).Draw(t, label))
		}
		limit := RunningTime{Per: time.Millisecond + drawn(time.Minute, "per")}
		limit.Time = drawn(5*limit.Per, "time")
		slots := rapid.IntRange(1, 8).Draw(t, "slots")
		// A part counts whole for as long as any of it is in the window.
		part := limit.Per/parts + 1
		tolerance := 2 * time.Duration(slots+1) * part
		s := New(Config{Slots: slots, PerHost: func(string) Limit { return Limit{RunningTime: limit} }})
		var spans []*span
		ends := map[*Hop]time.Duration{}
		flown := map[*Hop]*span{}
		now := time.Duration(1)
		n := rapid.IntRange(1, 60).Draw(t, "hops")
		for range n {
			s.Add(now, &Hop{Host: "a.test:80", Class: First})
		}
		for left := n; left > 0 || len(ends) > 0; {
			for h := s.Next(now); h != nil; h = s.Next(now) {
				if used := usedIn(spans, now, limit.Per); used >= limit.Time {
					t.Fatalf("at %v a hop left, and %v of %v in %v were used", now, used, limit.Time, limit.Per)
				}
				f := &span{from: now}
				spans, flown[h] = append(spans, f), f
				ends[h] = now + drawn(2*limit.Per, "hop time")
				left--
			}
			var first *Hop
			for h, at := range ends {
				if first == nil || at < ends[first] || at == ends[first] && h.order < first.order {
					first = h
				}
			}
			at, ok := s.Wake(now)
			if !ok && first == nil {
				t.Fatalf("at %v %d hops wait, and nothing wakes", now, left)
			}
			next := at
			if !ok || first != nil && ends[first] <= at {
				next = ends[first]
			}
			for k := range time.Duration(8) {
				then := now + (next-now)*k/8
				if left > 0 && len(ends) < slots && then+part < next && usedIn(spans, then, limit.Per)+tolerance < limit.Time {
					t.Fatalf("at %v a hop may leave, and the host is asked again at %v", then, next)
				}
			}
			if now = max(now, next); first != nil && ends[first] <= now {
				flown[first].to = ends[first]
				delete(ends, first)
				s.Done(now, first, Signal{Kind: Served})
			}
			for state := range s.Hosts {
				if held := left > 0 && len(ends) < slots; held != state.TokenMissing && usedIn(spans, now, limit.Per) > limit.Time {
					t.Fatalf("at %v hops wait for the host: %v, %+v", now, held, state)
				}
			}
		}
	})
}

// The wait for running time is that of a limiter, and no longer than it has to be.
func TestWaitForRunningTime(t *testing.T) {
	limit := RunningTime{Time: 10 * time.Second, Per: time.Minute}
	s := New(Config{Slots: 5, PerHost: func(string) Limit { return Limit{RunningTime: limit} }})
	start := time.Duration(1)
	for range 6 {
		s.Add(start, &Hop{Host: "a.test:80", Class: First})
	}
	var flying []*Hop
	for h := s.Next(start); h != nil; h = s.Next(start) {
		flying = append(flying, h)
	}
	if len(flying) != 5 {
		t.Fatalf("%d hops left", len(flying))
	}
	for _, h := range flying { // 25 s in all: 10 s and less again only when 15 s have left the window, at 5 a second
		s.Done(start+5*time.Second, h, Signal{Kind: Served})
	}
	if h := s.Next(start + 5*time.Second); h != nil {
		t.Fatal("a hop left with the running time used up")
	}
	at, ok := s.Wake(start + 5*time.Second)
	if want := start + 63*time.Second; !ok || at < want || at > want+2*limit.Per/parts {
		t.Errorf("woken at %v, %v", at, ok)
	}
	h := s.Next(at)
	if h == nil {
		t.Fatal("no hop left")
	}
	if h.Limiter < 57*time.Second || h.Queue > 6*time.Second {
		t.Errorf("waited %v for the limiter, and %v otherwise", h.Limiter, h.Queue)
	}
	s.Done(at+time.Second, h, Signal{Kind: Served})
	s.Add(at+10*time.Minute, &Hop{Host: "b.test:80", Class: First})
	if h := s.Next(at + 10*time.Minute); h == nil || len(s.hosts) > 2 {
		t.Error("the host is not forgotten")
	}
}
