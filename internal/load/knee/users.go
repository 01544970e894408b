package knee

import (
	"fmt"
	"math"
)

// samePower is the share of the greatest power from which on a step is as good: of those that differ by noise only the
// least is the knee.
const samePower = 0.95

// ofUsers finds the knee of the closed model.
func ofUsers(steps []Step) Knee {
	end := failing(steps)
	best, at := 0, 0
	for i := range steps[:end] {
		if steps[i].power() > steps[best].power() {
			best = i
		}
	}
	for steps[at].power() < samePower*steps[best].power() {
		at++
	}
	k := Knee{Peak: peak(steps[:end])}
	last := len(steps) - 1
	switch {
	case best == last:
		// Not that step which is nearly as good: throughput rises with the users to the end.
		k.Words = "No knee within these steps: throughput still rises at the last. " + steps[last-1].toNext(&steps[last], false) + " Try more users."
	case at == 0 && steps[0].Users > 1:
		k.Peak = nil // a law whose rise was not measured would be one of noise
		k.Words = fmt.Sprintf("No knee within these steps: %s are at it or beyond it. %s Try fewer users.", steps[0].load(), steps[0].toNext(&steps[1], end == 1))
	default:
		k.Found, k.At = true, at
		k.Words = steps[at].found() + " " + steps[at].toNext(&steps[at+1], end == at+1)
	}
	if k.Peak != nil {
		k.Words += " " + k.Peak.words()
	}
	return k
}

// power is Kleinrock's: successes a second for each second of their mean response time; 0 if there were none.
func (s *Step) power() float64 {
	mean := s.Summary.Response.OK.Mean
	if mean == nil {
		return 0
	}
	return s.throughput() / max(1e-6, mean.Duration().Seconds())
}

// toNext says what the next step, with more users, brings.
func (s *Step) toNext(next *Step, fails bool) string {
	if fails {
		return next.failureWords()
	}
	more := math.Round(100 * (next.throughput()/s.throughput() - 1))
	words := next.load() + " bring "
	switch {
	case more > 0:
		words += fmt.Sprintf("%.0f %% more", more)
	case more < 0:
		words += fmt.Sprintf("%.0f %% less", -more)
	default:
		words += "no more"
	}
	if f := carried(s, next); f != nil {
		words += fmt.Sprintf(" at %.1f times the %s", times(f, s, next), f.Name)
	}
	return words + "."
}
