package sched

import "time"

// leased is what is known of a host with Limit.Leased: the tokens of these rates are instants of a timeline that others draw
// on, too. Whoever drives the Scheduler asks for them as Wanting says, and hands them in with Lease. While nobody can be asked,
// buckets of the host's own hold the rates. A nil leased bounds nothing.
type leased struct {
	own     buckets
	granted []time.Duration // instants at which a hop may leave, in order
	late    time.Duration   // how much later than that it may leave
	most    int             // instants of one lease
	batch   int             // instants of the next lease: twice as many each time, until one lapses
	debt    int             // hops that left without being asked for
	spent   time.Duration   // hop times since the last lease,
	counted time.Duration   // up to this instant
	asking  bool
	alone   bool          // nobody could be asked
	again   time.Duration // nor is anybody before
}

const (
	leaseOf    = 250 * time.Millisecond // of each rate is the most that a process that is killed takes along
	leaseAhead = 20 * time.Millisecond  // before the last instant is there, the next ones are asked for
	leaseAgain = 10 * time.Second       // after nobody could be asked
	leaseRoom  = 0.01                   // of a rate's time may a hop be late: rates are kept to with twice as much room
)

func newLeased(rates []Rate) *leased {
	if len(rates) == 0 {
		return nil
	}
	l := &leased{own: newBuckets(rates), late: forever, batch: 1}
	slowest := rates[0].PerSecond()
	for i, r := range rates {
		slowest = min(slowest, r.PerSecond())
		l.late = min(l.late, max(l.own[i].interval/2, timerSlack), max(duration(leaseRoom*float64(r.Per)), timerSlack))
	}
	l.most = max(1, int(min(slowest*leaseOf.Seconds(), 1e4)))
	return l
}

// lapses reports whether it is too late for the next instant: a process that was stopped must not send beside others.
func (l *leased) lapses(now time.Duration) bool {
	return l != nil && len(l.granted) > 0 && l.granted[0]+l.late < now
}

// take is told that a hop leaves.
func (l *leased) take(now time.Duration) {
	switch {
	case l == nil:
		return
	case len(l.granted) > 0:
		l.granted = l.granted[1:]
	case !l.alone:
		l.debt++
	}
	l.own.take(now)
}

// count adds what so many hops in flight have spent up to now: others must not wait for their end to know.
func (l *leased) count(now time.Duration, inFlight int) {
	if l != nil {
		l.spent += time.Duration(inFlight) * (now - l.counted)
		l.counted = now
	}
}

// lease is when the next hop of the host may leave. If that needs a further lease, and one could leave but for that, it is
// noted that one is wanted.
func (s *Scheduler) lease(now time.Duration, h *host, slot bool) time.Duration {
	l, at := h.leased, h.readyAt
	for l.lapses(now) {
		l.granted, l.batch = l.granted[1:], 1
	}
	n := len(l.granted)
	if slot && at <= now && h.queue.len() > n && !l.asking && now >= l.again && (n == 0 || l.granted[n-1] < now+leaseAhead) {
		l.asking = true
		s.wanting = append(s.wanting, h)
	}
	switch {
	case n > 0:
		return max(at, l.granted[0])
	case l.alone:
		return max(at, l.own.ready())
	case slot && at <= now:
		return closed
	}
	return at // then it is wanted, if there is a slot
}

// Want is what is to be asked for: the next N instants of a host.
type Want struct {
	Host  string
	N     int
	Spent time.Duration // the hop times since it was last asked, of hops that are in flight, too
}

// Wanting calls yield with what is wanted for each host that needs a lease, and takes it out. For each, Lease is to be called
// once.
func (s *Scheduler) Wanting(yield func(Want) bool) {
	for len(s.wanting) > 0 {
		last := len(s.wanting) - 1
		h := s.wanting[last]
		s.wanting = s.wanting[:last]
		l := h.leased
		l.count(s.now, h.inFlight)
		w := Want{h.name, min(max(h.queue.len()-len(l.granted), 1), l.batch) + l.debt, l.spent}
		l.batch, l.spent = min(2*l.batch, l.most), 0
		if !yield(w) {
			return
		}
	}
}

// Lease takes what came of a lease: instants of the clock that is at wall now, in order. If there was nobody to ask, ok is false:
// then the host's rates are kept to without others for a while.
func (s *Scheduler) Lease(now time.Duration, name string, wall time.Time, granted []time.Time, ok bool) {
	now = s.advance(now)
	h := s.hosts[name]
	if h == nil || h.leased == nil {
		return
	}
	l := h.leased
	l.asking, l.alone = false, !ok
	if !ok {
		l.again = now + leaseAgain
	}
	paid := min(l.debt, len(granted))
	l.debt -= paid
	for _, at := range granted[paid:] {
		l.granted = append(l.granted, now+at.Sub(wall))
	}
	s.replace(now, h)
}
