package threshold

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"example.com/fetch/internal/load"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/nearest"
)

// metric is a figure that a threshold can refer to. One of count, rate and times returns it.
type metric struct {
	name       string
	kind       *kind
	wholeOnly  bool // not available for groups
	unanswered bool // has a value even without any response

	count func(s *measure.LoadSummary) (n, all int64)
	rate  func(s *measure.LoadSummary) float64
	times
	figure *measure.Figure
}

// times is a distribution of times, and the message if it is empty.
type times struct {
	of   func(s *measure.LoadSummary) *measure.Latency
	none string
}

// counts are the metrics that are not times.
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
	noAnswer  = "there was no response"
	noSuccess = "no request succeeded"
	noFailure = "no request failed"
)

// The times of a metric. The default is response times, of all requests.
const (
	response = "response"
	service  = "service"
	lag      = "lag"
	all      = "all"
	failed   = "failed"
)

// sides are the times with successes and failures.
var sides = map[string]func(s *measure.LoadSummary) *measure.Latencies{
	response: func(s *measure.LoadSummary) *measure.Latencies { return &s.Response },
	service:  func(s *measure.LoadSummary) *measure.Latencies { return &s.Service },
}

// outcomes are the requests of one side that a metric can refer to.
var outcomes = map[string]struct {
	of   func(l *measure.Latencies) *measure.Latency
	none string
}{
	all:    {func(l *measure.Latencies) *measure.Latency { return &l.All }, noAnswer},
	"ok":   {func(l *measure.Latencies) *measure.Latency { return &l.OK }, noSuccess},
	failed: {func(l *measure.Latencies) *measure.Latency { return &l.Failed }, noFailure},
}

// timesOf returns the times that a metric's name stands for.
func timesOf(side, outcome string) times {
	if side == lag {
		return times{func(s *measure.LoadSummary) *measure.Latency { return &s.Lag }, "it was not measured"}
	}
	of, o := sides[side], outcomes[outcome]
	return times{func(s *measure.LoadSummary) *measure.Latency { return o.of(of(s)) }, o.none}
}

// timeFigures are the figures that have a name of their own, and some percentiles; all other percentiles are
// allowed, too.
var timeFigures = measure.FiguresOf("p50", "p75", "p90", "p95", "p99", "p99.9", "p99.99", "mean", "min", "max")

// elsewhere maps names of figures in k6, vegeta, hey, wrk and oha that are not similar to ours.
var elsewhere = map[string]string{
	"avg": "mean", "average": "mean", "med": "p50", "median": "p50", "count": "requests", "total": "requests", "http_reqs": "requests",
	"errors": failed, "error_rate": failed, "error": failed, "http_req_failed": failed, "failures": failed, "success": "ok",
	"throughput": "ok_rate", "rps": "rate", "qps": "rate",
}

// parentheses enclose the number of a percentile in k6.
var parentheses = strings.NewReplacer("p(", "p", ")", "")

// metricOf returns a metric by its name: that of a count, or [TIMES.]FIGURE[.OUTCOME], where a percentile such as
// p99.9 may contain a point, too.
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
	side, outcome, figure := response, all, name
	switch before, after, _ := strings.Cut(name, "."); {
	case before == lag || sides[before] != nil:
		side, figure = before, after
	case before == failed: // failed.p99 is p99.failed
		outcome, figure = failed, after
	case outcomes[before].of != nil:
		return nil, fmt.Errorf("%q is not known; did you mean %s.%s?", name, after, before)
	}
	if i := strings.LastIndexByte(figure, '.'); i >= 0 && outcomes[figure[i+1:]].of != nil {
		if side == lag || outcome != all {
			return nil, fmt.Errorf("%q is not known; did you mean %s?", name, strings.TrimSuffix(name, figure[i:]))
		}
		figure, outcome = figure[:i], figure[i+1:]
	}
	f, err := figureOf(figure)
	switch {
	case f != nil:
		return &metric{name: name, kind: duration, wholeOnly: side == lag, times: timesOf(side, outcome), figure: f}, nil
	case err != nil:
		return nil, err
	}
	for _, f := range timeFigures {
		known = append(known, f.Name)
	}
	usual := parentheses.Replace(figure)
	if f, _ := figureOf(usual); f != nil {
		known = []string{usual}
	}
	if near := cmp.Or(elsewhere[usual], nearest.To(usual, known)); near != "" {
		return nil, fmt.Errorf("%q is not known; did you mean %s?", name, strings.Replace(name, figure, near, 1))
	}
	return nil, fmt.Errorf("%q is not known; there are %s, and for other times p99.ok, p99.failed, service.p99 and lag.p99", name, strings.Join(known, ", "))
}

