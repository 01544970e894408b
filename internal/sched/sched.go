// Package sched decides which hop may go when. It is pure: it has no goroutine and no clock, every method takes the
// instant at which it is called, and the same calls give the same answers. The engine drives it in real time, the
// what-if simulation in virtual time.
//
// A hop leaves when a slot in total, a slot of its host, a token in total and a token of its host are all there at
// once; nothing is held while waiting for another. Among the hops that may leave, redirects go first, then retries,
// then the oldest in the list. So a host that has to wait never holds up another.
//
// Tokens of a host may come from a timeline that other processes draw on, too: leased.go. The buckets are the same.
//
// With Config.Adapt a host gets all that is asked for until it says or shows that it wants less:
//   - It says so with quotas (quota.go), and with a Retry-After: that of a 429 pauses the host, that of a 503 its request.
//   - A refusal alone is noise (doubt.go), and its request is queued again (judge.go).
//   - Refusals that come together lower its slots or its rate (lower.go) to a ceiling (ceiling.go), which rises by itself.
//   - Where nobody can tell whether it refuses by chance, a slow trial does (trial.go).
//   - One that refuses everything gets a probe at a time (closing.go); what it served until then tells its rate.
//   - One that never served, or has refused everything for Config.GiveUp, is given up: its circuit is open (circuit.go),
//     and its requests fail at once, until a later probe is served.
//   - What one Scheduler has learned, another may begin with (known.go).
package sched

import (
	"cmp"
	"slices"
	"time"

	"example.com/fetch/internal/heap"
)

// Config says what a Scheduler keeps to. It must not be changed after New.
type Config struct {
	Slots   int                     // hops in flight in total; 0 means no bound
	Unheard int                     // if not 0, each host climbs to what is right for it (see climb), and those that served nothing yet have so many slots beside
	Total   Limit                   // over all hosts; its InFlight is not looked at, see Slots
	PerHost func(host string) Limit // nil means no limits; asked when a host appears, always with the same answer

	// MaxAway is how many requests to one host may sleep between attempts before no further First hop goes to that
	// host, so that a host in trouble does not gather sleepers without end. 0 means no bound.
	MaxAway int

	// Adapt lets what hosts say and do change what they are sent: pauses, learned limits, refusals that cost no retry, and
	// circuits. Without it only the limits above hold.
	Adapt bool

	Retries int           // of one request; 0 means none
	MinWait time.Duration // the base of the back-off between attempts
	MaxWait time.Duration // the longest back-off; a host that asks for a longer wait is not obeyed, but given up
	GiveUp  time.Duration // how long a host that has served before may refuse everything; 0 means no bound
	Budget  float64       // retries of failures, as a share of the finished requests, beside 10 a host and 100 in all; less than 0: no bound

	Event func(Event) // told of each change in what a host is allowed; nil means nobody is
}

// MaxAway is the Config.MaxAway of the engine, and so of what simulates it, with so many slots.
func MaxAway(slots int) int { return max(100, slots) }

// Scheduler grants hops. The zero value is not usable; use New. It is not safe for concurrent use.
type Scheduler struct {
	config Config
	total  buckets
	hosts  map[string]*host
	count  Counts
	order  int64
	now    time.Duration

	pools  [2]pool          // the slots in total: of hosts that have served something, and of the others
	timers heap.Heap[*host] // hosts with hops that wait for the host's token, by when it comes
	due    heap.Heap[*Hop]  // hops that are not due yet
	idle   heap.Heap[*host] // hosts that have nothing to do, by when they are forgotten
	shown  heap.Heap[*host] // hosts that have something to do, or of which something was learned, in no order

	failing []*host // given up, with hops that wait
	wanting []*host // whose next lease is to be asked for
	retries int64   // taken out of the run's budget
}

