package threshold

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/nearest"
)

// metric is a figure that a threshold can be about.
type metric struct {
	name      string
	kind      kind
	wholeOnly bool // groups do not have it

	// Of a time: which, and what of its distribution.
	of     string
	figure *measure.Figure
}

// counts are the metrics that are no times.
var counts = []metric{
	{name: "ok", kind: quantity},
	{name: "failed", kind: quantity},
	{name: "canceled", kind: quantity, wholeOnly: true},
	{name: "not_started", kind: quantity, wholeOnly: true},
	{name: "requests", kind: number},
	{name: "rate", kind: rate},
	{name: "ok_rate", kind: rate},
}

// Which times a metric can be of. Response times are meant where nothing else is said.
const (
	response = "response"
	service  = "service"
	failed   = "failed"
	lag      = "lag"
)

// timeFigures are what a Latency tells.
var timeFigures = measure.FiguresOf("p50", "p75", "p90", "p95", "p99", "p99.9", "p99.99", "mean", "min", "max")

// metricOf finds a metric by its name.
func metricOf(name string) (metric, error) {
	if name == "" {
		return metric{}, errors.New("it does not say of what; write one such as 'p99<250ms'")
	}
	for _, m := range counts {
		if m.name == name {
			return m, nil
		}
	}
	of, figure, dotted := strings.Cut(name, ".")
	if !dotted || of != response && of != service && of != failed && of != lag {
		of, figure = response, name
	}
	for _, f := range timeFigures {
		if f.Name == figure {
			return metric{name: name, kind: duration, of: of, figure: f, wholeOnly: of == lag}, nil
		}
	}
	if isPercentile(figure) {
		return metric{}, fmt.Errorf("%s is none of the percentiles there are: %s", figure, strings.Join(percentileNames(), ", "))
	}
	known := append(countNames(), figureNames()...)
	if near := nearest.To(figure, known); near != "" {
		return metric{}, fmt.Errorf("%q is not known; did you mean %s?", name, strings.TrimSuffix(name, figure)+near)
	}
	return metric{}, fmt.Errorf("%q is not known; there are %s, and for other times service.p99, failed.p99 and lag.p99", name, strings.Join(known, ", "))
}

// isPercentile reports whether a name is p and a number.
func isPercentile(name string) bool {
	digits, ok := strings.CutPrefix(name, "p")
	_, isNumber := decimal(digits)
	return ok && isNumber
}

func countNames() []string {
	var names []string
	for _, m := range counts {
		names = append(names, m.name)
	}
	return names
}

func percentileNames() []string {
	return slices.DeleteFunc(figureNames(), func(n string) bool { return !isPercentile(n) })
}

func figureNames() []string {
	var names []string
	for _, f := range timeFigures {
		names = append(names, f.Name)
	}
	return names
}
