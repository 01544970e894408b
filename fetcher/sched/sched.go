// Package sched decides which hop may go when. It is pure: it has no goroutine and no clock, every method takes the
// instant at which it is called, and the same calls give the same answers. The engine drives it in real time, the
// what-if simulation in virtual time.
//
// A hop leaves when a slot in total, a slot of its host, a token in total and a token of its host are all there at
// once; nothing is held while waiting for another. Among the hops that may leave, redirects go first, then retries,
// then the oldest in the list. So a host that has to wait never holds up another.
package sched

import (
	"strings"
	"time"
)

// Class is the precedence of a hop; lower goes first.
type Class uint8

const (
	Redirect Class = iota // a further hop of an attempt that has begun
	Retry                 // the first hop of a further attempt
	First                 // the first hop of a request
)

// Config says what a Scheduler keeps to. It must not be changed after New.
type Config struct {
	Slots   int                     // hops in flight in total; 0 means no bound
	Total   Limit                   // over all hosts; its InFlight is not looked at, see Slots
	PerHost func(host string) Limit // nil means no limits; asked when a host appears, always with the same answer

	// MaxAway is how many requests to one host may sleep between attempts before no further First hop goes to that
	// host, so that a host in trouble does not gather sleepers without end. 0 means no bound.
	MaxAway int
}

// Hop is a wish to send one round trip. The caller sets the exported fields down to Payload before Add; the scheduler
// sets the others when it grants the hop, or takes it out.
type Hop struct {
	Seq     int64
	Page    int
	Class   Class
	Host    string        // "hostname:port"
	Due     time.Duration // not before this
	Payload any           // the caller's own

	Start   time.Duration // when it left
	Queue   time.Duration // waited since Due or Add, whichever is later, less Limiter
	Limiter time.Duration // waited while a slot was free and a token was not

	order   int64 // of arrival, the last tie-break
	arrived time.Duration
	mark    time.Duration // host.waited at arrival
	host    *host         // nil unless it waits for its turn or is in flight
	inQueue int           // index+1 in host.queue
	inDue   int           // index+1 in Scheduler.due
}

func before(a, b *Hop) bool {
	switch {
	case a.Class != b.Class:
		return a.Class < b.Class
	case a.Seq != b.Seq:
		return a.Seq < b.Seq
	case a.Page != b.Page:
		return a.Page < b.Page
	}
	return a.order < b.order
}

// host is what the scheduler knows of one host. It is forgotten when nothing would be different without it.
type host struct {
	name     string
	slots    int // 0 means no bound
	limiter  limiter
	queue    heap[*Hop]
	inFlight int
	away     int
	idle     bool // in Scheduler.idle

	// waited is the time that hops of this host have waited for a token while a slot was free: the integral up to
	// now is waited plus what clock has gained since mark.
	waited time.Duration
	clock  *time.Duration // the integral that it follows now; nil: none
	mark   time.Duration

	inReady, inTimers int // index+1 in the Scheduler's heaps
	readyAt           time.Duration
}

// Scheduler grants hops. The zero value is not usable; use New. It is not safe for concurrent use.
type Scheduler struct {
	config   Config
	total    buckets
	hosts    map[string]*host
	idle     []*host // may be forgotten once their limiter allows it
	inFlight int
	waiting  int // in a host's queue
	order    int64
	now      time.Duration

	ready  heap[*host] // hosts whose first hop could leave if total slot and token were there
	timers heap[*host] // hosts with hops that wait for the host's token, by when it comes
	due    heap[*Hop]  // hops that are not due yet

	// Two integrals over time, from which the limiter waits of all hosts are made without touching each host at each
	// event: the time during which a total slot was free, and that during which moreover the total token was missing.
	slotFree     time.Duration
	tokenMissing time.Duration
}

// New makes a Scheduler. Its clock starts at 0.
func New(config Config) *Scheduler {
	return &Scheduler{
		config: config,
		total:  newBuckets(config.Total.Rates),
		hosts:  make(map[string]*host),
		ready: heap[*host]{
			less:  func(a, b *host) bool { return before(a.queue.top(), b.queue.top()) },
			place: func(h *host) *int { return &h.inReady },
		},
		timers: heap[*host]{
			less:  func(a, b *host) bool { return a.readyAt < b.readyAt },
			place: func(h *host) *int { return &h.inTimers },
		},
		due: heap[*Hop]{
			less:  func(a, b *Hop) bool { return a.Due < b.Due || a.Due == b.Due && before(a, b) },
			place: func(h *Hop) *int { return &h.inDue },
		},
	}
}

// Add puts a hop in the queue of its host, or sets it aside until it is due.
func (s *Scheduler) Add(now time.Duration, h *Hop) {
	now = s.advance(now)
	s.order++
	h.order = s.order
	if h.Due > now {
		s.due.put(h)
		return
	}
	s.enqueue(now, h)
}

