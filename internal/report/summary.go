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

// maxHosts is how many hosts the table has.
const maxHosts = 10

// summary is the summary block. Of a run of which not all results are listed it says that first.
func summary(s *measure.Summary, run *Run, o Options) []section {
	var lines []layout.Field
	if run.Selection != "" && !o.NoResults {
		lines = append(lines, layout.Field{Parts: []string{"listed: " + run.Selection, "the summary is of all results"}})
	}
	lines = append(lines, layout.Field{Parts: heading(s)})
	if parts := speed(s); parts != nil {
		lines = append(lines, layout.Field{Parts: parts})
	}
	return []section{{lines: lines}, {fields: work(s, o)}, hosts(s), {fields: outcome(s, o)}}
}

// heading is what happened, in numbers.
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

// speed is what it gained to do several things at once; nil if there were not several.
func speed(s *measure.Summary) []string {
	if s.Hops == 0 || s.Wall == 0 || s.Requests < 2 {
		return nil
	}
	basis := ""
	if s.SerialBasis != "" {
		basis = ", " + record.Printable(s.SerialBasis)
	}
	efficiency := "efficiency " + units.Percent(s.Efficiency)
	if 3*s.Failed > s.Requests { // it is of the time, whatever that brought
		efficiency += fmt.Sprintf(", with %s of %s failed", units.Count(s.Failed), units.Count(s.Requests))
	}
	parts := []string{fmt.Sprintf("speedup %s (serial %s%s)", units.Ratio(s.Speedup), units.Seconds(s.Serial), basis), efficiency}
	if s.Bound != "" {
		parts = append(parts, "bound: "+boundWords(s))
	}
	return parts
}

// boundWords name the bound, and what it came to.
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
		measure.BoundLearnedRate:  "what " + host + " was found to bear",
		measure.BoundLearnedSlots: "what " + host + " was found to bear",
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

// learnedBound is what was learned of the host that is the bound, beside the floor, which is of what was asked for; empty if
// nothing was.
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

// work is what was done and what it took: the lines above the hosts.
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
		parts[0] = units.Counted(n, "attempt was", "attempts were") + " tried again: " + parts[0]
		all.add("retries", append(parts, fmt.Sprintf("they took %s, and the back-off %s, in all", units.Seconds(s.RetriedService), units.Seconds(s.Waited.Backoff)))...)
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

// each is what requests waited, of a sum that may be far more than the wall, since they waited at the same time.
func each(sum record.Micros, n int64) string {
	if sum == 0 || n <= 0 {
		return units.Seconds(sum)
	}
	return units.Seconds(sum/record.Micros(n)) + " per request"
}

// outcome is what went wrong, and what to do next: the lines below the hosts.
func outcome(s *measure.Summary, o Options) fields {
	all := paces(s)
	if len(s.Classes) > 0 {
		all.add("errors", units.Tally(s.Classes, " ")...)
		if o.NoResults || o.cutErrors || s.Requests > selection { // else they stand above
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

// failedRows names the rows of batches that failed by themselves.
func failedRows(c *measure.RowCounts) []string {
	var parts []string
	for _, row := range c.FailedRows {
		part := record.Printable(row.Error)
		if row.Row != "" && !strings.Contains(row.Error, row.Row) { // otherwise the error says which it is
			part = record.Printable(row.Row) + ": " + part
		}
		parts = append(parts, part)
	}
	if more := c.RowClasses[fetcher.KindExpect.String()] - int64(len(parts)); more > 0 {
		parts = append(parts, "and "+units.Count(more)+" more")
	}
	return parts
}

// notes lists what was odd, with what it means.
func notes(c measure.Counts) []string {
	meanings := map[string]string{
		fetcher.NoteUnverifiedLength: "the body ended with the connection, so a cut would not be seen",
		fetcher.NoteTransportRetry:   "sent again by the transport itself",
		fetcher.NoteRetryBudget:      "not tried again: the retries of failures were used up; see --retry-budget",
		fetcher.NoteRetryAfter:       "not tried again: told to wait longer than --retry-max-wait",
		fetcher.NoteCircuit:          "not tried again: its host had been given up",
		fetcher.NoteLimitIgnored:     "what its host says of its limits could not be read",
		fetcher.NoteBlocked:          "its host says that it blocks this client, for too many requests",
		fetcher.NoteOutOfFiles:       "no file descriptor left: went on with fewer in flight; see ulimit -n",
		fetcher.NoteNoCoding:         "Content-Encoding names no coding; the body was taken as it came",
		fetcher.NoteTrailingBytes:    "something after the end of the compressed body was ignored",
		fetcher.NoteCoded:            "part of a compressed body, kept as it came",
		charset.NoteInvalidBytes:     "bytes that are no text in the charset became U+FFFD",
		charset.NoteUnknown:          "charset not known; the bytes were taken as UTF-8",
		charset.NoteDoubtful:         "looks like UTF-8, but was read in the charset that the server names",
		record.NoteInterim:           "no answer yet, and another page was asked for",
	}
	var parts []string
	for _, name := range units.ByCount(c) {
		if name == record.NoteMissing {
			continue // the heading counts them
		}
		part := record.Printable(name) + " " + units.Count(c[name])
		if meaning := meanings[name]; meaning != "" {
			part += " (" + meaning + ")"
		}
		parts = append(parts, part)
	}
	return parts
}

// distribution is a Latency in a line, without the percentiles that it has too few values for.
func distribution(l *measure.Brief) string {
	var parts []string
	for _, f := range measure.FiguresOf("p50", "p90", "p95", "p99", "max") {
		if at := f.Of((*measure.Latency)(l)); at != nil {
			parts = append(parts, f.Name+" "+units.Seconds(*at))
		}
	}
	return strings.Join(parts, "  ")
}

// hosts has the table of hosts, unless it would say nothing new, and how many it leaves out. "limited" counts attempts that
// were answered by "slow down". On a terminal the name of a host is cut to fit.
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
