package measure

import (
	"fmt"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
)

const (
	// A client is warned about if it is busy for busySeconds, or for one second in busyOneIn.
	busySeconds = 3
	busyOneIn   = 10

	// lagAllowed is the acceptable p99 of the schedule lag.
	lagAllowed = record.Micros(5 * time.Millisecond / time.Microsecond)

	// Response and service time differ significantly if their ratio and their difference exceed these: below that it is
	// the usual overhead of any client.
	partedTimes = 1.5
	partedBy    = record.Micros(10 * time.Millisecond / time.Microsecond)
)

// WarningUsers is the code of the warning that not all users could start.
const WarningUsers = "users"

// warnings returns the reasons to distrust some of the figures: what was observed, what it means, and what to do.
func (t *Totals) warnings(s *LoadSummary, f Final) []Warning {
	warnings := []Warning{}
	for _, w := range []Warning{
		{"aborted", f.Aborted},
		{"client_cpu", t.busyClient(s)},
		{"schedule_lag", lateClient(s)},
		{"file_descriptors", outOfFiles(s, f)},
		{"in_flight", t.fullFlight(s)},
		{"response", partedTimesOf(s)},
		{"not_started", notStarted(s)},
		{WarningUsers, fewerUsers(s, f)},
		{"behind", fellBehind(s)},
		{"sample", smallSample(s)},
	} {
		if w.Text != "" {
			warnings = append(warnings, w)
		}
	}
	return warnings
}

func (t *Totals) busyClient(s *LoadSummary) string {
	c := &t.client
	seen := fmt.Sprintf("in %d of %s", c.busy, units.Counted(int64(c.intervals), "second", "seconds"))
	switch {
	case c.intervals == 0 && s.Client.Share > busyShare:
		seen = "all the time"
	case c.busy == 0 || c.busy < busySeconds && c.busy*busyOneIn < c.intervals:
		return ""
	}
	return fmt.Sprintf("This client used more than %.0f %% of its %s %s (%s at the most), so the latencies include its own slowness. "+
		"Ask for a lower rate, give it more cores, or share the load among several machines.",
		busyShare*100, units.Counted(int64(s.Client.Cores), "core", "cores"), seen, units.Percent(s.Client.Share))
}

// lateClient applies to the open model only: in the closed one a delayed request delays the user's next one, but there
// is no schedule to miss.
func lateClient(s *LoadSummary) string {
	if s.Asked.Model != ModelOpen || s.Lag.P99 == nil || *s.Lag.P99 <= lagAllowed {
		return ""
	}
	return fmt.Sprintf("This client itself sent one request in a hundred %s late or more (the p99 of the schedule lag; up to %s is usual), "+
		"and response times include it. Ask for a lower rate, or reduce the other load on this machine.",
		units.Seconds(*s.Lag.P99), units.Seconds(lagAllowed))
}

func outOfFiles(s *LoadSummary, f Final) string {
	n := s.Notes[fetcher.NoteOutOfFiles]
	if n == 0 {
		return ""
	}
	most := ""
	if f.MaxOpenFiles > 0 {
		most = fmt.Sprintf(" (this process may open %s)", units.Count(f.MaxOpenFiles))
	}
	return fmt.Sprintf("%s found no free file descriptor%s, so fewer were in flight than requested. "+
		"Raise the limit (ulimit -n), or ask for fewer in flight.", units.Counted(n, "request", "requests"), most)
}

func (t *Totals) fullFlight(s *LoadSummary) string {
	if t.full.time == 0 {
		return ""
	}
	why := "Either the server cannot keep up with this rate, or --max-inflight is too low for it"
	if s.Asked.ByFiles {
		why = "The limit is that of open files in this process; raise it (ulimit -n), or ask for fewer in flight"
	}
	return fmt.Sprintf("For about %s the limit of requests in flight (%s) was reached, and up to %s due requests waited; response times include it. "+
		"%s.", units.Seconds(t.full.time), units.Count(int64(s.Asked.MaxInFlight)), units.Count(t.full.waiting), why)
}

func partedTimesOf(s *LoadSummary) string {
	response, service := s.Response.OK.P99, s.Service.OK.P99
	if response == nil || service == nil || *response-*service < partedBy || float64(*response) < partedTimes*float64(*service) {
		return ""
	}
	return fmt.Sprintf("Requests waited before they could be sent: one in a hundred ended %s or more after it was due (p99 of response time), "+
		"while the exchange itself took %s (p99 of service time). Service time alone would hide what users see: judge by response time.",
		units.Seconds(*response), units.Seconds(*service))
}

func notStarted(s *LoadSummary) string {
	if s.Unsent == 0 {
		return ""
	}
	instead := "a lower rate, more in flight, or a longer run"
	if s.Asked.Model == ModelClosed {
		instead = "fewer users, or more connections for them"
	}
	return fmt.Sprintf("%s due and never sent, because the run ended first. They are missing from all latencies, and would have been the longest. "+
		"Ask for %s.", units.Counted(s.Unsent, "request was", "requests were"), instead)
}

// ShortOfUsers reports whether fewer users were active at once than requested, because of the open-files limit, or
// because the time was over before all had begun.
func (s *LoadSummary) ShortOfUsers() bool {
	byFiles := s.Asked.ByFiles && (s.Asked.Requests == 0 || s.Asked.Requests > int64(s.Asked.MaxInFlight))
	return s.Asked.Model == ModelClosed && (byFiles || s.Idle > 0)
}

