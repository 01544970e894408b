package measure

import "example.com/fetch/internal/record"

// Figure is one of the figures of a Latency.
type Figure struct {
	Name   string
	Enough int64 // how many times it takes to tell
	Of     func(*Latency) *record.Micros
}

// figures are all figures but N.
var figures = []Figure{
	{"p50", 2, func(l *Latency) *record.Micros { return l.P50 }},
	{"p75", 4, func(l *Latency) *record.Micros { return l.P75 }},
	{"p90", 10, func(l *Latency) *record.Micros { return l.P90 }},
	{"p95", 20, func(l *Latency) *record.Micros { return l.P95 }},
	{"p99", 100, func(l *Latency) *record.Micros { return l.P99 }},
	{"p99.9", 1_000, func(l *Latency) *record.Micros { return l.P999 }},
	{"p99.99", 10_000, func(l *Latency) *record.Micros { return l.P9999 }},
	{"mean", 1, func(l *Latency) *record.Micros { return l.Mean }},
	{"min", 1, func(l *Latency) *record.Micros { return l.Min }},
	{"max", 1, func(l *Latency) *record.Micros { return l.Max }},
}

// Figures are the figures of these names, in their order: p50, p75, p90, p95, p99, p99.9, p99.99, mean, min, max.
func Figures(names ...string) []Figure {
	all := make([]Figure, 0, len(names))
	for _, name := range names {
		for _, f := range figures {
			if f.Name == name {
				all = append(all, f)
			}
		}
	}
	return all
}
