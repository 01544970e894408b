package sched

import "time"

// quota is a limit that a host has stated, and what is left of it.
type quota struct {
	name   string
	unit   Unit
	limit  float64       // Unknown
	left   float64       // Unknown; what has left since it was told is taken off
	window time.Duration // Unknown
	reset  time.Duration // the instant; Unknown
	next   time.Duration // when the next hop may leave, if what is left is spread
}

const (
	maxQuotas  = 8    // of one host
	headroom   = 1.03 // a stated rate is kept to with so much room, since requests do not arrive as evenly as they leave
	resetSlack = 20 * time.Millisecond
)

// state takes what a host says of its limits.
func (s *Scheduler) state(now time.Duration, h *host, l *learned, sig *Signal) {
	for _, said := range sig.Quotas {
		q := l.quota(&said)
		if q == nil {
			continue
		}
		if q.limit != said.Limit && said.Limit >= 0 {
			s.tell(now, h, EventQuota, max(0, said.Window).Seconds(), said.Limit, "it says so")
		}
		q.limit = said.Limit
		q.left, q.reset = said.Remaining, Unknown
		if said.Reset >= 0 {
			q.reset = now + said.Reset + resetSlack
		}
		if q.left > 0 && said.Unit == Requests {
			q.left = max(0, q.left-float64(h.inFlight-1)) // those that are in flight it may not have counted
		}
	}
}

// quota finds a limit again by its name and its window.
func (l *learned) quota(said *Quota) *quota {
	for i := range l.quotas {
		if q := &l.quotas[i]; q.name == said.Name && q.unit == said.Unit && q.window == said.Window {
			return q
		}
	}
	if len(l.quotas) >= maxQuotas {
		return nil
	}
	l.quotas = append(l.quotas, quota{name: said.Name, unit: said.Unit, limit: Unknown, left: Unknown, window: said.Window, reset: Unknown})
	return &l.quotas[len(l.quotas)-1]
}

// take counts a hop that leaves.
func (q *quota) take(now time.Duration) {
	if q.unit != Requests {
		return
	}
	if interval := q.interval(now); interval > 0 {
		q.next = max(q.next, now-min(timerSlack, interval)) + interval
	}
	if q.left >= 1 {
		q.left--
	}
}

// interval is what lies between two hops, if what is left is spread over the time until it is renewed; 0 if nothing is
// known of either.
func (q *quota) interval(now time.Duration) time.Duration {
	switch {
	case q.left >= 1 && q.reset > now:
		return duration(float64(q.reset-now) / q.left)
	case q.left == Unknown && q.limit > 0 && q.window > 0:
		return duration(float64(q.window) / q.limit * headroom)
	}
	return 0
}

// ready is when the next hop may leave, of so many that wait.
func (q *quota) ready(now time.Duration, demand int) time.Duration {
	if q.unit == Concurrent {
		return 0
	}
	if q.reset != Unknown && now >= q.reset { // it is renewed
		q.left, q.next = q.limit, 0
		if q.window > 0 {
			q.reset += q.window * (1 + (now-q.reset)/q.window)
		} else {
			q.reset = Unknown
		}
	}
	switch {
	case q.left != Unknown && q.left < 1:
		if q.reset != Unknown {
			return q.reset
		}
		return q.next // it is not said when there will be more: what it bears shows
	case q.unit != Requests || q.left != Unknown && float64(demand) <= q.left:
		return 0 // all that wait may go at once
	}
	return q.next
}
