package report

import (
	"fmt"
	"strings"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/units"
)

// hostTitles head the table of hosts. "limited" counts attempts that were answered by "slow down".
var hostTitles = [...]string{"HOST", "n", "ok", "failed", "limited", "p50", "p95", "rate"}

// hostCells are the lines of the table of hosts, without heading; nil if it would say nothing new.
func hostCells(s *measure.Summary) [][]string {
	useful := len(s.PerHost) > 1
	for i := range s.PerHost {
		useful = useful || s.PerHost[i].RateLimited > 0
	}
	if !useful {
		return nil
	}
	var lines [][]string
	for i := range s.PerHost {
		h := &s.PerHost[i]
		if len(lines) == maxHosts {
			break
		}
		rate := units.None // a single hop has no rate
		if h.Rate > 0 {
			rate = units.PerSecond(h.Rate)
		}
		lines = append(lines, []string{
			units.Host(h.Host), units.Count(h.N), units.Count(h.OK), units.Count(h.Failed), units.Count(h.RateLimited),
			units.SecondsOf(h.Latency.P50), units.SecondsOf(h.Latency.P95), rate,
		})
	}
	return lines
}

// moreHosts says how many hosts the table has left out; empty if none.
func moreHosts(s *measure.Summary, shown int) string {
	n := max(s.Hosts, int64(len(s.PerHost))) - int64(shown)
	if shown == 0 || n <= 0 {
		return ""
	}
	return fmt.Sprintf("… and %s", units.Counted(n, "more host", "more hosts"))
}

// hosts prints the table of hosts. On a terminal the name of a host is cut to fit.
func (p *page) hosts(s *measure.Summary) {
	lines := hostCells(s)
	if lines == nil {
		return
	}
	cols := make([]column, len(hostTitles))
	rest := 0
	for i := range cols {
		cols[i] = column{title: hostTitles[i], right: i > 0}
		for _, l := range lines {
			cols[i].cells = append(cols[i].cells, l[i])
		}
		cols[i].measure()
		if i > 0 {
			rest += cols[i].width + gap
		}
	}
	cols[0].width = max(cols[0].width, label-gap)
	if p.o.Width > 0 {
		cols[0].width = max(min(cols[0].width, p.o.Width-rest), 4)
	}
	print := func(cell func(c *column) string, style func(string) string) {
		var b strings.Builder
		for i := range cols {
			c := &cols[i]
			if i > 0 {
				b.WriteString(strings.Repeat(" ", gap))
			}
			b.WriteString(c.pad(units.Cut(cell(c), c.width)))
		}
		p.line(style(p.fitted(b.String())))
	}
	print(func(c *column) string { return c.title }, p.dim)
	for i := range lines {
		print(func(c *column) string { return c.cells[i] }, strings.Clone)
	}
	if more := moreHosts(s, len(lines)); more != "" {
		p.line(more)
	}
}
