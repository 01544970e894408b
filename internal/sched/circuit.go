package sched

import (
	"slices"
	"time"
)

// circuit is that of one host: open means that its requests fail at once (Nygard, Release It!, 2007).
type circuit struct {
	down   time.Duration // open until then; then a probe is let through. 0: it is not open
	downs  int           // how often in a row it opened
	why    string        // of the last event
	rounds int           // failures in a row, each of a hop that left after the one before, of a host that never served
	round  time.Duration // when the last one was
}

const (
	leastRounds  = 3 // however few the retries
	probesARound = 4 // of a host that refuses: one that was refused before, and others, for that may be about the request
	downFor      = 30 * time.Second
	downForMost  = 10 * time.Minute
)

// failuresBefore is how many hops must fail, without being refused, before a host that has served nothing is given up.
var failuresBefore = [...]int{TimedOut: 8, Failed: 20, Unreachable: 0}

// unproven takes a failure of a host that has served nothing yet. It gets one probe at a time, Retries of them; then it is
// given up.
func (s *Scheduler) unproven(now time.Duration, h *host, hop *Hop, sig *Signal) {
	l := h.learned
	l.words.add(sig.Word)
	h.failures++
	l.wonder(now, h)
	if sig.Kind == OverQuota && s.overdrawn(now, h, sig) {
		return
	}
	again := l.closed && l.down == 0 && sig.Kind == Busy && l.probes%probesARound != 0 && h.queue.fresh() != nil
	if hop.Start >= l.round && !again {
		l.rounds++
		l.round = now
	}
	held := float64(h.held()) // it may yet serve those
	busy := sig.Kind == Busy || sig.Kind == OverQuota || sig.Kind == Failed
	switch {
	case l.closed:
	case busy && held > 0 && h.failures == 1:
	case busy && held > 0 && l.slots.found == 0:
		s.setSlots(now, h, held, firstLevel)
	case busy && held > 0 && hop.Start < l.lowered:
		l.slots.found = min(l.slots.found, held)
	case held > 0 && hop.Start < l.lowered:
	default:
		s.shut(now, h, true)
	}
	enough := l.rounds > max(s.config.Retries, leastRounds)
	if l.closed {
		wait := s.backoff(l.rounds - 1)
		if h.left() <= fewLast { // as long as full jitter takes
			wait /= 2
		}
		if before := failuresBefore[sig.Kind]; before > 0 { // if it has not said no, it takes more to be sure
			if s.config.Unheard > 0 { // it was asked one after another, which takes longer, and tells more
				before = before * 3 / 4
			}
			enough = enough && h.failures >= before
			wait = s.backoff(0) / 2
		}
		if again { // at once, as another request would
			l.probeAt = now
			return
		}
		l.probeAt = now + wait
		s.ask(now, h, sig.Wait)
	}
	if l.down > 0 && hop.Start >= l.closedAt || l.down == 0 && enough {
		s.giveUp(now, h)
	}
}

// giveUp opens the circuit, for longer each time.
func (s *Scheduler) giveUp(now time.Duration, h *host) {
	s.openCircuit(now, h, min(downFor<<min(h.learned.downs, 10), downForMost))
}

// openCircuit opens it for some time, or leaves it open.
func (s *Scheduler) openCircuit(now time.Duration, h *host, lasts time.Duration) {
	l := h.learned
	was := l.down
	l.downs++
	l.down = max(l.down, now+min(lasts, forever))
	l.closed, l.closedAt, l.probeAt = true, now, l.down
	if was > 0 {
		return
	}
	s.tell(now, h, EventDown, 0, 0, "")
	if h.away == 0 {
		return
	}
	for _, hop := range slices.Clone(s.due.Items()) { // those that sleep are told, too
		if hop.Class == Retry && hop.Host == h.name {
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
		last := len(s.failing) - 1
		h := s.failing[last]
		if h.queue.len() > 0 && h.givenUp(now) {
			hop := h.queue.top()
			s.unqueue(now, hop)
			hop.Why = h.learned.why
			return hop
		}
		s.failing = s.failing[:last]
		h.failing = false
		s.replace(now, h)
	}
	return nil
}