// New makes a Scheduler. Its clock starts at 0.
func New(config Config) *Scheduler {
	s := &Scheduler{
		config: config,
		total:  newBuckets(config.Total.Rates),
		hosts:  make(map[string]*host),
		timers: heap.Heap[*host]{
			Less:  func(a, b *host) bool { return a.readyAt < b.readyAt },
			Place: func(h *host) *int { return &h.inTimers },
		},
		idle: heap.Heap[*host]{
			Less:  func(a, b *host) bool { return a.forgetAt < b.forgetAt },
			Place: func(h *host) *int { return &h.inIdle },
		},
		shown: heap.Heap[*host]{
			Less:  func(*host, *host) bool { return false },
			Place: func(h *host) *int { return &h.inShown },
		},
		due: heap.Heap[*Hop]{
			Less:  func(a, b *Hop) bool { return a.Due < b.Due || a.Due == b.Due && before(a, b) },
			Place: func(h *Hop) *int { return &h.inDue },
		},
	}
	for i, slots := range []int{config.Slots, max(config.Unheard, 1)} {
		s.pools[i].slots = slots
		s.pools[i].ready = heap.Heap[*host]{
			Less:  func(a, b *host) bool { return before(a.queue.top(), b.queue.top()) },
			Place: func(h *host) *int { return &h.inReady },
		}
	}
	return s
}

// Add puts a hop in the queue of its host, or sets it aside until it is due.
func (s *Scheduler) Add(now time.Duration, h *Hop) {
	now = s.advance(now)
	s.order++
	h.order = s.order
	host := s.hosts[h.Host]
	if h.Due > now && !(h.Class == Retry && host != nil && host.givenUp(now)) {
		s.due.Put(h)
		if h.Class == Retry {
			s.count.Sleeping++
		}
		return
	}
	s.enqueue(now, h)
}

// Next grants the next hop that may leave at this instant, with its slots and tokens; nil if none may.
// Call it until it gives nil after anything has changed, then ask Wake when to call again.
func (s *Scheduler) Next(now time.Duration) *Hop {
	now = s.advance(now)
	if s.total.ready() > now {
		return nil
	}
	host := s.nextHost()
	for host != nil && (host.leased.lapses(now) || host.running.ready(now, host.inFlight) > now) {
		s.replace(now, host) // used up since it was put there, or whoever drives this was late
		host = s.nextHost()
	}
	if host == nil {
		return nil
	}
	h := host.first()
	s.unqueue(now, h)
	h.pool = host.pool
	h.pool.inFlight++
	h.Late = now - max(cmp.Or(h.Due, h.arrived), h.pool.open.since, host.open.since) // one added after it was due was late already
	s.total.take(now)
	host.limiter.take(now)
	host.running.count(now, host.inFlight)
	host.leased.count(now, host.inFlight)
	host.leased.take(now)
	host.inFlight++
	h.load, h.observed = host.inFlight, false
	h.Start = now
	if host.began == 0 {
		host.began = now
	}
	if host.learned != nil {
		host.learned.take(now, h)
	}
	if host.climb != nil {
		host.climb.take(now, h)
	}
	s.count.InFlight++
	s.count.Peak = max(s.count.Peak, s.count.InFlight)
	h.host = host
	s.reopen(now)
	s.replace(now, host)
	return h
}

// Wake is the next instant at which Next might grant a hop although nothing else happens; false if there is none.
func (s *Scheduler) Wake(now time.Duration) (time.Duration, bool) {
	s.advance(now)
	if !s.SlotIsFree() {
		return 0, false
	}
	at := closed
	if s.nextHost() != nil {
		at = 0
	}
	if s.timers.Len() > 0 {
		at = min(at, s.timers.Top().readyAt)
	}
	if s.due.Len() > 0 {
		at = min(at, s.due.Top().Due)
	}
	if at >= forever { // or closed: something else happens before
		return 0, false
	}
	return max(at, s.total.ready()), true
}

// Done gives back the slots of a hop that was granted, with what its outcome says of the host, unless Observe was told
// before. It is called once for each.
func (s *Scheduler) Done(now time.Duration, h *Hop, sig Signal) {
	now = s.advance(now)
	host := h.host
	h.host = nil
	if c := host.climb; c != nil {
		c.done(now, h, sig.Kind == Served && host.inFlight >= c.level, s.mostOf(host))
	}
	s.observe(now, host, h, &sig)
	if l := host.learned; l != nil && l.probe == h {
		l.probe = nil
	}
	host.running.count(now, host.inFlight)
	host.leased.count(now, host.inFlight)
	h.pool.inFlight--
	host.inFlight--
	if h.observed {
		host.told--
	}
	s.count.InFlight--
	s.reopen(now)
	s.replace(now, host)
}

