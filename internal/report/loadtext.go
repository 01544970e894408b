package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report/layout"
	"example.com/fetch/internal/units"
)

// Rules for the table:
//
//   - Lines without information are left out: failures if there are none, single groups, phases that did not occur.
//   - On a terminal no line is wider than the terminal: the least important columns are dropped, then names are cut. In
//     a file no name is cut.
//   - A figure for which the sample is too small is "-", never a number.
//   - Text from a server or a list is printed only through Printable.
//   - The verdict is at the end, where one looks first.

func loadTable(s *measure.LoadSummary, o Options) ([]byte, error) {
	p := loadPage(o)
	show(p, loadSections(s), 0)
	return p.Out, nil
}

func loadSections(s *measure.LoadSummary) []section {
	style := ""
	if s.OK == 0 && s.Failed > 0 {
		style = units.Red
	}
	all := []section{
		{lines: []layout.Field{{Parts: loadAsked(&s.Asked)}, {Color: style, Parts: loadCounts(s)}}},
		{apart: true, table: timesTable(s)},
		{apart: true, fields: loadWork(s)},
		{draw: func(p *layout.Page) { bars(p, s); series(p, s) }},
	}
	for _, kind := range groups(s) {
		all = append(all, groupSection(kind))
	}
	return append(all, section{apart: true, fields: loadOutcome(s)})
}

// loadPage returns the page on which a report is laid out.
func loadPage(o Options) *layout.Page {
	if o.Width == 0 {
		return &layout.Page{Width: layout.UsualWidth, Color: o.Color}
	}
	const least = 40
	return &layout.Page{Width: max(o.Width, least), Cut: true, Color: o.Color}
}

// loadAsked describes the load that was requested, and its target.
func loadAsked(a *measure.Asked) []string {
	open, load := a.Model == measure.ModelOpen, ""
	switch stages := record.Printable(a.Stages); {
	case a.Model == measure.ModelClosed && stages != "":
		load = "users in stages " + stages
	case a.Model == measure.ModelClosed:
		load = units.Counted(int64(a.Concurrency), "user", "users")
	case stages != "":
		load = "a rate in stages " + stages
	case a.Rate == math.Trunc(a.Rate) && a.Rate < math.MaxInt64:
		load = units.Count(int64(a.Rate)) + "/s"
	default:
		load = strconv.FormatFloat(a.Rate, 'g', 4, 64) + "/s"
	}
	if a.For > 0 {
		load += " for " + given(a.For)
	}
	if a.Requests > 0 {
		load += ", " + units.Counted(a.Requests, "request", "requests")
	}
	switch {
	case open && a.Arrivals == "poisson":
		load += ", Poisson arrivals"
	case open && a.Arrivals != "":
		load += ", " + record.Printable(a.Arrivals) + " arrivals"
	}
	parts := []string{record.Printable(a.Target), load}
	if a.Tests > 0 {
		parts = append(parts, units.Count(int64(a.Tests))+" tests together")
	}
	if open && a.MaxInFlight > 0 {
		parts = append(parts, "at most "+units.Count(int64(a.MaxInFlight))+" in flight")
	}
	switch {
	case a.ThinkTo > 0:
		parts = append(parts, "thinking for "+given(a.Think)+" to "+given(a.ThinkTo)+" in between")
	case a.Think > 0:
		parts = append(parts, "thinking for "+given(a.Think)+" in between")
	}
	if a.WarmUp > 0 {
		parts = append(parts, given(a.WarmUp)+" of warm-up before")
	}
	if a.Seed > 0 {
		parts = append(parts, "seed "+strconv.FormatUint(a.Seed, 10))
	}
	return parts
}

// given formats a time as one would type it, with all digits: 0.25ms, 1.06s, 10s, 1m30s, 2h.
func given(m record.Micros) string {
	if m > 0 && m < 1e6 {
		return micros(&m) + "ms"
	}
	return units.Bare(m.Duration())
}

// loadCounts returns the counts of requests.
func loadCounts(s *measure.LoadSummary) []string {
	parts := []string{units.Counted(s.Sent, "request", "requests"), units.Count(s.OK) + " ok", units.Count(s.Failed) + " failed"}
	parts = addSome(parts, s.Cut, "canceled")
	parts = addSome(parts, s.Unsent, "not started")
	if s.Asked.Model == measure.ModelOpen && s.Rate.Due > 0 {
		parts = append(parts, "sent "+units.PerSecond(s.Rate.Sent)+" of "+units.PerSecond(s.Rate.Due))
	}
	if s.Rate.Answered > 0 {
		parts = append(parts, "answered "+units.PerSecond(s.Rate.Answered))
	}
	parts = append(parts, "wall "+units.Seconds(s.Wall))
	if left := s.WarmUp; left.Requests > 0 {
		words := fmt.Sprintf("warm-up left out: %s in %s", units.Counted(left.Requests, "request", "requests"), given(left.For))
		if left.Failed > 0 {
			words += ", " + units.Count(left.Failed) + " failed"
		}
		parts = append(parts, words)
	}
	return parts
}

