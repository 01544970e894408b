package threshold

import (
	"strings"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/nearest"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
	"example.com/fetch/internal/web"
)

// shownGroups is how many of the groups that have crossed a threshold are named.
const shownGroups = 3

// Check holds the threshold against what a run has come to. Where that cannot be told the threshold is crossed, and
// Measured says why: a run of which nothing is known has not passed.
func (t Threshold) Check(s *measure.LoadSummary) measure.Check {
	c := measure.Check{Threshold: t.text}
	c.OK, c.Measured = t.judge(s)
	return c
}

func (t *Threshold) judge(s *measure.LoadSummary) (bool, string) {
	if s.Sent == 0 {
		return false, "nothing was sent"
	}
	if t.group == "" {
		m := t.measure(whole(s))
		return t.met(m), m.words
	}
	groups, missing := t.groups(s)
	switch len(groups) {
	case 0:
		return false, missing
	case 1:
		m := t.measure(part(s, groups[0]))
		return t.met(m), m.words
	}
	return t.each(s, groups)
}

func (t *Threshold) met(m measured) bool { return m.told && t.holds(m.value) }

// each judges several groups: all have to hold.
func (t *Threshold) each(s *measure.LoadSummary, groups []*measure.Group) (bool, string) {
	of := units.Count(int64(len(groups))) + " groups"
	var crossed []string
	var worst measured
	var worstName string
	for i, g := range groups {
		m := t.measure(part(s, g))
		name := record.Printable(g.Name)
		if !t.met(m) {
			crossed = append(crossed, name+": "+m.words)
		}
		if i == 0 || t.upper() && m.value > worst.value || !t.upper() && m.value < worst.value {
			worst, worstName = m, name
		}
	}
	n := len(crossed)
	switch {
	case n == 0:
		return true, "in " + of + ", at worst " + worstName + ": " + worst.words
	case n > shownGroups:
		crossed = append(crossed[:shownGroups], "and "+units.Count(int64(n-shownGroups))+" more")
	}
	return false, units.Count(int64(n)) + " of " + of + ": " + strings.Join(crossed, "; ")
}

// groups are those that are meant, and where there is none, why.
func (t *Threshold) groups(s *measure.LoadSummary) (found []*measure.Group, missing string) {
	column := s.Asked.GroupBy
	if t.OfColumn() && column == "" {
		return nil, "there is no column to group by; name one with --group-by"
	}
	var names []string
	for i := range s.Groups {
		g := &s.Groups[i]
		names = append(names, g.Name)
		if t.OfColumn() && g.By == column || t.names(g) {
			found = append(found, g)
		}
	}
	if t.OfColumn() {
		return found, "no request was in a group of the column " + record.Printable(column)
	}
	missing = "there is no group " + record.Printable(t.group)
	if near := nearest.To(t.group, names); near != "" {
		return found, missing + "; did you mean " + record.Printable(near) + "?"
	}
	if len(names) == 0 {
		return nil, missing + ": all requests have one URL and one host, and no --group-by was given"
	}
	return found, missing + " among the " + units.Count(int64(len(names))) + " there are, which the JSON form lists"
}

// names reports whether a group has the name that was given. That of a host may be without its port, and then means any.
func (t *Threshold) names(g *measure.Group) bool {
	if g.Name == t.group {
		return true
	}
	if g.By != measure.ByHost {
		return false
	}
	host, err := web.ParseHostSpec(t.group)
	return err == nil && host.Matches(g.Name)
}
