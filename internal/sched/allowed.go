package sched

import "time"

// timerSlack is how late a hop may leave without the next one having to wait longer for it.
const timerSlack = 10 * time.Millisecond

// take is told that a hop leaves.
func (l *learned) take(now time.Duration, hop *Hop) {
	hop.gap = now - l.took
	l.took = now
	l.since.left++
	if l.trial.on && now >= l.trial.began {
		l.trial.left++
	}
	if l.closed {
		l.probe, hop.Probe = hop, true
		l.probes++
	}
	if l.rate.found > 0 || l.trial.on {
		interval := l.interval(now)
		if now-l.next > interval && !l.closed {
			l.rate.since = min(now, l.rate.since+hop.gap) // what does not bind cannot be met
		}
		l.next = later(l.next, now, interval)
	}
	for i := range l.quotas {
		l.quotas[i].take(now)
	}
}

// later is when the next token is there if one that was there at ready is taken now.
func later(ready, now, interval time.Duration) time.Duration {
	return max(ready, now-min(timerSlack, interval)) + interval
}

// pace is how many hops a second are allowed, if that is bounded.
func (l *learned) pace(now time.Duration) float64 {
	if l.trial.on {
		return l.trial.pace
	}
	return l.rate.at(now)
}

func (l *learned) interval(now time.Duration) time.Duration {
	return duration(float64(time.Second) / l.pace(now))
}

// ready is when the next hop may leave, of so many that wait, beside so many in flight.
func (l *learned) ready(now time.Duration, demand, inFlight int) time.Duration {
	at := max(l.until, l.hush)
	switch {
	case l.closed:
		at = max(at, l.probeAt)
	case l.rate.found > 0 || l.trial.on:
		at = max(at, l.next)
	case l.slots.found > 0 && inFlight >= max(int(l.slots.found), l.held): // so that a refusal is not for coming too soon
		at = max(at, l.took+spaced)
	}
	for i := range l.quotas {
		at = max(at, l.quotas[i].ready(now, demand, l.easing))
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
	switch {
	case l.trial.on:
		most = l.trial.slots
	case l.slots.found > 0:
		most = max(1, int(l.slots.at(now)+0.5))
		if l.slots.beyond(now) {
			most = max(most, int(l.slots.found)+1)
		}
	}
	for i := range l.quotas {
		if n := l.quotas[i].atOnce(); n > 0 && (most == 0 || n < most) {
			most = n
		}
	}
	return most
}