// loadWork describes the work done and its cost.
func loadWork(s *measure.LoadSummary) (all fields) {
	if s.Opened+s.Reused > 0 {
		all.add("connections", units.Count(s.Opened)+" opened", "used again "+units.Counted(s.Reused, "time", "times"),
			"at most "+units.Count(s.InFlight)+" in flight")
	}
	if s.OK+s.Failed > 0 {
		bodies := units.Size(s.Bytes)
		if s.Wall > 0 {
			bodies += fmt.Sprintf(" (%s/s)", units.Size(int64(float64(s.Bytes)/s.Wall.Duration().Seconds()+0.5)))
		}
		if s.Wire != s.Bytes {
			bodies += ", " + units.Size(s.Wire) + " over the wire"
		}
		all.add("bodies", bodies)
	}
	if len(s.Proxies) > 0 {
		all.add("proxy", record.Printable(strings.Join(s.Proxies, ", ")))
	}
	if len(s.Statuses) > 0 {
		all.add("statuses", units.Tally(s.Statuses, ": ")...)
	}
	if len(s.Classes) > 0 {
		all.add("errors", units.Tally(s.Classes, ": ")...)
		all.examples(s.Classes, s.Errors)
	}
	if len(s.Retried) > 0 {
		all.add("retried", units.Tally(s.Retried, ": ")...)
	}
	if len(s.Notes) > 0 {
		all.add("notes", units.Tally(s.Notes, ": ")...)
	}
	if s.Client.CPU > 0 && s.Sent > 0 {
		in := ""
		if len(s.Seconds) > 1 {
			in = " in any second"
		}
		all.add("this client", fmt.Sprintf("CPU %s, %s a request", units.Seconds(s.Client.CPU), units.Seconds(s.Client.CPU/record.Micros(s.Sent))),
			fmt.Sprintf("at most %s of %s%s", units.Percent(s.Client.Share), units.Counted(int64(s.Client.Cores), "core", "cores"), in))
	}
	return all
}

// thresholdWidth is the maximum width of thresholds, so that the measured values are aligned.
const thresholdWidth = 24

// loadOutcome returns the conclusions: thresholds, reasons to distrust some figures, and what to do next.
func loadOutcome(s *measure.LoadSummary) (all fields) {
	longest := 0
	for _, c := range s.Checks {
		longest = max(longest, units.Width(record.Printable(c.Threshold)))
	}
	for _, c := range s.Checks {
		state, style := "✓ ok     ", units.Green
		if !c.OK {
			state, style = "✗ crossed", units.Red
		}
		threshold := record.Printable(c.Threshold)
		threshold += strings.Repeat(" ", min(longest, thresholdWidth)-min(units.Width(threshold), longest, thresholdWidth))
		all = append(all, layout.Field{Name: "threshold", Color: style, Parts: []string{state + "  " + threshold + "  " + record.Printable(c.Measured)}})
	}
	for _, w := range s.Warnings {
		all = append(all, layout.Field{Name: "warning", Color: units.Yellow, Parts: []string{record.Printable(w.Text)}})
	}
	if next := next(s); next != "" {
		all.add("next", next)
	}
	return all
}

// next suggests a test that would tell more; empty if there is no obvious one.
func next(s *measure.LoadSummary) string {
	const enough = 1000 // minimum number of successes for suggesting a rate
	if s.Asked.Model != measure.ModelClosed || max(s.Asked.Think, s.Asked.ThinkTo) > 0 || s.OK < enough || s.Failed+s.Cut > 0 || s.Rate.OK <= 1 {
		return ""
	}
	return fmt.Sprintf("these users wait for each response, so they never overload the server; --rate %s/s, 80 %% of this throughput, shows the response times of independent arrivals",
		twoDigits(s.Rate.OK*0.8))
}

// twoDigits returns v rounded down to two significant digits.
func twoDigits(v float64) string {
	unit := math.Pow(10, math.Floor(math.Log10(v))-1)
	return strconv.FormatFloat(math.Floor(v/unit)*unit, 'f', max(0, int(-math.Round(math.Log10(unit)))), 64)
}

