package throttle

import (
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

// split takes the name of a field apart. The vendors do not agree on the order of the words.
func split(field string) (p part) {
	before, rest, ok := strings.Cut(field, "Ratelimit")
	if !ok {
		before, rest, ok = strings.Cut(field, "Rate-Limit")
	}
	if !ok || before != "" && before[len(before)-1] != '-' || rest != "" && rest[0] != '-' {
		return part{}
	}
	p = part{vendor: before, unit: time.Second}
	if before == "X-Amzn-" { // its limits are rates
		p.window = time.Second
	}
	if rest == "" {
		p.what = isLimit
		return p
	}
	rest = rest[1:]
	switch rest {
	case "Limit", "Burst-Capacity":
		p.what = isLimit
		return p
	case "Remaining":
		p.what = isRemaining
		return p
	case "Reset":
		p.what = isReset
		return p
	case "Replenish-Rate", "Fillrate":
		p.what = isFill
		return p
	case "Requested-Tokens", "Credits-Used":
		p.what = isCost
		return p
	}
	for word := range strings.SplitSeq(rest, "-") {
		switch word {
		case "Limit", "Max":
			p.sets(isLimit)
		case "Remaining":
			p.sets(isRemaining)
		case "Used", "Observed":
			p.sets(isUsed)
		case "Reset", "Resettime", "Next", "Retry":
			p.sets(isReset)
		case "Window", "Interval", "Period":
			p.sets(isWindow)
		case "Policy":
			p.sets(isPolicy)
		case "Resource", "Bucket", "Name":
			p.sets(isName)
		case "After":
			p.after = p.what == isReset
		case "At", "Time", "Seconds": // of Reset, of Interval
		case "Ms", "Milliseconds":
			p.unit = time.Millisecond
		default:
			p.of(word)
		}
	}
	if p.what == isNothing && p.window > 0 {
		p.what = isLimit // X-HubSpot-RateLimit-Daily
	}
	return p
}

func (p *part) sets(w what) {
	if p.what == isNothing {
		p.what = w
	}
}

// of notes what the quota is of.
func (p *part) of(word string) {
	switch word {
	case "Requests":
		word = "requests"
	case "Second", "Secondly":
		p.window, word = time.Second, "second"
	case "Minute", "Minutely":
		p.window, word = time.Minute, "minute"
	case "Hour", "Hourly":
		p.window, word = time.Hour, "hour"
	case "Day", "Daily":
		p.window, word = 24*time.Hour, "day"
	case "Week", "Weekly":
		p.window, word = 7*24*time.Hour, "week"
	case "Month", "Monthly":
		p.window, word = 30*24*time.Hour, "month"
	default:
		p.uncounted, word = true, strings.ToLower(word)
	}
	if p.suffix != "" {
		word = p.suffix + "-" + word
	}
	p.suffix = word
}

// dialect reads one of the fields that together state a quota.
func (r *reader) dialect(field string, values []string) {
	p := split(field)
	if p.what == isNothing {
		return
	}
	if p.what == isPolicy { // elsewhere than in RateLimit-Policy it may be anything
		if c := strings.TrimSpace(values[0]); c != "" && (c[0] == '"' || c[0] >= '0' && c[0] <= '9') {
			r.policies(field, values)
		}
		return
	}
	q := r.quota(p.vendor, p.suffix)
	q.uncounted = p.uncounted
	if p.window > 0 {
		q.Window = p.window
	}
	ok := true
	switch value := values[0]; p.what {
	case isLimit:
		q.Limit, ok = count(value)
		if !ok || strings.ContainsRune(value, ';') || len(values) > 1 {
			r.limitList(q, field, values)
			ok = true
		}
	case isRemaining:
		q.Remaining, ok = count(value)
	case isUsed:
		q.used, ok = count(value)
	case isFill:
		q.fill, ok = count(value)
	case isCost:
		q.cost, ok = count(value)
	case isReset:
		var d time.Duration
		if d, ok = r.until(value, p.unit); !ok {
			var n float64
			n, ok = count(value)
			d = r.after(n, p.unit)
		}
		if ok && (p.after || q.Reset < 0) {
			q.Reset = d
		}
	case isWindow:
		var n float64
		if q.Window, ok = span(strings.TrimSpace(value)); !ok {
			if n, ok = count(value); ok {
				q.Window = within(n * p.unit.Seconds())
			}
		}
		if q.Window <= 0 {
			q.Window = sched.Unknown
		}
	case isName:
		q.Name = clip(strings.TrimSpace(value))
	}
	if !ok {
		r.malformed(field)
	}
}

// clip bounds a name that a server gave.
func clip(name string) string { return name[:min(len(name), 64)] }