// percentileForm matches valid percentiles, and p0.
var percentileForm = regexp.MustCompile(`^p([0-9]{1,2}(\.[0-9]{1,4})?)$`)

// figureOf returns a figure of times. It is nil if there is none of that name; for a name that looks like a
// percentile there is an error.
func figureOf(name string) (*measure.Figure, error) {
	for _, f := range timeFigures {
		if f.Name == name {
			return f, nil
		}
	}
	digits, isPercentile := strings.CutPrefix(name, "p")
	if _, isNumber := decimal(digits); !isPercentile || !isNumber {
		return nil, nil
	}
	if m := percentileForm.FindStringSubmatch(name); m != nil {
		if p, _ := decimal(m[1]); p > 0 {
			return measure.Percentile(p), nil
		}
	}
	const rule = "%s is not a valid percentile: percentiles are above 0 and below 100, with at most 4 decimals"
	if len(digits) > 2 && digits[0] == '9' && !strings.Contains(digits, ".") {
		return nil, fmt.Errorf(rule+"; did you mean p%s.%s?", name, digits[:2], digits[2:])
	}
	return nil, fmt.Errorf(rule+", such as p99.9; the extremes are min and max", name)
}

// kind is the kind of a metric's values.
type kind struct {
	read func(text string) (float64, bool) // in the unit of Threshold.limit
	what string                            // for error messages
}

var (
	duration = &kind{microseconds, "a time; write one such as 250ms or 1.5s"}
	rate     = &kind{perSecond, "a rate; write one such as 900/s or 54000/m"}
	number   = &kind{decimal, "a number; write one such as 1000"}
	quantity = &kind{decimal, "a share or a count; write one such as 99.9% or '5 requests'"}
)

// limit parses the value of a threshold. Its errors begin with a description of the value.
func (k *kind) limit(text string) (limit float64, share bool, err error) {
	counted := false
	if k == quantity {
		if text, share = strings.CutSuffix(text, "%"); !share {
			text, counted = cutCount(text)
		}
		text = strings.TrimSpace(text)
	}
	limit, ok := k.read(text)
	if !ok || counted && limit != math.Trunc(limit) {
		err = errors.New(k.what)
	}
	return limit, share, err
}

// cutCount cuts off the unit of a count of requests, if there is one.
func cutCount(text string) (number string, found bool) {
	if number, found = strings.CutSuffix(text, "requests"); !found {
		number, found = strings.CutSuffix(text, "request")
	}
	return number, found
}

// meant returns the possible meanings of a bare number, if a unit is required; nil: it is clear.
func (k *kind) meant(text string) []string {
	f, bare := decimal(text)
	number := plain(f)
	switch {
	case !bare || k != duration && k != quantity || k == duration && f > math.MaxInt32:
		return nil
	case k == duration:
		return []string{number + "ms", number + "s"}
	case f == 0: // 0 in every unit
		return nil
	case f < 1:
		return []string{plain(math.Round(f*1e10)/1e8) + "%"}
	case f != math.Trunc(f):
		return []string{number + "%"}
	case f > 100:
		return []string{number + " requests"}
	}
	return []string{number + "%", number + " requests"}
}

func plain(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// microseconds reads a time of 0 or more in Go's syntax, or a bare number of seconds.
func microseconds(text string) (float64, bool) {
	if f, ok := decimal(text); ok {
		return f * 1e6, f <= math.MaxInt32
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

// Examples are beginnings of thresholds, one for each metric that has a name of its own, as shells complete them.
func Examples() []string {
	starts := []string{"p50<", "p95<", "p99<", "p99.9<", "p99.ok<", "service.p99<", "lag.p99<", "mean<", "max<"}
	for _, m := range counts {
		side := ">"
		if m.name == failed || m.name == "canceled" || m.name == "not_started" {
			side = "<"
		}
		starts = append(starts, m.name+side)
	}
	return starts
}
