package measure

import (
	"cmp"
	"slices"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/measure/whatif"
	"example.com/fetch/internal/record"
)

const (
	maxLines  = 1000   // hosts with a line of their own in a Summary; those that come later share one
	maxFloors = 10_000 // hosts whose own floors are known

	others = "(others)" // what is beyond a bound

	hostExact = 99 // the histogram is made at the host's 100th result
)

// hosts keeps what is known of each host: the first in full, later ones merged, so that memory is bounded.
type hosts struct {
	limitOf func(string) fetcher.Limit

	byName map[string]*host
	all    []*host // those of byName in the order of their coming; the first maxLines have a tally of their own
	last   *host   // the one asked for last

	rest    *host    // all hosts beyond maxFloors
	merged  *tally   // of all hosts beyond maxLines
	unnamed distinct // hosts beyond maxFloors
	nowhere *host    // of requests without a host, whose URL was no URL
}

// host is one host. Its work is what its floors come from.
type host struct {
	name  string
	limit fetcher.Limit
	whatif.Work
	*tally // its own, or hosts.merged
}

// tally is what a line about a host is made from.
type tally struct {
	n, ok, failed, limited int64
	hops                   int64
	first, last            record.Micros
	latency                Distribution

	refused              Counts        // attempts, by what they were refused with
	requeued             int64         // of them, those that cost no retry
	queue, limiter       record.Micros // of its hops
	backoff, requeuedFor record.Micros // after attempts that ended there, and after those that were requeued
	history
}

func newTally() *tally { return &tally{latency: Distribution{exact: hostExact, coarse: true}} }

func newHosts(limitOf func(string) fetcher.Limit) *hosts {
	merged := newTally()
	nowhere := &host{tally: newTally()}
	return &hosts{limitOf: limitOf, byName: make(map[string]*host), last: nowhere,
		rest: &host{tally: merged}, merged: merged, nowhere: nowhere}
}

// get finds the host with that name, or the one that stands for it.
func (hs *hosts) get(name string) *host {
	if hs.last.name == name {
		return hs.last
	}
	h := hs.byName[name]
	switch {
	case h != nil:
	case name == "":
		return hs.nowhere
	case len(hs.all) >= maxFloors:
		hs.unnamed.add(name)
		return hs.rest
	default:
		h = hs.add(strings.Clone(name))
	}
	hs.last = h
	return h
}

func (hs *hosts) add(name string) *host {
	h := &host{name: name, limit: hs.limitOf(name), tally: hs.merged}
	if len(hs.all) < maxLines {
		h.tally = newTally()
	}
	hs.all = append(hs.all, h)
	hs.byName[name] = h
	return h
}

// named gives the name of a host, which outlives the record that it is of.
func (hs *hosts) named(host string) string {
	if name := hs.get(host).name; name != "" {
		return name
	}
	return strings.Clone(host)
}

// count is the number of different hosts.
func (hs *hosts) count() int64 { return int64(len(hs.all)) + hs.unnamed.count() }

// hop counts a round trip.
func (h *host) hop(hop *record.Hop, resent bool) {
	start, time := hop.Start, hop.Time()
	h.Work.Add(time, resent)
	if h.tally.hops == 0 || start < h.first {
		h.first = start
	}
	h.last = max(h.last, start+time)
	h.tally.hops++
	h.queue += hop.Queue
	h.limiter += hop.Limiter
}

// attempt counts how an attempt ended that had its last hop there.
func (h *host) attempt(a *record.Attempt) {
	h.backoff += a.Backoff
	if a.Class == rateLimited {
		h.limited++
	}
	by := refusal(a)
	if by == "" {
		return
	}
	h.refused.add(by, 1)
	if a.Requeued {
		h.requeued++
		h.requeuedFor += a.Backoff
	}
}

// summary gives a line for each host, most results first, and the merged one last. Pace is what there is to say of how
// fast a host was asked.
func (hs *hosts) summary(pace func(*host) *Pace) []Host {
	own := hs.all[:min(len(hs.all), maxLines)]
	lines := make([]Host, 0, len(own)+1)
	for _, h := range own {
		line := h.tally.line(h.name)
		line.Pace = pace(h)
		lines = append(lines, line)
	}
	slices.SortFunc(lines, func(a, b Host) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Host, b.Host))
	})
	if len(hs.all) > len(own) {
		lines = append(lines, hs.merged.line(others))
	}
	return lines
}

func (t *tally) line(name string) Host {
	line := Host{Host: name, N: t.n, OK: t.ok, Failed: t.failed, RateLimited: t.limited,
		Latency: briefOf(&t.latency), First: t.first, Last: t.last}
	if span := t.last - t.first; span > 0 && t.hops > 1 { // one hop makes no rate
		line.Rate = float64(t.hops) / span.Duration().Seconds()
	}
	return line
}
