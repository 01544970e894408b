package knee

import (
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
)

// latencyFigure is a figure of response times by which steps can be compared.
type latencyFigure struct{ measure.Figure }

// carried is the highest figure that the successes of each of the steps carry; nil: there is none.
func carried(steps ...*Step) *latencyFigure {
figures:
	for _, f := range measure.Figures("p99", "p95", "p90", "p50", "mean") {
		for _, s := range steps {
			if f.Of(&s.Summary.Response.OK) == nil {
				continue figures
			}
		}
		return &latencyFigure{f}
	}
	return nil
}

// at is the figure of a step that carries it.
func (f *latencyFigure) at(s *Step) record.Micros { return *f.Of(&s.Summary.Response.OK) }

// times is how many times the figure of the first step that of the next is.
func (f *latencyFigure) times(first, next *Step) float64 {
	return float64(f.at(next)) / float64(max(1, f.at(first)))
}
