package report

import (
	"io"
	"strconv"
	"strings"

	tables "example.com/fetch/internal/list/table"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
)

// sheet is CSV: one table of the totals, the seconds and the groups, which the first column tells apart. What a row has no
// figure for is empty.
type sheet struct {
	rows  tables.Writer
	names []string
	out   []byte
}

// writeCSV writes the rows "total", "second" in their order, and "group".
func writeLoadCSV(w io.Writer, s *measure.LoadSummary, o Options) error {
	t := &sheet{rows: tables.Writer{Format: tables.CSV, Safe: o.SafeCells, Terminal: o.Terminal}}
	t.heading()
	t.row(map[string]string{
		"of": "total", "from_ms": "0", "to_ms": micros(&s.Wall), "requests": whole(s.Sent), "ok": whole(s.OK), "failed": whole(s.Failed),
		"canceled": whole(s.Cut), "not_started": whole(s.Unsent), "bytes": whole(s.Bytes),
	}, s.Response, s.Service)
	for i := range s.Seconds {
		e := &s.Seconds[i]
		t.row(map[string]string{
			"of": "second", "from_ms": micros(&e.From), "to_ms": micros(&e.To), "requests": whole(e.Sent), "ok": whole(e.OK),
			"failed": whole(e.Failed), "in_flight": whole(e.InFlight), "waiting": whole(e.Waiting),
		}, measure.Latencies{OK: measure.Latency{P50: e.P50, P90: e.P90, P99: e.P99, Max: e.Max}}, measure.Latencies{})
	}
	for _, kind := range groups(s) {
		for i := range kind.groups {
			g := &kind.groups[i]
			t.row(map[string]string{
				"of": "group", "by": g.By, "name": g.Name, "requests": whole(g.OK + g.Failed), "ok": whole(g.OK), "failed": whole(g.Failed), "bytes": whole(g.Bytes),
			}, g.Response, g.Service)
		}
	}
	_, err := w.Write(t.out)
	return err
}

// heading writes the names of the columns.
func (t *sheet) heading() {
	t.names = []string{"of", "by", "name", "from_ms", "to_ms", "requests", "ok", "failed", "canceled", "not_started", "in_flight", "waiting", "bytes"}
	names := t.names
	for _, times := range []string{"response_ok_", "service_ok_", "response_failed_", "service_failed_"} {
		for _, f := range measure.Figures {
			names = append(names, times+strings.ReplaceAll(f.Name, ".", "_")+"_ms")
		}
	}
	t.out = t.rows.AppendHeading(t.out, names)
}

// row writes a row: cells by the names of their columns, and after them the times.
func (t *sheet) row(of map[string]string, response, service measure.Latencies) {
	var cells []string
	for _, name := range t.names {
		cells = append(cells, of[name])
	}
	for _, l := range []*measure.Latency{&response.OK, &service.OK, &response.Failed, &service.Failed} {
		for _, f := range measure.Figures {
			cells = append(cells, micros(f.Of(l)))
		}
	}
	t.out = t.rows.AppendRow(t.out, cells)
}

// micros is a time in milliseconds; empty if there is none.
func micros(m *record.Micros) string {
	if m == nil {
		return ""
	}
	text, _ := m.AppendText(nil) // its error is always nil
	return string(text)
}

func whole(n int64) string { return strconv.FormatInt(n, 10) }
