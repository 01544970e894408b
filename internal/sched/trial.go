package sched

import "time"

// trial finds out whether a host refuses by chance. When it was slowed down three times in a row and goes on refusing, it
// is asked half as much as it served, for twenty outcomes. A limit on the rate refuses nothing then. If it does refuse
// some, that is its noise, and it is asked as much as before all this began.
type trial struct {
	on            bool
	pace          float64
	began         time.Duration
	seen, refused int

	since   int64         // what the host had observed when it was last slowed down
	lowered int           // how often in a row, each soon after the one before
	highest float64       // the pace before the first of them
	until   time.Duration // no other trial before
}

const (
	trialSoon   = 25 // outcomes
	trialTimes  = 3
	trialSize   = 20
	trialNoise  = 3           // refusals of them that are no accident
	trialSettle = time.Second // until what went before does not count any more
	trialPause  = time.Minute
)

// wanted is asked whenever the host is to be slowed down, and reports whether to try instead.
func (t *trial) wanted(now time.Duration, h *host, l *learned) bool {
	soon := h.outcomes-t.since <= trialSoon
	t.since = h.outcomes
	if !soon {
		t.lowered, t.highest = 0, 0
	}
	t.highest = max(t.highest, l.rate.at(now))
	t.lowered++
	return t.lowered > trialTimes && now >= t.until
}

func (s *Scheduler) try(now time.Duration, h *host, l *learned) {
	t := &l.trial
	served := float64(h.accepted) / max(now-h.began, trialSettle).Seconds()
	t.on, t.began, t.seen, t.refused = true, now+trialSettle, 0, 0
	t.pace = served / 2
	l.dealt()
	l.lowered = now
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
	limit := t.refused >= 4 && 2*t.refused > t.seen // it is slower still
	if t.seen < trialSize && !limit {
		return
	}
	t.on, t.lowered, t.until = false, 0, now+trialPause
	l.dealt()
	l.lowered = now
	if limit {
		s.shut(now, h, l, false)
		return
	}
	if t.refused < trialNoise {
		l.rate.settle(now, l.rate.found, l.flat())
		return
	}
	l.doubt.tell(float64(t.refused) / float64(t.seen))
	l.rate.search(now, t.highest, 0)
}
