package sched

import (
	"math"
	"time"
)

// trouble is what is known of a host that fails without refusing anything.
type trouble struct {
	failing  doubt         // of failures and time-outs
	blamed   time.Duration // when its slots were first lowered for that, of late
	others   int           // hops that were in flight then, and whose outcome was not told yet
	enduring time.Duration // until then its failures are taken to be about the requests
}

const (
	troubleLevel = 15 * time.Second // of a ceiling of slots that was met by failures: a dear way to meet one
	slowly       = 8                // times what the last one took
	outageLasts  = 15 * time.Second // for so long a host that fails everything gets a probe at a time
)

// troubled takes a failure or a time-out of a host that has served something. Several together are an overload, too. If it
// fails what it gets alone, it is closed for a while: it may be about to start again, and what it fails costs retries. If
// that does not help, the failures are about the requests.
func (s *Scheduler) troubled(now time.Duration, h *host, hop *Hop, sig *Signal) {
	l := h.learned
	l.words.add(sig.Word)
	switch {
	case l.closed && sig.Kind == Failed && l.outage && now-max(l.served, l.closedAt) > outageLasts:
		s.endure(now, h)
	case l.closed:
		s.probeFailed(now, h, hop)
	case now < l.enduring:
	case hop.Start < l.lowered && l.others > 0:
		if l.others--; l.others == 0 { // one that holds too much would have served the last of them
			s.shut(now, h, true)
		}
	case hop.Start < l.lowered, hop.Start < l.newest: // others that left later were served meanwhile
	case sig.Kind == TimedOut && h.latency < (now-hop.Start)/slowly: // a queue would have made others wait, too
	default:
		l.failing.add(true, true)
		switch {
		case l.failing.score < sure:
		case sig.Kind == TimedOut, h.held() > 0:
			if l.blamed == 0 || now-l.blamed > 4*troubleLevel {
				l.blamed = now
			}
			s.setSlots(now, h, max(1, math.Round(float64(h.inFlight)/2)), troubleLevel)
			if sig.Kind == Failed && l.blamed == now { // it may be an outage: what becomes of the others tells
				l.others = h.held()
				l.hush = now + strikeApart
			}
		case l.since.served > 0:
			s.endure(now, h)
		default:
			s.shut(now, h, true)
		}
	}
}

// endure takes the failures of a host to be about the requests for a while.
func (s *Scheduler) endure(now time.Duration, h *host) {
	h.learned.enduring = now + trialLost
	s.release(now, h, "it fails some whatever it is asked")
}

// release gives the host as much as was asked for.
func (s *Scheduler) release(now time.Duration, h *host, why string) {
	l := h.learned
	slots, rate := l.slots.found, l.rate.found
	l.closed, l.outage, l.slots, l.rate, l.trial.on = false, false, ceiling{}, ceiling{}, false
	l.opened, l.had = now, h.accepted
	l.dealt(now)
	if slots > 0 {
		s.tell(now, h, EventSlots, slots, 0, why)
	}
	if rate > 0 {
		s.tell(now, h, EventPace, rate, 0, why)
	}
}
