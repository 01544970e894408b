package sched

import "time"

const (
	stubborn     = 2   // refusals of one request while its host served others, from which on each further one counts
	freeRefusals = 5   // of one request, while its host serves others, until they cost retries
	hostBudget   = 10  // retries of failures at each host
	runBudget    = 100 // and in all
)

// Judge decides what becomes of a request to a host whose attempt has failed with sig, which Observe or Done was told
// before, and which is worth another attempt; t is what the request has used up.
func (s *Scheduler) Judge(now time.Duration, name string, sig Signal, t *Tries) Verdict {
	now = s.advance(now)
	h := s.host(name)
	verdict := s.judge(now, h, sig, t)
	if !verdict.Again {
		h.finished++
	}
	s.replace(now, h)
	return verdict
}

func (s *Scheduler) judge(now time.Duration, h *host, sig Signal, t *Tries) Verdict {
	if s.config.Retries <= 0 {
		return Verdict{}
	}
	refused := s.config.Adapt && sig.Kind.Refused()
	if sig.Wait > s.config.MaxWait {
		if refused && sig.Kind == OverQuota {
			l := s.learn(now, h)
			s.giveUp(now, h, l, sig.Wait)
			l.down = now + sig.Wait
		}
		return Verdict{Why: WhyRetryAfter}
	}
	if h.givenUp(now) {
		return Verdict{Why: WhyCircuit}
	}
	if refused && h.accepted > 0 {
		if t.seen != h.accepted || t.Refusals >= stubborn {
			t.seen = h.accepted
			t.Refusals++
		}
		if t.Refusals <= freeRefusals {
			return Verdict{Again: true, Requeued: true, Wait: sig.Wait, Jitter: s.ceilingOf(max(0, t.Refusals-stubborn))}
		}
	}
	if t.Retries >= s.config.Retries {
		return Verdict{}
	}
	if (sig.Kind == Failed || sig.Kind == TimedOut) && !s.spend(h) {
		return Verdict{Why: WhyBudget}
	}
	t.Retries++
	return Verdict{Again: true, Wait: sig.Wait, Jitter: s.ceilingOf(t.Retries - 1)}
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
