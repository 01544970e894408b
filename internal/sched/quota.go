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
	hold   time.Duration // nothing is held up longer: Config.MaxWait from when it was last told
	most   time.Duration // Config.MaxWait
	moot   bool          // it serves although nothing is left
	told   int           // how often an event told of its limit
	gone   time.Duration // the reset of which an event told
	next   time.Duration // when the next hop may leave, if what is left is spread
	kept   float64       // hops a second that the host's own strict rates allow; 0: there are none
}

const (
	maxQuotas  = 8    // of one host
	maxTold    = 10   // events about one of them
	headroom   = 1.05 // a stated rate is kept to with so much room, since requests do not arrive as evenly as they leave
	early      = 0.9  // what is left is used up a little before it is renewed: most hosts tell that instant in whole seconds
	resetSlack = 20 * time.Millisecond
	longSpread = 10 * time.Minute // what is left of a longer window is not spread over it
)

// easing is the share of what it states that a host wants to be asked, since it has much to do for everybody.
type easing struct {
	share float64 // 0: it does not say
	until time.Duration
}

// easedFor is how long the least share of late is kept to: the machines behind one name may each count for themselves.
const easedFor = time.Minute

// state takes what a host says of its limits.
func (s *Scheduler) state(now time.Duration, h *host, hop *Hop, sig *Signal) {
	l := h.learn()
	if sig.Share > 0 && sig.Share <= l.share(now) {
		if sig.Share < l.share(now) {
			s.tell(now, h, EventPace, 0, 0, sig.Word)
		}
		l.easing = easing{sig.Share, now + easedFor}
	}
	for i := range sig.Quotas {
		said := sig.Quotas[i]
		said.Reset = min(said.Reset, forever)
		if said.Window > 0 { // one that is over at once would be renewed again and again
			said.Window = min(max(said.Window, resetSlack), forever)
		}
		q := l.quota(&said)
		if said.Unit == Requests && q.limit != said.Limit && said.Limit >= 0 && q.told < maxTold {
			q.told++
			s.send(Event{At: now, Host: h.name, What: EventQuota, From: max(0, said.Window).Seconds(), To: said.Limit})
		}
		switch {
		case sig.Kind.Refused():
			q.moot = false
		case said.Remaining == 0 && q.empty() && q.hold-q.most-resetSlack <= hop.Start:
			q.moot = true
		}
		first := q.limit == Unknown
		q.limit, q.left, q.reset = said.Limit, said.Remaining, Unknown
		if said.Reset >= 0 {
			q.reset = now + said.Reset + resetSlack
		}
		q.kept, q.most = h.kept, s.config.MaxWait
		q.hold = now + q.most + resetSlack
		if q.left > 0 && said.Unit == Requests {
			q.left = max(0, q.left-float64(max(h.held()-1, 0))) // those that are in flight it may not have counted
		}
		if q.moot && q.empty() {
			q.left = Unknown
		}
		if first && q.left == Unknown && q.interval(now) > 0 && float64(h.outcomes)+float64(h.held()) >= q.limit {
			q.next = h.began + min(q.window, q.most) + resetSlack // what left at once has used it up
		}
		if wait := q.until() - now; wait > paused && q.reset > q.gone+paused {
			q.gone = q.reset
			s.tell(now, h, EventPause, 0, wait.Seconds(), "nothing remains of a limit")
		}
	}
}

// empty reports whether nothing is left.
func (q *quota) empty() bool { return q.unit != Concurrent && q.left != Unknown && q.left < 1 }

// until is until when nothing may leave, since nothing is left; 0 if that is not so. If it is renewed only after a longer
// wait than is obeyed, one hop at a time may leave: it may be served nevertheless, or the host is given up.
func (q *quota) until() time.Duration {
	if !q.empty() || q.reset < 0 || q.reset > q.hold {
		return 0
	}
	return q.reset
}

