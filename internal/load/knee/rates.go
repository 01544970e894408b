package knee

import (
	"fmt"
	"math"
	"time"

	"example.com/fetch/internal/units"
)

const (
	// keptUp is the share of a rate with which a server has to keep up.
	keptUp = 0.97

	// longer is how many times the first step's response times may be, and leastLonger what else is no matter of the
	// load: very short times vary by themselves.
	longer      = 3
	leastLonger = 2 * time.Millisecond
)

// ofRates finds the knee of the open model.
func ofRates(steps []Step) Knee {
	end := failing(steps)
	reasons := make([]string, len(steps)) // why it was not kept up with; empty: it was
	at := -1
	for i := range steps {
		if i >= end {
			reasons[i] = steps[end].failureWords()
		} else if reasons[i] = steps[i].tooMuch(&steps[0]); reasons[i] == "" {
			at = i
		}
	}
	switch at {
	case -1:
		return Knee{Words: "No knee within these steps: the first is beyond it. " + reasons[0] + " Try lower rates."}
	case len(steps) - 1:
		return Knee{Words: "No knee within these steps: " + steps[at].load() + " is kept up with, too. Try higher rates."}
	}
	k := Knee{Found: true, At: at, Words: steps[at].found() + " " + reasons[at+1]}
	for _, reason := range reasons[:at] {
		if reason != "" {
			k.Words += " But measure again, as it was worse at less: " + reason
			break
		}
	}
	return k
}

// tooMuch says why the rate of a step is more than the server keeps up with; empty: it is not.
func (s *Step) tooMuch(first *Step) string {
	if kept, doubt := s.kept(); kept+doubt < keptUp*s.Rate {
		return fmt.Sprintf("Of %s only %s are kept up with.", s.load(), units.PerSecond(kept))
	}
	f := carried(first, s)
	if f == nil || times(f, first, s) <= longer || (at(f, s)-at(f, first)).Duration() <= leastLonger {
		return ""
	}
	return fmt.Sprintf("At %s the %s is %.1f times that at %s.", s.load(), f.Name, times(f, first, s), first.load())
}

// kept is the rate that was kept up with, and how much it may be off by chance: that which was asked for, less what came
// to wait in the second half of the step. Answers in the time until the last end do not tell it, since in a short step that
// is too long by a response time. Where there are no two seconds to compare, it is what was answered of what was due. What is on its way varies by its root even if nothing is wrong.
func (s *Step) kept() (rate, doubt float64) {
	seconds := s.Summary.Seconds
	for len(seconds) > 0 && seconds[len(seconds)-1].To > s.Summary.Planned {
		seconds = seconds[:len(seconds)-1]
	}
	if len(seconds) < 2 {
		return s.Rate * float64(s.Summary.OK+s.Summary.Failed) / float64(max(s.Summary.Due, 1)), 0
	}
	from, to := seconds[len(seconds)/2-1], seconds[len(seconds)-1]
	before, after := float64(from.InFlight+from.Waiting), float64(to.InFlight+to.Waiting)
	length := (to.To - from.To).Duration().Seconds()
	return s.Rate - max(0, after-before)/length, 3 * math.Sqrt(before+after) / length
}
