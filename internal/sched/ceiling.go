package sched

import (
	"math"
	"time"
)

// ceiling is what a host was found to bear, hops a second or hops at once, and how more of it is tried as time goes by.
// Until it has been met twice it doubles step by step. From then on it follows a cubic, as TCP's window does (RFC 9438,
// section 4.2): a little below what was found, level around it, and ever faster beyond. The zero ceiling bounds nothing.
type ceiling struct {
	found   float64
	since   time.Duration // when it was found; later by the time during which it did not bind
	level   time.Duration // how long it takes to come back to found
	settled bool
}

const (
	caution = 0.05 // how far below what was found it begins
	step    = 500 * time.Millisecond
	hopsAt  = 4 // a step lasts at least so many hops
)

// at is what the host is allowed now.
func (c *ceiling) at(now time.Duration) float64 {
	t := max(0, now-c.since)
	if !c.settled {
		return c.found * math.Exp2(min(float64(t)/float64(c.level), 30))
	}
	x := min(float64(t)/float64(c.level)-1, 1e3)
	if x > 0 {
		x *= x
		return c.found * (1 + caution*x*x)
	}
	return c.found * (1 + caution*x*x*x)
}

// beyond reports whether more is tried than was found.
func (c *ceiling) beyond(now time.Duration) bool {
	return !c.settled || now-c.since > c.level
}

// search begins to double a rate from what was found.
func (c *ceiling) search(now time.Duration, found float64) {
	*c = ceiling{found: found, since: now, level: max(step, duration(hopsAt*float64(time.Second)/found))}
}

// settle begins the cubic.
func (c *ceiling) settle(now time.Duration, found float64, level time.Duration) {
	*c = ceiling{found: found, since: now, level: level, settled: true}
}