// Next grants the next hop that may leave at this instant, with its slots and tokens; nil if none may.
// Call it until it gives nil after anything has changed, then ask Wake when to call again.
func (s *Scheduler) Next(now time.Duration) *Hop {
	now = s.advance(now)
	if !s.slotIsFree() || s.ready.len() == 0 || s.total.Ready(now) > now {
		return nil
	}
	host := s.ready.top()
	h := host.queue.top()
	s.unqueue(now, h)
	s.total.Take(now)
	host.limiter.Take(now)
	host.inFlight++
	s.inFlight++
	if h.Class == Retry {
		host.away = max(host.away-1, 0)
	}
	h.host = host
	h.Start = now
	s.replace(now, host)
	return h
}

// Wake is the next instant at which Next might grant a hop although nothing else happens; false if there is none.
func (s *Scheduler) Wake(now time.Duration) (time.Duration, bool) {
	now = s.advance(now)
	if !s.slotIsFree() {
		return 0, false
	}
	at, ok := time.Duration(0), false
	sooner := func(t time.Duration) {
		if !ok || t < at {
			at, ok = t, true
		}
	}
	if s.ready.len() > 0 {
		sooner(s.total.Ready(now))
	}
	if s.timers.len() > 0 {
		sooner(max(s.timers.top().readyAt, s.total.Ready(now)))
	}
	if s.due.len() > 0 {
		sooner(max(s.due.top().Due, s.total.Ready(now)))
	}
	return at, ok
}

// Done gives back the slots of a hop that was granted. It is called once for each.
func (s *Scheduler) Done(now time.Duration, h *Hop, how Outcome) {
	now = s.advance(now)
	host := h.host
	h.host = nil
	host.inFlight--
	s.inFlight--
	if how != Dropped {
		host.limiter.Done(now, how)
	}
	s.replace(now, host)
}

// Remove takes a hop out that has not been granted, and sets its Queue and Limiter up to now; false if it has been
// granted, or was never added.
func (s *Scheduler) Remove(now time.Duration, h *Hop) bool {
	now = s.advance(now)
	switch {
	case h.inDue > 0:
		s.due.take(h)
	case h.inQueue > 0:
		host := h.host
		s.unqueue(now, h)
		if h.Class == Retry {
			host.away = max(host.away-1, 0)
		}
		s.replace(now, host)
	default:
		return false
	}
	return true
}

// RemoveFunc takes out all waiting hops that match, and tells how many they were.
func (s *Scheduler) RemoveFunc(now time.Duration, match func(*Hop) bool) int {
	var found []*Hop
	gather := func(hops []*Hop) {
		for _, h := range hops {
			if match(h) {
				found = append(found, h)
			}
		}
	}
	gather(s.due.items)
	for _, host := range s.hosts {
		gather(host.queue.items)
	}
	for _, h := range found {
		s.Remove(now, h)
	}
	return len(found)
}

// Away says that a request to the host begins to sleep between two attempts. It ends when its hop of class Retry is
// granted or removed, or with Back.
func (s *Scheduler) Away(now time.Duration, name string) {
	now = s.advance(now)
	host := s.host(name)
	host.away++
	s.replace(now, host)
}

// Back says that a sleeping request gave up before it added its hop of class Retry.
func (s *Scheduler) Back(now time.Duration, name string) {
	now = s.advance(now)
	host := s.host(name)
	host.away = max(host.away-1, 0)
	s.replace(now, host)
}

// Charge takes a token for a hop that left without being asked for: the transport's own retry. The debt delays the next.
func (s *Scheduler) Charge(now time.Duration, name string) {
	now = s.advance(now)
	host := s.host(name)
	s.total.Take(now)
	host.limiter.Take(now)
	s.replace(now, host)
}

// InFlight is the number of hops that have been granted and are not done.
func (s *Scheduler) InFlight() int { return s.inFlight }

// Waiting is the number of hops that are due and have not been granted.
func (s *Scheduler) Waiting() int { return s.waiting }

// HostState is a snapshot of one host.
type HostState struct {
	Host                    string
	InFlight, Waiting, Away int
	Slots                   int  // 0 means no bound
	TokenMissing            bool // hops wait for the host's rate
}

// Hosts calls yield with each host that has hops in flight, waiting or away, in no order, until it returns false.
func (s *Scheduler) Hosts(yield func(HostState) bool) {
	for _, h := range s.hosts {
		state := HostState{Host: h.name, InFlight: h.inFlight, Waiting: h.queue.len(), Away: h.away, Slots: h.slots,
			TokenMissing: h.inTimers > 0}
		if state.InFlight+state.Waiting+state.Away > 0 && !yield(state) {
			return
		}
	}
}

