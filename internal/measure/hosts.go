package measure

import (
	"cmp"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

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

	rest    *host    // all hosts beyond maxFloors; its tally is of all beyond maxLines
	unnamed distinct // hosts beyond maxFloors
	nowhere *host    // of requests without a host, whose URL was no URL
}

// host is one host. Its work is what its floors come from.
type host struct {
	name  string
	limit fetcher.Limit
	whatif.Work
	*tally // its own, or that of hosts.rest
}

// tally is what a line about a host is made from.
type tally struct {
	line    Host // what is added up, of what it has
	pace    Pace // likewise
	hops    int64
	latency Distribution
	history
}

func newTally(name string) *tally {
	return &tally{line: Host{Host: name}, latency: Distribution{exact: hostExact, coarse: true}}
}

func newHosts(limitOf func(string) fetcher.Limit) *hosts {
	nowhere := &host{tally: newTally("")}
	return &hosts{limitOf: limitOf, byName: make(map[string]*host), last: nowhere, rest: &host{tally: newTally(others)}, nowhere: nowhere}
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
	h := &host{name: name, limit: hs.limitOf(name), tally: hs.rest.tally}
	if len(hs.all) < maxLines {
		h.tally = newTally(name)
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
	if h.hops == 0 || start < h.line.First {
		h.line.First = start
	}
	h.line.Last = max(h.line.Last, start+time)
	h.hops++
	h.pace.Waited.Queue += hop.Queue
	h.pace.Waited.Limiter += hop.Limiter
}

// attempt counts how an attempt ended that had its last hop there.
func (h *host) attempt(a *record.Attempt) {
	h.pace.Waited.Backoff += a.Backoff
	if a.Class == rateLimited {
		h.line.RateLimited++
	}
	by := refusal(a)
	if by == "" {
		return
	}
	h.pace.Refused.add(by, 1)
	if a.Requeued {
		h.pace.Requeued++
		h.pace.Waited.Requeued += a.Backoff
	}
}

// refusals is how many attempts the host has refused; 0 if that is not known of it alone.
func (h *host) refusals() int64 {
	if h.merged() {
		return 0
	}
	return h.pace.Refused.Total()
}

// merged reports whether it is that of all hosts beyond maxLines.
func (t *tally) merged() bool { return t.line.Host == others }

// busy is from the host's first hop's start to its last one's end.
func (t *tally) busy() record.Micros { return t.line.Last - t.line.First }

// busiest is the host that hops took most time of; nil: there is none.
func (hs *hosts) busiest() (most *host) {
	for _, h := range hs.all[:min(len(hs.all), maxLines)] {
		if most == nil || h.line.OK > 0 && h.line.OK >= most.line.OK && h.Service > most.Service {
			most = h
		}
	}
	return most
}

// summary gives a line for each host, most results first, and the merged one last. Pace is what there is to say of how
// fast a host was asked.
func (hs *hosts) summary(pace func(*host) *Pace) []Host {
	own := hs.all[:min(len(hs.all), maxLines)]
	lines := make([]Host, 0, len(own)+1)
	for _, h := range own {
		line := h.told()
		line.Pace = pace(h)
		lines = append(lines, line)
	}
	slices.SortFunc(lines, func(a, b Host) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Host, b.Host))
	})
	if len(hs.all) > len(own) {
		lines = append(lines, hs.rest.told())
	}
	return lines
}

// told is the line, but for its Pace.
func (t *tally) told() Host {
	line := t.line
	line.Latency = briefOf(&t.latency)
	if t.busy() > 0 && t.hops > 1 { // one hop makes no rate
		line.Rate = float64(t.hops) / t.busy().Duration().Seconds()
	}
	return line
}

// distinct counts different strings in bounded memory: exactly up to 65,536 of them, then to about 1 %. It keeps the
// hashes that end in a number of zero bits which grows, so each that is kept stands for 2^bits (M. Wegman's adaptive
// sampling). The same strings give the same count in any order. The zero value counts none.
type distinct struct {
	kept map[uint64]struct{}
	bits uint
}

const maxKept = 1 << 16

func (d *distinct) add(s string) {
	hash := xxhash.Sum64String(s)
	if hash&(1<<d.bits-1) != 0 {
		return
	}
	if d.kept == nil {
		d.kept = make(map[uint64]struct{})
	}
	d.kept[hash] = struct{}{}
	for len(d.kept) > maxKept {
		d.bits++
		for h := range d.kept {
			if h&(1<<d.bits-1) != 0 {
				delete(d.kept, h)
			}
		}
	}
}

func (d *distinct) count() int64 { return int64(len(d.kept)) << d.bits }
