package threshold

import (
	"strconv"
	"strings"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/nearest"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
	"example.com/fetch/internal/web"
)

// shownGroups is how many of the groups that have crossed a threshold are named.
const shownGroups = 3

// Check evaluates the threshold on a summary. If there is no value the threshold is crossed, and Measured says
// why: a run without data has not passed.
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
		m := t.measure(s)
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

func (t *Threshold) met(m measured) bool { return m.known && t.holds(m.value) }

// each evaluates several groups: all must pass.
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

// groups returns the groups that are meant, and if there are none, the reason.
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

// names reports whether a group has the given name. That of a host without a port matches any port.
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

// part returns the figures of a group as if it were the whole.
func part(s *measure.LoadSummary, g *measure.Group) *measure.LoadSummary {
	p := &measure.LoadSummary{OK: g.OK, Failed: g.Failed, Sent: g.OK + g.Failed, Response: g.Response, Service: g.Service}
	p.Rate.Answered, p.Rate.OK = measure.PerSecond(p.Sent, s.Wall), measure.PerSecond(p.OK, s.Wall)
	return p
}

// measured is the value of a metric.
type measured struct {
	value float64 // in the unit of Threshold.limit
	known bool    // false: there is no value, and words say why
	words string
}

func (t *Threshold) measure(s *measure.LoadSummary) measured {
	m := t.metric
	switch {
	case s.OK+s.Failed == 0 && !m.unanswered:
		return measured{words: noAnswer}
	case m.kind == number:
		n, _ := m.count(s)
		return measured{float64(n), true, units.Count(n)}
	case m.count != nil:
		return t.quantity(m.count(s))
	case m.rate != nil:
		f := m.rate(s)
		return measured{f, true, t.unlike(f, units.PerSecond, strconv.FormatFloat(f, 'f', 3, 64)+"/s")}
	}
	return t.time(m.of(s))
}

// quantity returns n, or its share of all. A quotient of integers is as exact as the limit, so that 999 of 1,000
// are 99.9 %.
func (t *Threshold) quantity(n, all int64) measured {
	words := units.Count(n) + " of " + units.Count(all)
	if !t.share {
		return measured{float64(n), true, words}
	}
	if all == 0 {
		return measured{words: "no request was due"}
	}
	f := 100 * float64(n) / float64(all)
	percent := t.unlike(f, func(f float64) string { return units.Percent(f / 100) }, strconv.FormatFloat(f, 'f', 3, 64)+" %")
	return measured{f, true, percent + " (" + words + ")"}
}

// time returns a figure of a distribution, or that there are no or too few values. For failures that is fine: no
// failure took too long if there were none, and with few each percentile is at most their maximum.
func (t *Threshold) time(l *measure.Latency) measured {
	f, failures := t.metric.figure, t.metric.none == noFailure
	switch v := f.Of(l); {
	case v != nil:
		return measured{float64(*v), true, t.timeWords(*v)}
	case l.N == 0:
		return measured{known: failures, words: t.metric.none}
	case failures && l.Max != nil && t.upper():
		return measured{float64(*l.Max), true, t.timeWords(*l.Max) + " (the maximum of " + units.Counted(l.N, "failure", "failures") + ")"}
	}
	return measured{words: "too few to tell: " + units.Count(l.N) + ", and " + f.Name + " takes " + units.Count(f.Enough())}
}

func (t *Threshold) timeWords(m record.Micros) string {
	return t.unlike(float64(m), func(f float64) string { return units.Seconds(record.Micros(f)) }, m.Duration().String())
}

// unlike formats a value, or its exact digits if they are needed to see on which side of the limit it is.
func (t *Threshold) unlike(f float64, words func(float64) string, exactly string) string {
	if f != t.limit && words(f) == words(t.limit) {
		return exactly
	}
	return words(f)
}
