package load

import "time"

// counter goes along the arrivals of a plan a second time, behind the clock, and counts them.
type counter struct {
	arrivals         *arrivals
	last             time.Duration // until when it has counted
	coming           time.Duration // the first arrival after that
	more             bool          // there is one
	measured, warmUp int64
}

func newCounter(p *Plan) *counter {
	c := &counter{arrivals: newArrivals(p)}
	c.coming, c.more = c.arrivals.next()
	return c
}

// until counts the arrivals at or before now, which must not be before what it was in the last call.
func (c *counter) until(now time.Duration) (measured, warmUp int64) {
	for c.more && c.coming <= now {
		if c.coming < c.arrivals.warmUp {
			c.warmUp++
		} else {
			c.measured++
		}
		c.coming, c.more = c.arrivals.next()
	}
	c.last = now
	return c.measured, c.warmUp
}
