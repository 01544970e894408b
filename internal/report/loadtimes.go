package report

import (
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
