package report

import (
	"strconv"
	"strings"

	tables "example.com/fetch/internal/list/table"
	"example.com/fetch/internal/load/knee"
)

// sweepCells are the columns of the CSV, in their order. None holds text from outside.
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

// sweepCSV is a line for each step (RFC 4180, with LF at the end of lines) after a heading. A cell is empty where there is no
// value.
func sweepCSV(s *knee.Sweep, _ Options) ([]byte, error) {
	rows := tables.Writer{Format: tables.CSV}
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

func plainNumber(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func unlessZero(f float64) string {
	if f == 0 {
		return ""
	}
	return plainNumber(f)
}
