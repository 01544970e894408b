package output

import (
	"slices"
	"strings"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
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
func (g *grouping) table() *table {
	t := &table{columns: []column{
		{title: strings.ToUpper(record.Printable(g.by)), name: true}, {title: "n"}, {title: "ok", spare: 3}, {title: "failed"},
		{title: "mean", spare: 5}, {title: "p50"}, {title: "p95", spare: 2}, {title: "p99"}, {title: "max", spare: 4},
		{title: "service p99", spare: 1},
	}}
	for i := range g.groups[:min(len(g.groups), shownGroups)] {
		one := &g.groups[i]
		l := &one.Response.OK
		t.add(record.Printable(one.Name), units.Count(one.OK+one.Failed), units.Count(one.OK), units.Count(one.Failed),
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
