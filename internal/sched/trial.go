package sched

import "time"

// trial finds out whether a host refuses by chance. It is asked half as much as it has served, a second and at once, for
// some outcomes. A limit refuses nothing then. If it does refuse some, that is its noise, and it is asked as much as before
// all this began.
type trial struct {
	on            bool
	pace          float64       // hops a second
	slots         int           // hops at once
	began         time.Duration // what leaves before does not count
	left          int           // hops that left during it
	seen, refused int           // of those
	before        float64       // the share that was refused

	falls    int           // how often in a row the host was slowed down from a lower pace than before
	last     float64       // the pace from which it was
	outcomes int64         // what the host had observed then
	until    time.Duration // no other trial before
}

const (
	trialFalls  = 3           // of the pace, after which there is a trial,
	trialSoon   = 25          // each so few outcomes after the one before
	trialAfter  = 50          // hops of which some were refused, after which there is one
	trialSize   = 20          // outcomes of one
	trialNoise  = 2           // refusals among them that are no accident
	trialSettle = time.Second // until what went before does not count any more
	trialPause  = 15 * time.Second
	trialLost   = 5 * time.Minute // after one whose finding did not hold
)

// wanted is asked whenever a host with a rate is to be slowed down, and reports whether to try instead. A limit is met at
// the same pace again and again; it is noise that pursues a host to ever lower ones.
func (t *trial) wanted(now time.Duration, h *host) bool {
	from := h.learned.rate.at(now)
	if from < 0.95*t.last && h.outcomes-t.outcomes <= trialSoon {
		t.falls++
	} else {
		t.falls = 0
	}
	t.outcomes, t.last = h.outcomes, from
	return t.falls >= trialFalls && now >= t.until
}

// try begins a trial.
func (s *Scheduler) try(now time.Duration, h *host) {
	l := h.learned
	began, had := h.began, int64(0)
	if l.paced > 0 {
		began, had = l.paced, l.pacedHad
	}
	served := float64(h.accepted-had) / max(now-began, trialSettle).Seconds()
	t := &l.trial
	t.before = l.recent
	if l.since.left >= trialSize {
		t.before = float64(l.since.refused) / float64(l.since.left)
	}
	t.on, t.began, t.left, t.seen, t.refused = true, now+trialSettle, 0, 0, 0
	t.pace, t.slots = max(served, 1)/2, max(1, h.inFlight/2)
	l.next = now
	l.dealt(now)
}

// tried takes an outcome during a trial.
func (s *Scheduler) tried(now time.Duration, h *host, hop *Hop, refused bool) {
	l := h.learned
	t := &l.trial
	if hop.Start < t.began {
		return
	}
	t.seen++
	if refused {
		t.refused++
	}
	size := min(max(trialSize, int(2*t.pace)), 5*trialSize)
	slower := t.refused >= 2*trialNoise && 2*t.refused > t.left // even this is too much
	noise := t.refused >= trialNoise && t.seen >= trialSize/2 || t.refused > 0 && t.seen >= 2*size
	if !slower && !noise && (t.seen < size || t.refused > 0) {
		return
	}
	share := float64(t.refused) / float64(t.seen)
	noise = noise && share > t.before/2 // or else slowing down did help
	t.on, t.falls, t.until = false, 0, now+trialPause
	if slower {
		s.shut(now, h, false)
		return
	}
	l.opened, l.had = now, h.accepted
	l.dealt(now)
	l.slots = ceiling{}
	if noise || t.refused == 0 {
		l.found(share)
	}
	switch {
	case noise:
		l.rate = ceiling{}
		s.tell(now, h, EventPace, t.pace, 0, "it refuses some whatever it is asked")
	case l.rate.found == 0:
		l.rate.search(now, 2*t.pace)
		l.paced, l.pacedHad = now, h.accepted
		s.tell(now, h, EventPace, 0, l.rate.at(now), "")
	default:
		l.rate.settle(now, l.rate.found, l.flat(now, h))
	}
}
