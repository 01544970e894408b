package knee

import (
	"slices"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
)

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
