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

	// Random arrivals are gone along a second time, behind the clock: nothing else tells how many there are.
	walk *arrivals
	last time.Duration // until when it has gone
}

func newCounter(p *Plan) *counter { return &counter{plan: p, line: p.segments(), end: p.end()} }

// until counts the arrivals at or before now, and those among them that are in the warm-up.
func (c *counter) until(now time.Duration) (measured, warmUp int64) {
	if c.plan.Poisson {
		if c.walk == nil || now < c.last {
			c.walk = newArrivals(c.plan)
		}
		for c.last = now; c.walk.ok && c.walk.due <= now; {
			c.walk.next()
		}
		return c.walk.given - c.walk.warm, c.walk.warm
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
