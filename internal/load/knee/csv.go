package knee

import (
	"strconv"
	"strings"

	"example.com/fetch/internal/record"
)

// cells are the columns of the CSV, in their order. None holds text from outside, so that nothing needs quotes.
var cells = []struct {
	name string
	of   func(*row) string
}{
	{"users", func(r *row) string { return unlessZero(float64(r.Users)) }},
	{"asked_per_s", func(r *row) string { return unlessZero(r.Rate) }},
	{"answered_per_s", func(r *row) string { return plain(r.Answered) }},
	{"ok_per_s", func(r *row) string { return plain(r.OKRate) }},
	{"times_first", func(r *row) string { return unlessZero(r.TimesFirst) }},
	{"requests", func(r *row) string { return plain(float64(r.Requests)) }},
	{"ok", func(r *row) string { return plain(float64(r.OK)) }},
	{"failed", func(r *row) string { return plain(float64(r.Failed)) }},
	{"not_started", func(r *row) string { return plain(float64(r.Unsent)) }},
	{"mean_ms", func(r *row) string { return milliseconds(r.Mean) }},
	{"p50_ms", func(r *row) string { return milliseconds(r.P50) }},
	{"p90_ms", func(r *row) string { return milliseconds(r.P90) }},
	{"p99_ms", func(r *row) string { return milliseconds(r.P99) }},
	{"max_ms", func(r *row) string { return milliseconds(r.Max) }},
	{"service_p99_ms", func(r *row) string { return milliseconds(r.ServiceP99) }},
	{"lag_p99_ms", func(r *row) string { return milliseconds(r.LagP99) }},
	{"peak_in_flight", func(r *row) string { return plain(float64(r.InFlight)) }},
	{"warnings", func(r *row) string { return strings.Join(r.Warnings, " ") }},
	{"knee", func(r *row) string { return strconv.FormatBool(r.Knee) }},
}

// CSV is a line for each step (RFC 4180, with LF at the end of lines) after a heading. A cell is empty where there is no
// value.
func CSV(steps []Step) string {
	var b strings.Builder
	line := func(of func(column int) string) {
		for i := range cells {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(of(i))
		}
		b.WriteByte('\n')
	}
	line(func(i int) string { return cells[i].name })
	all, _ := rows(steps)
	for n := range all {
		line(func(i int) string { return cells[i].of(&all[n]) })
	}
	return b.String()
}

func plain(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func unlessZero(f float64) string {
	if f == 0 {
		return ""
	}
	return plain(f)
}

func milliseconds(m *record.Micros) string {
	if m == nil {
		return ""
	}
	return plain(m.Milliseconds())
}
