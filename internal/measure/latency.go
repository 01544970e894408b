package measure

import (
	"slices"

	"example.com/fetch/internal/record"
)

// Latencies keeps successes and failures apart.
type Latencies struct {
	OK     Latency `json:"ok"`
	Failed Latency `json:"failed"`
}

// Latency is a distribution of times. A percentile p is nil where fewer than 1/(1-p) values are there to carry it.
type Latency struct {
	N     int64          `json:"n"`
	Min   *record.Micros `json:"min"`
	Mean  *record.Micros `json:"mean"`
	P50   *record.Micros `json:"p50"`
	P75   *record.Micros `json:"p75"`
	P90   *record.Micros `json:"p90"`
	P95   *record.Micros `json:"p95"`
	P99   *record.Micros `json:"p99"`
	P999  *record.Micros `json:"p99_9"`
	P9999 *record.Micros `json:"p99_99"`
	Max   *record.Micros `json:"max"`
}

// Figure is one of the figures of a Latency, but for its N.
type Figure struct {
	Name    string  // "mean", "p99.9"
	percent float64 // of a percentile; else 0
	in      func(*Latency) **record.Micros
}

// Figures are all of them, in order.
var Figures = []*Figure{
	{"min", 0, func(l *Latency) **record.Micros { return &l.Min }},
	{"mean", 0, func(l *Latency) **record.Micros { return &l.Mean }},
	{"p50", 50, func(l *Latency) **record.Micros { return &l.P50 }},
	{"p75", 75, func(l *Latency) **record.Micros { return &l.P75 }},
	{"p90", 90, func(l *Latency) **record.Micros { return &l.P90 }},
	{"p95", 95, func(l *Latency) **record.Micros { return &l.P95 }},
	{"p99", 99, func(l *Latency) **record.Micros { return &l.P99 }},
	{"p99.9", 99.9, func(l *Latency) **record.Micros { return &l.P999 }},
	{"p99.99", 99.99, func(l *Latency) **record.Micros { return &l.P9999 }},
	{"max", 0, func(l *Latency) **record.Micros { return &l.Max }},
}

// FiguresOf are the figures with these names, in this order.
func FiguresOf(names ...string) []*Figure {
	figures := make([]*Figure, len(names))
	for i, name := range names {
		figures[i] = Figures[slices.IndexFunc(Figures, func(f *Figure) bool { return f.Name == name })]
	}
	return figures
}

// Of is the figure that l has; nil: it has too few times to tell.
func (f *Figure) Of(l *Latency) *record.Micros { return *f.in(l) }

// Enough is how many times it takes to tell the figure.
func (f *Figure) Enough() int64 { return whole / (whole - parts(f.percent)) }
