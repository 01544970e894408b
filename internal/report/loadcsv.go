package report

import (
	"strconv"
	"strings"

	tables "example.com/fetch/internal/list/table"
	"example.com/fetch/internal/load/knee"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
)

// loadCSV writes one table of the totals, the seconds and the groups, told apart by the first column: "total",
// then "second" in order of time, then "group". Cells without a value are empty.
func loadCSV(s *measure.LoadSummary, o Options) ([]byte, error) {
	rows := separated(tables.CSV, o)
	first := []string{"of", "by", "name", "from_ms", "to_ms", "requests", "ok", "failed", "canceled", "not_started", "in_flight", "waiting", "bytes"}
	names := first
	for _, times := range []string{"response_ok_", "service_ok_", "response_failed_", "service_failed_", "response_all_", "service_all_"} {
		for _, f := range measure.Figures {
			names = append(names, times+strings.ReplaceAll(f.Name, ".", "_")+"_ms")
		}
	}
	names = append(names, "retried")
	out := rows.AppendHeading(nil, names)
	// add adds a row: cells by column name, followed by the times.
	add := func(of map[string]string, response, service measure.Latencies) {
		var cells []string
		for _, name := range first {
			cells = append(cells, of[name])
		}
		for _, l := range []*measure.Latency{&response.OK, &service.OK, &response.Failed, &service.Failed, &response.All, &service.All} {
			for _, f := range measure.Figures {
				cells = append(cells, micros(f.Of(l)))
			}
		}
		out = rows.AppendRow(out, append(cells, of["retried"]))
	}
	add(map[string]string{
		"of": "total", "from_ms": "0", "to_ms": micros(&s.Wall), "requests": whole(s.Sent), "ok": whole(s.OK), "failed": whole(s.Failed),
		"canceled": whole(s.Cut), "not_started": whole(s.Unsent), "bytes": whole(s.Bytes),
		"retried": whole(s.Retried.Total()),
	}, s.Response, s.Service)
	for i := range s.Seconds {
		e := &s.Seconds[i]
		add(map[string]string{
			"of": "second", "from_ms": micros(&e.From), "to_ms": micros(&e.To), "requests": whole(e.Sent), "ok": whole(e.OK),
			"failed": whole(e.Failed), "in_flight": whole(e.InFlight), "waiting": whole(e.Waiting),
		}, measure.Latencies{OK: measure.Latency{P50: e.P50, P90: e.P90, P99: e.P99, Max: e.Max}}, measure.Latencies{})
	}
	for _, kind := range groups(s) {
		for i := range kind {
			g := &kind[i]
			add(map[string]string{
				"of": "group", "by": g.By, "name": g.Name, "requests": whole(g.OK + g.Failed), "ok": whole(g.OK), "failed": whole(g.Failed), "bytes": whole(g.Bytes),
			}, g.Response, g.Service)
		}
	}
	return out, nil
}

// sweepCells are the columns of the CSV, in order. None holds text from outside.
var sweepCells = []struct {
	name string
	of   func(*knee.Row) string
}{
	{"users", func(r *knee.Row) string { return unlessZero(float64(r.Users)) }},
	{"asked_per_s", func(r *knee.Row) string { return unlessZero(r.Rate) }},
	{"answered_per_s", func(r *knee.Row) string { return plainNumber(r.Answered) }},
	{"ok_per_s", func(r *knee.Row) string { return plainNumber(r.OKRate) }},
	{"times_first", func(r *knee.Row) string { return unlessZero(r.TimesFirst) }},
	{"requests", func(r *knee.Row) string { return whole(r.Requests) }},
	{"ok", func(r *knee.Row) string { return whole(r.OK) }},
	{"failed", func(r *knee.Row) string { return whole(r.Failed) }},
	{"not_started", func(r *knee.Row) string { return whole(r.Unsent) }},
	{"mean_ms", func(r *knee.Row) string { return micros(r.Mean) }},
	{"p50_ms", func(r *knee.Row) string { return micros(r.P50) }},
	{"p90_ms", func(r *knee.Row) string { return micros(r.P90) }},
	{"p99_ms", func(r *knee.Row) string { return micros(r.P99) }},
	{"max_ms", func(r *knee.Row) string { return micros(r.Max) }},
	{"service_p99_ms", func(r *knee.Row) string { return micros(r.ServiceP99) }},
	{"lag_p99_ms", func(r *knee.Row) string { return micros(r.LagP99) }},
	{"peak_in_flight", func(r *knee.Row) string { return whole(r.InFlight) }},
	{"warnings", func(r *knee.Row) string { return strings.Join(r.Warnings, " ") }},
	{"knee", func(r *knee.Row) string { return strconv.FormatBool(r.Knee) }},
}

// sweepCSV writes a heading and a line for each step (RFC 4180, with LF as the line end). Cells without a value
// are empty.
func sweepCSV(s *knee.Sweep, _ Options) ([]byte, error) {
	rows := separated(tables.CSV, Options{})
	cells := make([]string, len(sweepCells))
	for i, c := range sweepCells {
		cells[i] = c.name
	}
	out := rows.AppendHeading(nil, cells)
	for n := range s.Steps {
		for i, c := range sweepCells {
			cells[i] = c.of(&s.Steps[n])
		}
		out = rows.AppendRow(out, cells)
	}
	return out, nil
}

// micros formats a time in milliseconds; empty if there is none.
func micros(m *record.Micros) string {
	if m == nil {
		return ""
	}
	text, _ := m.AppendText(nil) // the error is always nil
	return string(text)
}

func whole(n int64) string { return strconv.FormatInt(n, 10) }

func plainNumber(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func unlessZero(f float64) string {
	if f == 0 {
		return ""
	}
	return plainNumber(f)
}
