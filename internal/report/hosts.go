package report

import (
	"fmt"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/report/layout"
	"example.com/fetch/internal/units"
)

// hosts is the table of hosts; nil if it would say nothing new. "limited" counts attempts that were answered by "slow down".
// On a terminal the name of a host is cut to fit.
func hosts(s *measure.Summary) *layout.Table {
	useful := len(s.PerHost) > 1
	for i := range s.PerHost {
		useful = useful || s.PerHost[i].RateLimited > 0
	}
	if !useful {
		return nil
	}
	t := &layout.Table{Columns: []layout.Column{
		{Title: "HOST", Left: true, Usual: layout.Label - gap, Least: 4}, {Title: "n"}, {Title: "ok"}, {Title: "failed"},
		{Title: "limited"}, {Title: "p50"}, {Title: "p95"}, {Title: "rate"},
	}}
	for i := range s.PerHost[:min(len(s.PerHost), maxHosts)] {
		h := &s.PerHost[i]
		rate := units.None // a single hop has no rate
		if h.Rate > 0 {
			rate = units.PerSecond(h.Rate)
		}
		t.Add(units.Host(h.Host), units.Count(h.N), units.Count(h.OK), units.Count(h.Failed), units.Count(h.RateLimited),
			units.SecondsOf(h.Latency.P50), units.SecondsOf(h.Latency.P95), rate)
	}
	return t
}

// moreHosts says how many hosts the table has left out; empty if none.
func moreHosts(s *measure.Summary, shown int) string {
	n := max(s.Hosts, int64(len(s.PerHost))) - int64(shown)
	if shown == 0 || n <= 0 {
		return ""
	}
	return fmt.Sprintf("… and %s", units.Counted(n, "more host", "more hosts"))
}
