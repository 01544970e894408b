package fetcher

import (
	"cmp"
	"math"
	"time"

	"example.com/fetch/internal/sched"
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
	Rates    []Rate // all hold at once, such as 5 a second and 400 a minute
	InFlight int    // hops in flight; 0 means no bound
}

// Rate allows Events hops in every Per, with bursts: in any time t at most Burst + Events·(t/Per) hops leave. The zero Rate
// makes no sense, and is no way to say that there is none.
type Rate struct {
	Events float64       // more than 0
	Per    time.Duration // more than 0
	Burst  int           // how many may leave together after a while without any; 0 means 1
}

// PerSecond is the rate in hops a second.
func (r Rate) PerSecond() float64 { return sched.Rate(r).PerSecond() }

// Bucket is how many hops may leave together: Burst, or 1.
func (r Rate) Bucket() int { return sched.Rate(r).Bucket() }

// scheduled is the limit as the scheduler knows it.
func (l Limit) scheduled() sched.Limit { return sched.LimitOf(l.Rates, l.InFlight) }

// Limits are the limits of one Fetcher; they hold over everything it sends, retries and redirects included.
// The zero Limits bound nothing beyond Fetcher.Workers.
type Limits struct {
	Total   Limit // over all hosts together; its InFlight, if not 0, lowers Fetcher.Workers
	PerHost Limit // for each host by itself

	// Host, if not nil, is asked for the limit of one host ("hostname:port", lower case); with true it takes the
	// place of PerHost for that host. It must be safe for concurrent use, quick, and always answer the same: it is asked for
	// every hop, and its first answer holds for as long as the host is known.
	Host func(host string) (Limit, bool)
}

// Timeouts bound the parts of one request's life. Zero in any field means no such bound; but a transport that the Fetcher
// makes itself gives up on DNS and TCP after 30 s, and on TLS after another 30 s, if Connect is 0.
type Timeouts struct {
	Attempt   time.Duration // one attempt, body included, over all its redirects; time at the gate does not count
	Connect   time.Duration // getting a connection: DNS, TCP and TLS together, as curl's --connect-timeout
	FirstByte time.Duration // from the request being written to the first byte of the answer
	Stall     time.Duration // the longest silence within a body, while it is being read
	Request   time.Duration // a request with all its attempts, back-offs and waits, from its first grant
}

// limitOf is the limit of a host, as the scheduler knows it.
func (e *engine) limitOf(host string) *sched.Limit {
	if e.fetcher.Limits.Host != nil {
		if limit, ok := e.fetcher.Limits.Host(host); ok {
			scheduled := limit.scheduled()
			return &scheduled
		}
	}
	return &e.perHost
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
