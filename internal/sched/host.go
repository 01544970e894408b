package sched

import (
	"strings"
	"time"

	"example.com/fetch/internal/heap"
)

// host is what the scheduler knows of one host. It is forgotten when nothing would be different without it.
type host struct {
	name    string
	slots   int // 0 means no bound
	limiter buckets
	kept    float64  // hops a second that its strict rates allow; 0: there are none
	running *running // nil: no bound
	leased  *leased  // nil: nothing of what it may be sent is
	queue   queue

	inFlight int
	told     int // of them, hops whose outcome was told
	away     int

	began    time.Duration // when its first hop left; 0: none has
	outcomes int64         // hops whose outcome was told
	accepted int64         // of them, those that it served
	failures int           // of hops, before it served any
	latency  time.Duration // of the last hop that it served
	finished int64         // requests that failed for good
	retries  int64         // taken out of its budget
	learned  *learned      // nil: nothing
	climb    *climb        // nil without Config.Unheard
	pool     *pool         // that its next hop leaves from
	failing  bool          // in Scheduler.failing

	// waited is the time that hops of this host have waited for a token while a slot was free: the integral up to
	// now is waited plus what clock has gained since mark.
	waited time.Duration
	clock  *time.Duration // the integral that it follows now; nil: none
	mark   time.Duration

	open opening // of its slots and tokens, and of what the sleepers hold up

	inReady, inTimers, inIdle, inShown int // index+1 in the Scheduler's heaps

	forgetAt time.Duration // of an idle one
	readyAt  time.Duration
}

// HostState is a snapshot of one host.
type HostState struct {
	Host                    string
	InFlight, Waiting, Away int
	Slots                   int  // 0 means no bound
	TokenMissing            bool // hops wait for the host's rate, or for a pause to end

	// What was learned of it: hops a second and slots (0: nothing), until when nothing is sent, whether it was given up,
	// and why, for people: "3 × 503, Yellow".
	Pace        float64
	Learned     int
	PausedUntil time.Duration
	GivenUp     bool
	Why         string
}

// Hosts calls yield with each host that has hops in flight, waiting or away, or of which something was learned, in no
// order, until it returns false.
func (s *Scheduler) Hosts(yield func(HostState) bool) {
	for _, h := range s.shown.Items() {
		if !yield(h.state(s.now)) {
			return
		}
	}
}

// held is how many hops the host holds, as far as is known.
func (h *host) held() int { return h.inFlight - h.told }

func (h *host) state(now time.Duration) HostState {
	state := HostState{Host: h.name, InFlight: h.inFlight, Waiting: h.queue.len(), Away: h.away - h.queue.retries, Slots: h.most(now),
		TokenMissing: h.inTimers > 0}
	l := h.learned
	if l == nil {
		return state
	}
	state.Learned = l.most(now, h.inFlight)
	if l.rate.found > 0 || l.trial.on {
		state.Pace = l.pace(now)
	}
	until := l.until
	if l.closed {
		until = max(until, l.probeAt)
	}
	for i := range l.quotas {
		until = max(until, l.quotas[i].until())
		if state.Pace > l.quotas[i].pace(now) { // it states less
			state.Pace = 0
		}
	}
	if until > now {
		state.PausedUntil = until
	}
	state.GivenUp, state.Why = h.givenUp(now), l.why
	return state
}

// enqueue puts a hop that is due at its place in its host's queue.
func (s *Scheduler) enqueue(now time.Duration, h *Hop) {
	host := s.hostWith(h.Host, h.Limit)
	h.host = host
	h.arrived = now
	h.mark = host.waitedNow()
	host.queue.put(h)
	s.count.Waiting++
	s.replace(now, host)
}

// unqueue takes a hop out of its host's queue and settles what it waited.
func (s *Scheduler) unqueue(now time.Duration, h *Hop) {
	h.Limiter = h.host.waitedNow() - h.mark
	h.Queue = now - h.arrived - h.Limiter
	s.leaveHeaps(h.host)
	h.host.queue.take(h)
	if h.Class == Retry {
		h.host.away = max(h.host.away-1, 0)
	}
	h.host = nil
	s.count.Waiting--
}

// leaveHeaps takes the host out of the heaps before its queue changes, since one of them is ordered by it.
func (s *Scheduler) leaveHeaps(h *host) {
	h.pool.ready.Take(h)
	s.timers.Take(h)
}

