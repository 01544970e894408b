package measure

import (
	"math"
	"slices"
	"strconv"

	"example.com/fetch/internal/record"
)

// Latencies keeps successes and failures separate, and has both together. In All, a failure counts for the time that it
// took, and a time-out for at least the request's time limit.
type Latencies struct {
	All    Latency `json:"all"`
	OK     Latency `json:"ok"`
	Failed Latency `json:"failed"`
}

// Latency summarizes a distribution of times. A percentile p is nil if there are fewer than 1/(1-p) values.
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

	Times *Distribution `json:"-"` // the source of the figures, which must not be changed; nil: unknown
}

// known returns the Latency of a distribution that will not change any more, with its Times.
func (d *Distribution) known() Latency {
	l := d.Latency()
	l.Times = d
	return l
}

// Figure is one of the figures of a Latency, except for N.
type Figure struct {
	Name    string  // "mean", "p99.9"
	Percent float64 // of a percentile; otherwise 0
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

// FiguresOf returns the figures with these names, in this order.
func FiguresOf(names ...string) []*Figure {
	figures := make([]*Figure, len(names))
	for i, name := range names {
		figures[i] = Figures[slices.IndexFunc(Figures, func(f *Figure) bool { return f.Name == name })]
	}
	return figures
}

// Percentile returns the figure that p percent of the times do not exceed. P is between 0 and 100, exclusive, with at
// most 4 decimals.
func Percentile(p float64) *Figure {
	for _, f := range Figures {
		if f.Percent == p {
			return f
		}
	}
	return &Figure{Name: "p" + strconv.FormatFloat(p, 'f', -1, 64), Percent: p}
}

// Of returns the figure of l; nil if there are too few times. A percentile that is not in Figures requires that l has
// its Times, as in a LoadSummary.
func (f *Figure) Of(l *Latency) *record.Micros {
	if f.in != nil {
		return *f.in(l)
	}
	if l.Times != nil {
		if at, ok := l.Times.Percentile(f.Percent); ok {
			return &at
		}
	}
	return nil
}

// Enough returns how many times the figure requires.
func (f *Figure) Enough() int64 {
	rest := whole - parts(f.Percent)
	return (whole + rest - 1) / rest
}

// maxBars is the maximum number of bars of a histogram.
const maxBars = 20

// preferred are Renard's preferred numbers, 40 per decade (ISO 3): round numbers that grow by a constant factor.
var preferred = [40]float64{
	1, 1.06, 1.12, 1.18, 1.25, 1.32, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2, 2.12, 2.24, 2.36, 2.5, 2.65, 2.8, 3,
	3.15, 3.35, 3.55, 3.75, 4, 4.25, 4.5, 4.75, 5, 5.3, 5.6, 6, 6.3, 6.7, 7.1, 7.5, 8, 8.5, 9, 9.5,
}

// draw sorts times into bars between round bounds, as fine as maxBars allows. It returns nil if there are no times.
func draw(t *Distribution) *Histogram {
	if t.n == 0 {
		return nil
	}
	var bounds []record.Micros
	for _, step := range []int{1, 2, 4, 8, 20, 40} { // 40, 20, 10, 5, 2, 1 bars per decade
		if bounds = boundsOf(t.min, t.max, step); len(bounds) <= maxBars+1 {
			break
		}
	}
	h := &Histogram{Bars: make([]Bar, len(bounds)-1)}
	for i := range h.Bars {
		h.Bars[i] = Bar{From: bounds[i], To: bounds[i+1]}
	}
	bar := 0
	for at, count := range t.All {
		for at > h.Bars[bar].To {
			bar++
		}
		h.Bars[bar].Count += count
	}
	return h
}

// boundsOf returns bounds of which the first is below the least time, or 0, and the last not below the largest. It
// takes every step-th preferred number.
func boundsOf(least, largest record.Micros, step int) []record.Micros {
	bounds := []record.Micros{0}
	for i := 0; ; i += step {
		decade, place := i/len(preferred), i%len(preferred)
		bound := record.Micros(math.Round(preferred[place] * math.Pow10(decade)))
		switch before := bounds[len(bounds)-1]; {
		case bound == before: // the first few, in whole microseconds
			continue
		case bound < least:
			bounds[0] = bound
		default:
			bounds = append(bounds, bound)
		}
		if bound >= largest {
			return bounds
		}
	}
}
