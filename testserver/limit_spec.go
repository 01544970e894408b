package testserver

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxLimit bounds all numbers of requests, and thereby the memory.
const maxLimit = 10_000

// limitSpec is the specification of a limiter.
type limitSpec struct {
	gates         []gate
	slots, queue  int // slots 0: any number at once
	status        int
	retryAfter    string // "reset", or a literal value
	dates         string // time layout for its value; empty: seconds
	problem       string // problem type of the body of a refusal; empty: none
	headers       []dialect
	latency       Delay
	refused, hung float64
	halve, closed span
}

// span is an interval of the time since the first request. The zero value is empty.
type span struct{ from, to time.Duration }

func (s span) has(d time.Duration) bool { return d >= s.from && d < s.to }

// limitText returns the part of a query that configures a limiter, in a canonical order.
func limitText(q url.Values) string {
	part := url.Values{}
	for key := range limitSettings {
		if q.Get(key) != "" {
			part[key] = q[key][:1]
		}
	}
	return part.Encode()
}

// limitSettings are the settings of a limiter. Each function parses a value, and reports whether it is valid.
var limitSettings = map[string]func(s *limitSpec, text string) bool{
	"rate": func(s *limitSpec, text string) bool {
		n, d, ok := perWindow(text)
		s.gates = append(s.gates, &slidingLog{limit: n, window: d})
		return ok
	},
	"window": func(s *limitSpec, text string) bool {
		n, d, ok := perWindow(text)
		s.gates = append(s.gates, &fixedWindow{limit: n, window: d})
		return ok
	},
	"bucket": func(s *limitSpec, text string) bool {
		rate, size, _ := strings.Cut(text, ",")
		f, err := strconv.ParseFloat(rate, 64)
		n, ok := number(size, 1, 1, maxLimit)
		s.gates = append(s.gates, &bucket{rate: f, size: int(n)})
		return ok && err == nil && f >= 0.001 && f <= maxLimit
	},
	"spaced": func(s *limitSpec, text string) bool {
		d, ok := duration(text, 0)
		s.gates = append(s.gates, &slidingLog{limit: 1, window: d, spaced: true})
		return ok && d > 0
	},
	"slots": func(s *limitSpec, text string) bool {
		n, ok := number(text, 0, 1, maxLimit)
		s.slots, s.queue = int(n), 0
		return ok
	},
	"queue": func(s *limitSpec, text string) bool {
		served, waiting, _ := strings.Cut(strings.ReplaceAll(text, " ", "+"), "+") // a + in a query is decoded as a blank
		n, ok := number(served, 0, 1, maxLimit)
		m, also := number(waiting, 0, 0, maxLimit)
		s.slots, s.queue = int(n), int(m)
		return ok && also
	},
	"retry_after": func(s *limitSpec, text string) bool { s.retryAfter = text; return true },
	"status": func(s *limitSpec, text string) bool {
		n, ok := number(text, 0, 400, 599)
		s.status = int(n)
		return ok
	},
	"dates": func(s *limitSpec, text string) (ok bool) {
		s.dates, ok = map[string]string{"rfc1123": http.TimeFormat, "rfc850": "Monday, 02-Jan-06 15:04:05 GMT", "asctime": time.ANSIC}[text]
		return ok
	},
	"problem": func(s *limitSpec, text string) bool {
		s.problem = text
		return text == "quota-exceeded" || text == "temporary-reduced-capacity" || text == "abnormal-usage-detected"
	},
	"headers": func(s *limitSpec, text string) bool {
		for name := range strings.SplitSeq(text, ",") {
			d, ok := dialects[name]
			if !ok {
				return false
			}
			s.headers = append(s.headers, d)
		}
		return true
	},
	"latency": func(s *limitSpec, text string) bool {
		low, high, ok := fromTo(text)
		s.latency = Delay{low, high}
		return ok
	},
	"refuse": func(s *limitSpec, text string) (ok bool) { s.refused, ok = percent(text); return ok },
	"hang":   func(s *limitSpec, text string) (ok bool) { s.hung, ok = percent(text); return ok },
	"halve":  func(s *limitSpec, text string) (ok bool) { s.halve.from, s.halve.to, ok = fromTo(text); return ok },
	"closed": func(s *limitSpec, text string) (ok bool) { s.closed.from, s.closed.to, ok = fromTo(text); return ok },
}

// readLimit parses settings.
func readLimit(q url.Values) (*limitSpec, *refusal) {
	s := &limitSpec{status: http.StatusServiceUnavailable, latency: Delay{Max: -1}}
	for _, key := range slices.Sorted(maps.Keys(limitSettings)) { // sorted, for a deterministic error
		if text := q.Get(key); text != "" && !limitSettings[key](s, text) {
			return nil, badRequest(key + "=" + text + " is not understood; GET /limit/ lists what can be set")
		}
	}
	return s, nil
}

// perWindow parses 5 (per second) and 60/10s.
func perWindow(text string) (int, time.Duration, bool) {
	count, window, _ := strings.Cut(text, "/")
	n, ok := number(count, 0, 1, maxLimit)
	d, also := duration(window, time.Second)
	return int(n), d, ok && also && d > 0
}

// fromTo parses 20s-60s, and 20s for both.
func fromTo(text string) (from, to time.Duration, ok bool) {
	low, high, two := strings.Cut(text, "-")
	from, ok = duration(low, 0)
	if to = from; two && ok {
		to, ok = duration(high, 0)
	}
	return from, to, ok && low != "" && from <= to
}

// percent parses 5% and 0.05.
func percent(text string) (float64, bool) {
	number, isPercent := strings.CutSuffix(text, "%")
	f, err := strconv.ParseFloat(number, 64)
	if isPercent {
		f /= 100
	}
	return f, err == nil && f >= 0 && f <= 1
}
