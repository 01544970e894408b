package sched

import (
	"math"
	"time"
)

const (
	firstLevel = time.Second      // of a ceiling of slots that was found at once
	level      = 5 * time.Second  // of one that was met
	levelHops  = 40               // and so many hops at least, if that is not more than twice as long
	noisyLevel = level * 3 / 10   // of one that was met where refusals come by chance, too
	longLevel  = 60 * time.Second // of one that was met by waiting long
	pauseLevel = 10               // as many times as long as the pause that it cost to meet it
)

// crowding is what tells too many at once from too soon after another, for a host with a ceiling of slots.
type crowding struct {
	hush    time.Duration // nothing leaves before
	strikes int           // how often in a row one was refused that left very soon after another
	shown   float64       // the slots of which an event told
	held    int           // the most in flight when one of those left that were served since
	above   int           // hops that were served although more than was found were in flight
}

// Of a host of which little is known so much leaves at first, and then nothing until something comes back, or for a
// moment. If that is a refusal, nothing leaves for a moment, either, until what left together has come back.
const (
	firstBurst = 16
	firstWait  = 35 * time.Millisecond
	little     = 50 // outcomes
)

// wonder holds everything for a moment after a refusal, if little is known of the host, or it was never slowed down and
// this is not the only refusal; but not again and again, if that comes to nothing.
func (l *learned) wonder(now time.Duration, h *host) {
	if h.outcomes <= little && !l.closed || l.calm() && l.score >= likely && (l.hush == 0 || now-l.hush > echo) {
		l.hush = now + strikeApart
	}
}

const (
	echo        = time.Second           // what a limit may remember of the pace that was lowered
	strikeApart = 70 * time.Millisecond // one more than was found is not tried again sooner
	spaced      = 30 * time.Millisecond // how soon after another is very soon
	maxStrikes  = 3
)

// enough is the score at which refusals have come together.
func (l *learned) enough(now time.Duration, hop *Hop, kind Kind) float64 {
	switch {
	case l.rate.found > 0 && now-l.lowered < echo, l.slots.found > 0 && hop.load == 1:
		return likely
	case !l.isNoisy() && (l.rate.found > 0 || l.slots.found > 0 && float64(hop.load) > l.slots.found):
		return warned
	case l.rate.found > 0, kind == OverQuota && l.until > now:
		return likely
	}
	return sure
}

// lower is called when refusals have come together.
//
// At first the host gets no more at once than it holds just now, if it holds anything: a limit on concurrency bears that.
// If it refuses although it holds no more than it has borne, its limit is one of rate: it is closed until it serves
// again, which tells its rate; see openUp. If it refuses only some, nobody knows yet: then a trial tells.
func (s *Scheduler) lower(now time.Duration, h *host, hop *Hop, sig *Signal) {
	l := h.learned
	switch {
	case l.rate.found > 0 && l.trial.wanted(now, h):
		s.try(now, h)
	case l.rate.found > 0:
		s.lowerRate(now, h, sig)
	case l.slots.found == 0 && h.held() > 0:
		s.setSlots(now, h, float64(h.held()), firstLevel)
	case l.slots.found > 0 && float64(hop.load) > l.slots.found && !l.tooSoon(now, h, hop):
		s.setSlots(now, h, l.slots.found, s.flatAfter(now, h, sig))
	case l.slots.found > 0 && float64(hop.load) > l.slots.found && l.strikes < maxStrikes:
		l.strikes++
		l.doubt.settle()
	case l.slots.found > 0 && (sig.Kind != OverQuota || sig.Wait == 0) && l.undecided():
	case l.slots.found > 0 && (sig.Kind != OverQuota || sig.Wait == 0) && l.refusesSome():
		if l.since.left < trialAfter || now < l.trial.until {
			l.doubt.settle()
			return
		}
		s.try(now, h)
	default:
		s.shut(now, h, false)
		s.ask(now, h, sig.Wait)
	}
}

