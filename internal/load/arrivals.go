package load

import (
	"math/rand/v2"
	"time"
)

// arrivals is a walk along the arrivals of a plan in the open model: when requests are due, from the start of the run, in
// order. It depends on the plan alone. The plan must be one that Check accepts.
//
// Arrival k, from 0, is where the integral of the rate passes k: at a constant rate r, k/r seconds after the start,
// computed from k, so that no error adds up. Of random ones the integral passes the sum of k+1 exponentially distributed
// numbers of mean 1 there, which makes it a Poisson process of that rate, also where the rate changes.
type arrivals struct {
	rest   []segment // the present one and those to come
	warmUp time.Duration
	end    time.Duration
	count  int64 // how many there may be after the warm-up

	random   *rand.Rand // nil: evenly
	integral float64    // of the rate, up to the next arrival
	given    int64      // arrivals so far
	warm     int64      // of given, those in the warm-up

	due time.Duration // the next arrival
	ok  bool          // there is one
}

func newArrivals(p *Plan) *arrivals {
	a := &arrivals{rest: p.segments(), warmUp: p.WarmUp, end: p.end(), count: p.Count}
	if p.Poisson {
		a.random = newRandom(p.Seed, arrivalStream)
		a.integral = a.random.ExpFloat64()
	}
	a.find()
	return a
}

// find finds the next arrival, which comes where the integral is.
func (a *arrivals) find() {
	a.rest = from(a.rest, a.integral)
	a.ok = len(a.rest) > 0 && (a.count == 0 || a.given-a.warm < a.count)
	if a.ok {
		a.due = a.rest[0].reaches(a.integral)
		a.ok = a.due < a.end
	}
}

// next is the next arrival; false if there is none.
func (a *arrivals) next() (due time.Duration, ok bool) {
	if !a.ok {
		return 0, false
	}
	due = a.due
	if due < a.warmUp {
		a.warm++
	}
	a.given++
	if a.random != nil {
		a.integral += a.random.ExpFloat64()
	} else {
		a.integral = float64(a.given)
	}
	a.find()
	return due, true
}
