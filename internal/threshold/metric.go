package threshold

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"example.com/fetch/internal/load"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/nearest"
)

// metric is a figure that a threshold can be about. One of count, rate and times gives it.
type metric struct {
	name       string
	kind       *kind
	wholeOnly  bool // groups do not have it
	unanswered bool // it can be told where nothing was answered

	count func(s *measure.LoadSummary) (n, all int64)
	rate  func(s *measure.LoadSummary) float64
	times
	figure *measure.Figure
}

// times is a distribution of times, and what is said where it is empty.
type times struct {
	of   func(s *measure.LoadSummary) *measure.Latency
	none string
}

// counts are the metrics that are no times.
var counts = []*metric{
	{name: "ok", kind: quantity, count: func(s *measure.LoadSummary) (n, all int64) { return s.OK, s.OK + s.Failed }},
	{name: "failed", kind: quantity, count: func(s *measure.LoadSummary) (n, all int64) { return s.Failed, s.OK + s.Failed }},
	{name: "canceled", kind: quantity, wholeOnly: true, unanswered: true,
		count: func(s *measure.LoadSummary) (n, all int64) { return s.Cut, s.Due }},
	{name: "not_started", kind: quantity, wholeOnly: true, unanswered: true,
		count: func(s *measure.LoadSummary) (n, all int64) { return s.Unsent, s.Due }},
	{name: "requests", kind: number, unanswered: true, count: func(s *measure.LoadSummary) (n, all int64) { return s.Sent, s.Sent }},
	{name: "rate", kind: rate, rate: func(s *measure.LoadSummary) float64 { return s.Rate.Answered }},
	{name: "ok_rate", kind: rate, rate: func(s *measure.LoadSummary) float64 { return s.Rate.OK }},
}

const (
	noSuccess = "no request succeeded"
	noFailure = "no request failed"
)

// Which times a metric can be of. Response times are meant where nothing else is said.
const (
	response = "response"
	lag      = "lag"
)

var timesOf = map[string]times{
	response:  {func(s *measure.LoadSummary) *measure.Latency { return &s.Response.OK }, noSuccess},
	"service": {func(s *measure.LoadSummary) *measure.Latency { return &s.Service.OK }, noSuccess},
	"failed":  {func(s *measure.LoadSummary) *measure.Latency { return &s.Response.Failed }, noFailure},
	lag:       {func(s *measure.LoadSummary) *measure.Latency { return &s.Lag }, "it was not measured"},
}

// timeFigures are what a Latency tells.
var timeFigures = measure.FiguresOf("p50", "p75", "p90", "p95", "p99", "p99.9", "p99.99", "mean", "min", "max")

// metricOf finds a metric by its name.
func metricOf(name string) (*metric, error) {
	if name == "" {
		return nil, errors.New("it does not say of what; write one such as 'p99<250ms'")
	}
	var known []string
	for _, m := range counts {
		if m.name == name {
			return m, nil
		}
		known = append(known, m.name)
	}
	of, figure, dotted := strings.Cut(name, ".")
	if _, known := timesOf[of]; !dotted || !known {
		of, figure = response, name
	}
	var percentiles []string
	for _, f := range timeFigures {
		if f.Name == figure {
			return &metric{name: name, kind: duration, wholeOnly: of == lag, times: timesOf[of], figure: f}, nil
		}
		known = append(known, f.Name)
		if isPercentile(f.Name) {
			percentiles = append(percentiles, f.Name)
		}
	}
	if isPercentile(figure) {
		return nil, fmt.Errorf("%s is none of the percentiles there are: %s", figure, strings.Join(percentiles, ", "))
	}
	if near := nearest.To(figure, known); near != "" {
		return nil, fmt.Errorf("%q is not known; did you mean %s?", name, strings.TrimSuffix(name, figure)+near)
	}
	return nil, fmt.Errorf("%q is not known; there are %s, and for other times service.p99, failed.p99 and lag.p99", name, strings.Join(known, ", "))
}

// isPercentile reports whether a name is p and a number.
func isPercentile(name string) bool {
	digits, ok := strings.CutPrefix(name, "p")
	_, isNumber := decimal(digits)
	return ok && isNumber
}

// kind is what the values of a metric are.
type kind struct {
	read func(text string) (float64, bool) // in the unit that Threshold.limit has
	what string                            // for those who wrote something else
}

var (
	duration = &kind{microseconds, "a time; write one such as 250ms or 1.5s, with its unit"}
	rate     = &kind{perSecond, "a rate; write one such as 900/s or 54000/m"}
	number   = &kind{decimal, "a number; write one such as 1000"}
	quantity = &kind{decimal, "a share or a number; write one such as 99.9% or 1000"}
)

// limit reads the value of a threshold. Its errors begin with what the value is.
func (k *kind) limit(text string) (limit float64, share bool, err error) {
	if k == quantity {
		text, share = strings.CutSuffix(text, "%")
		text = strings.TrimSpace(text)
	}
	limit, ok := k.read(text)
	if !ok {
		err = errors.New(k.what)
	}
	return limit, share, err
}

// microseconds reads a time of 0 or more in Go's syntax, or a bare number of seconds that nobody takes for milliseconds, as k6 does.
func microseconds(text string) (float64, bool) {
	if f, ok := decimal(text); ok {
		return f * 1e6, f <= 1 || f != math.Trunc(f) && f <= math.MaxInt32
	}
	d, err := time.ParseDuration(text)
	return float64(d) / 1e3, err == nil && d >= 0
}

// perSecond reads a rate such as 900/s, 54000/m or 20/10s.
func perSecond(text string) (float64, bool) {
	events, per, found := strings.Cut(text, "/")
	n, ok := decimal(strings.TrimSpace(events))
	d, timed := load.Period(per)
	return n / d.Seconds(), found && ok && timed
}

// decimal reads a number of 0 or more.
func decimal(text string) (float64, bool) {
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil && f >= 0 && !math.IsInf(f, 0)
}
