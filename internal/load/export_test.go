package load

import (
	"iter"
	"time"
)

// Arrivals is when requests are due in the open model, from the start of the run, in order: nothing in the closed one.
func (p *Plan) Arrivals() iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		if !p.Open {
			return
		}
		a := newArrivals(p)
		for due, ok := a.next(); ok && yield(due); due, ok = a.next() {
		}
	}
}
