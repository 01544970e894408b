package measure

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/secret"
)

// GroupTimes is a Group with its distributions, as it stands in a journal. Those of several journals can be merged.
type GroupTimes struct {
	By     string `json:"by"` // url, host, or the name of the column
	Name   string `json:"name"`
	OK     int64  `json:"ok"`
	Failed int64  `json:"failed"`
	Bytes  int64  `json:"bytes"`
	Times         // with 2 significant digits
}

// Values of Group.By that are no column.
const (
	ByURL  = "url"
	ByHost = "host"
)

// None is the name of the group of those requests that have no value in the column, or no host.
const None = "(none)"

// maxGroups is how many groups are kept in each dimension; what comes later is merged as "(others)".
const maxGroups = 1000

func newGroup(by, name string) *GroupTimes {
	g := &GroupTimes{By: by, Name: strings.Clone(name)}
	for _, d := range g.Times.each() {
		d.coarse, d.sparse = true, true
	}
	return g
}

// add takes one result that was not given up.
func (g *GroupTimes) add(ok bool, response, service record.Micros, bytes int64) {
	g.Bytes += bytes
	if ok {
		g.OK++
	} else {
		g.Failed++
	}
	g.Times.add(ok, response, service)
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

// dimension is the groups by one thing.
type dimension struct {
	by     string
	groups map[string]*GroupTimes // by name

	// byKey finds a group by what its name is made from, where making the name costs something. It is bounded.
	byKey map[key]*GroupTimes

	lastKey   key // the one before is often the same
	lastGroup *GroupTimes
}

// key is what the name of a group is made from: the method and the URL, or the name itself.
type key struct{ first, second string }

// maxKeys bounds the keys: many URLs may have one name, since only what is masked in it differs.
const maxKeys = 10 * maxGroups

func newDimension(by string) *dimension {
	return &dimension{by: by, groups: make(map[string]*GroupTimes), byKey: make(map[key]*GroupTimes)}
}

// get gives the group of what has the key; name gives its name, and is not called for keys that are kept.
func (d *dimension) get(k key, name func() string) *GroupTimes {
	if d.lastGroup != nil && k == d.lastKey {
		return d.lastGroup
	}
	g := d.byKey[k]
	if g == nil {
		g = d.named(name())
		if len(d.byKey) < maxKeys {
			d.byKey[key{strings.Clone(k.first), strings.Clone(k.second)}] = g
		}
	}
	d.lastKey, d.lastGroup = k, g
	return g
}

// named gives the group with a name, or that of the others where there are too many.
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

// byRequests orders the groups of a dimension: most requests first, and the others last.
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

// groups are the dimensions of a load test.
type groups struct {
	urls, hosts, column *dimension // column is nil where none was asked for
	urlOf               func(*fetcher.Request) string
}

func newGroups(column string, urlOf func(*fetcher.Request) string) *groups {
	if urlOf == nil {
		urlOf = func(r *fetcher.Request) string { return secret.Of(r).ShownURL() }
	}
	g := &groups{urls: newDimension(ByURL), hosts: newDimension(ByHost), urlOf: urlOf}
	if column != "" {
		g.column = newDimension(column)
	}
	return g
}

func (g *groups) add(r *fetcher.Result, response, service record.Micros) {
	ok := r.Err == nil
	host := None
	if len(r.Attempts) > 0 && len(r.Attempts[0].Hops) > 0 {
		host = r.Attempts[0].Hops[0].Host
	}
	g.hosts.get(key{first: host}, func() string { return host }).add(ok, response, service, r.Bytes)
	if r.Request == nil {
		return
	}
	g.urls.get(key{r.Request.Method, r.Request.URL}, func() string { return g.urlOf(r.Request) }).add(ok, response, service, r.Bytes)
	if g.column == nil {
		return
	}
	value, has := r.Request.Row.Get(g.column.by)
	if !has {
		value = None
	}
	g.column.get(key{first: value}, func() string { return shownValue(g.column.by, value, r.Request) }).add(ok, response, service, r.Bytes)
}

// shownValue is the value of a column, unless that is secret.
func shownValue(column, value string, r *fetcher.Request) string {
	if secret.OriginOf(r).Rules.Column(column) {
		return secret.Mask
	}
	return value
}

// all gives the groups. A column called url or host takes the place of what else would be called so.
func (g *groups) all() []*GroupTimes {
	var all []*GroupTimes
	for _, d := range []*dimension{g.urls, g.hosts} {
		if g.column == nil || g.column.by != d.by {
			all = append(all, d.sorted()...)
		}
	}
	if g.column != nil {
		all = append(all, g.column.sorted()...)
	}
	return all
}

func (d *dimension) sorted() []*GroupTimes {
	return slices.SortedFunc(maps.Values(d.groups), byRequests)
}
