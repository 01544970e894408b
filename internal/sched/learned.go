package sched

import (
	"math"
	"time"
)

// learned is what was learned of a host since it first turned a request away, stated a limit, or failed. A host that only
// serves has none.
//
// A refusal alone is noise, and delays its own request only. Refusals that come together are an overload. Then the host
// gets no more at once than it holds just now, if it holds anything: that is what a limit on concurrency bears. If it
// refuses although it holds no more than it has borne, its limit is one of rate. Then it is closed: nothing is sent but
// one probe at a time, until one is served. What was served from one such opening to the next, over the time between the
// two, is the rate that it bears, whatever kind of limit makes it. Both ceilings rise again by themselves; see ceiling.
type learned struct {
	doubt
	rate  ceiling       // hops a second
	next  time.Duration // when the next token of rate is there
	took  time.Duration // when the last one was taken
	slots ceiling       // hops at once

	strikes  int           // how often in a row, perhaps for coming too soon after another
	struck   time.Duration // when one more than slots.found was refused
	above    int           // hops that were served although more were in flight than slots.found
	paced    time.Duration // when it was first opened
	pacedHad int64         // what it had served then
	trial    trial         // what is tried when slowing down does not help

	lowered   time.Duration // when a ceiling was last lowered: hops that left before say nothing new
	sinceThen tally         // of hops that left since
	until     time.Duration // the host asked for nothing before

	closed    bool
	closedAt  time.Duration
	outage    bool // closed since nobody listened
	probeAt   time.Duration
	backoff   time.Duration
	asked     time.Duration // the longest wait that the host asked for meanwhile
	probe     *Hop          // in flight while closed
	opened    time.Duration // when it was last opened, or first used
	had       int64         // what it had served then
	closedFor time.Duration // how long it was the last time

	served time.Duration // when it last served anything
	rounds int           // failures in a row of hops that left after the one before, of a host that never served
	round  time.Duration
	down   time.Duration // given up until then; 0: it is not
	downs  int           // how often in a row

	quotas []quota
	why    string // of the last event
	words  words  // what it said since the last event
}

const (
	firstBackoff = 50 * time.Millisecond
	longBackoff  = 15 * time.Second
	firstLevel   = time.Second
	level        = 5 * time.Second // of a ceiling that was met
	noisyLevel   = 1500 * time.Millisecond
	flatHops     = 40               // and so many hops, at least
	longLevel    = 60 * time.Second // of one that was met by waiting long
	strikeApart  = 70 * time.Millisecond
	spaced       = 30 * time.Millisecond
	timerSlack   = 10 * time.Millisecond
)

// learn is what was learned of the host, which begins here.
func (s *Scheduler) learn(now time.Duration, h *host) *learned {
	if h.learned == nil {
		h.learned = &learned{opened: h.began, doubt: doubt{seen: min(float64(h.accepted), memory)}}
	}
	return h.learned
}

