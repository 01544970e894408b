package report

import (
	"slices"
	"strconv"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/plan"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report/layout"
	"example.com/fetch/internal/units"
)

// Rules for the text:
//
//   - No line is wider than 80 columns: longer text is cut or wrapped.
//   - Text from a list is printed with control characters escaped.
//   - Lines that would say "none" are left out, except for the time and what is unknown about it.

const plannedHosts = 20

// planText is the report of a plan as it is written.
type planText struct{ *layout.Page }

// Plan returns the report of a plan for people.
func Plan(r *plan.Report) []byte {
	t := planText{&layout.Page{Width: layout.UsualWidth, Cut: true}}
	t.heading(r)
	t.hosts(r)
	if d := r.Duplicates; d.N > 0 {
		t.Words("", "duplicates", units.Counted(d.N, "request is", "requests are")+" the same as one before (method, URL, content)")
		t.examples(d.Examples, d.Groups)
	}
	if c := r.Collisions; c.N > 0 {
		t.Words("", "file names", units.Counted(c.N, "file gets", "files get")+" a suffix, as the name is taken")
		t.examples(c.Examples, c.N)
	}
	if r.Requests == 0 {
		return t.Out
	}
	t.Words("", "time", timeWords(&r.Time))
	label := "not known"
	for _, what := range r.Time.Unknown {
		t.Words("", label, what)
		label = ""
	}
	return t.Out
}

func (t planText) heading(r *plan.Report) {
	hosts := units.Counted(r.Hosts, "host", "hosts")
	if r.Others > 0 {
		hosts = "more than " + hosts
	}
	parts := []string{units.Counted(r.Requests, "request", "requests"), hosts}
	if r.Rows > 0 {
		parts = append(parts, units.Counted(r.Rows, "row", "rows"))
	}
	if r.Files > 0 {
		parts = append(parts, units.Counted(r.Files, "file", "files"))
	}
	t.Line("", strings.Join(parts, layout.Separator))
	if r.Unsendable > 0 {
		t.Words("", "not sendable", units.Counted(r.Unsendable, "request", "requests")+" would fail because of errors in the list")
	}
	if len(r.Methods) > 1 || r.Requests > 0 && r.Methods["GET"] == 0 {
		t.Words("", "methods", strings.Join(units.Tally(r.Methods, " "), layout.Separator))
	}
	if b := r.Batches; b.N > 0 {
		sizes := units.Counted(b.Largest, "row", "rows")
		if b.Smallest < b.Largest {
			sizes = units.Count(b.Smallest) + " to " + sizes
		}
		t.Words("", "batches", units.Count(b.N)+" of "+sizes)
	}
	if b := r.Bodies; b.N > 0 {
		words := units.Counted(b.N, "request has", "requests have") + " content, " + units.Counted(b.Bytes, "byte", "bytes")
		if b.Unknown > 0 {
			words += " and " + units.Count(b.Unknown) + " of unknown size"
		}
		t.Words("", "bodies", words)
	}
}

// hosts prints the table of hosts.
func (t planText) hosts(r *plan.Report) {
	if len(r.PerHost) == 0 {
		return
	}
	table := &layout.Table{Columns: []layout.Column{
		{Title: "HOST", Left: true, Usual: 12, Least: 12}, {Title: "n"}, {Title: "at least"}, {Title: "credentials"}, {Title: "limits", Left: true},
	}}
	for i, name := range units.Hosts(r.PerHost[:min(len(r.PerHost), plannedHosts)], func(h *plan.Host) string { return h.Host }) {
		h := &r.PerHost[i]
		least, credentials := units.None, units.None
		if h.Floor > 0 {
			least = units.Seconds(h.Floor)
		}
		if h.Credentials > 0 {
			credentials = units.Count(h.Credentials)
		}
		table.Add(name, units.Count(h.N), least, credentials, limitWords(h.Limit))
	}
	if !slices.ContainsFunc(r.PerHost, func(h plan.Host) bool { return h.Credentials > 0 }) {
		table.Columns = slices.Delete(table.Columns, 3, 4)
		for i, cells := range table.Rows {
			table.Rows[i] = slices.Delete(cells, 3, 4)
		}
	}
	t.Table(table)
	if n := r.Hosts - plannedHosts; n > 0 {
		t.Line("", "… and "+units.Counted(n, "more host", "more hosts"))
	}
	if r.Others > 0 {
		t.Line("", "… and "+units.Counted(r.Others, "request", "requests")+" to hosts beyond these")
	}
}

// examples prints examples with their places in the list, and how many more there are.
func (t planText) examples(examples []plan.Example, all int64) {
	for _, e := range examples {
		what := e.File
		if what == "" {
			what = e.Method + " " + e.URL
		}
		var seqs []string
		for _, s := range e.Seqs[:min(len(e.Seqs), 5)] {
			seqs = append(seqs, strconv.FormatInt(s, 10))
		}
		if e.N > int64(len(seqs)) {
			seqs = append(seqs, "…")
		}
		t.Line("", strings.Repeat(" ", layout.Label)+strings.Join(seqs, ", ")+"  "+record.Printable(what))
	}
	if more := all - int64(len(examples)); more > 0 {
		t.Words("", "", "… and "+units.Count(more)+" more")
	}
}

func timeWords(t *plan.Time) string {
	if t.Floor == 0 {
		return "not known: no rate limits it, and no response time is assumed"
	}
	slots, rate, host := units.Counted(int64(t.Slots), "slot", "slots"), units.Rate(t.Rate.Events, t.Rate.Per), units.Host(t.Host)
	words := "at least " + units.Seconds(t.Floor) + ": " + map[string]string{
		measure.BoundLongest:   "one response",
		measure.BoundSlots:     "the " + slots,
		measure.BoundHostSlots: "the " + slots + " of " + host,
		measure.BoundRate:      "the rate (" + rate + ")",
		measure.BoundHostRate:  "the rate of " + host + " (" + rate + ")",
		plan.BoundDue:          "when the last request is due",
	}[t.Bound]
	if t.Source != "" {
		words += ", " + t.Source
	}
	if t.Assumed > 0 {
		words += "; each response is assumed to take " + units.Seconds(t.Assumed)
	}
	return words
}

func limitWords(l fetcher.Limit) string {
	var parts []string
	for _, r := range l.Rates {
		parts = append(parts, units.Rate(r.Events, r.Per))
	}
	if l.InFlight > 0 {
		parts = append(parts, units.Count(int64(l.InFlight))+" in flight")
	}
	if r := l.RunningTime; r.Time > 0 {
		parts = append(parts, units.Bare(r.Time)+" of running time in "+units.Bare(r.Per))
	}
	if parts == nil {
		return "-"
	}
	return strings.Join(parts, ", ")
}
