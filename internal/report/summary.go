package report

import (
	"fmt"
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

// summary prints the summary block.
func summary(p *layout.Page, s *measure.Summary, o Options) {
	p.Parts("", heading(s)...)
	if line := speed(s); line != nil {
		p.Parts("", line...)
	}
	fields := func(all []layout.Field) {
		for _, f := range all {
			f.Name = units.PadRight(f.Name, layout.Label)
			p.Field(f)
		}
	}
	fields(work(s, o))
	if t := hosts(s); t != nil {
		p.Table(t)
		if more := moreHosts(s, len(t.Rows)); more != "" {
			p.Line("", more)
		}
	}
	fields(outcome(s))
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
	for _, more := range []struct {
		n    int64
		what string
	}{{s.Canceled, "canceled"}, {s.NotStarted, "not started"}, {s.Skipped, "skipped"}} {
		if more.n > 0 {
			parts = append(parts, units.Count(more.n)+" "+more.what)
		}
	}
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
	parts := []string{
		fmt.Sprintf("speedup %s (serial %s%s)", units.Ratio(s.Speedup), units.Seconds(s.Serial), basis),
		"efficiency " + units.Percent(s.Efficiency),
	}
	if s.Bound != "" {
		parts = append(parts, "bound: "+boundWords(s))
	}
	return parts
}

// boundWords name the bound, and what it came to.
func boundWords(s *measure.Summary) string {
	host, floor := units.Host(s.BoundHost), units.Seconds(s.Floor)
	switch s.Bound {
	case measure.BoundLongest:
		return "the longest request (" + floor + ")"
	case measure.BoundSlots:
		return "the slots (" + floor + ")"
	case measure.BoundHostSlots:
		return "the slots of " + host + " (" + floor + ")"
	case measure.BoundRate:
		return "the rate (" + floor + ")"
	case measure.BoundHostRate:
		return "the rate of " + host + " (" + floor + ")"
	case measure.BoundPause:
		return "the pauses of " + host + learnedBound(s, floor)
	case measure.BoundOutage:
		return "the outage of " + host + learnedBound(s, floor)
	case measure.BoundStated:
		return "the limit that " + host + " states" + learnedBound(s, floor)
	case measure.BoundLearnedRate, measure.BoundLearnedSlots:
		return "what " + host + " was found to bear" + learnedBound(s, floor)
	}
	return record.Printable(s.Bound) + " (" + floor + ")"
}

// learnedBound is what was learned of the host that is the bound, and the floor, which is of what was asked for.
func learnedBound(s *measure.Summary, floor string) string {
	what := ""
	if s.BoundHeld > 0 && (s.Bound == measure.BoundPause || s.Bound == measure.BoundOutage) {
		what = units.Seconds(s.BoundHeld)
	}
	for i := range s.PerHost {
		if p := s.PerHost[i].Pace; s.PerHost[i].Host == s.BoundHost && p != nil && p.Learned != nil {
			switch l := p.Learned; {
			case s.Bound == measure.BoundStated && l.Quota != nil:
				what = units.Quota(l.Quota.Requests, l.Quota.Seconds)
			case s.Bound == measure.BoundLearnedRate && l.Pace != nil:
				what = units.PerSecond(l.Pace.Bears)
			case s.Bound == measure.BoundLearnedSlots && l.Slots != nil:
				what = atOnce(l.Slots.Bears)
			}
		}
	}
	if what == "" {
		return " (" + floor + ")"
	}
	return fmt.Sprintf(" (%s; floor %s)", what, floor)
}

// work is what was done and what it took: the lines above the hosts.
func work(s *measure.Summary, o Options) []layout.Field {
	var all []layout.Field
	add := func(name string, parts ...string) { all = append(all, layout.Field{Name: name, Parts: parts}) }
	if s.Rows > 0 {
		add("rows", rows(&s.RowCounts)...)
	}
	ok, failed := distribution(&s.Latency.OK), "failed  "+distribution(&s.Latency.Failed)
	switch {
	case s.Latency.OK.N > 0 && s.Latency.Failed.N > 0:
		add("latency ok", ok, failed)
	case s.Latency.OK.N > 0:
		add("latency ok", ok)
	case s.Latency.Failed.N > 0:
		add("latency", failed)
	}
	if s.Attempts > 0 {
		per := float64(s.Attempts) / float64(max(1, s.Requests-s.NotStarted))
		n := s.Requests - s.NotStarted
		add("waited", "limiter "+each(s.Waited.Limiter, n), "back-off "+each(s.Waited.Backoff, n),
			fmt.Sprintf("attempts %s (%.2f per request)", units.Count(s.Attempts), per))
	}
	if n := total(s.Retried); n > 0 {
		was := "attempts were tried again"
		if n == 1 {
			was = "attempt was tried again"
		}
		parts := classes(s.Retried)
		parts[0] = units.Count(n) + " " + was + ": " + parts[0]
		add("retries", append(parts, fmt.Sprintf("they took %s, and the back-off %s, in all", units.Seconds(s.RetriedService), units.Seconds(s.Waited.Backoff)))...)
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
		add("bodies", bodies)
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
func outcome(s *measure.Summary) []layout.Field {
	all := paces(s)
	if len(s.Classes) > 0 {
		all = append(all, layout.Field{Name: "errors", Parts: classes(s.Classes)})
	}
	if len(s.FailedRows) > 0 {
		all = append(all, layout.Field{Name: "failed rows", Parts: failedRows(&s.RowCounts)})
	}
	if odd := notes(s.Notes); odd != nil {
		all = append(all, layout.Field{Name: "notes", Parts: odd})
	}
	if s.Advice != "" {
		all = append(all, layout.Field{Name: "next", Parts: []string{record.Printable(s.Advice)}})
	}
	return all
}

// rows counts the rows of the list's table.
func rows(c *measure.RowCounts) []string {
	parts := []string{units.Count(c.Rows), units.Count(c.RowsOK) + " ok", units.Count(c.RowsFailed) + " failed"}
	if c.RowsUndone > 0 {
		parts = append(parts, units.Count(c.RowsUndone)+" undone")
	}
	return parts
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

// classes lists the classes, the most frequent first.
func classes(c measure.Counts) []string {
	names := units.ByCount(c)
	for i, name := range names {
		names[i] = record.Printable(name) + " " + units.Count(c[name])
	}
	return names
}

func total(c measure.Counts) int64 {
	var n int64
	for _, v := range c {
		n += v
	}
	return n
}
