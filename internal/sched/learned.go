package sched

import "time"

// learned is what was learned of a host since it first turned a request away, stated a limit, or failed. A host that only
// serves has none.
//
// A refusal alone is noise, and delays its own request only. Refusals that come together are an overload; see lower. What
// a host was found to bear, of hops a second or of hops at once, is a ceiling, which rises again by itself.
type learned struct {
	doubt                 // of refusals
	trouble               // of failures and time-outs
	rate    ceiling       // hops a second
	slots   ceiling       // hops at once
	next    time.Duration // when the next token of rate is there
	took    time.Duration // when a hop last left
	crowding
	closing
	circuit
	firsts
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
	willing bool          // the last outcome, but for requests that are refused again and again, was that it served
	turn    bool          // the next hop is not such a request
	newest  time.Duration // when the latest of the hops left that it served
}

// tally counts hops.
type tally struct {
	left, served, refused int64
	paused                time.Duration // for how long the host asked to be left alone
}

// learn is what was learned of the host, which begins here.
func (h *host) learn() *learned {
	if h.learned == nil {
		h.learned = &learned{doubt: doubt{seen: min(float64(h.accepted), memory)}, closing: closing{opened: h.began}}
	}
	return h.learned
}

// observe is told each outcome once, and Quotas at any time.
func (s *Scheduler) observe(now time.Duration, h *host, hop *Hop, sig *Signal) {
	if s.config.Adapt && (len(sig.Quotas) > 0 || sig.Share > 0 && sig.Share < 1) {
		s.state(now, h, hop, sig)
	}
	if hop.observed || sig.Kind == Dropped {
		return
	}
	hop.observed = true
	h.told++
	h.outcomes++
	if sig.Kind == Served {
		h.accepted++
		h.latency = now - hop.Start
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
	default:
		s.troubled(now, h, hop, sig)
	}
}

// accept takes a response.
func (s *Scheduler) accept(now time.Duration, h *host, hop *Hop) {
	l := h.learned
	l.served = now
	if hop.Refusals < stubborn {
		l.willing = true
	}
	l.newest = max(l.newest, hop.Start)
	if l.slots.found > 0 && l.slots.found < l.shown { // those that left with the first refusal have shown it
		s.tell(now, h, EventSlots, l.shown, l.slots.found, "")
		l.shown = l.slots.found
	}
	if hop.Start < l.lowered {
		l.others = max(l.others-1, 0)
	} else {
		l.since.served++
		if l.slots.found > 0 && float64(hop.load) > l.slots.found {
			l.above++
			l.held = max(l.held, hop.load)
		}
	}
	l.add(false, l.calm())
	l.firstRefused(hop, false)
	l.failing.add(false, true)
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
	if sig.Kind == OverQuota && s.overdrawn(now, h, sig) {
		return
	}
	if l.firstRefused(hop, true) {
		if l.closed || !l.calm() {
			s.release(now, h, "it refuses each request once")
		}
		return
	}
	if hop.Refusals < stubborn {
		l.willing = false
	}
	switch {
	case l.closed && hop.Refusals >= stubborn && h.queue.fresh() != nil: // another one tells more
		l.probeAt = now
	case l.closed:
		s.probeFailed(now, h, hop)
		s.ask(now, h, sig.Wait)
	case sig.Kind == Unreachable:
		s.shut(now, h, true)
	case hop.Start < l.lowered: // it belongs to what was dealt with
		if l.slots.found > 0 && l.rate.found == 0 {
			l.slots.found = max(1, min(l.slots.found, float64(h.held())))
		}
	case hop.Refusals >= stubborn && !l.trial.on && (l.willing || h.queue.fresh() == nil): // it is about the request
	default:
		l.add(true, l.calm())
		if l.contradicted() {
			l.trial.until = now + trialLost
		}
		l.since.refused++
		switch {
		case l.trial.on:
			s.tried(now, h, hop, true)
		case l.rate.found == 0 && !l.tooMany(hop) && l.pausedAgain(now, h, sig):
			s.lowerRate(now, h, sig)
		case l.score >= l.enough(now, hop, sig.Kind):
			s.lower(now, h, hop, sig)
		}
	}
	l.wonder(now, h)
	if for_ := now - max(l.served, l.closedAt); l.closed && (s.config.GiveUp > 0 && for_ > s.config.GiveUp ||
		sig.Kind == Busy && for_ > h.patience() && h.left() > fewLast && s.onlyStubborn(h)) {
		s.giveUp(now, h)
	}
}

// tooMany reports whether a refusal is likely for holding more at once than the host was found to bear.
func (l *learned) tooMany(hop *Hop) bool {
	return l.slots.found > 0 && float64(hop.load) > l.slots.found && l.above < maxStrikes
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

// dealt says that an overload was dealt with: what left before says nothing new.
func (l *learned) dealt(now time.Duration) {
	l.doubt.settle()
	l.failing.settle()
	l.lowered = now
	l.since = tally{}
}

// overdrawn takes what a host says of when it will serve this client again, and reports whether that is too long to wait
// for: then the host is given up until then, since nothing else would be served, either.
func (s *Scheduler) overdrawn(now time.Duration, h *host, sig *Signal) bool {
	wait := sig.Wait
	if wait <= 0 {
		wait = h.learned.exhausted(now)
	}
	if wait > s.config.MaxWait {
		s.openCircuit(now, h, wait)
		return true
	}
	s.pause(now, h, sig.Wait)
	return false
}

// pause lets nothing leave for as long as the host asked to be left alone.
func (s *Scheduler) pause(now time.Duration, h *host, wait time.Duration) {
	l := h.learned
	if until := now + wait; wait > 0 && until > l.until {
		if l.until <= now {
			s.tell(now, h, EventPause, 0, wait.Seconds(), "")
		}
		longer := until - max(now, l.until)
		l.since.paused += longer
		l.slots.since += longer // what does not bind cannot be met
		l.until = until
	}
}

// Pause lets nothing leave to a host for so long, as after a response that asks for it, from which nothing else is learned:
// in a simulation of what was learned already.
func (s *Scheduler) Pause(now time.Duration, name string, wait time.Duration) {
	now = s.advance(now)
	host := s.host(name)
	host.learn()
	s.pause(now, host, wait)
	s.replace(now, host)
}

// ask has the next probe of a closed host wait for as long as it asked, unless that is too long to be obeyed, or longer
// than it may refuse everything.
func (s *Scheduler) ask(now time.Duration, h *host, wait time.Duration) {
	l := h.learned
	if wait <= 0 || wait > s.config.MaxWait {
		return
	}
	at := now + wait
	if s.config.GiveUp > 0 && h.accepted > 0 {
		at = min(at, max(l.served, l.closedAt)+s.config.GiveUp)
	}
	if at <= l.probeAt {
		return
	}
	l.probeAt = at
	if wait > l.asked {
		l.asked = wait
		s.tell(now, h, EventPause, 0, wait.Seconds(), "")
	}
}
