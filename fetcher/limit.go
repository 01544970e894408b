package fetcher

import (
	"math"
	"time"

	"example.com/fetch/internal/sched"
)

// DefaultWorkers is how many hops are in flight at once when Fetcher.Workers is 0.
const DefaultWorkers = 10

// DefaultLookAhead is how many requests are read ahead when Fetcher.LookAhead is 0.
const DefaultLookAhead = 10_000

// Limit bounds hops by rate and by number in flight. The zero Limit bounds nothing.
type Limit = sched.Limit

// Rate allows Events hops in every Per, with bursts of Burst (0 means 1).
type Rate = sched.Rate

// HostEvent is a change in what a host is allowed, or in what it does. Its At counts from the first use of the Fetcher.
type HostEvent = sched.Event

// What a HostEvent tells.
const (
	EventPace  = sched.EventPace
	EventSlots = sched.EventSlots
	EventPause = sched.EventPause
	EventDown  = sched.EventDown
	EventUp    = sched.EventUp
	EventQuota = sched.EventQuota
)

// Limits are the limits of one Fetcher; they hold over everything it sends, retries and redirects included.
// The zero Limits bound nothing beyond Fetcher.Workers.
type Limits struct {
	Total   Limit // over all hosts together; its InFlight, if not 0, lowers Fetcher.Workers
	PerHost Limit // for each host by itself

	// Host, if not nil, is asked for the limit of one host ("hostname:port", lower case); with true it takes the
	// place of PerHost for that host. It must be safe for concurrent use, quick, and always answer the same.
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

// limitOf is the limit that holds for host.
func (l *Limits) limitOf(host string) Limit {
	if l.Host != nil {
		if limit, ok := l.Host(host); ok {
			return limit
		}
	}
	return l.PerHost
}

// slots is how many hops may be in flight in total.
func (f *Fetcher) slots() int {
	n := f.Workers
	if n <= 0 {
		n = DefaultWorkers
	}
	if t := f.Limits.Total.InFlight; t > 0 {
		n = min(n, t)
	}
	return min(n, math.MaxInt32)
}
