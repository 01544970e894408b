package load

import (
	"math"
	"sort"
	"time"
)

// counter counts the arrivals of a plan up to an instant. It is not safe for concurrent use.
type counter struct {
	plan *Plan
	line []segment
	end  time.Duration
	walk *walk // of random arrivals, which nothing but going along them tells
}

func newCounter(p *Plan) *counter { return &counter{plan: p, line: p.segments(), end: p.end()} }

// until counts the arrivals at or before now, and those among them that are in the warm-up.
func (c *counter) until(now time.Duration) (measured, warmUp int64) {
	if c.plan.Poisson {
		if c.walk == nil || now < c.walk.last {
			c.walk = newWalk(c.plan)
		}
		return c.walk.until(now)
	}
	now = min(now, c.end-1)
	warmUp = c.even(min(now, c.plan.WarmUp-1))
	measured = c.even(now) - warmUp
	if c.plan.Count > 0 {
		measured = min(measured, c.plan.Count)
	}
	return measured, warmUp
}

// even is how many even arrivals there are at or before now, were there no bound. Each is where Arrivals has it, to the
// nanosecond, so they are looked for among these times: an integral up to now would be rounded otherwise.
func (c *counter) even(now time.Duration) int64 {
	const exact = 1 << 53 // whole numbers up to it are floats
	all := 0
	if n := len(c.line); n > 0 {
		all = int(math.Ceil(min(c.line[n-1].after(), exact)))
	}
	return int64(sort.Search(all, func(k int) bool {
		return from(c.line, float64(k))[0].reaches(float64(k)) > now
	}))
}

// walk goes along the arrivals of a plan a second time, behind the clock, and counts them.
type walk struct {
	arrivals         *arrivals
	last             time.Duration // until when it has counted
	coming           time.Duration // the first arrival after that
	more             bool          // there is one
	measured, warmUp int64
}

func newWalk(p *Plan) *walk {
	w := &walk{arrivals: newArrivals(p)}
	w.coming, w.more = w.arrivals.next()
	return w
}

// until counts the arrivals at or before now, which must not be before what it was in the last call.
func (w *walk) until(now time.Duration) (measured, warmUp int64) {
	for w.more && w.coming <= now {
		if w.coming < w.arrivals.warmUp {
			w.warmUp++
		} else {
			w.measured++
		}
		w.coming, w.more = w.arrivals.next()
	}
	w.last = now
	return w.measured, w.warmUp
}
