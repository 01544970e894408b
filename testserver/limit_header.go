package testserver

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A dialect writes the remainder of limits to a header. Most can express only the tightest one.
type dialect func(header http.Header, all []meter, tightest meter, now time.Time)

var dialects = map[string]dialect{
	// draft-ietf-httpapi-ratelimit-headers-10: structured lists
	"ietf": func(header http.Header, all []meter, _ meter, _ time.Time) {
		var policies, states []string
		for _, m := range all {
			name := strconv.Quote(m.name)
			if m.concurrent {
				policies = append(policies, fmt.Sprintf(`%s;q=%d;qu="concurrent-requests"`, name, m.limit))
				states = append(states, fmt.Sprintf("%s;r=%d", name, m.remaining))
				continue
			}
			policies = append(policies, fmt.Sprintf("%s;q=%d;w=%d", name, m.limit, wholeSeconds(m.window)))
			states = append(states, fmt.Sprintf("%s;r=%d;t=%d", name, m.remaining, wholeSeconds(m.reset)))
		}
		header.Set("RateLimit-Policy", strings.Join(policies, ", "))
		header.Set("RateLimit", strings.Join(states, ", "))
	},
	// its seventh draft: one field with names
	"ietf-7": func(header http.Header, _ []meter, m meter, _ time.Time) {
		header.Set("RateLimit-Policy", fmt.Sprintf("%d;w=%d", m.limit, wholeSeconds(m.window)))
		header.Set("RateLimit", fmt.Sprintf("limit=%d, remaining=%d, reset=%d", m.limit, m.remaining, wholeSeconds(m.reset)))
	},
	// its sixth and before: three fields
	"ietf-old": three("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", deltaSeconds),

	"x":          three("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", deltaSeconds),
	"x-epoch":    three("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", epochSeconds),
	"x-epoch-ms": three("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", epochMilliseconds),
	"x-duration": three("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", goDuration),
	"x-rfc3339":  three("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", rfc3339),

	"akamai":    three("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Next", rfc3339),
	"anthropic": three("Anthropic-RateLimit-Requests-Limit", "Anthropic-RateLimit-Requests-Remaining", "Anthropic-RateLimit-Requests-Reset", rfc3339),
	"openai":    three("X-RateLimit-Limit-Requests", "X-RateLimit-Remaining-Requests", "X-RateLimit-Reset-Requests", goDuration),

	"github": func(header http.Header, _ []meter, m meter, now time.Time) {
		three("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", epochSeconds)(header, nil, m, now)
		header.Set("X-RateLimit-Used", strconv.Itoa(m.limit-m.remaining))
		header.Set("X-RateLimit-Resource", "core")
	},
	"gitlab": func(header http.Header, _ []meter, m meter, now time.Time) {
		three("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", epochSeconds)(header, nil, m, now)
		header.Set("RateLimit-Observed", strconv.Itoa(m.limit-m.remaining))
		header.Set("RateLimit-ResetTime", roundUp(now.Add(m.reset)).Format(http.TimeFormat))
	},
	"kong": func(header http.Header, _ []meter, m meter, now time.Time) {
		unit := "Minute"
		switch m.window {
		case time.Second:
			unit = "Second"
		case time.Hour:
			unit = "Hour"
		}
		three("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", deltaSeconds)(header, nil, m, now)
		header.Set("X-RateLimit-Limit-"+unit, strconv.Itoa(m.limit))
		header.Set("X-RateLimit-Remaining-"+unit, strconv.Itoa(m.remaining))
	},

	"pubchem": func(header http.Header, _ []meter, m meter, _ time.Time) {
		percent := (m.limit - m.remaining) * 100 / m.limit
		if m.exceeded {
			percent++ // black
		}
		header.Set("X-Throttling-Control", "Request Count status: "+colour(percent)+", Request Time status: Green (0%), Service status: Green (20%)")
	},
	"epo": func(header http.Header, _ []meter, m meter, _ time.Time) {
		if m.remaining == 0 {
			header.Set("X-Throttling-Control", "busy (retrieval=green:200, search=black:0, other=green:1000)")
			return
		}
		name, _, _ := strings.Cut(colour((m.limit-m.remaining)*100/m.limit), " ")
		perMinute := m.limit
		if m.window > 0 {
			perMinute = int(float64(m.limit) * float64(time.Minute) / float64(m.window))
		}
		header.Set("X-Throttling-Control", fmt.Sprintf("idle (retrieval=green:200, search=%s:%d, other=green:1000)", strings.ToLower(name), perMinute))
	},
}

// three returns a dialect of three fields about one limit.
func three(limit, remaining, reset string, write func(time.Duration, time.Time) string) dialect {
	return func(header http.Header, _ []meter, m meter, now time.Time) {
		header.Set(limit, strconv.Itoa(m.limit))
		header.Set(remaining, strconv.Itoa(m.remaining))
		header.Set(reset, write(m.reset, now))
	}
}

// tightest returns the limit with the smallest remainder, and of those with none the one that lasts longest.
func tightest(meters []meter) meter {
	return slices.MinFunc(meters, func(a, b meter) int {
		if a.remaining == 0 && b.remaining == 0 {
			return int(b.reset - a.reset)
		}
		return a.remaining*b.limit - b.remaining*a.limit
	})
}

// wholeSeconds rounds up, so that waiting this long is sufficient.
func wholeSeconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }

func roundUp(t time.Time) time.Time {
	return t.UTC().Add(time.Second - 1).Truncate(time.Second)
}

func deltaSeconds(d time.Duration, _ time.Time) string { return strconv.FormatInt(wholeSeconds(d), 10) }

func epochSeconds(d time.Duration, now time.Time) string {
	return strconv.FormatInt(roundUp(now.Add(d)).Unix(), 10)
}

func epochMilliseconds(d time.Duration, now time.Time) string {
	return strconv.FormatInt(now.Add(d+time.Millisecond-1).UnixMilli(), 10)
}

func goDuration(d time.Duration, _ time.Time) string {
	return (d + time.Millisecond - 1).Truncate(time.Millisecond).String()
}

func rfc3339(d time.Duration, now time.Time) string { return roundUp(now.Add(d)).Format(time.RFC3339) }

// writeMeters writes the remainder of the limits, in every requested dialect.
func (l *limiter) writeMeters(w http.ResponseWriter, meters []meter) {
	if len(meters) == 0 {
		return
	}
	for _, d := range l.headers {
		d(w.Header(), meters, tightest(meters), time.Now())
	}
}

// refuse rejects a request.
func (l *limiter) refuse(w http.ResponseWriter, meters []meter) *refusal {
	l.writeMeters(w, meters)
	l.setRetryAfter(w, meters)
	if l.problem == "" {
		return refuse(l.status, "too much")
	}
	return answer(w, l.status, "application/problem+json", `{"type": "https://iana.org/assignments/http-problem-types#`+l.problem+`", "title": "Refused"}`)
}

func (l *limiter) setRetryAfter(w http.ResponseWriter, meters []meter) {
	text := l.retryAfter
	if text == "" {
		return
	}
	if text == "reset" {
		longest := time.Duration(0)
		for _, m := range meters {
			if m.remaining == 0 {
				longest = max(longest, m.reset)
			}
		}
		text = deltaSeconds(longest, time.Time{})
	}
	if d, ok := seconds(text); ok && l.dates != "" {
		text = roundUp(time.Now().Add(d)).Format(l.dates)
	}
	w.Header().Set("Retry-After", text)
}
