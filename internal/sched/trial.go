package sched

import "time"

// trial finds out whether a host refuses by chance. When it was slowed down again and again, each time from a lower pace, and goes on refusing, it
// is asked half as much as it served, for twenty outcomes or twice as many. A limit on the rate refuses nothing then. If it does refuse
// some, that is its noise, and it is asked as much as before all this began.
type trial struct {
	on            bool
	pace          float64
	slots         int
	began         time.Duration
	left          int // hops that left during it
	seen, refused int // of those

	since   int64         // what the host had observed when it was last slowed down
	lowered int           // how often in a row, each soon after the one before
	last    float64       // the pace at which that was
	highest float64       // the pace before the first of them
	until   time.Duration // no other trial before
}

const (
	trialSoon   = 25 // outcomes
	trialTimes  = 3
	trialSize   = 20
	trialAfter  = 50          // hops
	trialNoise  = 2           // refusals of them that are no accident
	trialSettle = time.Second // until what went before does not count any more
	trialPause  = 15 * time.Second
)

// wanted is asked whenever the host is to be slowed down, and reports whether to try instead. A limit is met at the same
// pace again and again; it is noise that pursues a host to ever lower ones.
func (t *trial) wanted(now time.Duration, h *host, l *learned) bool {
	from := l.rate.at(now)
	if falls := from < 0.95*t.last && h.outcomes-t.since <= trialSoon; falls {
		t.lowered++
	} else {
		t.lowered, t.highest = 0, from
	}
	t.since, t.last = h.outcomes, from
	return t.lowered >= trialTimes && now >= t.until
}

func (s *Scheduler) try(now time.Duration, h *host, l *learned) {
	t := &l.trial
	began, had := h.began, int64(0)
	if l.paced > 0 {
		began, had = l.paced, l.pacedHad
	}
	served := float64(h.accepted-had) / max(now-began, trialSettle).Seconds()
	t.on, t.began, t.left, t.seen, t.refused = true, now+trialSettle, 0, 0, 0
	t.pace = max(served, 1) / 2
	t.slots = max(1, h.inFlight/2)
	l.next = now
	l.dealt()
	l.mark(now)
}

// tried takes an outcome during the trial.
func (s *Scheduler) tried(now time.Duration, h *host, l *learned, hop *Hop, refused bool) {
	t := &l.trial
	if hop.Start < t.began {
		return
	}
	t.seen++
	if refused {
		t.refused++
	}
	limit := t.refused >= 4 && 2*t.refused > t.left // it is slower still
	size := min(max(trialSize, int(2*t.pace)), 5*trialSize)
	noise := t.refused >= trialNoise && t.seen >= trialSize/2 || t.refused > 0 && t.seen >= 2*size
	if !limit && !noise && (t.seen < size || t.refused > 0) {
		return
	}
	t.on, t.lowered, t.until = false, 0, now+trialPause
	l.opened, l.had = now, h.accepted
	l.dealt()
	l.mark(now)
	if limit {
		s.shut(now, h, l, false)
		return
	}
	l.doubt.tell(float64(t.refused) / float64(t.seen))
	l.slots = ceiling{}
	switch {
	case noise:
		l.rate = ceiling{}
	case l.rate.found == 0:
		l.rate.search(now, 2*t.pace, duration(hopsAt*float64(time.Second)/(2*t.pace)))
		l.paced, l.pacedHad = now, h.accepted
	default:
		l.rate.settle(now, l.rate.found, l.flat(now, h))
	}
}
