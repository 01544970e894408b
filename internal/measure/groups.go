package measure

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/secret"
)

// GroupTimes is a Group with its distributions, as in a journal. Those of several journals can be merged.
type GroupTimes struct {
	By     string `json:"by"` // url, host, or the name of the column
	Name   string `json:"name"`
	OK     int64  `json:"ok"`
	Failed int64  `json:"failed"`
	Bytes  int64  `json:"bytes"`
	Times         // with 2 significant digits
}

// Values of Group.By other than a column.
const (
	ByURL  = "url"
	ByHost = "host"
)

// None is the name of the group of requests without a value in the column, or without a host.
const None = "(none)"

// Others is the name of the group that collects everything beyond maxGroups.
const Others = others

// maxGroups is the number of groups that are kept in each dimension; later ones are merged into "(others)".
const maxGroups = 1000

func newGroup(by, name string) *GroupTimes {
	g := &GroupTimes{By: by, Name: strings.Clone(name)}
	for _, d := range g.Times.each() {
		d.coarse, d.sparse = true, true
	}
	return g
}

// add adds one result that was not cancelled.
func (g *GroupTimes) add(r *fetcher.Result, timeout time.Duration) {
	g.Bytes += r.Bytes
	if r.Err == nil {
		g.OK++
	} else {
		g.Failed++
	}
	g.Times.add(r, timeout)
}

func (g *GroupTimes) merge(other *GroupTimes) {
	g.OK += other.OK
	g.Failed += other.Failed
	g.Bytes += other.Bytes
	g.Times.merge(&other.Times)
}

func (g *GroupTimes) group() Group {
	response, service := g.latencies()
	return Group{By: g.By, Name: g.Name, OK: g.OK, Failed: g.Failed, Bytes: g.Bytes, Response: response, Service: service}
}

// dimension is the grouping by one criterion.
type dimension struct {
	by   string
	key  func(*fetcher.Result) key         // returns what the group's name is made from
	name func(*fetcher.Result, key) string // is not called for known keys

	groups map[string]*GroupTimes // by name

	// byKey caches groups by key, because building the name is expensive. It is bounded.
	byKey map[key]*GroupTimes

	lastKey   key // consecutive results often share a key
	lastGroup *GroupTimes
}

// key determines the name of a group: the method and the URL, or the name itself.
type key struct{ first, second string }

// maxKeys bounds the keys: many URLs may share a name if they differ only in masked parts.
const maxKeys = 10 * maxGroups

// newGroups returns the dimensions of a load test: by URL, by host and, unless it is empty, by a column. A column
// called url or host replaces the dimension of that name.
func newGroups(column string) []*dimension {
	all := []*dimension{
		{by: ByURL, key: func(r *fetcher.Result) key { return key{r.Request.Method, r.Request.URL} },
			name: func(r *fetcher.Result, _ key) string { return NameOf(r.Request) }},
		{by: ByHost, key: hostKey, name: func(_ *fetcher.Result, k key) string { return k.first }},
	}
	if column != "" {
		all = slices.DeleteFunc(all, func(d *dimension) bool { return d.by == column })
		all = append(all, &dimension{by: column, key: func(r *fetcher.Result) key {
			if value, has := r.Request.Row.Get(column); has {
				return key{first: value}
			}
			return key{first: None}
		}, name: func(r *fetcher.Result, k key) string {
			if secret.OriginOf(r.Request).Rules.Column(column) {
				return secret.Mask
			}
			return k.first
		}})
	}
	for _, d := range all {
		d.groups, d.byKey = make(map[string]*GroupTimes), make(map[key]*GroupTimes)
	}
	return all
}

// NameOf returns the name of the group of a request's URL: the URL without secrets, preceded by the method unless that
// is the default.
func NameOf(r *fetcher.Request) string {
	name := secret.Of(r).ShownURL()
	if r.Method != "" && r.Method != "GET" {
		name = r.Method + " " + name
	}
	return name
}

func hostKey(r *fetcher.Result) key {
	if len(r.Attempts) == 0 || len(r.Attempts[0].Hops) == 0 {
		return key{first: None}
	}
	return key{first: r.Attempts[0].Hops[0].Host}
}

// of returns the group of a result.
func (d *dimension) of(r *fetcher.Result) *GroupTimes {
	k := d.key(r)
	if d.lastGroup != nil && k == d.lastKey {
		return d.lastGroup
	}
	g := d.byKey[k]
	if g == nil {
		g = d.named(d.name(r, k))
		if len(d.byKey) < maxKeys {
			d.byKey[key{strings.Clone(k.first), strings.Clone(k.second)}] = g
		}
	}
	d.lastKey, d.lastGroup = k, g
	return g
}

// named returns the group with a name, or "(others)" if there are too many.
func (d *dimension) named(name string) *GroupTimes {
	g := d.groups[name]
	if g == nil && len(d.groups) >= maxGroups {
		name = others
		g = d.groups[name]
	}
	if g == nil {
		g = newGroup(d.by, name)
		d.groups[g.Name] = g
	}
	return g
}

func (d *dimension) sorted() []*GroupTimes {
	return slices.SortedFunc(maps.Values(d.groups), byRequests)
}

// byRequests orders the groups of a dimension by descending number of requests, "(others)" last.
func byRequests(a, b *GroupTimes) int {
	switch {
	case a.Name == b.Name:
		return 0
	case a.Name == others:
		return 1
	case b.Name == others:
		return -1
	}
	return cmp.Or(cmp.Compare(b.OK+b.Failed, a.OK+a.Failed), cmp.Compare(a.Name, b.Name))
}
