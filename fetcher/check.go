package fetcher

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"example.com/fetch/internal/sane"
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
	var c sane.Report
	c.Count("Workers", int64(f.Workers), Auto)
	c.Count("LookAhead", int64(f.LookAhead), 0)
	c.Count("MaxRedirects", int64(f.MaxRedirects), NoRedirects)
	if f.MaxBody < NoBound {
		c.Add("MaxBody", f.MaxBody, "at least 1, 0 for the default, or NoBound")
	}
	if f.Cookies > NoCookies {
		c.Add("Cookies", f.Cookies, "one of the constants")
	}
	c.Time("Timeout.Attempt", f.Timeout.Attempt, NoTimeout, "NoTimeout")
	c.Time("Timeout.Connect", f.Timeout.Connect, NoTimeout, "NoTimeout")
	c.Time("Timeout.FirstByte", f.Timeout.FirstByte, NoTimeout, "NoTimeout")
	c.Time("Timeout.Stall", f.Timeout.Stall, NoTimeout, "NoTimeout")
	c.Time("Timeout.Request", f.Timeout.Request, NoTimeout, "NoTimeout")

	c.Count("Retry.Max", int64(f.Retry.Max), NoRetries)
	c.Time("Retry.MinWait", f.Retry.MinWait, 0, "")
	c.Time("Retry.MaxWait", f.Retry.MaxWait, 0, "")
	c.Time("Retry.GiveUp", f.Retry.GiveUp, NoBound, "NoBound")
	if b := f.Retry.Budget; math.IsNaN(b) || math.IsInf(b, 0) || b < 0 && b != NoBound {
		c.Add("Retry.Budget", b, "a share such as 0.2, 0 for the default, or NoBound")
	}

	f.Limits.Total.check(&c, "Limits.Total")
	if l := f.Limits.Total; l.RunningTime != (RunningTime{}) || l.Known != nil {
		c.Add("Limits.Total", "about one host", "RunningTime and Known are for PerHost and Hosts")
	}
	f.Limits.PerHost.check(&c, "Limits.PerHost")
	if f.Limits.Total.Lease != nil || f.Limits.PerHost.Lease != nil {
		c.Add("Lease", "set in Limits.Total or Limits.PerHost", "it is for the limit of a single host")
	}
	checkHosts(&c, f.Limits.Hosts)
	return c.Err()
}

// checkHosts looks at the limits of single hosts.
func checkHosts(c *sane.Report, hosts map[string]Limit) {
	seen := make(map[web.HostSpec]string, len(hosts))
	for _, text := range slices.Sorted(maps.Keys(hosts)) {
		field := fmt.Sprintf("Limits.Hosts[%q]", text)
		host, err := web.ParseHostSpec(text)
		switch other, twice := seen[host]; {
		case err != nil:
			c.Addf("%s is no host: %w; write a name, or name:port", field, err)
		case twice:
			c.Add(field, fmt.Sprintf("the same host as %q", other), "one of them has to go")
		default:
			seen[host] = text
		}
		hosts[text].check(c, field)
	}
}

func (l Limit) check(to *sane.Report, name string) {
	limit := l.scheduled()
	limit.Check(to, name)
}

// check says what makes no sense in a request, beside its URL and its header.
func (r *Request) check() error {
	var c sane.Report
	c.Time("Due", r.Due, 0, "")
	c.Time("Timeout", r.Timeout, NoTimeout, "NoTimeout")
	switch {
	case r.Length < -1:
		c.Add("Length", r.Length, "-1 if it is not known, or more")
	case r.Length > 0 && r.Body == nil:
		c.Add("Length", r.Length, "there is no Body")
	}
	return c.Err()
}