// timesTable returns the table of all times: response and service time side by side, of all requests, successes
// and failures, and the phases; nil if there are none.
func timesTable(s *measure.LoadSummary) *layout.Table {
	t := &layout.Table{Columns: []layout.Column{layout.Name("latency"), {Title: "n", Spare: 7}}}
	spare := map[string]int{"mean": 2, "p95": 3, "p90": 4, "min": 5, "p99.9": 6, "p99.99": 8, "p75": 9}
	for _, f := range measure.Figures {
		// A usual minimum width, so that a few digits do not decide which columns fit.
		t.Columns = append(t.Columns, layout.Column{Title: f.Name, Usual: 6, Spare: spare[f.Name]})
	}
	add := func(name string, l *measure.Latency) {
		if l.N == 0 {
			return
		}
		cells := []string{name, units.Count(l.N)}
		for _, f := range measure.Figures {
			cells = append(cells, units.SecondsOf(f.Of(l)))
		}
		t.Add(cells...)
	}
	add("response all", &s.Response.All)
	add("response ok", &s.Response.OK)
	add("service all", &s.Service.All)
	add("service ok", &s.Service.OK)
	add("response failed", &s.Response.Failed)
	add("service failed", &s.Service.Failed)
	add("schedule lag", &s.Lag)
	for i := range s.Phases {
		add("phase "+record.Printable(s.Phases[i].Name), &s.Phases[i].Latency)
	}
	if t.Rows == nil {
		return nil
	}
	return t
}

// shownGroups is the maximum number of groups of a kind that are listed.
const shownGroups = 20

// groups returns the groups of each kind in order: the URLs, the hosts, or the values of a column. A kind with
// a single group is left out, because it shows the same as the totals.
func groups(s *measure.LoadSummary) (all [][]measure.Group) {
	for _, g := range s.Groups {
		i := slices.IndexFunc(all, func(kind []measure.Group) bool { return kind[0].By == g.By })
		if i < 0 {
			i, all = len(all), append(all, nil)
		}
		all[i] = append(all[i], g)
	}
	return slices.DeleteFunc(all, func(kind []measure.Group) bool {
		by := kind[0].By
		return len(kind) == 1 && by != s.Asked.GroupBy && (by == measure.ByURL || by == measure.ByHost)
	})
}

// groupSection lists the groups of a kind with the most requests, and says how many it leaves out. The times
// are of all requests, like those of a threshold.
func groupSection(kind []measure.Group) section {
	title := strings.ToUpper(record.Printable(kind[0].By))
	origin := ""
	if kind[0].By == measure.ByURL {
		origin = commonOrigin(kind)
	}
	if origin != "" {
		title += " of " + record.Printable(origin)
	}
	t := &layout.Table{Columns: []layout.Column{
		layout.Name(title), {Title: "n"}, {Title: "ok", Spare: 3}, {Title: "failed"},
		{Title: "mean", Spare: 5}, {Title: "p50"}, {Title: "p95", Spare: 2}, {Title: "p99"}, {Title: "max", Spare: 4},
		{Title: "service p99", Spare: 1},
	}}
	kind, left := kind[:min(len(kind), shownGroups)], len(kind)-shownGroups
	hosts := units.Hosts(kind, func(one *measure.Group) string { return one.Name })
	for i := range kind {
		one := &kind[i]
		l, name := &one.Response.All, record.Printable(strings.Replace(one.Name, origin, "", 1))
		if one.By == measure.ByHost {
			name = hosts[i]
		}
		t.Add(name, units.Count(one.OK+one.Failed), units.Count(one.OK), units.Count(one.Failed),
			units.SecondsOf(l.Mean), units.SecondsOf(l.P50), units.SecondsOf(l.P95), units.SecondsOf(l.P99), units.SecondsOf(l.Max), units.SecondsOf(one.Service.All.P99))
	}
	more := ""
	if left > 0 {
		more = "… and " + units.Count(int64(left)) + " more: -f json, or --report all.csv"
	}
	return section{apart: true, table: t, more: more}
}

// commonOrigin returns the scheme and host that all URLs of groups share, if each has a path after it; ""
// otherwise.
func commonOrigin(groups []measure.Group) (common string) {
	for _, g := range groups {
		_, url, withMethod := strings.Cut(g.Name, " ")
		if !withMethod {
			url = g.Name
		}
		scheme, rest, ok := strings.Cut(url, "://")
		host, _, pathed := strings.Cut(rest, "/")
		origin := scheme + "://" + host
		switch {
		case g.Name == measure.Others:
		case !ok || !pathed || common != "" && origin != common:
			return ""
		default:
			common = origin
		}
	}
	return common
}
