package testserver

import (
	"fmt"
	"time"
)

// PubChem's limits, and what its colours stand for
// (https://pubchem.ncbi.nlm.nih.gov/docs/dynamic-request-throttling).
const (
	perSecond    = 5                 // further requests in a second are refused
	maxRefused   = 20                // more refusals in a minute block the client …
	blockFor     = 30 * time.Second  // … for this long
	perMinute    = 400               // requests per minute that are 100 % of the request count: further ones are refused
	timePerMin   = 300 * time.Second // running time per minute that is 100 % of the request time: beyond it all are refused
	fullService  = 50                // requests in flight, of all clients, that are 100 % of the service status
	countBuckets = int(time.Minute / time.Second)
)

// pubchem is the limiter, with the state of each client. The zero value is ready to use and safe for concurrent
// use.
type pubchem struct {
	free     bool // no limits
	inFlight int
	bounded[caller]
}

// caller is the state of one client. The zero value is a new client.
type caller struct {
	arrivals     slidingLog // of one second; those beyond the limit count, too
	refusals     slidingLog // of one minute
	blockedUntil time.Time
	seconds      [countBuckets]use // the last minute, as a ring
}

// use is the usage of a client in one second.
type use struct {
	second   int64 // Unix time: a bucket of another minute is empty
	requests int
	running  time.Duration
}

// arrive decides about a request: 0 if it is admitted, and then leave must be called; otherwise how long the
// client must wait, which is blockFor if it is blocked.
func (p *pubchem) arrive(who string) (retryAfter time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	c := p.get(who)
	c.bucket(now).requests++
	requests, running := c.lastMinute(now)
	tooMany := c.arrivals.over(now, perSecond, time.Second) || requests > perMinute || running > timePerMin
	switch {
	case now.Before(c.blockedUntil):
		return blockFor
	case !tooMany || p.free:
		p.inFlight++
		return 0
	case c.refusals.over(now, maxRefused, time.Minute):
		c.blockedUntil = now.Add(blockFor)
		c.refusals = slidingLog{} // after the block the count begins anew
		return blockFor
	}
	return time.Second
}

// leave records the running time of an admitted request.
func (p *pubchem) leave(who string, running time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inFlight--
	p.get(who).bucket(time.Now()).running += running
}

// header returns the value of X-Throttling-Control for a client.
func (p *pubchem) header(who string, blocked bool) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	requests, running := p.get(who).lastMinute(time.Now())
	text := "Request Count status: " + colour(requests*100/perMinute) +
		", Request Time status: " + colour(int(running*100/timePerMin)) +
		", Service status: " + colour(p.inFlight*100/fullService)
	if blocked {
		text += ", too many requests per second or blacklisted"
	}
	return text
}

// over reports whether the window was full. It records the request in any case.
func (g *slidingLog) over(now time.Time, limit int, window time.Duration) bool {
	g.limit, g.window = limit, window
	full := g.meter(now, 1).remaining == 0
	g.take(now)
	return full
}

func (c *caller) bucket(now time.Time) *use {
	second := now.Unix()
	u := &c.seconds[second%int64(countBuckets)]
	if u.second != second {
		*u = use{second: second}
	}
	return u
}

// lastMinute returns the client's usage in this second and the 59 before it.
func (c *caller) lastMinute(now time.Time) (requests int, running time.Duration) {
	second := now.Unix()
	for _, u := range c.seconds {
		if second-u.second < int64(countBuckets) {
			requests += u.requests
			running += u.running
		}
	}
	return requests, running
}

func colour(percent int) string {
	name := "Green"
	switch {
	case percent > 100:
		name = "Black"
	case percent > 75:
		name = "Red"
	case percent >= 50:
		name = "Yellow"
	}
	return fmt.Sprintf("%s (%d%%)", name, percent)
}
