// Package knee finds the load from which on a server brings more waiting and no more answers, from load tests at several
// loads.
package knee

import (
	"fmt"
	"slices"
	"strconv"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
)

// Step is one of the load tests. The steps of a sweep are all of one model, and rise.
type Step struct {
	Users   int     // of the closed model; 0 in the open one
	Rate    float64 // requests a second that were asked for in the open model; 0 in the closed one
	Summary *measure.LoadSummary
}

// Knee is where it is, or why it is not known.
type Knee struct {
	Found bool
	At    int    // the number of its step, from 0; 0 if it was not found, too
	Words string // where it is and what is beyond it, or why it was not found and what to try; sentences
	Peak  *Peak  // the greatest throughput by the law that fits; nil: none does
}

const (
	// mostFailures is the share of failures that is no matter of the load.
	mostFailures = 0.01

	// moreFailures is how many times the first step's share they may be where that is greater.
	moreFailures = 2
)

// Find finds the knee. With users it is where throughput / response time, Kleinrock's power, is greatest; with rates the
// greatest that was kept up with. It is never beyond the step where failures begin.
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

// load is the step's load for people: 8 users, 100/s.
func (s *Step) load() string {
	if s.open() {
		return strconv.FormatFloat(s.Rate, 'f', -1, 64) + "/s"
	}
	return units.Counted(int64(s.Users), "user", "users")
}

// throughput is successes a second.
func (s *Step) throughput() float64 { return s.Summary.Rate.OK }

// failures is the share of requests that failed; 1 if none was answered.
func (s *Step) failures() float64 {
	answered := s.Summary.OK + s.Summary.Failed
	if answered == 0 {
		return 1
	}
	return float64(s.Summary.Failed) / float64(answered)
}

// latencyFigures are the figures of response times by which steps can be compared, the best first.
var latencyFigures = measure.FiguresOf("p99", "p95", "p90", "p50", "mean")

// carried is the highest figure that the successes of each of the steps carry; nil: there is none.
func carried(steps ...*Step) *measure.Figure {
	for _, f := range latencyFigures {
		if !slices.ContainsFunc(steps, func(s *Step) bool { return f.Of(&s.Summary.Response.OK) == nil }) {
			return f
		}
	}
	return nil
}

// at is the figure of a step that carries it.
func at(f *measure.Figure, s *Step) record.Micros { return *f.Of(&s.Summary.Response.OK) }

// times is how many times the figure of the first step that of the next is.
func times(f *measure.Figure, first, next *Step) float64 {
	return float64(at(f, next)) / float64(max(1, at(f, first)))
}

// failing is the number of the step where failures begin; that after the last if they do not.
func failing(steps []Step) int {
	most := max(mostFailures, moreFailures*steps[0].failures())
	for i := range steps {
		if steps[i].failures() > most || steps[i].Summary.OK == 0 {
			return i
		}
	}
	return len(steps)
}

// failureWords says that requests fail.
func (s *Step) failureWords() string {
	return fmt.Sprintf("At %s %s of the requests fail.", s.load(), units.Percent(s.failures()))
}

// found says where the knee is.
func (s *Step) found() string {
	words := fmt.Sprintf("The knee is at %s: %s", s.load(), units.PerSecond(s.throughput()))
	if f := carried(s); f != nil {
		words += " at " + f.Name + " " + units.Seconds(at(f, s))
	}
	return words + "."
}

// clientDoubt says at which step this client could not do its part; empty: at none.
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
