// Package knee finds the saturation point of a server, from load tests at several loads: the load from which on
// it brings more waiting and no more throughput.
package knee

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
)

// Step is one of the load tests. The steps of a sweep have the same model, and rising loads.
type Step struct {
	Users   int     // of the closed model; 0 in the open one
	Rate    float64 // requests per second that were asked for in the open model; 0 in the closed one
	Summary *measure.LoadSummary
}

// Knee is the saturation point, or the reason why it is unknown.
type Knee struct {
	Found bool
	At    int    // index of its step; also 0 if it was not found
	Words string // where it is and what is beyond it, or why it was not found and what to try, in sentences
	Peak  *Peak  // maximum throughput by the fitted law; nil: it does not fit
}

const (
	// mostFailures is the share of failures that is not attributed to the load.
	mostFailures = 0.01

	// moreFailures is by which factor they may exceed the first step's share, if that is larger.
	moreFailures = 2
)

// Find finds the saturation point. With users it is where throughput / response time, Kleinrock's power, is
// greatest; with rates the greatest rate that the server sustained. It is never beyond the step where failures
// begin.
func Find(steps []Step) Knee {
	if len(steps) < 2 {
		return Knee{Words: "One load tells no knee. Measure several."}
	}
	if steps[0].Summary.OK == 0 {
		return Knee{Words: fmt.Sprintf("No knee is to be seen: at %s no request succeeds.", steps[0].load())}
	}
	k := ofUsers
	if steps[0].open() {
		k = ofRates
	}
	found := k(steps)
	seen := steps
	if found.Found {
		seen = steps[:min(len(steps), found.At+2)]
	}
	if doubt := clientDoubt(seen); doubt != "" {
		found.Words += " " + doubt
	}
	return found
}

func (s *Step) open() bool { return s.Rate > 0 }

// load returns the step's load for people: 8 users, 100/s.
func (s *Step) load() string {
	if s.open() {
		return strconv.FormatFloat(s.Rate, 'f', -1, 64) + "/s"
	}
	return units.Counted(int64(s.Users), "user", "users")
}

// throughput returns successes per second.
func (s *Step) throughput() float64 { return s.Summary.Rate.OK }

// failures returns the share of failed requests; 1 if none ended.
func (s *Step) failures() float64 {
	answered := s.Summary.OK + s.Summary.Failed
	if answered == 0 {
		return 1
	}
	return float64(s.Summary.Failed) / float64(answered)
}

// latencyFigures are the figures of response times by which steps can be compared, the best first.
var latencyFigures = measure.FiguresOf("p99", "p95", "p90", "p50", "mean")

// carried returns the highest figure for which each of the steps has enough successes; nil: none.
func carried(steps ...*Step) *measure.Figure {
	for _, f := range latencyFigures {
		if !slices.ContainsFunc(steps, func(s *Step) bool { return f.Of(&s.Summary.Response.OK) == nil }) {
			return f
		}
	}
	return nil
}

// at returns the figure of a step that has it.
func at(f *measure.Figure, s *Step) record.Micros { return *f.Of(&s.Summary.Response.OK) }

// times returns the ratio of the figure between the next step and the first.
func times(f *measure.Figure, first, next *Step) float64 {
	return float64(at(f, next)) / float64(max(1, at(f, first)))
}

// failing returns the index of the step where failures begin; len(steps) if they do not.
func failing(steps []Step) int {
	most := max(mostFailures, moreFailures*steps[0].failures())
	for i := range steps {
		if steps[i].failures() > most || steps[i].Summary.OK == 0 {
			return i
		}
	}
	return len(steps)
}

// failureWords describes the failures.
func (s *Step) failureWords() string {
	return fmt.Sprintf("At %s %s of the requests fail.", s.load(), units.Percent(s.failures()))
}

// found describes the saturation point.
func (s *Step) found() string {
	words := fmt.Sprintf("The knee is at %s: %s", s.load(), units.PerSecond(s.throughput()))
	if f := carried(s); f != nil {
		words += " at " + f.Name + " " + units.Seconds(at(f, s))
	}
	return words + "."
}

// clientDoubt says at which step this client was overloaded; empty: at none.
func clientDoubt(steps []Step) string {
	ours := []string{"client_cpu", "schedule_lag", "file_descriptors", "in_flight"}
	for i := range steps {
		for _, w := range steps[i].Summary.Warnings {
			if slices.Contains(ours, w.Code) {
				return fmt.Sprintf("But at %s this client was the bottleneck (%s), so that what is seen may be its own limit and not the server's.", steps[i].load(), w.Code)
			}
		}
	}
	return ""
}

// samePower is the share of the greatest power from which on a step counts as equal: of steps that differ only by
// noise the first is the saturation point.
const samePower = 0.95

// ofUsers finds the saturation point of the closed model.
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
		// A step that is nearly as good does not count: throughput rises with the users to the end.
		k.Words = "No knee within these steps: throughput still rises at the last. " + steps[last-1].toNext(&steps[last], false) + " Try more users."
	case at == 0 && steps[0].Users > 1:
		k.Peak = nil // without a measured rise the law would fit noise
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

// power returns Kleinrock's power: successes per second divided by their mean response time in seconds; 0 if
// there were none.
func (s *Step) power() float64 {
	mean := s.Summary.Response.OK.Mean
	if mean == nil {
		return 0
	}
	return s.throughput() / max(1e-6, mean.Duration().Seconds())
}

// toNext describes the effect of the next step, with more users.
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

const (
	// keptUp is the share of a rate that a server must sustain.
	keptUp = 0.97

	// longer is the acceptable factor of response times compared with the first step, and leastLonger the
	// difference below which they are not attributed to the load: very short times vary by themselves.
	longer      = 3
	leastLonger = 2 * time.Millisecond
)

// ofRates finds the saturation point of the open model.
func ofRates(steps []Step) Knee {
	end := failing(steps)
	reasons := make([]string, len(steps)) // why a rate was not sustained; empty: it was
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

// tooMuch says why the server does not sustain the rate of a step; empty: it does.
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

// kept returns the sustained rate and its uncertainty: the requested rate, less the growth of the queue in the
// second half of the step. Counting responses until the last end would be wrong in a short step, which is too
// long by a response time. If there are no two seconds to compare, it is the completed share of what was due. The
// number in flight varies by its square root even without overload.
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