// paused is how long nothing may be left at least for an event to tell.
const paused = 2 * time.Second

// share is which share of what the host states it is asked for now.
func (l *learned) share(now time.Duration) float64 {
	if l.easing.share == 0 || now >= l.easing.until {
		return 1
	}
	return l.easing.share
}

// quota finds a limit again by its name, its unit and its window. If there are too many, it takes the place of the one that
// was not told for longest.
func (l *learned) quota(said *Quota) *quota {
	var oldest *quota
	for i := range l.quotas {
		q := &l.quotas[i]
		if q.name == said.Name && q.unit == said.Unit && q.window == said.Window {
			return q
		}
		if oldest == nil || q.hold < oldest.hold {
			oldest = q
		}
	}
	if len(l.quotas) < maxQuotas {
		l.quotas = append(l.quotas, quota{})
		oldest = &l.quotas[len(l.quotas)-1]
	}
	*oldest = quota{name: said.Name, unit: said.Unit, window: said.Window, limit: Unknown, left: Unknown}
	return oldest
}

// take counts a hop that leaves.
func (q *quota) take(now time.Duration) {
	if q.unit != Requests {
		return
	}
	if interval := q.interval(now); interval > 0 {
		q.next = later(q.next, now, interval)
	}
	if q.left >= 1 {
		q.left--
	}
}

// interval is what lies between two hops, if what is left is spread over the time until it is renewed; 0 if nothing is
// known of either, or that time is long.
func (q *quota) interval(now time.Duration) time.Duration {
	switch {
	case q.left >= 1 && q.reset > now && q.reset-now <= longSpread:
		return min(duration(early*float64(q.reset-now)/q.left), q.most)
	case q.kept > 0 && q.kept <= q.limit/q.window.Seconds(): // what is known of it beforehand is kept to
	case q.left == Unknown && q.limit > 0 && q.window > 0 && q.window <= longSpread:
		return min(duration(float64(q.window)/max(q.limit, 1)*headroom), q.most)
	}
	return 0
}

// pace is how many hops a second it allows.
func (q *quota) pace(now time.Duration) float64 {
	interval := q.interval(now)
	if q.unit != Requests || interval <= 0 {
		return math.Inf(1)
	}
	return 1 / interval.Seconds()
}

// ready is when the next hop may leave, of so many that wait, if the host is eased so.
func (q *quota) ready(now time.Duration, demand int, e easing) time.Duration {
	if q.unit == Concurrent {
		return 0
	}
	if q.reset > 0 && now >= q.reset { // it is renewed
		q.left, q.next = q.limit, 0
		if q.limit < 1 { // nobody can keep to that: what it bears shows
			q.left = Unknown
		}
		if q.window > 0 {
			q.reset += q.window * (1 + (now-q.reset)/q.window)
		} else {
			q.reset = Unknown
		}
	}
	next := q.next
	if now < e.until { // no later than it would without easing from then on
		next = max(next, min(next+duration(float64(q.interval(now))*(1/e.share-1)), e.until))
	}
	switch {
	case q.empty() && q.reset > 0:
		return q.until()
	case q.empty(): // it is not said when there will be more: what it bears shows
		return next
	case q.unit != Requests, q.left != Unknown && float64(demand) <= q.left: // all that wait may go at once
		return 0
	}
	return next
}

// exhausted is how long nothing remains of some quota; 0 if something remains of each.
func (l *learned) exhausted(now time.Duration) time.Duration {
	at := now
	for i := range l.quotas {
		if q := &l.quotas[i]; q.empty() {
			at = max(at, q.reset)
		}
	}
	return at - now
}

// atOnce is how many hops may be in flight; 0 means no bound.
func (q *quota) atOnce() int {
	if q.empty() && q.reset > q.hold {
		return 1
	}
	if q.unit != Concurrent || q.limit < 1 {
		return 0
	}
	return int(min(q.limit, 1e9))
}
