package fetcher

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"time"

	"example.com/fetch/internal/sane"
	"example.com/fetch/internal/sched"
	"example.com/fetch/internal/web"
)

// DefaultWorkers is how many hops are in flight at once when Fetcher.Workers is 0.
const DefaultWorkers = 10

// Auto as Fetcher.Workers gives each host as many hops in flight as are found, by measurement, to be right for it: AutoWorkers
// in total at most, and beside those one hop to each of AutoUnheard hosts that have served nothing yet.
const (
	Auto        = -1
	AutoWorkers = 256
	AutoUnheard = 1024
)

// DefaultLookAhead is how many requests are read ahead when Fetcher.LookAhead is 0.
const DefaultLookAhead = 10_000

// Limit bounds hops by rate and by number in flight. The zero Limit bounds nothing.
type Limit struct {
	Rates       []Rate      // all hold at once, such as 5 a second and 400 a minute
	InFlight    int         // hops in flight; 0 means no bound
	RunningTime RunningTime // of a host; that of Limits.Total is not looked at

	// Leased are further rates, of a host that others send to, too: a hop leaves at an instant that Lease gives. It is asked for
	// the next n on a goroutine of its own, once at a time for a host, and told the hop times that were spent since. While it
	// fails, or is nil, Leased is kept to like Rates.
	Leased []Rate
	Lease  func(ctx context.Context, n int, spent time.Duration) ([]time.Time, error)

	Known *Known // with which the host begins: what was learned of it before; nil: nothing
}

// Known is what was learned of a host: the pace and the slots that it bears, and until when it is to be left alone.
type Known = sched.Known

// Known is what was learned of hosts so far, for the Limit.Known of a later Fetcher.
func (f *Fetcher) Known() (known map[string]Known) {
	f.started().drive(func(s *sched.Scheduler, now time.Duration) { known = s.Known(now) })
	return known
}

// RunningTime bounds the sum of hop times over any window of Per: 300 s a minute are 5 hops in flight all the time. Hops count
// as they go, and those in flight when it is used up may end. The zero RunningTime bounds nothing.
type RunningTime struct{ Time, Per time.Duration }

// Rate allows Events hops in every Per, with bursts: in any time t at most Burst + Events·(t/Per) hops leave. The zero Rate
// makes no sense, and is no way to say that there is none.
type Rate struct {
	Events float64       // more than 0
	Per    time.Duration // more than 0
	Burst  int           // how many may leave together after a while without any; 0 means 1
	Strict bool          // one that leaves late does not let the next follow at a shorter distance, but for Per/100: for servers that count strictly
}

// PerSecond is the Rate of n hops a second, one after another.
func PerSecond(n float64) Rate { return Rate{Events: n, Per: time.Second} }

// PerMinute is the Rate of n hops a minute, one after another.
func PerMinute(n float64) Rate { return Rate{Events: n, Per: time.Minute} }

// PerSecond is the rate in hops a second.
func (r Rate) PerSecond() float64 { return sched.Rate(r).PerSecond() }

// Bucket is how many hops may leave together: Burst, or 1.
func (r Rate) Bucket() int { return sched.Rate(r).Bucket() }

// scheduled is the limit as the scheduler knows it.
func (l Limit) scheduled() sched.Limit {
	limit := sched.LimitOf(l.Rates, l.InFlight, sched.RunningTime(l.RunningTime))
	limit.Known, limit.Leased = l.Known, sched.LimitOf(l.Leased, 0, sched.RunningTime{}).Rates
	if l.Lease == nil {
		limit.Rates, limit.Leased = append(limit.Rates, limit.Leased...), nil
	}
	return limit
}

// Limits are the limits of one Fetcher; they hold over everything it sends, retries and redirects included.
// The zero Limits bound nothing beyond Fetcher.Workers.
type Limits struct {
	Total   Limit // over all hosts together; its InFlight, if not 0, lowers Fetcher.Workers
	PerHost Limit // for each host, "hostname:port", by itself

	// Hosts are the limits of single hosts, in the place of PerHost: of "api.example.com" at any port, or of
	// "api.example.com:8080" at that one, which goes before. Names are compared as URLs are.
	Hosts map[string]Limit

	// Host, if not nil, is asked for the limit of one host ("hostname:port", lower case); with true it takes the
	// place of Hosts and PerHost for that host. It must be safe for concurrent use, quick, and always answer the same: it is asked for
	// every hop, and its first answer holds for as long as the host is known. Rates that a later one has behind these hold, too.
	Host func(host string) (Limit, bool)
}

// ownLimit is the limit of a host that has its own, with what the scheduler is to know of it.
type ownLimit struct {
	Limit
	scheduled sched.Limit
}

func newOwnLimit(l Limit) *ownLimit { return &ownLimit{l, l.scheduled()} }

// ownOf is the limit that a host has of its own; nil: it has none.
func (e *engine) ownOf(host string) *ownLimit {
	if e.fetcher.Limits.Host != nil {
		if limit, ok := e.fetcher.Limits.Host(host); ok {
			return newOwnLimit(limit)
		}
	}
	if len(e.hosts) == 0 {
		return nil
	}
	name, port := web.SplitHost(host)
	if own := e.hosts[web.HostSpec{Name: name, Port: port}]; own != nil {
		return own
	}
	return e.hosts[web.HostSpec{Name: name}]
}

// limitOf is the limit of a host, as the scheduler knows it; the error says that Limits.Host gave one that makes no sense.
func (e *engine) limitOf(host string) (*sched.Limit, error) {
	own := e.ownOf(host)
	if own == nil {
		return &e.perHost, nil
	}
	var senseless sane.Report
	own.scheduled.Check(&senseless, "Limits.Host()")
	if err := senseless.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", host, err)
	}
	return &own.scheduled, nil
}

// slots is how many hops may be in flight in total; those of unheard are beside them.
func (f *Fetcher) slots() int {
	n := cmp.Or(max(f.Workers, 0), DefaultWorkers)
	if f.Workers == Auto {
		n = AutoWorkers
	}
	if t := f.Limits.Total.InFlight; t > 0 {
		if f.Workers == Auto {
			t -= t / 2 // the others are for hosts not heard from
		}
		n = min(n, t)
	}
	return min(n, math.MaxInt32)
}

// unheard is how many hops may be in flight to hosts that have served nothing yet, where those have an allowance of their own.
func (f *Fetcher) unheard() int {
	if f.Workers != Auto {
		return 0
	}
	return max(1, min(AutoUnheard, cmp.Or(max(f.Limits.Total.InFlight, 0), math.MaxInt32)-f.slots()))
}