// observe is told each outcome once.
func (s *Scheduler) observe(now time.Duration, h *host, hop *Hop, sig *Signal) {
	if s.config.Adapt && len(sig.Quotas) > 0 {
		s.state(now, h, s.learn(now, h), sig)
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
	l := s.learn(now, h)
	if l.probe == hop {
		l.probe = nil
	}
	switch {
	case sig.Kind == Served:
		s.accept(now, h, l, hop)
	case h.accepted == 0:
		s.unproven(now, h, l, hop, sig)
	case sig.Kind.Refused():
		s.refuse(now, h, l, hop, sig)
	case sig.Kind == TimedOut:
		s.timedOut(now, h, l, hop, sig)
	}
}

// accept takes a response.
func (s *Scheduler) accept(now time.Duration, h *host, l *learned, hop *Hop) {
	l.served = now
	if hop.Start >= l.lowered {
		l.sinceThen.served++
		if l.slots.found > 0 && float64(hop.load) > l.slots.found {
			l.above++
		}
	}
	l.rounds, l.downs = 0, 0
	l.add(false, l.calm())
	if l.trial.on {
		s.tried(now, h, l, hop, false)
	}
	if l.down > 0 {
		l.down = 0
		s.tell(now, h, EventUp, 0, 0, "it responds again")
	}
	if l.closed && hop.Start >= l.closedAt {
		s.openUp(now, h, l, hop)
	}
}

// calm reports whether the host was never slowed down, and nothing speaks for that.
func (l *learned) calm() bool {
	return !l.closed && l.rate.found == 0 && l.slots.found == 0
}

// refuse takes a refusal of a host that has served something.
func (s *Scheduler) refuse(now time.Duration, h *host, l *learned, hop *Hop, sig *Signal) {
	l.words.add(sig.Word)
	if sig.Kind == OverQuota && sig.Wait > 0 {
		s.pause(now, h, l, sig)
	}
	switch {
	case sig.Kind == Unreachable:
		if !l.closed {
			s.shut(now, h, l, true)
		} else {
			l.probeFailed(now, hop)
		}
	case l.closed:
		l.ask(now, sig, s.config.MaxWait)
		l.probeFailed(now, hop)
	case hop.Start < l.lowered:
		if l.slots.found > 0 && l.rate.found == 0 {
			l.slots.found = max(1, min(l.slots.found, float64(h.inFlight-1)))
		}
	case hop.Refusals >= stubborn:
	default:
		l.add(true, l.calm())
		l.sinceThen.refused++
		if l.slots.found > 0 && float64(hop.load) > l.slots.found {
			l.struck = now
		}
		if l.trial.on {
			s.tried(now, h, l, hop, true)
			return
		}
		if l.score < l.enough(hop) {
			return
		}
		s.lower(now, h, l, hop, sig)
	}
	if h.accepted > 0 && s.config.GiveUp > 0 && l.closed && now-max(l.served, l.closedAt) > s.config.GiveUp {
		s.giveUp(now, h, l, s.config.GiveUp)
	}
}

// enough is the score at which refusals have come together.
func (l *learned) enough(hop *Hop) float64 {
	if l.noise() < noisy && (l.rate.found > 0 || l.slots.found > 0 && float64(hop.load) > l.slots.found) {
		return warned
	}
	if l.rate.found > 0 {
		return likely
	}
	return sure
}

// lower is called when refusals have come together.
func (s *Scheduler) lower(now time.Duration, h *host, l *learned, hop *Hop, sig *Signal) {
	held := float64(h.inFlight - 1)
	var paused time.Duration
	if sig.Kind == OverQuota {
		paused = sig.Wait
	}
	switch {
	case l.rate.found > 0 && l.trial.wanted(now, h, l):
		s.try(now, h, l)
	case l.rate.found > 0 && !l.rate.settled && now-l.rate.since > l.rate.level/2:
		from := l.rate.at(now)
		l.rate.settle(now, max(0.5*from, min(0.75*from, l.rateSince(now))), l.flat(now, h))
		l.mark(now)
		l.dealt()
		s.tell(now, h, EventPace, from, l.rate.at(now), "")
	case l.rate.found > 0 && l.rate.settled && now-l.rate.since > max(step, 4*l.interval(now)):
		from := l.rate.at(now)
		found := from
		if l.noise() >= noisy {
			found *= 0.9
		} else if now-l.lowered < 10*time.Second { // soon after the last time, what was served since says more
			found = max(0.75*from, min(from, l.rateSince(now)))
		}
		l.rate.settle(now, 0.97*found, max(l.longer(l.flat(now, h)), 10*paused))
		l.mark(now)
		l.dealt()
		s.tell(now, h, EventPace, from, l.rate.at(now), "")
	case l.slots.found > 0 && float64(hop.load) > l.slots.found && hop.gap < l.close(now, h) && l.strikes < 3:
		// Perhaps it came too soon after the one before, not on top of too many: once more, a little later.
		l.strikes++
		l.dealt()
	case l.slots.found > 0 && float64(hop.load) > l.slots.found && (l.above < 3 || hop.gap >= l.close(now, h)):
		from := l.slots.at(now)
		l.slots.settle(now, l.slots.found, l.longer(l.flat(now, h)))
		l.above, l.strikes = 0, 0
		l.mark(now)
		l.dealt()
		s.tell(now, h, EventSlots, from, l.slots.at(now), "")
	case l.rate.found == 0 && l.slots.found == 0 && held >= 1:
		l.slots.settle(now, held, firstLevel)
		l.above = 0
		l.mark(now)
		l.dealt()
		s.tell(now, h, EventSlots, float64(h.slots), held, "")
	case l.rate.found == 0 && l.slots.found > 0 && sig.Kind != OverQuota && l.mostly()*l.sinceThen.left > l.sinceThen.refused*6:
		// Not all is refused: either it is asked a little too much, or it refuses by chance.
		if l.sinceThen.left < trialAfter || now < l.trial.until {
			l.dealt()
			return
		}
		s.try(now, h, l)
	default:
		l.slots = ceiling{}
		l.ask(now, sig, s.config.MaxWait)
		s.shut(now, h, l, false)
	}
}

// rateSince is how much it served since the last mark, hops a second: between counting the time for which it asked to be
// left alone and not counting it. A very large number means that too little is known.
func (l *learned) rateSince(now time.Duration) float64 {
	all := now - l.lowered
	on := all - (l.sinceThen.paused - max(0, l.until-now))
	served := l.sinceThen.left - l.sinceThen.refused // or so it seems
	if served < 4 || on <= 0 {
		return math.Inf(1)
	}
	return float64(served) / math.Sqrt(all.Seconds()*on.Seconds())
}

// mostly is how many in six refusals are too many to be accidents. A host that refuses what it gets alone does not do so
// for holding too much.
func (l *learned) mostly() int64 {
	if l.slots.found <= 1 {
		return 1
	}
	return 3
}

// close is how soon after another a hop must have left to be refused for that.
func (l *learned) close(now time.Duration, h *host) time.Duration {
	return min(spaced, time.Duration(float64(now-h.began)/float64(h.accepted+1)/4))
}

// tally counts hops.
type tally struct {
	left, served, refused int64
	paused                time.Duration
}

// mark says that hops which left before say nothing new.
func (l *learned) mark(now time.Duration) {
	l.lowered = now
	l.sinceThen = tally{}
}

// ask heeds the wait that comes with refusals that come together.
func (l *learned) ask(now time.Duration, sig *Signal, limit time.Duration) {
	wait := min(sig.Wait, limit)
	l.until = max(l.until, now+wait)
	l.asked = max(l.asked, wait)
}

// longer is how long a ceiling that was met again stays level.
func (l *learned) longer(at time.Duration) time.Duration {
	return max(at, l.closedFor)
}

// shut lets nothing but probes through.
func (s *Scheduler) shut(now time.Duration, h *host, l *learned, outage bool) {
	l.closed, l.closedAt, l.outage = true, now, outage
	l.backoff = min(max(firstBackoff, l.closedFor/8), longBackoff)
	if !outage && l.rate.found > 0 {
		l.backoff = max(l.backoff, min(time.Duration(float64(time.Second)/l.rate.at(now)), time.Second))
	}
	l.probeAt = now + l.backoff
	l.dealt()
	l.mark(now)
}

func (l *learned) probeFailed(now time.Duration, hop *Hop) {
	if hop.Start < l.closedAt {
		return
	}
	l.backoff = min(2*l.backoff, longBackoff)
	l.probeAt = now + l.backoff
}

// openUp ends shut: a probe was served.
func (s *Scheduler) openUp(now time.Duration, h *host, l *learned, hop *Hop) {
	l.closed, l.probe = false, nil
	cycle, served := now-l.opened, h.accepted-l.had
	off := now - l.closedAt
	was := l.rate
	from := 0.0
	if was.found > 0 {
		from = was.at(l.closedAt)
	}
	imposed := hop.Start-l.closedAt <= l.asked+2*l.backoff // it could have been open sooner
	if !l.outage && cycle > 0 {
		if off > cycle/4 && !imposed {
			cycle -= l.backoff / 4 // it will have been open for a while
		}
		found := float64(served) / cycle.Seconds()
		if on := l.closedAt - l.opened; imposed && was.found > 0 && on > 0 {
			found = max(found, min(0.85*from, float64(served)/on.Seconds()))
		}
		switch {
		case imposed && was.found > 0:
			l.rate.settle(now, 0.97*found, max(l.flat(now, h), 10*l.asked))
		case was.found == 0, found < was.found/2:
			l.rate.search(now, found, time.Duration(hopsAt*float64(time.Second)/found))
		default:
			l.rate.settle(now, 0.97*found, min(max(l.flat(now, h), 3*off), longLevel))
		}
		l.next = now + l.interval(now)
		s.tell(now, h, EventPace, from, l.rate.at(now), "")
	}
	l.closedFor, l.asked = off, 0
	if l.paced == 0 {
		l.paced, l.pacedHad = now, h.accepted
	}
	l.outage = false
	l.opened, l.had = now, h.accepted
	l.mark(now)
}

func (l *learned) interval(now time.Duration) time.Duration {
	return duration(float64(time.Second) / l.pace(now))
}

// pace is how many hops a second are allowed.
func (l *learned) pace(now time.Duration) float64 {
	if l.trial.on {
		return l.trial.pace
	}
	return l.rate.at(now)
}

// take is told that a hop leaves.
func (l *learned) take(now time.Duration, hop *Hop) {
	l.sinceThen.left++
	if l.trial.on && now >= l.trial.began {
		l.trial.left++
	}
	hop.gap = now - l.took
	l.took = now
	if l.closed {
		l.probe, hop.Probe = hop, true
	}
	if l.rate.found > 0 || l.trial.on {
		interval := l.interval(now)
		if idle := now - l.next; idle > interval && !l.closed {
			l.rate.since = min(now, l.rate.since+hop.gap) // what does not bind cannot be met
		}
		l.next = max(l.next, now-min(timerSlack, interval)) + interval
	}
	for i := range l.quotas {
		l.quotas[i].take(now)
	}
}

// ready is when the next hop may leave.
func (l *learned) ready(now time.Duration, demand int) time.Duration {
	at := l.until
	if l.closed {
		at = max(at, l.probeAt)
	} else if l.rate.found > 0 || l.trial.on {
		at = max(at, l.next)
	}
	for i := range l.quotas {
		at = max(at, l.quotas[i].ready(now, demand))
	}
	return at
}

// most is how many hops may be in flight; 0 means no bound.
func (l *learned) most(now time.Duration, inFlight int) int {
	if l.closed {
		if l.probe != nil {
			return max(inFlight, 1)
		}
		return inFlight + 1
	}
	most := 0
	if l.slots.found > 0 {
		most = max(1, int(l.slots.at(now)+0.5))
		if l.slots.beyond(now) {
			most = max(most, int(l.slots.found)+1)
		}
		if now-l.struck < strikeApart && l.struck > 0 {
			most = min(most, max(1, int(l.slots.found)))
		}
	}
	if l.trial.on {
		most = l.trial.slots
	}
	for i := range l.quotas {
		if q := &l.quotas[i]; q.unit == Concurrent && q.limit >= 1 && (most == 0 || int(q.limit) < most) {
			most = int(q.limit)
		}
	}
	return most
}

// timedOut takes a time-out of a host that has served something: several together are an overload, too.
func (s *Scheduler) timedOut(now time.Duration, h *host, l *learned, hop *Hop, sig *Signal) {
	l.words.add(sig.Word)
	if l.closed {
		l.probeFailed(now, hop)
		return
	}
	if hop.Start < l.lowered {
		return
	}
	l.add(true, false)
	if l.score < sure {
		return
	}
	from := l.slots.at(now)
	l.slots.settle(now, max(1, float64(h.inFlight)/2), level)
	l.mark(now)
	l.dealt()
	s.tell(now, h, EventSlots, from, l.slots.found, "")
}

// pause lets nothing leave until what the host asked for is over.
func (s *Scheduler) pause(now time.Duration, h *host, l *learned, sig *Signal) {
	if sig.Wait > s.config.MaxWait {
		return // Judge gives the host up
	}
	if until := now + sig.Wait; until > l.until {
		if l.until <= now {
			s.tell(now, h, EventPause, 0, sig.Wait.Seconds(), "")
		}
		l.sinceThen.paused += until - max(now, l.until)
		l.until = until
	}
}

// flat is how long a ceiling that was met stays level. Where refusals come by chance, too, it was less surely met.
func (l *learned) flat(now time.Duration, h *host) time.Duration {
	if l.noise() >= noisy {
		return noisyLevel
	}
	if l.rate.found == 0 {
		return min(max(level, duration(flatHops*float64(now-h.began)/float64(h.accepted+1))), 2*level)
	} else {
		return min(max(level, duration(flatHops*float64(time.Second)/l.rate.found)), 2*level)
	}
}
