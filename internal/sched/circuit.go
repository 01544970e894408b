package sched

import (
	"fmt"
	"time"
)

const (
	failuresBefore = 20 // failures other than refusals, before a host that has served nothing is given up
	downFor        = 30 * time.Second
	downForMost    = 10 * time.Minute
)

// unproven takes a failure of a host that has served nothing yet. It is asked by one request at a time, Retries times;
// then it is given up.
func (s *Scheduler) unproven(now time.Duration, h *host, l *learned, hop *Hop, sig *Signal) {
	l.words.add(sig.Word)
	h.failures++
	if sig.Kind == OverQuota && sig.Wait > 0 {
		s.pause(now, h, l, sig)
	}
	if hop.Start >= l.round {
		l.rounds++
		l.round = now
	}
	wait := min(sig.Wait, s.config.MaxWait)
	l.until = max(l.until, now+wait)
	held := h.inFlight - 1
	switch busy := sig.Kind == Busy || sig.Kind == OverQuota; {
	case l.closed:
	case busy && held > 0 && l.slots.found == 0:
		l.slots.settle(now, float64(held), firstLevel) // what it holds it may yet serve
		l.above = 0
		l.mark(now)
	case busy && held > 0 && hop.Start < l.lowered:
		l.slots.found = min(l.slots.found, float64(held))
	case held > 0 && hop.Start < l.lowered:
	default:
		l.slots = ceiling{}
		s.shut(now, h, l, true)
	}
	enough := true
	if l.closed {
		l.probeAt = now + s.ceilingOf(l.rounds-1)/2
		if sig.Kind == Failed { // the host responds, or so it seems: that takes more to be sure
			l.probeAt = now + s.ceilingOf(0)/2
			enough = h.failures >= failuresBefore
		}
	}
	switch {
	case l.down > 0 && hop.Start >= l.closedAt:
		s.giveUp(now, h, l, downFor)
	case l.rounds > s.config.Retries && enough && l.down == 0:
		s.giveUp(now, h, l, downFor)
	}
}

// giveUp opens the circuit: all requests to the host fail at once, until a probe is let through.
func (s *Scheduler) giveUp(now time.Duration, h *host, l *learned, after time.Duration) {
	first := l.down == 0
	wait := downFor << min(l.downs, 10)
	l.downs++
	l.down = now + min(wait, downForMost)
	l.closed, l.closedAt, l.probeAt = true, now, l.down
	if !first {
		return
	}
	l.why = l.words.String()
	s.tell(now, h, EventDown, 0, 0, "")
	if h.away > 0 { // those that sleep are told, too
		var asleep []*Hop
		for _, hop := range s.due.items {
			if hop.Class == Retry && hop.Host == h.name {
				asleep = append(asleep, hop)
			}
		}
		for _, hop := range asleep {
			s.leaveDue(hop)
			s.enqueue(now, hop)
		}
	}
}

// givenUp reports whether the host's requests are to fail at once.
func (h *host) givenUp(now time.Duration) bool {
	return h.learned != nil && h.learned.down > now
}

// Rejected takes out a waiting hop whose host has been given up; nil if there is none. Its request fails at once, for the
// reason in Hop.Why. Call it until it gives nil whenever Next is called.
func (s *Scheduler) Rejected(now time.Duration) *Hop {
	now = s.advance(now)
	for len(s.failing) > 0 {
		h := s.failing[len(s.failing)-1]
		if h.queue.len() == 0 || !h.givenUp(now) {
			s.failing = s.failing[:len(s.failing)-1]
			h.failing = false
			s.replace(now, h)
			continue
		}
		hop := h.queue.top()
		why := h.learned.why
		s.unqueue(now, hop)
		if hop.Class == Retry {
			h.away = max(h.away-1, 0)
		}
		hop.Why = why
		return hop
	}
	return nil
}

// ceilingOf is the upper end of full jitter: MinWait doubled for each retry before, up to MaxWait.
func (s *Scheduler) ceilingOf(retries int) time.Duration {
	base, limit := min(s.config.MinWait, s.config.MaxWait), s.config.MaxWait
	for ; retries > 0 && base < limit; retries-- {
		base *= 2
	}
	return min(base, limit)
}

// words counts what a host says, for people.
type words struct {
	last string
	n    int
	more string // a colour, or the like
}

func (w *words) add(word string) {
	if word != w.last && w.last != "" && word != "" {
		w.n = 0
	}
	if word != "" {
		w.last = word
	}
	w.n++
}

func (w *words) String() string {
	switch {
	case w.n == 0:
		return w.more
	case w.more == "":
		return fmt.Sprintf("%d × %s", w.n, w.last)
	}
	return fmt.Sprintf("%d × %s, %s", w.n, w.last, w.more)
}

func (s *Scheduler) tell(now time.Duration, h *host, what string, from, to float64, why string) {
	l := h.learned
	if why == "" {
		why = l.words.String()
	}
	l.why = why
	l.words = words{}
	if s.config.Event != nil {
		s.config.Event(Event{At: now, Host: h.name, What: what, From: from, To: to, Why: why})
	}
}
