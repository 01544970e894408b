package measure

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/measure/whatif"
	"example.com/fetch/internal/record"
)

const (
	maxSpans = 250_000 // hops whose times are kept, over all hosts
	maxAsks  = 10_000  // waits asked for by hosts that are kept, over all hosts

	// leftBefore is the time after a refusal within which a hop could not yet know of it.
	leftBefore = record.Micros(10_000)
	// early is the tolerance for hops that left in time, because times are cut to microseconds.
	early = record.Micros(1000)
)

// Honoured counts the waits that a host asked for with Retry-After: how many, and after how many of them nothing was
// sent too early. A 503 concerns its own request; a 429 concerns the client, so it counts for all hops to the host,
// unless nothing was to be learned about hosts. A wait that was cut short by the end of a request or of a part of the
// run is not counted.
type Honoured struct {
	Asked    int64 `json:"asked"`
	Honoured int64 `json:"honoured"`
}

// span is the time of a hop: its start and duration, how long it waited for a token before, and how long its request
// slept afterwards, each at most 71 minutes.
type span struct {
	start                record.Micros
	took, limiter, slept uint32 // microseconds
	turned               turned
}

// turned is the way in which a host rejected a hop.
type turned uint8

const (
	accepted    turned = iota // it did not
	failing                   // it aborted the hop, or failed to process it
	turnedDown                // it refused to process it now
	unreachable               // no connection was possible
)

func short(m record.Micros) uint32 { return uint32(min(max(m, 0), math.MaxUint32)) }

func (s *span) end() record.Micros { return s.start + record.Micros(s.took) }

// ask is a wait that a host asked for in a 429.
type ask struct {
	head, until record.Micros // from the head of the response
	next        record.Micros // when the same request was sent again; 0: never
}

// history is what is kept of a host's hops to describe how the host was treated.
type history struct {
	spans  []span
	sorted int  // number of spans when they were last sorted
	partly bool // not all hops are kept
	asks   []ask
	own    Honoured // of 503, which concerns only the request itself
}

// room is how much more may be kept, over all hosts.
type room struct{ spans, asks int }

func (h *history) hop(s span, left *room) {
	if left.spans == 0 {
		h.partly = true
		return
	}
	left.spans--
	h.spans = append(h.spans, s)
}

// asked adds the wait that the i-th of a request's attempts was asked for.
func (c *Collector) asked(h *host, attempts []record.Attempt, i int) {
	a := &attempts[i]
	if a.RetryAfter <= 0 || len(a.Hops) == 0 {
		return
	}
	last := &a.Hops[len(a.Hops)-1]
	head := last.Start + last.Time() - last.Phases.Receive
	next := record.Micros(0)
	if i+1 < len(attempts) {
		if next = attempts[i+1].Start; len(attempts[i+1].Hops) > 0 {
			next = attempts[i+1].Hops[0].Start
		}
	}
	own := !h.merged()
	if a.Status == 429 && own && !c.config.NoAdapt {
		if c.room.asks > 0 {
			c.room.asks--
			h.asks = append(h.asks, ask{head, head + a.RetryAfter, next})
		}
		return
	}
	if next == 0 {
		return
	}
	h.own.Asked++
	if next >= head+a.RetryAfter-early {
		h.own.Honoured++
	}
}

// settled returns the outcome of all waits, and the duration of the longest chain of pauses between hops, during which
// nothing could be sent whatever the limits. Parts are where the parts of the run begin.
func (h *history) settled(parts []record.Micros) (honoured Honoured, paused record.Micros) {
	honoured = h.own
	if len(h.asks) == 0 {
		return honoured, 0
	}
	spans := h.inOrder()
	var pauses []interval
	for _, a := range h.asks {
		i := h.from(a.head + leftBefore)
		if i == len(spans) || slices.ContainsFunc(parts, func(at record.Micros) bool { return a.head < at && at <= spans[i].start }) {
			continue
		}
		honoured.Asked++
		if spans[i].start >= a.until-early && (a.next == 0 || a.next >= a.until-early) {
			honoured.Honoured++
			pauses = append(pauses, interval{a.head, min(a.until, spans[i].start)})
		}
	}
	return honoured, total(union(pauses))
}

