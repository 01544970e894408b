package sched

import (
	"math"
	"time"
)

// learned is what was learned of a host since it first turned a request away, stated a limit, or failed. A host that only
// serves has none.
//
// A refusal alone is noise, and delays its own request only. Refusals that come together are an overload; see lower. What
// a host was found to bear, of hops a second or of hops at once, is a ceiling, which rises again by itself.
type learned struct {
	doubt           // of refusals
	silence doubt   // of time-outs
	rate    ceiling // hops a second
	slots   ceiling // hops at once
	tokens
	crowding
	closing
	circuit
	trial  trial         // of whether it refuses by chance
	until  time.Duration // the host asked for nothing before
	rested time.Duration // the end of the pause before the present one
	left   int64         // what it had served or held when that began
	quotas []quota
	easing easing
	words  words

	lowered time.Duration // when a ceiling was last lowered: what left before says nothing new
	since   tally         // of what left since
	served  time.Duration // when it last served anything
	newest  time.Duration // when the latest of the hops left that it served
}

// tokens are those of learned.rate.
type tokens struct {
	next time.Duration // when the next one is there
	took time.Duration // when a hop last left
}

// tally counts hops.
type tally struct {
	left, served, refused int64
	paused                time.Duration // for how long the host asked to be left alone
}

// learn is what was learned of the host, which begins here.
func (h *host) learn() *learned {
	if h.learned == nil {
		h.learned = &learned{doubt: doubt{seen: min(float64(h.accepted), memory)}}
		h.learned.opened = h.began
	}
	return h.learned
}

// observe is told each outcome once, and Quotas at any time.
func (s *Scheduler) observe(now time.Duration, h *host, hop *Hop, sig *Signal) {
	if s.config.Adapt && (len(sig.Quotas) > 0 || sig.Share > 0 && sig.Share < 1) {
		s.state(now, h, sig)
	}
	if hop.observed || sig.Kind == Dropped {
		return
	}
	hop.observed = true
	h.outcomes++
	if sig.Kind == Served {
		h.accepted++
	}
	if !s.config.Adapt || h.learned == nil && sig.Kind == Served {
		return
	}
	l := h.learn()
	if l.probe == hop {
		l.probe = nil
	}
	switch {
	case sig.Kind == Served:
		s.accept(now, h, hop)
	case h.accepted == 0:
		s.unproven(now, h, hop, sig)
	case sig.Kind.Refused():
		s.refuse(now, h, hop, sig)
	case sig.Kind == TimedOut:
		s.timedOut(now, h, hop, sig)
	}
}

// accept takes a response.
func (s *Scheduler) accept(now time.Duration, h *host, hop *Hop) {
	l := h.learned
	l.served = now
	l.newest = max(l.newest, hop.Start)
	if hop.Start >= l.lowered {
		l.since.served++
		if l.slots.found > 0 && float64(hop.load) > l.slots.found {
			l.above++
		}
	}
	l.add(false, l.calm())
	l.silence.add(false, true)
	if l.trial.on {
		s.tried(now, h, hop, false)
	}
	l.rounds, l.downs = 0, 0
	if l.down > 0 {
		l.down, l.probeAt = 0, now // also if this left before the circuit opened, and is no probe
		s.tell(now, h, EventUp, 0, 0, "it responds again")
	}
	if l.closed && hop.Start >= l.closedAt {
		s.openUp(now, h, hop)
	}
}

// calm reports whether the host was never slowed down.
func (l *learned) calm() bool {
	return !l.closed && l.rate.found == 0 && l.slots.found == 0
}

// refuse takes a refusal of a host that has served something.
func (s *Scheduler) refuse(now time.Duration, h *host, hop *Hop, sig *Signal) {
	l := h.learned
	l.words.add(sig.Word)
	if sig.Kind == OverQuota {
		s.pause(now, h, sig.Wait)
	}
	switch {
	case l.closed:
		s.ask(now, l, sig.Wait)
		l.probeFailed(now, hop)
	case sig.Kind == Unreachable:
		s.shut(now, h, true)
	case hop.Start < l.lowered: // it belongs to what was dealt with
		if l.slots.found > 0 && l.rate.found == 0 {
			l.slots.found = max(1, min(l.slots.found, float64(h.inFlight-1)))
		}
	case hop.Refusals >= stubborn && !l.trial.on && (now-l.served < echo || h.queue.fresh() == nil): // it is about the request
	default:
		l.add(true, l.calm())
		if l.contradicted() {
			l.trial.until = now + trialLost
		}
		l.since.refused++
		if l.slots.found > 0 && float64(hop.load) > l.slots.found {
			l.struck = now
		}
		switch {
		case l.trial.on:
			s.tried(now, h, hop, true)
		case l.rate.found == 0 && l.pausedAgain(now, h, sig):
			s.lowerRate(now, h, sig)
		case l.score >= l.enough(now, hop, sig.Kind):
			s.lower(now, h, hop, sig)
		}
	}
	l.wonder(now, h)
	if l.closed && s.config.GiveUp > 0 && now-max(l.served, l.closedAt) > s.config.GiveUp {
		s.giveUp(now, h)
	}
}

// pausedAgain reports whether the host asked for a pause twice, a little apart, and makes what it served between the two a
// rate: each pause costs more than to keep to that.
func (l *learned) pausedAgain(now time.Duration, h *host, sig *Signal) bool {
	if sig.Kind != OverQuota || sig.Wait <= 0 {
		return false
	}
	held := h.accepted + int64(h.inFlight) - 1
	on, served := now-l.rested, held-l.left
	again := l.rested > 0 && on > 0 && on < longLevel && served >= hopsAt
	l.rested, l.left = l.until, held
	if again {
		l.slots = ceiling{}
		l.rate.settle(now-2*level, float64(served)/on.Seconds(), level)
	}
	return again
}

// timedOut takes a time-out of a host that has served something: several together are an overload, too.
func (s *Scheduler) timedOut(now time.Duration, h *host, hop *Hop, sig *Signal) {
	l := h.learned
	l.words.add(sig.Word)
	switch {
	case l.closed:
		l.probeFailed(now, hop)
	case hop.Start >= l.lowered && hop.Start >= l.newest: // else others that left later were served meanwhile
		l.silence.add(true, true)
		if l.silence.score >= sure { // a time-out is a dear way to meet a limit
			s.setSlots(now, h, max(1, math.Round(float64(h.inFlight)/2)), 3*level)
		}
	}
}

// dealt says that an overload was dealt with: what left before says nothing new.
func (l *learned) dealt(now time.Duration) {
	l.doubt.settle()
	l.silence.settle()
	l.lowered = now
	l.since = tally{}
}

// pause lets nothing leave for as long as the host asked to be left alone.
func (s *Scheduler) pause(now time.Duration, h *host, wait time.Duration) {
	l := h.learned
	if wait <= 0 || wait > s.config.MaxWait { // Judge gives the host up
		return
	}
	if until := now + wait; until > l.until {
		if l.until <= now {
			s.tell(now, h, EventPause, 0, wait.Seconds(), "")
		}
		l.since.paused += until - max(now, l.until)
		l.until = until
	}
}

// ask heeds the wait that comes with refusals that come together.
func (s *Scheduler) ask(now time.Duration, l *learned, wait time.Duration) {
	wait = min(wait, s.config.MaxWait)
	l.until = max(l.until, now+wait)
	l.asked = max(l.asked, wait)
}
