package throttle

import (
	"cmp"
	"strings"
	"time"

	"example.com/fetch/internal/sched"
)

// part is what one field is about, by its name: X-Ratelimit-Remaining-Tokens is about what remains (what) of the tokens
// (suffix) in the fields that begin with X- (vendor).
type part struct {
	vendor, suffix string
	what           what
	unit           time.Duration // of a bare number that is a time
	window         time.Duration // 0 if the name has none
	uncounted      bool          // it does not count requests
	after          bool          // it is Reset-After, which is finer than Reset
}

// what is what a field says of a quota.
type what uint8

const (
	isNothing what = iota
	isLimit
	isRemaining
	isUsed
	isReset
	isWindow
	isPolicy
	isName
	isFill // how many come into a bucket in its window, or in a second
	isCost // how many of what is counted this request took
)

// words are those that stand after RateLimit in the names of fields. What is none of them is what the quota is of.
var words = map[string]part{
	"Limit": {what: isLimit}, "Max": {what: isLimit}, "Burst-Capacity": {what: isLimit},
	"Remaining": {what: isRemaining},
	"Used":      {what: isUsed}, "Observed": {what: isUsed},
	"Reset": {what: isReset}, "Resettime": {what: isReset}, "Next": {what: isReset}, "Retry": {what: isReset},
	"Window": {what: isWindow}, "Interval": {what: isWindow}, "Period": {what: isWindow},
	"Policy":   {what: isPolicy},
	"Resource": {what: isName}, "Bucket": {what: isName}, "Name": {what: isName},
	"Fillrate": {what: isFill}, "Replenish-Rate": {what: isFill},
	"Requested-Tokens": {what: isCost}, "Credits-Used": {what: isCost},

	"After": {after: true},
	"At":    {}, "Time": {}, "Seconds": {}, // of Reset, of Interval
	"Ms": {unit: time.Millisecond}, "Milliseconds": {unit: time.Millisecond},

	"Requests": {suffix: "requests"},
	"Second":   {suffix: "second", window: time.Second}, "Secondly": {suffix: "second", window: time.Second},
	"Minute": {suffix: "minute", window: time.Minute}, "Minutely": {suffix: "minute", window: time.Minute},
	"Hour": {suffix: "hour", window: time.Hour}, "Hourly": {suffix: "hour", window: time.Hour},
	"Day": {suffix: "day", window: 24 * time.Hour}, "Daily": {suffix: "day", window: 24 * time.Hour},
	"Week": {suffix: "week", window: 7 * 24 * time.Hour}, "Weekly": {suffix: "week", window: 7 * 24 * time.Hour},
	"Month": {suffix: "month", window: 30 * 24 * time.Hour}, "Monthly": {suffix: "month", window: 30 * 24 * time.Hour},
}

// split takes the name of a field apart. The vendors do not agree on the order of the words.
func split(field string) part {
	before, rest, ok := strings.Cut(field, "Ratelimit")
	if !ok {
		before, rest, ok = strings.Cut(field, "Rate-Limit")
	}
	if !ok || before != "" && before[len(before)-1] != '-' || rest != "" && rest[0] != '-' {
		return part{}
	}
	p := part{vendor: before, unit: time.Second}
	if before == "X-Amzn-" { // its limits are rates
		p.window = time.Second
	}
	rest = strings.TrimPrefix(rest, "-")
	if w, ok := words[rest]; ok {
		p.add(&w)
	} else if rest != "" {
		for word := range strings.SplitSeq(rest, "-") {
			w, ok := words[word]
			if !ok {
				w = part{suffix: strings.ToLower(word), uncounted: true}
			}
			p.add(&w)
		}
	}
	if p.what == isNothing && (p.window > 0 || rest == "") {
		p.what = isLimit // X-HubSpot-RateLimit-Daily
	}
	return p
}

// add notes what one more word says.
func (p *part) add(word *part) {
	p.what = cmp.Or(p.what, word.what)
	p.unit = cmp.Or(word.unit, p.unit)
	p.window = cmp.Or(word.window, p.window)
	p.after = p.after || word.after
	p.uncounted = p.uncounted || word.uncounted
	if p.suffix != "" && word.suffix != "" {
		p.suffix += "-"
	}
	p.suffix += word.suffix
}

// dialect reads one of the fields that together state a quota.
func (r *reader) dialect(field string, values []string) (ok bool) {
	p, value := split(field), strings.TrimSpace(values[0])
	switch {
	case p.what == isNothing:
		return true
	case p.what == isPolicy: // elsewhere than in RateLimit-Policy it may be anything
		return value == "" || value[0] != '"' && (value[0] < '0' || value[0] > '9') || r.policies(values)
	}
	q := r.quota(p.vendor, p.suffix)
	q.uncounted = p.uncounted
	q.Window = cmp.Or(p.window, q.Window)
	n, ok := count(value)
	switch p.what {
	case isLimit:
		if q.Limit = n; !ok || strings.ContainsRune(value, ';') || len(values) > 1 {
			return r.limitList(q, values)
		}
	case isRemaining:
		q.Remaining = n
	case isUsed:
		q.used = n
	case isFill:
		q.fill = n
	case isCost:
		q.cost = n
	case isReset:
		d, whole := r.until(value, p.unit)
		if !whole {
			d = r.after(n, p.unit)
		}
		if ok = ok || whole; ok && (p.after || q.Reset < 0) {
			q.Reset = d
		}
	case isWindow:
		d, whole := span(value)
		if !whole {
			d = within(n * p.unit.Seconds())
		}
		if q.Window = d; d <= 0 {
			q.Window = sched.Unknown
		}
		ok = ok || whole
	case isName:
		q.Name, ok = clip(value), true
	}
	return ok
}

// clip bounds a name that a server gave.
func clip(name string) string { return name[:min(len(name), 64)] }
