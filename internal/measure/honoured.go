package measure

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

const (
	maxSpans = 250_000 // hops whose time is kept, over all hosts
	maxAsks  = 10_000  // waits that hosts asked for, likewise

	// leftBefore is how soon after a refusal a hop has left before it could be known of.
	leftBefore = record.Micros(10_000)
	// early is what cutting times to microseconds may make of a hop that left in time.
	early = record.Micros(1000)
)

// Honoured counts the waits that a host asked for with Retry-After: how many, and after how many of them nothing was sent
// too early. A 503 is about its own request; a 429 about the client, so that it counts for all hops to the host, unless
// nothing was to be learned of hosts. A wait that the end of a request, of the run or of a leg cut short is not counted.
type Honoured struct {
	Asked    int64 `json:"asked"`
	Honoured int64 `json:"honoured"`
}

// span is when a hop was in flight, how long it had waited for a token before, and how long its request slept after it: for
// 71 minutes each at most.
type span struct {
	start                record.Micros
	took, limiter, slept uint32 // microseconds
	turned               turned
}

// turned is how a host turned a hop away.
type turned uint8

const (
	accepted    turned = iota // it did not
	failing                   // it broke it off, or failed at it
	turnedDown                // it said that it would not do it now
	unreachable               // there was no connection to it
)

// spanOf is the span of a hop.
func spanOf(hop *record.Hop, slept record.Micros, t turned) span {
	return span{hop.Start, short(hop.Time()), short(hop.Limiter), short(slept), t}
}

func short(m record.Micros) uint32 { return uint32(min(max(m, 0), math.MaxUint32)) }

func (s *span) end() record.Micros { return s.start + record.Micros(s.took) }

// ask is a wait that a host asked for in a 429.
type ask struct {
	head, until record.Micros // from the response's head
	next        record.Micros // when the same request left again; 0: not at all
}

// history is what has to be known of a host's hops to say how it was treated.
type history struct {
	spans  []span
	sorted int  // how many there were when they were last put in order
	partly bool // there were more
	asks   []ask
	own    Honoured // of 503: what concerns the request alone
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

// asked takes a wait that the i-th of a request's attempts was asked for.
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

// settled is what came of all waits, and how long the longest chain of pauses between hops was: for so long nothing could
// be sent, whatever else was asked for. Legs are where the legs of the run begin.
func (h *history) settled(legs []record.Micros) (honoured Honoured, paused record.Micros) {
	honoured = h.own
	if len(h.asks) == 0 {
		return honoured, 0
	}
	spans := h.inOrder()
	asks := slices.SortedFunc(slices.Values(h.asks), func(a, b ask) int { return cmp.Compare(a.head, b.head) })
	over := record.Micros(0) // until when pauses are counted
	for _, a := range asks {
		i, _ := slices.BinarySearchFunc(spans, a.head+leftBefore, func(s span, t record.Micros) int { return cmp.Compare(s.start, t) })
		if i == len(spans) || slices.ContainsFunc(legs, func(at record.Micros) bool { return a.head < at && at <= spans[i].start }) {
			continue
		}
		honoured.Asked++
		if spans[i].start < a.until-early || a.next > 0 && a.next < a.until-early {
			continue
		}
		honoured.Honoured++
		until := min(a.until, spans[i].start)
		paused += max(0, until-max(a.head, over))
		over = max(over, until)
	}
	return honoured, paused
}

// inOrder puts the spans in order, in place, since there may be many and it is asked for again and again.
func (h *history) inOrder() []span {
	if h.sorted < len(h.spans) {
		slices.SortFunc(h.spans, func(a, b span) int { return cmp.Compare(a.start, b.start) })
		h.sorted = len(h.spans)
	}
	return h.spans
}

// bestTime is over how long a host must have served at a rate to be said to bear it.
const bestTime = record.Micros(10_000_000)

// best is the highest rate at which hops that left from an instant on were served, over bestTime, or, if there is less than
// that, over all; 0 if it is not known.
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
	most, first := 0, 0
	for i := range served {
		for served[i]-served[first] > bestTime {
			first++
		}
		most = max(most, i-first)
	}
	return float64(most) / bestTime.Duration().Seconds()
}

// peak is the most hops that were in flight at once; 0 if that is not known.
func (h *history) peak() int {
	if h.partly {
		return 0
	}
	type edge struct {
		at    record.Micros
		delta int
	}
	edges := make([]edge, 0, 2*len(h.spans))
	for _, s := range h.spans {
		edges = append(edges, edge{s.start, 1}, edge{s.end(), -1})
	}
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.delta, b.delta)) })
	n, most := 0, 0
	for _, e := range edges {
		n += e.delta
		most = max(most, n)
	}
	return most
}

// refusal is what a host refused an attempt with: the status, or the class where there was none; "" if it did not.
func refusal(a *record.Attempt) string {
	switch {
	case !a.Requeued && a.Class != rateLimited:
		return ""
	case a.Status > 0:
		return strconv.Itoa(a.Status)
	}
	return a.Class
}

// hostFailures are the classes for which a host may be asked less, if they come together.
var hostFailures = map[string]bool{
	fetcher.KindTimeoutConnect.String(): true, fetcher.KindTimeoutFirstByte.String(): true, fetcher.KindTimeoutStall.String(): true,
	fetcher.KindTimeoutAttempt.String(): true, fetcher.KindConnReset.String(): true, fetcher.KindBodyTruncated.String(): true,
	fetcher.KindHTTP5xx.String(): true, fetcher.KindProtocol.String(): true, fetcher.KindDecode.String(): true,
}

var noConnection = fetcher.KindConnect.String()

// howTurned is how the last hop of an attempt was turned away.
func howTurned(a *record.Attempt) turned {
	switch {
	case a.Class == noConnection:
		return unreachable
	case refusal(a) != "":
		return turnedDown
	case hostFailures[a.Class]:
		return failing
	}
	return accepted
}
