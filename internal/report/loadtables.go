package report

import (
	"slices"
	"strings"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report/layout"
	"example.com/fetch/internal/units"
)

// timesTable is the table of all times: response and service time side by side, successes and failures apart, and what they
// are made of; nil if there are none.
func timesTable(s *measure.LoadSummary) *layout.Table {
	t := &layout.Table{Columns: []layout.Column{layout.Name("latency"), {Title: "n", Spare: 7}}}
	spare := map[string]int{"mean": 2, "p95": 3, "p90": 4, "min": 5, "p99.9": 6, "p99.99": 8, "p75": 9}
	for _, f := range measure.Figures {
		// As wide as most times are, so that which columns there is room for does not hang on a few digits.
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
	add("response ok", &s.Response.OK)
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

// shownGroups is how many groups of a kind have a line.
const shownGroups = 20

// groups are the groups by their kinds, in their order: the URLs, the hosts, or the values of a column. That there is one
// URL, or one host, says nothing more than the whole.
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

// groupSection has the groups of a kind with the most requests, and says how many it leaves out.
func groupSection(kind []measure.Group) section {
	t := &layout.Table{Columns: []layout.Column{
		layout.Name(strings.ToUpper(record.Printable(kind[0].By))), {Title: "n"}, {Title: "ok", Spare: 3}, {Title: "failed"},
		{Title: "mean", Spare: 5}, {Title: "p50"}, {Title: "p95", Spare: 2}, {Title: "p99"}, {Title: "max", Spare: 4},
		{Title: "service p99", Spare: 1},
	}}
	for i := range kind[:min(len(kind), shownGroups)] {
		one := &kind[i]
		l := &one.Response.OK
		t.Add(record.Printable(one.Name), units.Count(one.OK+one.Failed), units.Count(one.OK), units.Count(one.Failed),
			units.SecondsOf(l.Mean), units.SecondsOf(l.P50), units.SecondsOf(l.P95), units.SecondsOf(l.P99), units.SecondsOf(l.Max), units.SecondsOf(one.Service.OK.P99))
	}
	more := ""
	if n := len(kind) - shownGroups; n > 0 {
		more = "… and " + units.Count(int64(n)) + " more: -f json, or --report all.csv"
	}
	return section{apart: true, table: t, more: more}
}
