package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/charset"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report/layout"
	"example.com/fetch/internal/units"
)

// maxHosts is the maximum number of hosts in the table.
const maxHosts = 10

// summary returns the summary block. If not all results are listed, it says so first.
func summary(s *measure.Summary, run *Run, o Options) []section {
	var lines []layout.Field
	if run.Selection != "" && !o.NoResults {
		lines = append(lines, layout.Field{Parts: []string{"listed: " + run.Selection, "the summary covers all results"}})
	}
	lines = append(lines, layout.Field{Parts: heading(s)})
	if parts := speed(s); parts != nil {
		lines = append(lines, layout.Field{Parts: parts})
	}
	return []section{{lines: lines}, {fields: work(s, o)}, hosts(s), {fields: outcome(s, o)}}
}

// heading returns the counts of requests.
func heading(s *measure.Summary) []string {
	ok := units.Count(s.OK) + " ok"
	if s.Missing > 0 {
		ok += " (" + units.Count(s.Missing) + " missing)"
	}
	parts := []string{
		units.Counted(s.Requests, "request", "requests"), units.Counted(s.Hosts, "host", "hosts"),
		ok, units.Count(s.Failed) + " failed",
	}
	parts = addSome(parts, s.Canceled, "canceled")
	parts = addSome(parts, s.NotStarted, "not started")
	parts = addSome(parts, s.Skipped, "skipped")
	if s.Duplicates > 0 {
		parts = append(parts, units.Counted(s.Duplicates, "duplicate", "duplicates")+" left out")
	}
	wall := "wall " + units.Seconds(s.Wall)
	if s.Legs > 1 {
		wall += " in " + units.Counted(int64(s.Legs), "leg", "legs")
	}
	return append(parts, wall)
}

// speed describes the gain from concurrency; nil for a single request.
func speed(s *measure.Summary) []string {
	if s.Hops == 0 || s.Wall == 0 || s.Requests < 2 {
		return nil
	}
	basis := ""
	if s.SerialBasis != "" {
		basis = ", " + record.Printable(s.SerialBasis)
	}
	efficiency := "efficiency " + units.Percent(s.Efficiency)
	if 3*s.Failed > s.Requests { // efficiency is about time only, whatever the outcome
		efficiency += fmt.Sprintf(", with %s of %s failed", units.Count(s.Failed), units.Count(s.Requests))
	}
	parts := []string{fmt.Sprintf("speedup %s (serial %s%s)", units.Ratio(s.Speedup), units.Seconds(s.Serial), basis), efficiency}
	if s.Bound != "" {
		parts = append(parts, "bound: "+boundWords(s))
	}
	return parts
}

// boundWords names the bound and its value.
func boundWords(s *measure.Summary) string {
	host := units.Host(s.BoundHost)
	words := map[string]string{
		measure.BoundLongest:      "the longest request",
		measure.BoundSlots:        "the slots",
		measure.BoundHostSlots:    "the slots of " + host,
		measure.BoundRate:         "the rate",
		measure.BoundHostRate:     "the rate of " + host,
		measure.BoundPause:        "the pauses of " + host,
		measure.BoundOutage:       "the outage of " + host,
		measure.BoundStated:       "the limit that " + host + " states",
		measure.BoundLearnedRate:  "the learned limit of " + host,
		measure.BoundLearnedSlots: "the learned limit of " + host,
	}[s.Bound]
	if s.BoundPages {
		words += " with its pages"
	}
	floor := units.Seconds(s.Floor)
	if what := learnedBound(s); what != "" {
		floor = what + "; floor " + floor
	}
	return cmp.Or(words, record.Printable(s.Bound)) + " (" + floor + ")"
}

// learnedBound returns the learned limit of the host that is the bound, to be shown beside the floor, which is
// computed from requested limits; empty if nothing was learned.
func learnedBound(s *measure.Summary) string {
	if s.BoundHeld > 0 && (s.Bound == measure.BoundPause || s.Bound == measure.BoundOutage) {
		return units.Seconds(s.BoundHeld)
	}
	for i := range s.PerHost {
		if p := s.PerHost[i].Pace; s.PerHost[i].Host == s.BoundHost && p != nil && p.Learned != nil {
			switch l := p.Learned; {
			case s.Bound == measure.BoundStated && l.Quota != nil:
				return units.Quota(l.Quota.Requests, l.Quota.Seconds)
			case s.Bound == measure.BoundLearnedRate && l.Pace != nil:
				return units.PerSecond(l.Pace.Bears)
			case s.Bound == measure.BoundLearnedSlots && l.Slots != nil:
				return atOnce(l.Slots.Bears)
			}
		}
	}
	return ""
}

