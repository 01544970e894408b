package fetcher

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"example.com/fetch/internal/web"
)

// Check says what makes no sense in the fields of the Fetcher: all of it at once, each with the name of its field, in an
// *Error of KindInput; nil if there is nothing. Run yields the same error, and Do fails with it, before anything is sent.
func (f *Fetcher) Check() error {
	if err := f.senseless(); err != nil {
		return &Error{Kind: KindInput, Err: err}
	}
	return nil
}

func (f *Fetcher) senseless() error {
	var c checks
	c.count("Workers", int64(f.Workers), Auto)
	c.count("LookAhead", int64(f.LookAhead), 0)
	c.count("MaxRedirects", int64(f.MaxRedirects), NoRedirects)
	if f.MaxBody < NoBound {
		c.add("MaxBody", f.MaxBody, "at least 1, 0 for the default, or NoBound")
	}
	if f.Cookies > NoCookies {
		c.add("Cookies", f.Cookies, "one of the constants")
	}
	c.time("Timeout.Attempt", f.Timeout.Attempt, NoTimeout)
	c.time("Timeout.Connect", f.Timeout.Connect, NoTimeout)
	c.time("Timeout.FirstByte", f.Timeout.FirstByte, NoTimeout)
	c.time("Timeout.Stall", f.Timeout.Stall, NoTimeout)
	c.time("Timeout.Request", f.Timeout.Request, NoTimeout)

	c.count("Retry.Max", int64(f.Retry.Max), NoRetries)
	c.time("Retry.MinWait", f.Retry.MinWait, 0)
	c.time("Retry.MaxWait", f.Retry.MaxWait, 0)
	c.time("Retry.GiveUp", f.Retry.GiveUp, NoBound)
	if b := f.Retry.Budget; math.IsNaN(b) || math.IsInf(b, 0) || b < 0 && b != NoBound {
		c.add("Retry.Budget", b, "a share such as 0.2, 0 for the default, or NoBound")
	}

	c.limit("Limits.Total", f.Limits.Total)
	if l := f.Limits.Total; l.RunningTime != (RunningTime{}) || l.Known != nil {
		c.add("Limits.Total", "about one host", "RunningTime and Known are for PerHost and Hosts")
	}
	c.limit("Limits.PerHost", f.Limits.PerHost)
	for name, l := range map[string]Limit{"Limits.Total": f.Limits.Total, "Limits.PerHost": f.Limits.PerHost} {
		if l.Lease != nil {
			c.add(name+".Lease", "set", "it is for the limit of a single host")
		}
	}
	c.hosts(f.Limits.Hosts)
	return errors.Join(c...)
}

// longest is how long a time may be: 73 years, so that sums do not overflow.
const longest time.Duration = math.MaxInt64 / 4

// mostCounted is how many of something there may be: so few that sums are no problem where an int has 32 bits.
const mostCounted = 1_000_000_000

// checks gathers what makes no sense.
type checks []error

func (c *checks) add(field string, is any, want string) {
	*c = append(*c, fmt.Errorf("%s is %v: %s", field, is, want))
}

// count checks a number that may be no less than least, which has a name if it is less than 0.
func (c *checks) count(field string, n, least int64) {
	if n < least || n > mostCounted {
		c.add(field, n, fmt.Sprintf("from %d to %d", least, mostCounted))
	}
}

func (c *checks) time(field string, d, least time.Duration) {
	switch {
	case d > longest:
		c.add(field, d, "more than 73 years")
	case d < 0 && d != least && least == NoTimeout:
		c.add(field, d, "0 or more, or NoTimeout")
	case d < 0 && d != least:
		c.add(field, d, "0 or more")
	}
}

func (c *checks) limit(field string, l Limit) {
	if l.InFlight < 0 {
		c.add(field+".InFlight", l.InFlight, "0 for no bound, or more")
	}
	c.rates(field, "Rates", l.Rates)
	c.rates(field, "Leased", l.Leased)
	if r := l.RunningTime; (r != RunningTime{}) && (r.Time <= 0 || r.Per <= 0 || r.Time > longest || r.Per > longest) {
		c.add(field+".RunningTime", r, "both more than 0, or neither")
	}
}

func (c *checks) rates(field, which string, rates []Rate) {
	for i, r := range rates {
		var want string
		switch {
		case !(r.Events > 0) || math.IsInf(r.Events, 0):
			want = "Events must be more than 0"
		case r.Per <= 0:
			want = "Per must be more than 0, such as time.Second"
		case r.Per > longest, float64(r.Per)/r.Events > float64(longest):
			want = "one hop in 73 years or more"
		case r.Burst < 0:
			want = "Burst must be 0 or more"
		default:
			continue
		}
		c.add(fmt.Sprintf("%s.%s[%d]", field, which, i), fmt.Sprintf("{Events: %v, Per: %v, Burst: %d}", r.Events, r.Per, r.Burst), want)
	}
}

func (c *checks) hosts(hosts map[string]Limit) {
	seen := make(map[web.HostSpec]string, len(hosts))
	for _, text := range slices.Sorted(maps.Keys(hosts)) {
		field := fmt.Sprintf("Limits.Hosts[%q]", text)
		host, err := web.ParseHostSpec(text)
		switch other, twice := seen[host]; {
		case err != nil:
			*c = append(*c, fmt.Errorf("%s is no host: %w; write a name, or name:port", field, err))
		case twice:
			c.add(field, fmt.Sprintf("the same host as %q", other), "one of them has to go")
		default:
			seen[host] = text
		}
		c.limit(field, hosts[text])
	}
}

// check says what makes no sense in a request, beside its URL and its header.
func (r *Request) check() error {
	var c checks
	c.time("Due", r.Due, 0)
	c.time("Timeout", r.Timeout, NoTimeout)
	switch {
	case r.Length < -1:
		c.add("Length", r.Length, "-1 if it is not known, or more")
	case r.Length > 0 && r.Body == nil:
		c.add("Length", r.Length, "there is no Body")
	}
	return errors.Join(c...)
}
