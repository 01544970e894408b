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
	maxLines  = 1000   // hosts with a line of their own in a Summary; later ones share one
	maxFloors = 10_000 // hosts with floors of their own

	others = "(others)" // everything beyond a bound

	hostExact = 99 // the histogram is created at the host's 100th result
)

// hosts keeps what is known about each host: the first ones in full, later ones merged, so that memory is bounded.
type hosts struct {
	limitOf func(string) fetcher.Limit

	byName map[string]*host
	all    []*host // in order of arrival; the first maxLines have a tally of their own
	last   *host   // the most recent one

	rest    *host    // all hosts beyond maxFloors; its tally is that of all beyond maxLines
	unnamed distinct // hosts beyond maxFloors
	nowhere *host    // requests without a valid URL
}

// host is one host. Its floors are computed from its work.
type host struct {
	name  string
	limit fetcher.Limit
	whatif.Work
	*tally // its own, or that of hosts.rest
}

// tally is the data of a line about a host.
type tally struct {
	line    Host // the additive part
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

// get returns the host with that name, or the one that stands for it.
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

// named returns the name of a host as a string that outlives the record.
func (hs *hosts) named(host string) string {
	if name := hs.get(host).name; name != "" {
		return name
	}
	return strings.Clone(host)
}

// count returns the number of different hosts.
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

// attempt counts the outcome of an attempt whose last hop went to this host.
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

// refusals returns how many attempts the host has refused; 0 if that is not known for it alone.
func (h *host) refusals() int64 {
	if h.merged() {
		return 0
	}
	return h.pace.Refused.Total()
}

// merged reports whether the tally is that of all hosts beyond maxLines.
func (t *tally) merged() bool { return t.line.Host == others }

// busy returns the time from the start of the host's first hop to the end of its last one.
func (t *tally) busy() record.Micros { return t.line.Last - t.line.First }

// busiest returns the host with the largest sum of hop times; nil if there is none.
func (hs *hosts) busiest() (most *host) {
	for _, h := range hs.all[:min(len(hs.all), maxLines)] {
		if most == nil || h.line.OK > 0 && h.line.OK >= most.line.OK && h.Service > most.Service {
			most = h
		}
	}
	return most
}

// summary returns a line for each host, most results first, and the merged one last. Pace returns the pacing of a host.
func (hs *hosts) summary(pace func(*host) *Pace) []Host {
	own := hs.all[:min(len(hs.all), maxLines)]
	lines := make([]Host, 0, len(own)+1)
	for _, h := range own {
		line := h.shown()
		line.Pace = pace(h)
		lines = append(lines, line)
	}
	slices.SortFunc(lines, func(a, b Host) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Host, b.Host))
	})
	if len(hs.all) > len(own) {
		lines = append(lines, hs.rest.shown())
	}
	return lines
}

// shown returns the line without its Pace.
func (t *tally) shown() Host {
	line := t.line
	line.Latency = briefOf(&t.latency)
	if t.busy() > 0 && t.hops > 1 { // one hop has no rate
		line.Rate = float64(t.hops) / t.busy().Duration().Seconds()
	}
	return line
}

// distinct counts different strings in bounded memory: exactly up to 65,536, then to about 1 %. It keeps hashes that
// end in a growing number of zero bits, so that each one kept stands for 2^bits strings (M. Wegman's adaptive
// sampling). The same strings give the same count in any order. The zero value is empty.
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