// Observe takes what the outcome of a granted hop says of its host as soon as it is known, which may be before Done. Of
// several for one hop the first counts that is not Dropped; Quotas are taken from each.
func (s *Scheduler) Observe(now time.Duration, h *Hop, sig Signal) {
	now = s.advance(now)
	if h.host == nil {
		return
	}
	s.observe(now, h.host, h, &sig)
	if h.host.learned != nil || h.host.outcomes == 1 || s.config.Unheard > 0 { // else all that has changed is a count
		s.replace(now, h.host)
	}
}

// Remove takes a hop out that has not been granted, and sets its Queue and Limiter up to now; false if it has been
// granted, or was never added.
func (s *Scheduler) Remove(now time.Duration, h *Hop) bool {
	now = s.advance(now)
	switch {
	case h.inDue > 0:
		s.leaveDue(h)
		h.Queue, h.Limiter = 0, 0
		if h.Class == Retry {
			s.Back(now, h.Host)
		}
	case h.inLine > 0 || h.inHeap > 0:
		host := h.host
		s.unqueue(now, h)
		s.replace(now, host)
	default:
		return false
	}
	return true
}

// RemoveFunc takes out all waiting hops that match, and returns them.
func (s *Scheduler) RemoveFunc(now time.Duration, match func(*Hop) bool) (found []*Hop) {
	gather := func(h *Hop) bool {
		if match(h) {
			found = append(found, h)
		}
		return true
	}
	slices.Values(s.due.Items())(gather)
	for _, host := range s.hosts {
		host.queue.all(gather)
	}
	for _, h := range found {
		s.Remove(now, h)
	}
	return found
}

// Away says that a request to the host begins to sleep between two attempts. It ends when its hop of class Retry is
// granted or removed, or with Back.
func (s *Scheduler) Away(now time.Duration, name string) { s.sleepers(now, name, 1) }

// Back says that a sleeping request gave up before it added its hop of class Retry.
func (s *Scheduler) Back(now time.Duration, name string) { s.sleepers(now, name, -1) }

func (s *Scheduler) sleepers(now time.Duration, name string, more int) {
	now = s.advance(now)
	host := s.host(name)
	host.away = max(host.away+more, 0)
	s.replace(now, host)
}

// Charge takes a token for a hop that left without being asked for: the transport's own retry. The debt delays the next.
func (s *Scheduler) Charge(now time.Duration, name string) {
	now = s.advance(now)
	host := s.host(name)
	s.total.take(now)
	host.limiter.take(now)
	host.leased.take(now)
	s.reopen(now)
	s.replace(now, host)
}

// SetSlots sets the hops in flight in total anew; those that are in flight stay. It must be 1 or more.
func (s *Scheduler) SetSlots(now time.Duration, slots int) {
	now = s.advance(now)
	if s.config.Unheard > 0 { // half of them for each kind of host
		slots = max(1, slots/2)
		s.pools[1].slots = min(s.pools[1].slots, slots)
	}
	s.config.Slots, s.pools[0].slots = slots, slots
	s.reopen(now)
}

// Counts are numbers of hops.
type Counts struct {
	InFlight int // granted, and not done
	Peak     int // the highest InFlight so far
	Waiting  int // due, and not granted
	Sleeping int // of class Retry, and not due yet
}

// Counts are those of now.
func (s *Scheduler) Counts(now time.Duration) Counts {
	s.advance(now)
	return s.count
}

// leaveDue takes out a hop that was set aside until it is due.
func (s *Scheduler) leaveDue(h *Hop) {
	s.due.Take(h)
	if h.Class == Retry {
		s.count.Sleeping--
	}
}

// advance moves the clock to now, letting tokens come and hops become due in the order of their instants, so that what
// is measured does not depend on how late the caller is. A now in the past counts as the latest one seen.
func (s *Scheduler) advance(now time.Duration) time.Duration {
	now = max(now, s.now)
	for {
		next := now
		hostNext := s.timers.Len() > 0 && s.timers.Top().readyAt <= next
		if hostNext {
			next = s.timers.Top().readyAt
		}
		if s.due.Len() > 0 && s.due.Top().Due <= next {
			h := s.due.Top()
			s.leaveDue(h)
			s.settle(max(h.Due, s.now))
			s.enqueue(s.now, h)
			continue
		}
		if !hostNext {
			s.settle(now)
			return now
		}
		s.settle(max(next, s.now))
		s.replace(s.now, s.timers.Top())
	}
}
