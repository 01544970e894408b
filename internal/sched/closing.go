package sched

import (
	"math"
	"time"
)

// closing is what is known of a host that gets nothing but one probe at a time, until one is served.
type closing struct {
	closed    bool
	closedAt  time.Duration
	outage    bool          // nobody listened, or nothing was ever served: that says nothing of a rate
	probe     *Hop          // in flight
	probeAt   time.Duration // no probe before
	probes    int           // so far
	backoff   time.Duration // to the next one
	asked     time.Duration // the longest wait that the host asked for meanwhile
	closedFor time.Duration // how long it was the last time

	opened   time.Duration // when it was last opened, or first used
	had      int64         // what it had served then
	paced    time.Duration // when it was first opened
	pacedHad int64         // what it had served then
}

const (
	firstBackoff = 100 * time.Millisecond
	longBackoff  = 15 * time.Second
	longOff      = 5 * time.Second
	below        = 0.97 // of what a host was found to bear is what it gets,
	wellBelow    = 0.95 // or of what it refused, since that is noticed late
)

// shut closes a host.
func (s *Scheduler) shut(now time.Duration, h *host, outage bool) {
	l := h.learned
	l.slots = ceiling{}
	l.closed, l.closedAt, l.outage, l.probes = true, now, outage, 0
	l.backoff = min(max(firstBackoff, l.closedFor/8), longBackoff)
	if !outage && l.rate.found > 0 {
		l.backoff = max(l.backoff, min(l.interval(now), time.Second))
	}
	l.probeAt = now + l.backoff
	l.dealt(now)
}

// probeFailed lets the next probe wait twice as long.
func (s *Scheduler) probeFailed(now time.Duration, h *host, hop *Hop) {
	l := h.learned
	if hop.Start < l.closedAt {
		return
	}
	most := longBackoff
	if h.left() <= fewLast { // it will be over soon
		most = lastPatience / 5
	}
	if l.backoff < longOff/8 && 2*l.backoff >= longOff/8 { // it lasts
		s.tell(now, h, EventPause, 0, 2*l.backoff.Seconds(), "")
	}
	l.backoff = min(2*l.backoff, most)
	l.probeAt = now + l.backoff
}

// openUp ends shut, since a probe was served. What was served from one opening to the next, over the time between the two,
// is the rate that the host bears, whatever kind of limit makes it: a second, a minute, a bucket. It may be more if the
// host was closed only for as long as it asked for.
func (s *Scheduler) openUp(now time.Duration, h *host, probe *Hop) {
	l := h.learned
	l.closed, l.probe = false, nil
	off := now - l.closedAt
	if cycle := now - l.opened; !l.outage && cycle > 0 {
		from := 0.0
		if l.rate.found > 0 {
			from = l.rate.at(l.closedAt)
		}
		imposed := from > 0 && probe.Start-l.closedAt <= l.asked+2*l.backoff
		if off > cycle/4 && !imposed {
			cycle -= l.backoff / 4 // it has been open for a while
		}
		served := float64(h.accepted - l.had)
		found := served / cycle.Seconds()
		on := l.closedAt - l.opened
		if imposed && on > 0 {
			found = max(found, min(0.85*from, served/on.Seconds()))
		}
		switch {
		case imposed:
			l.rate.settle(now, below*found, max(l.flat(now, h), pauseLevel*l.asked))
		case from == 0 && off > longOff && on > 0: // a limit of a minute, or an outage: between what it bore while open, and that
			l.rate.search(now, math.Sqrt(found*served/on.Seconds()))
		case from == 0, found < l.rate.found/2:
			l.rate.search(now, found)
		default:
			l.rate.settle(now, below*found, min(max(l.flat(now, h), 3*off), longLevel))
		}
		l.next = now + l.interval(now)
		s.tell(now, h, EventPace, from, l.rate.at(now), "")
	}
	l.closedFor, l.asked, l.outage = off, 0, false
	l.opened, l.had = now, h.accepted
	if l.paced == 0 {
		l.paced, l.pacedHad = now, h.accepted
	}
	l.dealt(now)
}
