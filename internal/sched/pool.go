package sched

import (
	"time"

	"example.com/fetch/internal/heap"
)

// pool is a number of slots in total for hosts of one kind, and who waits for them. There are two: Config.Slots are for
// hosts that have served something, and with Config.Unheard the others have Config.Unheard, one each, so that those which
// never respond hold up none of those that do. A hop counts in the pool that it left from until it is done.
type pool struct {
	slots    int // 0 means no bound
	inFlight int
	ready    heap.Heap[*host] // hosts whose first hop could leave if total slot and token were there

	// Two integrals over time, from which the limiter waits of all hosts are made without touching each host at each
	// event: the time during which a total slot was free, and that during which moreover the total token was missing.
	slotFree     time.Duration
	tokenMissing time.Duration

	open opening // of its slots and the total's tokens
}

func (p *pool) isFree() bool { return p.slots == 0 || p.inFlight < p.slots }

// isUnheard reports whether the host is one that has an allowance beside Config.Slots.
func (s *Scheduler) isUnheard(h *host) bool { return s.config.Unheard > 0 && h.accepted == 0 }

// poolOf is the pool that the host's next hop leaves from.
func (s *Scheduler) poolOf(h *host) *pool {
	if s.isUnheard(h) {
		return &s.pools[1]
	}
	return &s.pools[0]
}

// SlotIsFree reports whether another hop could be in flight, as far as the slots in total go.
func (s *Scheduler) SlotIsFree() bool {
	return s.pools[0].isFree() || s.config.Unheard > 0 && s.pools[1].isFree()
}

// nextHost is the host whose first hop is the next to leave when the total token is there; nil: none.
func (s *Scheduler) nextHost() (next *host) {
	for i := range s.pools {
		p := &s.pools[i]
		if !p.isFree() || p.ready.Len() == 0 {
			continue
		}
		if h := p.ready.Top(); next == nil || before(h.queue.top(), next.queue.top()) {
			next = h
		}
	}
	return next
}

// reopen brings the openings in total up to date.
func (s *Scheduler) reopen(now time.Duration) {
	for i := range s.pools {
		p := &s.pools[i]
		p.open.update(now, p.isFree(), s.total.ready())
	}
}

// settle brings the integrals up to now; between two calls nothing changes but the time.
func (s *Scheduler) settle(now time.Duration) {
	missing := max(0, min(now, s.total.ready())-s.now)
	for i := range s.pools {
		if p := &s.pools[i]; p.isFree() {
			p.slotFree += now - s.now
			p.tokenMissing += missing
		}
	}
	s.now = now
}
