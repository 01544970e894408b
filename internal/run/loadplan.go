package run

import (
	"fmt"
	"strings"

	"example.com/fetch/internal/load"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/secret"
	"example.com/fetch/internal/spec"
	"example.com/fetch/internal/web"
)

// askedOf returns the plan in the form that reports use.
func askedOf(f *spec.Load, target string) measure.Asked {
	slots, _ := f.Run.InFlight()
	a := measure.Asked{
		Target: target, Model: measure.ModelClosed, MaxInFlight: slots, ByFiles: slots < f.Wanted(), Stages: f.Stages, Requests: f.Count,
		For: record.MicrosOf(f.Planned.For), WarmUp: record.MicrosOf(f.Planned.WarmUp), Think: record.MicrosOf(f.Planned.Think.Least), GroupBy: f.GroupBy,
	}
	for _, limit := range f.Limits {
		a.Thresholds = append(a.Thresholds, limit.String())
	}
	if f.Planned.Open {
		a.Model, a.Arrivals, a.Rate = measure.ModelOpen, f.Arrivals, f.Rate.PerSecond
	} else if f.Stages == "" {
		a.Concurrency = f.Planned.MostUsers()
	}
	drawn := f.Planned.Think.Most > f.Planned.Think.Least
	if drawn {
		a.ThinkTo = record.MicrosOf(f.Planned.Think.Most)
	}
	if f.Random || f.Planned.Poisson || drawn {
		a.Seed = f.Seed
	}
	return a
}

// checkGroups makes sure that the group of each threshold exists in the list.
func checkGroups(f *spec.Load, mix *load.Mix) error {
	for _, limit := range f.Limits {
		group := limit.Group()
		if group == "" || limit.OfColumn() {
			continue
		}
		host, notHost := web.ParseHostSpec(group)
		known := false
		for i := 0; i < mix.Len() && !known; i++ {
			req := mix.At(i)
			value, ok := req.Row.Get(f.GroupBy)
			known = ok && value == group || !ok && group == measure.None || measure.NameOf(req) == group ||
				notHost == nil && host.Matches(web.HostOf(req.URL))
		}
		if !known {
			return fmt.Errorf("--threshold %s: there is no such group among the URLs, the hosts and the values of --group-by", record.Printable(limit.String()))
		}
	}
	return nil
}

// checkGroupBy makes sure that at least one request has the column.
func checkGroupBy(column string, mix *load.Mix) error {
	if column == "" {
		return nil
	}
	for i := range mix.Len() {
		if _, ok := mix.At(i).Row.Get(column); ok {
			return nil
		}
	}
	var columns []string
	for _, cell := range mix.At(0).Row {
		columns = append(columns, cell.Column)
	}
	if len(columns) == 0 {
		return fmt.Errorf("--group-by %s: the list has no columns; give a table, or --rows FILE", record.Printable(column))
	}
	return fmt.Errorf("--group-by %s: there is no such column; there are %s", record.Printable(column), record.Printable(strings.Join(columns, ", ")))
}

// targetOf describes the target of the load in words.
func targetOf(mix *load.Mix, sources []string, rules *secret.Rules) string {
	if mix.Len() == 1 {
		return measure.NameOf(mix.At(0))
	}
	name := rules.MaskURL(sources[0])
	switch {
	case len(sources) > 1:
		name = fmt.Sprintf("%d sources", len(sources))
	case name == spec.StdinSource:
		name = "standard input"
	}
	return fmt.Sprintf("%d requests of %s", mix.Len(), name)
}