// work describes the work done and its cost: the lines above the hosts.
func work(s *measure.Summary, o Options) (all fields) {
	if s.RowCounts != nil {
		parts := []string{units.Count(s.Rows), units.Count(s.RowsOK) + " ok", units.Count(s.RowsFailed) + " failed"}
		all.add("rows", addSome(parts, s.RowsUndone, "undone")...)
	}
	ok, failed := distribution(&s.Latency.OK), "failed  "+distribution(&s.Latency.Failed)
	switch {
	case s.Latency.OK.N > 0 && s.Latency.Failed.N > 0:
		all.add("latency ok", ok, failed)
	case s.Latency.OK.N > 0:
		all.add("latency ok", ok)
	case s.Latency.Failed.N > 0:
		all.add("latency", failed)
	}
	if len(s.Proxies) > 0 {
		all.add("proxy", record.Printable(strings.Join(s.Proxies, ", ")))
	}
	if s.Attempts > 0 {
		n := s.Requests - s.NotStarted
		all.add("waited", "limiter "+each(s.Waited.Limiter, n), "back-off "+each(s.Waited.Backoff, n),
			fmt.Sprintf("attempts %s (%.2f per request)", units.Count(s.Attempts), float64(s.Attempts)/float64(max(1, n))))
	}
	if a := s.Auto; a != nil {
		all.add("concurrency", "auto", fmt.Sprintf("%.0f found for %s", max(1, a.InFlight), units.Host(a.Host)))
	}
	if n := s.Retried.Total(); n > 0 {
		parts := units.Tally(s.Retried, " ")
		parts[0] = units.Counted(n, "attempt was", "attempts were") + " retried: " + parts[0]
		all.add("retries", append(parts, fmt.Sprintf("they took %s, and the back-off %s, in total", units.Seconds(s.RetriedService), units.Seconds(s.Waited.Backoff)))...)
	}
	if s.Hops > 0 {
		bodies := units.Size(s.Bytes)
		switch {
		case s.Files > 0 && s.Files == s.OK && s.OK == s.Requests:
			bodies += " in " + units.Counted(s.Files, "file", "files")
		case s.Files > 0: // the size is that of all bodies
			bodies += "; " + units.Counted(s.Files, "file", "files") + " kept"
		case o.BodiesDropped && o.HasValues:
			bodies += "; their values were kept"
		case o.BodiesDropped:
			bodies += "; they were counted, not kept"
		}
		all.add("bodies", bodies)
	}
	return all
}

// each formats the waiting per request. The sum may exceed the wall time by far, because requests wait at the
// same time.
func each(sum record.Micros, n int64) string {
	if sum == 0 || n <= 0 {
		return units.Seconds(sum)
	}
	return units.Seconds(sum/record.Micros(n)) + " per request"
}

// outcome describes what went wrong, and what to do next: the lines below the hosts.
func outcome(s *measure.Summary, o Options) fields {
	all := paces(s)
	if len(s.Classes) > 0 {
		all.add("errors", units.Tally(s.Classes, " ")...)
		if o.NoResults || o.cutErrors || s.Requests > selection { // otherwise the table has them
			all.examples(s.Classes, s.Errors)
		}
	}
	if s.RowCounts != nil && len(s.FailedRows) > 0 {
		all.add("failed rows", failedRows(s.RowCounts)...)
	}
	if odd := notes(s.Notes); odd != nil {
		all.add("notes", odd...)
	}
	if s.Advice != "" {
		all.add("next", record.Printable(s.Advice))
	}
	return all
}

