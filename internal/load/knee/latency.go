package knee

import (
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
)

// latencyFigure is a figure of response times by which steps can be compared.
type latencyFigure struct {
	name string
	of   func(*measure.Latency) *record.Micros
}

var latencyFigures = []latencyFigure{
	{"p99", func(l *measure.Latency) *record.Micros { return l.P99 }},
	{"p95", func(l *measure.Latency) *record.Micros { return l.P95 }},
	{"p90", func(l *measure.Latency) *record.Micros { return l.P90 }},
	{"p50", func(l *measure.Latency) *record.Micros { return l.P50 }},
	{"mean", func(l *measure.Latency) *record.Micros { return l.Mean }},
}

// carried is the highest figure that the successes of each of the steps carry; nil: there is none.
func carried(steps ...*Step) *latencyFigure {
figures:
	for i := range latencyFigures {
		for _, s := range steps {
			if latencyFigures[i].of(&s.Summary.Response.OK) == nil {
				continue figures
			}
		}
		return &latencyFigures[i]
	}
	return nil
}

// at is the figure of a step that carries it.
func (f *latencyFigure) at(s *Step) record.Micros { return *f.of(&s.Summary.Response.OK) }

// times is how many times the figure of the first step that of the next is.
func (f *latencyFigure) times(first, next *Step) float64 {
	return float64(f.at(next)) / float64(max(1, f.at(first)))
}
