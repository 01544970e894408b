package sched

import "time"

const (
	stubborn     = 2 // refusals of one request while its host served others, from which on it is likely about the request
	freeRefusals = 5 // of one request that count, until they cost retries
	fewLast      = 3 // requests
	lastPatience = 15 * time.Second
	hostBudget   = 10  // retries of failures at each host, beside Config.Budget,
	runBudget    = 100 // and in all
)

// Judge decides what becomes of a request to a host whose attempt has failed with sig, which Observe or Done was told
// before, and which is worth another attempt; t is what the request has used up.
func (s *Scheduler) Judge(now time.Duration, name string, sig Signal, t *Tries) Verdict {
	now = s.advance(now)
	h := s.host(name)
	verdict := s.judge(now, h, &sig, t)
	if !verdict.Again {
		h.finished++
	}
	s.replace(now, h)
	return verdict
}

func (s *Scheduler) judge(now time.Duration, h *host, sig *Signal, t *Tries) Verdict {
	if s.config.Retries <= 0 {
		return Verdict{}
	}
	refused := s.config.Adapt && sig.Kind.Refused()
	asked := max(sig.Wait, 0)
	wait := asked
	if refused && sig.Kind == OverQuota && wait == 0 {
		wait = h.learn().exhausted(now)
	}
	if wait > s.config.MaxWait {
		return Verdict{Why: WhyRetryAfter}
	}
	if h.givenUp(now) {
		return Verdict{Why: WhyCircuit}
	}
	if refused && h.accepted > 0 {
		if sig.Kind == Busy && h.lastOnes(now) {
			return Verdict{}
		}
		if t.early > 0 { // it was refused before its host served others, and that cost retries
			t.Retries -= t.early
			t.Refusals, t.early = stubborn-1, 0
		}
		if t.seen != h.accepted || t.Refusals >= stubborn && h.queue.fresh() == nil {
			t.seen = h.accepted
			t.Refusals++
		}
		if t.Refusals <= freeRefusals {
			return Verdict{Again: true, Requeued: true, Wait: asked, Jitter: s.backoff(t.Refusals - stubborn)}
		}
	}
	if t.Retries >= s.config.Retries {
		return Verdict{}
	}
	if (sig.Kind == Failed || sig.Kind == TimedOut) && !s.spend(h) {
		return Verdict{Why: WhyBudget}
	}
	t.Retries++
	if refused && h.accepted == 0 {
		t.early++
	}
	return Verdict{Again: true, Wait: asked, Jitter: s.backoff(t.Retries - 1)}
}

// lastOnes reports whether the last few requests to a host have been refused for longer than it has ever refused
// everything. A 503 for them is then likelier about them than about the host, as it is when others are served.
func (h *host) lastOnes(now time.Duration) bool {
	l := h.learned
	return l != nil && h.left() <= fewLast && now-max(l.served, l.closedAt) > h.patience()
}

// left is how many requests the host has yet to finish.
func (h *host) left() int { return h.queue.len() - h.queue.retries + h.away + h.inFlight }

// patience is how long a host may refuse all of a few requests before that is likelier about them.
func (h *host) patience() time.Duration {
	return max(lastPatience, 5*h.learned.closedFor)
}

// onlyStubborn reports whether all requests that are left to a host were refused before, half of them so often while it
// served others that it is about them.
func (s *Scheduler) onlyStubborn(h *host) bool {
	left, often := 0, 0
	count := func(hop *Hop) bool {
		left++
		if hop.Refusals >= stubborn {
			often++
		}
		return hop.Class == Retry
	}
	for hop := range h.queue.all {
		if !count(hop) {
			return false
		}
	}
	for _, hop := range s.due.Items() {
		if hop.Host == h.name && !count(hop) {
			return false
		}
	}
	return 2*often >= left
}

// spend takes a retry out of the budget, if there is one.
func (s *Scheduler) spend(h *host) bool {
	switch {
	case s.config.Budget < 0:
	case float64(h.retries) < hostBudget+s.config.Budget*float64(h.accepted+h.finished):
		h.retries++
	case s.retries < runBudget:
		s.retries++
	default:
		return false
	}
	return true
}

// backoff is the upper end of full jitter: MinWait, doubled for each retry before, up to MaxWait.
func (s *Scheduler) backoff(retries int) time.Duration {
	base, limit := min(s.config.MinWait, s.config.MaxWait), s.config.MaxWait
	for ; retries > 0 && base > 0; retries-- {
		if base > limit/2 {
			return limit
		}
		base *= 2
	}
	return base
}
