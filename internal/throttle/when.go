package throttle

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"example.com/fetch/internal/sched"
)

// retryAfter reads Retry-After (RFC 9110, section 10.2.3): seconds or a date, and what servers make of that, such as
// fractions, "1m30s", an epoch, and a comment after a semicolon. Of several the longest counts; what is negative or over
// means now.
func (r *reader) retryAfter(values []string, unit time.Duration) bool {
	all := true
	for _, value := range values {
		d, ok := r.until(value, unit)
		if !ok {
			for part := range strings.FieldsFuncSeq(value, isSeparator) {
				if n, isNumber := number(part); isNumber {
					d, ok = max(d, r.after(n, unit)), true
				} else if !ok {
					break
				}
			}
		}
		if !ok {
			all = false
			continue
		}
		if _, isNumber := number(value); isNumber {
			r.bare = true
		}
		r.wait(d)
	}
	return all
}

// wait notes that the server wants to be left alone.
func (r *reader) wait(d time.Duration) {
	r.said.Wait, r.said.HasWait = max(r.said.Wait, d, 0), true
}

// until reads a time, relative or absolute, as one from now; less than 0 means that the server does not say, and what is
// past is 0. A bare number is a time from now in units, or since 1970 in seconds or less where it is too large for that.
func (r *reader) until(value string, unit time.Duration) (time.Duration, bool) {
	value = strings.TrimSpace(value)
	if n, ok := number(value); ok {
		return r.after(n, unit), true
	}
	if d, ok := span(value); ok {
		return d, true
	}
	value, _, _ = strings.Cut(value, " (")
	for _, layout := range layouts {
		if at, err := time.Parse(layout, value); err == nil {
			return within(at.Sub(r.date()).Seconds()), true
		}
	}
	return 0, false
}

// after is until for a number.
func (r *reader) after(n float64, unit time.Duration) time.Duration {
	switch {
	case n < 0:
		return sched.Unknown
	case n >= 1e17:
		return r.since(n / 1e9)
	case n >= 1e14:
		return r.since(n / 1e6)
	case n >= 1e11:
		return r.since(n / 1e3)
	case n >= 1e9 && unit == time.Second: // 31 years
		return r.since(n)
	}
	return within(n * unit.Seconds())
}

// since turns seconds since 1970 into a time from now.
func (r *reader) since(seconds float64) time.Duration {
	date := r.date()
	return within(seconds - float64(date.Unix()) - float64(date.Nanosecond())/1e9)
}

// date is now by the clock of the server.
func (r *reader) date() time.Time {
	if !r.dated {
		r.dated = true
		if values := r.header["Date"]; len(values) > 0 {
			if date, err := http.ParseTime(values[0]); err == nil {
				r.now = date
			}
		}
	}
	return r.now
}

// within turns seconds into a time between 0 and Longest, in whole microseconds.
func within(seconds float64) time.Duration {
	return time.Duration(math.Round(max(0, min(seconds, Longest.Seconds()))*1e6)) * time.Microsecond
}

// number reads a number that is finite: one too large for a float64 is the largest.
func number(s string) (float64, bool) {
	s = strings.TrimSpace(s)
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && strings.IndexByte("+-.eE", c) < 0 {
			return 0, false // what Go takes for numbers besides: Inf, NaN, 0x1p4, 1_000
		}
	}
	n, err := strconv.ParseFloat(s, 64)
	if errors.Is(err, strconv.ErrRange) {
		n, err = math.Copysign(math.MaxFloat64, n), nil
	}
	return n, err == nil && !math.IsInf(n, 0)
}

// count reads how many; Unknown is what servers mean by numbers below 0. What follows after a comma or a semicolon is a
// comment, or the same said by another proxy.
func count(s string) (float64, bool) {
	if i := strings.IndexFunc(s, isSeparator); i >= 0 {
		s = s[:i]
	}
	n, ok := number(s)
	if !ok || n < 0 {
		n = sched.Unknown
	}
	return n, ok
}

func isSeparator(c rune) bool { return c == ',' || c == ';' }

// span reads a time such as 12ms, 6m0s and 1d2h.
func span(s string) (time.Duration, bool) {
	if s == "" || s[0] < '0' || s[0] > '9' || strings.IndexByte("smhd", s[len(s)-1]) < 0 {
		return 0, false
	}
	var days float64
	if before, rest, ok := strings.Cut(s, "d"); ok {
		n, isNumber := number(before)
		if !isNumber {
			return 0, false
		}
		if days, s = n, rest; s == "" {
			return within(days * 86400), true
		}
	}
	d, err := time.ParseDuration(s)
	return within(days*86400 + d.Seconds()), err == nil && d >= 0
}

// layouts are those of dates: the three forms of HTTP, ISO 8601, and what a Date of JavaScript becomes as a text. One
// without a zone is in UTC.
var layouts = []string{
	time.RFC3339, http.TimeFormat, time.RFC850, time.ANSIC, "Mon Jan 02 2006 15:04:05 GMT-0700",
	"2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04:05Z07:00",
}