// inOrder sorts the spans in place, because there may be many and it is called often.
func (h *history) inOrder() []span {
	if h.sorted < len(h.spans) {
		slices.SortFunc(h.spans, func(a, b span) int { return cmp.Compare(a.start, b.start) })
		h.sorted = len(h.spans)
	}
	return h.spans
}

// from returns the index of the first span, in order, that begins at an instant or later.
func (h *history) from(at record.Micros) int {
	i, _ := slices.BinarySearchFunc(h.inOrder(), at, func(s span, t record.Micros) int { return cmp.Compare(s.start, t) })
	return i
}

// most returns how many of these sorted instants lie in any window of length per.
func most(at []record.Micros, per record.Micros) int {
	most, first := 0, 0
	for i := range at {
		for at[i]-at[first] >= per {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

// within returns the maximum number of hops that were sent in any window of length per.
func (h *history) within(per record.Micros) int {
	starts := make([]record.Micros, len(h.spans))
	for i, s := range h.inOrder() {
		starts[i] = s.start
	}
	return most(starts, per)
}

// bestTime is how long a host must have served a rate to be considered to sustain it.
const bestTime = record.Micros(10_000_000)

// best returns the highest rate of hops sent after an instant and served, over bestTime, or over all if there is less
// than that; 0 if unknown.
func (h *history) best(from record.Micros) float64 {
	var served []record.Micros
	for _, s := range h.inOrder() {
		if s.start >= from && s.turned == accepted {
			served = append(served, s.start)
		}
	}
	if h.partly || len(served) < answeredHops {
		return 0
	}
	last := len(served) - 1
	if whole := served[last] - served[0]; whole <= bestTime {
		return float64(last) / max(whole.Duration(), time.Millisecond).Seconds()
	}
	return float64(most(served, bestTime+1)-1) / bestTime.Duration().Seconds()
}

// peak returns the maximum number of hops in flight at once; 0 if unknown.
func (h *history) peak() int {
	if h.partly {
		return 0
	}
	ends := make([]record.Micros, len(h.spans))
	for i := range h.spans {
		ends[i] = h.spans[i].end()
	}
	slices.Sort(ends)
	most, ended := 0, 0
	for i, s := range h.inOrder() {
		for ended < len(ends) && ends[ended] <= s.start {
			ended++
		}
		most = max(most, i+1-ended)
	}
	return most
}

// refusal returns the status with which a host refused an attempt, or the class if there was none; "" if it did not.
func refusal(a *record.Attempt) string {
	switch {
	case !a.Requeued && a.Class != rateLimited:
		return ""
	case a.Status > 0:
		return strconv.Itoa(a.Status)
	}
	return a.Class
}

var noConnection = fetcher.KindConnect.String()

// howTurned returns the way in which the last hop of an attempt was rejected.
func howTurned(a *record.Attempt) turned {
	switch {
	case a.Class == noConnection:
		return unreachable
	case refusal(a) != "":
		return turnedDown
	case whatif.HostFailures[a.Class] != 0:
		return failing
	}
	return accepted
}

// waits is how long a host delayed a run, as seen from its hops. Concurrent waiting counts once.
type waits struct {
	tokens record.Micros // some hop had a slot and no token: because of a rate, a quota or a pause
	paused record.Micros // the host was sent only hops that it refused or failed, and some request waited for it
	outage record.Micros // likewise, and no connection was possible
}

// leastGap is how long a host must have served nothing for that to count as a pause.
const leastGap = record.Micros(1_000_000)

type interval struct{ from, to record.Micros }

// waits computes them from the hops whose times are kept.
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
	w.tokens = total(tokens)
	wanted = union(append(wanted, tokens...))
	for _, gap := range gaps(union(served), spans) {
		worst := accepted
		for _, s := range spans[h.from(gap.from-leftBefore):h.from(gap.to)] {
			if s.end() > gap.from {
				worst = max(worst, s.turned)
			}
		}
		if worst == accepted {
			continue
		}
		waited := wanted
		if worst == failing { // sleeping after a failure concerns only the request
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

// gaps returns the times of at least leastGap, between the first hop and the last, in which no hop was in flight that
// was served.
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

// union returns the union of intervals, sorted and disjoint.
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

// total returns the total length of disjoint intervals.
func total(apart []interval) (sum record.Micros) {
	for _, i := range apart {
		sum += i.to - i.from
	}
	return sum
}

// overlap returns the length of the intersection of two sorted lists of disjoint intervals.
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
