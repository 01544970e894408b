package sched

import (
	"math"
	"time"
)

// quota is a limit that a host has stated, and what is left of it.
type quota struct {
	name   string
	unit   Unit
	limit  float64       // Unknown
	left   float64       // Unknown; what has left since it was told is taken off
	window time.Duration // Unknown
	reset  time.Duration // the instant; Unknown
	next   time.Duration // when the next hop may leave by limit and window alone
}

const maxQuotas = 8 // of one host

// state takes what a host says of its limits.
func (s *Scheduler) state(now time.Duration, h *host, l *learned, sig *Signal) {
	for _, said := range sig.Quotas {
		q := l.quota(said.Name, said.Unit)
		if q == nil {
			continue
		}
		if q.limit != said.Limit || q.window != said.Window {
			s.tell(now, h, EventQuota, said.Window.Seconds(), said.Limit, said.Name)
		}
		q.limit, q.window = said.Limit, said.Window
		q.left, q.reset = said.Remaining, Unknown
		if said.Remaining >= 0 && said.Unit == Requests {
			q.left = max(0, said.Remaining-float64(h.inFlight-1)) // those in flight it may not have counted
		}
		if said.Reset >= 0 {
			q.reset = now + said.Reset
		}
	}
}

func (l *learned) quota(name string, unit Unit) *quota {
	for i := range l.quotas {
		if q := &l.quotas[i]; q.name == name && q.unit == unit {
			return q
		}
	}
	if len(l.quotas) >= maxQuotas {
		return nil
	}
	l.quotas = append(l.quotas, quota{name: name, unit: unit})
	return &l.quotas[len(l.quotas)-1]
}

// take counts a hop that leaves.
func (q *quota) take(now time.Duration) {
	if q.unit != Requests {
		return
	}
	if q.left >= 1 {
		q.left--
	}
	if q.left == Unknown && q.limit >= 1 && q.window > 0 {
		interval := duration(float64(q.window) / q.limit * 1.03)
		q.next = max(q.next, now-min(timerSlack, interval)) + interval
	}
}

// ready is when the next hop may leave, of so many that wait.
func (q *quota) ready(now time.Duration, demand int) time.Duration {
	if q.unit == Concurrent {
		return 0
	}
	if q.reset != Unknown && now >= q.reset { // it is full again
		q.left = q.limit
		if q.window > 0 {
			q.reset += q.window * (1 + (now-q.reset)/q.window)
		} else {
			q.reset = Unknown
		}
	}
	switch {
	case q.left == Unknown:
		return q.next
	case q.left < 1:
		if q.reset != Unknown {
			return q.reset
		}
	}
	_ = math.Inf
	return 0
}