func fewerUsers(s *LoadSummary, f Final) string {
	switch {
	case !s.ShortOfUsers():
		return ""
	case s.Asked.ByFiles:
		words := fmt.Sprintf("at most %s can have a request in flight at once, because this process may not open more files",
			units.Counted(int64(s.Asked.MaxInFlight), "user", "users"))
		if f.MaxOpenFiles > 0 {
			words += " than " + units.Count(f.MaxOpenFiles)
		}
		if s.Idle > 0 {
			words += "; " + units.Count(s.Idle) + " never sent anything"
		}
		return "Not all users could start: " + words + ". Raise the limit (ulimit -n), or ask for fewer users."
	}
	return fmt.Sprintf("Not all users could start: the first request of %s was never sent, because the time was over before this client could send it. "+
		"Ask for fewer users, for a longer run, or share them among several machines.", units.Count(s.Idle))
}

const (
	// Responses from the first tenth to the ninth are compared: the first ones are late by one response time, and the
	// last few may have taken long.
	firstTenth, lastTenth = 0.1, 0.9
	// behindBy is the share of the time by which the responses must be slower than the due times.
	behindBy = 0.1
	keptUp   = 0.97 // share of the due rate: reaching it counts as keeping up
)

// fellBehind detects a rate at which responses came more slowly than requests were due, so that more and more were in
// flight: then the time between two responses is longer than the time between the due times of as many requests,
// regardless of the response time.
func fellBehind(s *LoadSummary) string {
	if s.Asked.Model != ModelOpen || len(s.Seconds) == 0 || s.Rate.Answered >= keptUp*s.Rate.Due {
		return ""
	}
	ended := func(e *Second) int64 { return e.OK + e.Failed }
	waited := int64(0)
	due := func(e *Second) int64 {
		n := e.Sent + e.Waiting - waited
		waited = e.Waiting
		return n
	}
	asked, answered := spanOf(s.Seconds, s.OK+s.Failed, due), spanOf(s.Seconds, s.OK+s.Failed, ended)
	if entry := s.Seconds[0].To - s.Seconds[0].From; asked == 0 || answered-asked <= max(entry, record.Micros(behindBy*float64(asked))) {
		return ""
	}
	return fmt.Sprintf("Responses fell behind: %s of %s due, so requests piled up, and their times grow with the length of the run. "+
		"Ask for a rate that the server sustains (fetch sweep finds it).", units.PerSecond(s.Rate.Answered), units.PerSecond(s.Rate.Due))
}

// spanOf returns the time from the first tenth to the ninth of n counts in the entries of a series; within an entry
// they are assumed to be evenly distributed.
func spanOf(entries []Second, n int64, counted func(*Second) int64) record.Micros {
	first, last, sum := -1.0, 0.0, 0.0
	for i := range entries {
		e := &entries[i]
		in := float64(max(counted(e), 0))
		at := func(share float64) float64 { return float64(e.From) + float64(e.To-e.From)*(share*float64(n)-sum)/in }
		if first < 0 && sum+in >= firstTenth*float64(n) && in > 0 {
			first = at(firstTenth)
		}
		if sum+in >= lastTenth*float64(n) && in > 0 {
			last = at(lastTenth)
			break
		}
		sum += in
	}
	return record.Micros(max(last-max(first, 0), 0))
}

// smallSample concerns p99, which everybody looks at; higher percentiles are not worth a warning.
func smallSample(s *LoadSummary) string {
	l := &s.Response.OK
	if l.N == 0 || l.P99 != nil {
		return ""
	}
	carried := "too few for any percentile"
	for _, f := range FiguresOf("p50", "p75", "p90", "p95") {
		if f.Of(l) != nil {
			carried = "too few for percentiles above " + f.Name
		}
	}
	return fmt.Sprintf("%s: %s; p99 takes 100. Ask for more requests, or a longer run.", units.Counted(l.N, "response", "responses"), carried)
}

// client observes how busy this process was.
type client struct {
	intervals int     // those long enough to judge
	busy      int     // of these, the busy ones
	most      float64 // the largest share
}

const (
	// busyShare is the share of its cores beyond which a client counts as busy: above it, requests wait for a free core
	// as often as for the server.
	busyShare = 0.85

	// judged is the minimum length of an interval for judging it: a shorter one is mostly the beginning or the end of a
	// run.
	judged = record.Micros(500_000)
)

func (c *client) add(i *Interval, cores int) {
	length := i.To - i.From
	if length < judged || cores <= 0 {
		return
	}
	share := min(float64(i.CPU)/float64(length)/float64(cores), 1)
	c.intervals++
	c.most = max(c.most, share)
	if share > busyShare {
		c.busy++
	}
}

// share returns the largest share of the cores that was used; for a short test, the share over all of it.
func (c *client) share(sum *Interval, cores int) float64 {
	if c.intervals > 0 || cores <= 0 || sum.To <= sum.From {
		return c.most
	}
	return min(float64(sum.CPU)/float64(sum.To-sum.From)/float64(cores), 1)
}

// full observes how long the limit on requests in flight was reached, so that others waited.
type full struct {
	time    record.Micros
	waiting int64 // maximum number that waited at once
}

func (f *full) add(i *Interval, asked *Asked) {
	if asked.MaxInFlight <= 0 || i.Waiting == 0 || max(i.InFlight, i.Peak) < int64(asked.MaxInFlight) {
		return
	}
	f.time += i.To - i.From
	f.waiting = max(f.waiting, i.Waiting)
}
