package report

import (
	"slices"
	"strings"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report/layout"
	"example.com/fetch/internal/units"
)

// shownGroups is how many groups of a kind have a line.
const shownGroups = 20

// grouping is the groups of one kind: the URLs, the hosts, or the values of a column.
type grouping struct {
	by     string
	groups []measure.Group
}

// groups are the groups by their kinds, in their order. That there is one URL, or one host, says nothing more than the whole.
func groups(s *measure.LoadSummary) []*grouping {
	var all []*grouping
	of := make(map[string]*grouping)
	for _, g := range s.Groups {
		if of[g.By] == nil {
			of[g.By] = &grouping{by: g.By}
			all = append(all, of[g.By])
		}
		of[g.By].groups = append(of[g.By].groups, g)
	}
	return slices.DeleteFunc(all, func(g *grouping) bool {
		return len(g.groups) == 1 && g.by != s.Asked.GroupBy && (g.by == measure.ByURL || g.by == measure.ByHost)
	})
}

// table has the groups with the most requests.
func (g *grouping) table() *layout.Table {
	t := &layout.Table{Columns: []layout.Column{
		layout.Name(strings.ToUpper(record.Printable(g.by))), {Title: "n"}, {Title: "ok", Spare: 3}, {Title: "failed"},
		{Title: "mean", Spare: 5}, {Title: "p50"}, {Title: "p95", Spare: 2}, {Title: "p99"}, {Title: "max", Spare: 4},
		{Title: "service p99", Spare: 1},
	}}
	for i := range g.groups[:min(len(g.groups), shownGroups)] {
		one := &g.groups[i]
		l := &one.Response.OK
		t.Add(record.Printable(one.Name), units.Count(one.OK+one.Failed), units.Count(one.OK), units.Count(one.Failed),
			units.SecondsOf(l.Mean), units.SecondsOf(l.P50), units.SecondsOf(l.P95), units.SecondsOf(l.P99), units.SecondsOf(l.Max), units.SecondsOf(one.Service.OK.P99))
	}
	return t
}

// more says what the table leaves out; empty if it has all.
func (g *grouping) more() string {
	n := len(g.groups) - shownGroups
	if n <= 0 {
		return ""
	}
	return "… and " + units.Count(int64(n)) + " more: -f json, or --report all.csv"
}