// replace puts the host where its state belongs after any change to it: among the ready, among those that wait for a
// token, or neither.
func (s *Scheduler) replace(now time.Duration, h *host) {
	if h.busy() {
		s.idle.Take(h)
	}
	if h.busy() || h.learned != nil {
		s.shown.Put(h)
	} else {
		s.shown.Take(h)
	}
	h.waited = h.waitedNow()
	h.clock = nil
	if pool := s.poolOf(h); pool != h.pool {
		s.leaveHeaps(h)
		h.pool = pool
	}
	if h.givenUp(now) && h.queue.len() > 0 && !h.failing {
		h.failing = true
		s.failing = append(s.failing, h)
	}
	most := h.most(now)
	slot := (most == 0 || h.inFlight < most) && !h.failing
	h.readyAt = h.ready(now)
	if s.config.Adapt && h.outcomes == 0 && h.inFlight >= firstBurst {
		h.readyAt = max(h.readyAt, h.began+firstWait)
	}
	held := s.held(h)
	if h.leased != nil {
		h.readyAt = s.lease(now, h, slot && !held)
	}
	h.open.update(now, slot && !held, h.readyAt)
	if h.queue.len() == 0 {
		s.leaveHeaps(h)
		s.rest(now, h)
		return
	}
	switch {
	case h.readyAt > now:
		h.pool.ready.Take(h)
		s.timers.Put(h)
	case slot && !held:
		s.timers.Take(h)
		h.pool.ready.Put(h)
	default:
		s.leaveHeaps(h)
	}
	if slot {
		h.clock = &h.pool.tokenMissing
		if h.readyAt > now {
			h.clock = &h.pool.slotFree
		}
		h.mark = *h.clock
	}
}

// held reports whether the host's next hop must wait until sleeping requests have come back.
func (s *Scheduler) held(h *host) bool {
	if h.learned != nil && h.learned.closed { // a probe is better one of those that were not refused before
		return false
	}
	return s.config.MaxAway > 0 && h.away >= s.config.MaxAway && h.queue.len() > 0 && h.queue.top().Class == First
}

// waitedNow is the time that hops of this host have waited for a token while a slot was free, up to now.
func (h *host) waitedNow() time.Duration {
	if h.clock == nil {
		return h.waited
	}
	return h.waited + *h.clock - h.mark
}

func (s *Scheduler) host(name string) *host { return s.hostWith(name, nil) }

// hostWith is host, and the limit that it has if it appears now; nil: Config.PerHost says. Of one that is known, rates behind
// those that it has hold from now on, too.
func (s *Scheduler) hostWith(name string, limit *Limit) *host {
	if h := s.hosts[name]; h != nil {
		if n := len(h.limiter); limit != nil && n < len(limit.Rates) {
			h.limiter = append(h.limiter, newBuckets(limit.Rates[n:])...)
		}
		return h
	}
	if limit == nil {
		limit = new(Limit)
		if s.config.PerHost != nil {
			*limit = s.config.PerHost(name)
		}
	}
	h := &host{
		name:    strings.Clone(name),
		slots:   limit.InFlight,
		limiter: newBuckets(limit.Rates),
		running: newRunning(limit.RunningTime),
		leased:  newLeased(limit.Leased),
		kept:    limit.kept(),
		queue:   queue{outside: heap.Heap[*Hop]{Less: before, Place: func(h *Hop) *int { return &h.inHeap }}},
	}
	if s.config.Unheard > 0 {
		h.climb = newClimb(0)
	}
	h.pool = s.poolOf(h)
	s.hosts[h.name] = h
	if limit.Known != nil && s.config.Adapt {
		s.recall(s.now, h, limit.Known)
	}
	return h
}

// most is how many hops may be in flight to the host; 0 means no bound.
func (h *host) most(now time.Duration) int {
	most := h.slots
	if h.learned != nil {
		if n := h.learned.most(now, h.inFlight); n > 0 && (most == 0 || n < most) {
			most = n
		}
	}
	if h.climb == nil {
		return most
	}
	climbed := h.climb.level
	if h.accepted == 0 {
		climbed = 1
	}
	if most == 0 || climbed < most {
		return climbed
	}
	return most
}

// ready is when the next hop may leave as far as rates, running time and pauses go.
func (h *host) ready(now time.Duration) time.Duration {
	at := max(h.limiter.ready(), h.running.ready(now, h.inFlight))
	if h.learned != nil {
		at = max(at, h.learned.ready(now, h.queue.len()+h.away, h.inFlight))
	}
	return at
}

// first is the hop that leaves first. Most probes of a closed host are hops that were not refused before, if there are any:
// so that neither a request that is always refused stands for its host, nor one that is refused at first. Nor do requests
// that are refused again and again take all turns.
func (h *host) first() *Hop {
	top, l := h.queue.top(), h.learned
	if l == nil || top.Class != Retry {
		return top
	}
	fresh := h.queue.fresh()
	if fresh == nil {
		return top
	}
	again := true
	switch {
	case l.closed && h.accepted == 0:
		again = l.probes%probesARound == 0
	case l.closed:
		again = l.probes%2 == 1
	case top.Refusals >= stubborn:
		again = !l.turn
		l.turn = again
	}
	if again {
		return top
	}
	return fresh
}
