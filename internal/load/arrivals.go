package load

import (
	"math"
	"math/rand/v2"
	"sort"
	"time"
)

// arrivals iterates over the arrivals of a plan in the open model: when requests are due, from the start of the
// run, in order. It depends only on the plan, which Check must accept.
//
// Arrival k, from 0, is when the integral of the rate reaches k: at a constant rate r, k/r seconds after the
// start, computed from k, so that no error accumulates. Random arrivals are when the integral reaches the sum of
// k+1 exponentially distributed numbers of mean 1, which is a Poisson process of that rate, even if the rate
// changes.
type arrivals struct {
	plan     *Plan
	end      time.Duration
	rest     []segment  // the current one and those to come
	random   *rand.Rand // nil: evenly spaced
	integral float64    // integral of the rate up to the next arrival
	given    int64      // arrivals so far
	measured int64      // of given, those after the warm-up
}

func newArrivals(p *Plan) *arrivals {
	a := &arrivals{plan: p, end: p.end(), rest: p.segments()}
	if p.Poisson {
		a.random = newRandom(p.Seed, arrivalStream)
		a.integral = a.random.ExpFloat64()
	}
	return a
}

// next returns the next arrival; false if there is none.
func (a *arrivals) next() (due time.Duration, ok bool) {
	a.rest = from(a.rest, a.integral)
	if len(a.rest) == 0 || a.plan.Count > 0 && a.measured == a.plan.Count {
		return 0, false
	}
	if due = a.rest[0].reaches(a.integral); due >= a.end {
		return 0, false
	}
	if due >= a.plan.WarmUp {
		a.measured++
	}
	a.given++
	if a.random != nil {
		a.integral += a.random.ExpFloat64()
	} else {
		a.integral = float64(a.given)
	}
	return due, true
}

// arrived counts the arrivals after the warm-up, at or before now. Random ones are generated again, because there
// is no closed form.
func (p *Plan) arrived(now time.Duration) (n int64) {
	if p.Poisson {
		a := newArrivals(p)
		for due, ok := a.next(); ok && due <= now; due, ok = a.next() {
			n = a.measured
		}
		return n
	}
	line := p.segments()
	now = min(now, p.end()-1)
	n = evenly(line, now) - evenly(line, min(now, p.WarmUp-1))
	if p.Count > 0 {
		n = min(n, p.Count)
	}
	return n
}

// evenly returns the number of even arrivals at or before now without a limit. It searches the exact arrival
// times, because an integral up to now would be rounded differently.
func evenly(line []segment, now time.Duration) int64 {
	const exact = 1 << 53 // whole numbers up to it are floats
	all := 0
	if n := len(line); n > 0 {
		all = int(math.Ceil(min(line[n-1].after(), exact)))
	}
	return int64(sort.Search(all, func(k int) bool {
		return from(line, float64(k))[0].reaches(float64(k)) > now
	}))
}