// lowerRate takes the rate a little below what was refused. If that is refused at once, too, the host is closed.
func (s *Scheduler) lowerRate(now time.Duration, h *host, sig *Signal) {
	l := h.learned
	from := l.rate.at(now)
	found, flat := from, s.flatAfter(now, h, sig)
	switch {
	case !l.rate.settled && now-l.rate.since > l.rate.level/2:
		found = max(0.5*from, min(0.75*from, l.rateSince(now)))
	case !l.rate.settled || now-l.rate.since < max(step, hopsAt*l.interval(now)):
		s.shut(now, h, false)
		s.ask(now, h, sig.Wait)
		return
	case l.isNoisy():
		found = 0.9 * from
	case now-l.lowered < 2*level: // soon after the last time: what was served since says more
		found = max(0.75*from, min(from, l.rateSince(now)))
	}
	l.rate.settle(now, wellBelow*found, flat)
	l.dealt(now)
	s.tell(now, h, EventPace, from, l.rate.at(now), "")
}

// setSlots begins a ceiling of slots.
func (s *Scheduler) setSlots(now time.Duration, h *host, found float64, flat time.Duration) {
	l := h.learned
	from := float64(h.slots)
	switch total := float64(s.config.Slots); {
	case l.slots.found > 0:
		from = math.Round(l.slots.at(now))
	case total > 0 && total < from:
		from = total
	}
	l.slots.settle(max(now, l.until), found, flat)
	l.held, l.above, l.strikes = 0, 0, 0
	l.dealt(now)
	l.shown = found
	if from != found {
		s.tell(now, h, EventSlots, from, found, "")
	}
}

// tooSoon reports whether a refusal of one more than was found may be for coming very soon after another.
func (l *learned) tooSoon(now time.Duration, h *host, hop *Hop) bool {
	if hop.gap >= min(spaced, h.perHop(now)/4) {
		return false
	}
	return l.strikes < maxStrikes || l.above >= maxStrikes
}

// undecided reports whether more hops are on their way than were refused, so that nobody can tell whether most will be.
func (l *learned) undecided() bool {
	return l.slots.found > 1 && l.since.left-l.since.served > 2*l.since.refused
}

// refusesSome reports whether the host refuses less than half of what it gets. One that refuses what it gets alone need not
// refuse as much: it does not hold too much.
func (l *learned) refusesSome() bool {
	share := 0.5
	if l.slots.found <= 1 {
		share /= 3
	}
	return float64(l.since.refused) < share*float64(l.since.refused+l.since.served)
}

// rateSince is how many hops a second it has served since it was last lowered: between counting the time for which it
// asked to be left alone and not counting it. Infinity means that too little is known.
func (l *learned) rateSince(now time.Duration) float64 {
	all := now - l.lowered
	on := all - (l.since.paused - max(0, l.until-now))
	served := l.since.left - l.since.refused // or so it seems
	if served < 4 || on <= 0 {
		return math.Inf(1)
	}
	return float64(served) / math.Sqrt(all.Seconds()*on.Seconds())
}

// flat is how long a ceiling that was met stays level. Where refusals come by chance, too, it was less surely met.
func (l *learned) flat(now time.Duration, h *host) time.Duration {
	hop := h.perHop(now)
	switch {
	case l.isNoisy():
		return noisyLevel
	case l.rate.found > 0:
		hop = duration(float64(time.Second) / l.rate.found)
	}
	return min(max(level, levelHops*min(hop, level)), 2*level)
}

// flatAfter is flat for a ceiling that was met with a refusal.
func (s *Scheduler) flatAfter(now time.Duration, h *host, sig *Signal) time.Duration {
	flat := max(h.learned.flat(now, h), h.learned.closedFor)
	if sig.Kind == OverQuota {
		flat = max(flat, pauseLevel*min(sig.Wait, s.config.MaxWait))
	}
	return flat
}

// perHop is the time from one served hop to the next.
func (h *host) perHop(now time.Duration) time.Duration {
	return (now - h.began) / time.Duration(h.accepted+1)
}