func (s *Scheduler) slotIsFree() bool {
	return s.config.Slots == 0 || s.inFlight < s.config.Slots
}

// advance moves the clock to now, letting tokens come and hops become due in the order of their instants, so that what
// is measured does not depend on how late the caller is. A now in the past counts as the latest one seen.
func (s *Scheduler) advance(now time.Duration) time.Duration {
	now = max(now, s.now)
	for {
		next := now
		hostNext := s.timers.len() > 0 && s.timers.top().readyAt <= next
		if hostNext {
			next = s.timers.top().readyAt
		}
		if s.due.len() > 0 && s.due.top().Due <= next {
			h := s.due.top()
			s.due.take(h)
			s.settle(max(h.Due, s.now))
			s.enqueue(s.now, h)
			continue
		}
		if !hostNext {
			s.settle(now)
			return now
		}
		s.settle(max(next, s.now))
		s.replace(s.now, s.timers.top())
	}
}

// settle brings the integrals up to now; between two calls nothing changes but the time.
func (s *Scheduler) settle(now time.Duration) {
	if s.slotIsFree() {
		s.slotFree += now - s.now
		s.tokenMissing += max(0, min(now, s.total.Ready(now))-s.now)
	}
	s.now = now
}

// enqueue puts a hop that is due at its place in its host's queue.
func (s *Scheduler) enqueue(now time.Duration, h *Hop) {
	host := s.host(h.Host)
	h.host = host
	h.arrived = now
	h.mark = host.waitedNow()
	host.queue.put(h)
	s.waiting++
	s.replace(now, host)
}

// unqueue takes a hop out of its host's queue and settles what it waited.
func (s *Scheduler) unqueue(now time.Duration, h *Hop) {
	h.Limiter = h.host.waitedNow() - h.mark
	h.Queue = now - h.arrived - h.Limiter
	s.leaveHeaps(h.host)
	h.host.queue.take(h)
	h.host = nil
	s.waiting--
}

// leaveHeaps takes the host out of the heaps before its queue changes, since one of them is ordered by it.
func (s *Scheduler) leaveHeaps(h *host) {
	s.ready.take(h)
	s.timers.take(h)
}

// replace puts the host where its state belongs after any change to it: among the ready, among those that wait for a
// token, or neither.
func (s *Scheduler) replace(now time.Duration, h *host) {
	h.waited = h.waitedNow()
	h.clock = nil
	slot := h.slots == 0 || h.inFlight < h.slots
	if h.queue.len() == 0 {
		s.leaveHeaps(h)
		s.rest(now, h)
		return
	}
	h.readyAt = h.limiter.Ready(now)
	if h.readyAt > now {
		s.ready.take(h)
		s.timers.put(h)
	} else {
		s.timers.take(h)
		if slot && !s.held(h) {
			s.ready.put(h)
		} else {
			s.ready.take(h)
		}
	}
	if slot {
		h.clock = &s.tokenMissing
		if h.readyAt > now {
			h.clock = &s.slotFree
		}
		h.mark = *h.clock
	}
}

// held says whether the host's next hop must wait until sleeping requests have come back.
func (s *Scheduler) held(h *host) bool {
	return s.config.MaxAway > 0 && h.away >= s.config.MaxAway && h.queue.top().Class == First
}

// waitedNow is the time that hops of this host have waited for a token while a slot was free, up to now.
func (h *host) waitedNow() time.Duration {
	if h.clock == nil {
		return h.waited
	}
	return h.waited + *h.clock - h.mark
}

func (s *Scheduler) host(name string) *host {
	if h := s.hosts[name]; h != nil {
		return h
	}
	var limit Limit
	if s.config.PerHost != nil {
		limit = s.config.PerHost(name)
	}
	h := &host{
		name:    strings.Clone(name),
		slots:   limit.InFlight,
		limiter: newBuckets(limit.Rates),
		queue:   heap[*Hop]{less: before, place: func(h *Hop) *int { return &h.inQueue }},
	}
	s.hosts[h.name] = h
	return h
}

// rest forgets a host that has nothing to do as soon as its limiter allows, so that a list of millions of hosts does
// not gather them.
func (s *Scheduler) rest(now time.Duration, h *host) {
	if h.busy() {
		return
	}
	switch {
	case h.idle:
	case h.limiter.Forgettable(now):
		delete(s.hosts, h.name)
	default:
		h.idle = true
		s.idle = append(s.idle, h)
	}
	for len(s.idle) > 0 {
		first := s.idle[0]
		if !first.busy() {
			if !first.limiter.Forgettable(now) {
				break
			}
			delete(s.hosts, first.name)
		}
		first.idle = false
		s.idle = s.idle[1:]
	}
}

func (h *host) busy() bool { return h.inFlight+h.away+h.queue.len() > 0 }