// failedRows names the rows of batches that failed on their own.
func failedRows(c *measure.RowCounts) []string {
	var parts []string
	for _, row := range c.FailedRows {
		part := record.Printable(row.Error)
		if row.Row != "" && !strings.Contains(row.Error, row.Row) { // otherwise the error contains the row
			part = record.Printable(row.Row) + ": " + part
		}
		parts = append(parts, part)
	}
	if more := c.RowClasses[fetcher.KindExpect.String()] - int64(len(parts)); more > 0 {
		parts = append(parts, "and "+units.Count(more)+" more")
	}
	return parts
}

// notes lists the notes with their meaning.
func notes(c measure.Counts) []string {
	meanings := map[string]string{
		fetcher.NoteUnverifiedLength: "the body ended with the connection, so truncation cannot be detected",
		fetcher.NoteTransportRetry:   "sent again by the transport itself",
		fetcher.NoteRetryBudget:      "not retried: the retry budget is used up; see --retry-budget",
		fetcher.NoteRetryAfter:       "not retried: the server asks for a longer wait than --retry-max-wait",
		fetcher.NoteCircuit:          "not retried: the circuit of its host was open",
		fetcher.NoteLimitIgnored:     "the rate limit headers of its host could not be parsed",
		fetcher.NoteBlocked:          "its host says that it blocks this client, for too many requests",
		fetcher.NoteOutOfFiles:       "out of file descriptors: continued with fewer requests in flight; see ulimit -n",
		fetcher.NoteNoCoding:         "Content-Encoding names no known coding; the body was left unchanged",
		fetcher.NoteTrailingBytes:    "something after the end of the compressed body was ignored",
		fetcher.NoteCoded:            "part of a compressed body, left unchanged",
		charset.NoteInvalidBytes:     "bytes invalid in the charset were replaced by U+FFFD",
		charset.NoteUnknown:          "unknown charset; the bytes were read as UTF-8",
		charset.NoteDoubtful:         "looks like UTF-8, but was read in the charset that the server names",
		record.NoteInterim:           "not ready yet; another page was requested",
	}
	var parts []string
	for _, name := range units.ByCount(c) {
		if name == record.NoteMissing {
			continue // the heading has their number
		}
		part := record.Printable(name) + " " + units.Count(c[name])
		if meaning := meanings[name]; meaning != "" {
			part += " (" + meaning + ")"
		}
		parts = append(parts, part)
	}
	return parts
}

// distribution formats latencies on one line, without percentiles for which there are too few values.
func distribution(l *measure.Brief) string {
	var parts []string
	for _, f := range measure.FiguresOf("p50", "p90", "p95", "p99", "max") {
		if at := f.Of((*measure.Latency)(l)); at != nil {
			parts = append(parts, f.Name+" "+units.Seconds(*at))
		}
	}
	return strings.Join(parts, "  ")
}

// hosts returns the table of hosts, unless it would show nothing new, and how many it leaves out. "limited"
// counts attempts that the server rejected because of its rate limit. On a terminal the name of a host is cut
// to fit.
func hosts(s *measure.Summary) (hosts section) {
	if len(s.PerHost) < 2 && !slices.ContainsFunc(s.PerHost, func(h measure.Host) bool { return h.RateLimited > 0 }) {
		return hosts
	}
	hosts.table = &layout.Table{Columns: []layout.Column{
		{Title: "HOST", Left: true, Usual: layout.Label - gap, Least: 4}, {Title: "n"}, {Title: "ok"}, {Title: "failed"},
		{Title: "limited"}, {Title: "p50"}, {Title: "p95"}, {Title: "rate"},
	}}
	shown := min(len(s.PerHost), maxHosts)
	for i, name := range units.Hosts(s.PerHost[:shown], func(h *measure.Host) string { return h.Host }) {
		h := &s.PerHost[i]
		rate := units.None // a single hop has no rate
		if h.Rate > 0 {
			rate = units.PerSecond(h.Rate)
		}
		hosts.table.Add(name, units.Count(h.N), units.Count(h.OK), units.Count(h.Failed), units.Count(h.RateLimited),
			units.SecondsOf(h.Latency.P50), units.SecondsOf(h.Latency.P95), rate)
	}
	if more := max(s.Hosts, int64(len(s.PerHost))) - int64(shown); more > 0 {
		hosts.more = "… and " + units.Counted(more, "more host", "more hosts")
	}
	return hosts
}
