package measure

import (
	"cmp"
	"slices"

	"example.com/fetch/internal/record"
)

// waits are how long a host kept a run waiting, as the hops to it tell. What many requests waited for at once counts once.
type waits struct {
	tokens record.Micros // some hop had a slot, and no token: because of a rate, a quota or a pause
	paused record.Micros // the host was sent nothing but what it refused or failed at, and some request waited for it
	outage record.Micros // likewise, and what it was sent found nobody who listens
}

// leastGap is for how long a host must have served nothing before that is called a pause of it.
const leastGap = record.Micros(1_000_000)

type interval struct{ from, to record.Micros }

// waits finds them in the hops whose times are kept.
func (h *history) waits() (w waits) {
	var tokens, wanted, served []interval
	spans := h.inOrder()
	for i := range spans {
		s := &spans[i]
		if s.limiter > 0 {
			tokens = append(tokens, interval{s.start - record.Micros(s.limiter), s.start})
		}
		if s.slept > 0 {
			wanted = append(wanted, interval{s.end(), s.end() + record.Micros(s.slept)})
		}
		if s.turned == accepted {
			served = append(served, interval{s.start, s.end()})
		}
	}
	tokens = union(tokens)
	w.tokens = overlap(tokens, []interval{{0, 1 << 62}})
	wanted = union(append(wanted, tokens...))
	for _, gap := range gaps(union(served), spans) {
		i, _ := slices.BinarySearchFunc(spans, gap.from-leftBefore, func(s span, t record.Micros) int { return cmp.Compare(s.start, t) })
		worst := accepted
		for ; i < len(spans) && spans[i].start < gap.to; i++ {
			if spans[i].end() > gap.from {
				worst = max(worst, spans[i].turned)
			}
		}
		if worst == accepted {
			continue
		}
		waited := wanted
		if worst == failing { // to sleep after a failure is up to the request
			waited = tokens
		}
		held := overlap(waited, []interval{gap})
		w.paused += held
		if worst == unreachable {
			w.outage += held
		}
	}
	return w
}

// gaps are the times of leastGap or more from the first hop to the last in which none was in flight that was served.
func gaps(served []interval, spans []span) (found []interval) {
	if len(spans) == 0 {
		return nil
	}
	at := spans[0].start
	last := at
	for i := range spans {
		last = max(last, spans[i].end()+record.Micros(spans[i].slept))
	}
	for _, s := range append(served, interval{last, last}) {
		if s.from-at >= leastGap {
			found = append(found, interval{at, s.from})
		}
		at = max(at, s.to)
	}
	return found
}

// union is what intervals cover, in order and apart.
func union(all []interval) []interval {
	slices.SortFunc(all, func(a, b interval) int { return cmp.Compare(a.from, b.from) })
	var out []interval
	for _, i := range all {
		if n := len(out); n > 0 && i.from <= out[n-1].to {
			out[n-1].to = max(out[n-1].to, i.to)
			continue
		}
		out = append(out, i)
	}
	return out
}

// overlap is for how long both are, of intervals that are in order and apart.
func overlap(a, b []interval) (sum record.Micros) {
	for len(a) > 0 && len(b) > 0 {
		sum += max(0, min(a[0].to, b[0].to)-max(a[0].from, b[0].from))
		if a[0].to < b[0].to {
			a = a[1:]
		} else {
			b = b[1:]
		}
	}
	return sum
}

// within is the most hops that left in any so long time.
func (h *history) within(per record.Micros) int {
	spans := h.inOrder()
	most, first := 0, 0
	for i := range spans {
		for spans[i].start-spans[first].start >= per {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}
