package report

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report/layout"
)

func TestBar(t *testing.T) {
	for _, c := range []struct {
		n, most int64
		columns int
		want    string
	}{
		{0, 10, 10, ""}, {10, 10, 10, "██████████"}, {5, 10, 10, "█████"}, {1, 1_000_000, 10, "▏"}, {11, 80, 10, "█▍"},
		{79, 80, 10, "█████████▉"}, {1, 8, 1, "▏"}, {7, 8, 1, "▉"}, {1, 1, 0, ""}, {1, 1, -3, ""},
	} {
		if got := bar(c.n, c.most, c.columns); got != c.want {
			t.Errorf("%d of %d in %d columns is %q, want %q", c.n, c.most, c.columns, got, c.want)
		}
	}
}

func TestSpark(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   string
	}{
		{nil, ""}, {[]float64{0, 0}, "  "}, {[]float64{-1, 1}, " █"}, {[]float64{1, 2, 3, 4, 5, 6, 7, 8}, "▁▂▃▄▅▆▇█"},
		{[]float64{0.001, 100}, "▁█"}, {[]float64{5, 5, 5}, "███"},
	} {
		if got := spark(c.values); got != c.want {
			t.Errorf("%v is %q, want %q", c.values, got, c.want)
		}
	}
}

// All entries are in one column each, whatever the width, and there are no more columns than there is room for.
func TestEntriesOf(t *testing.T) {
	for n := 1; n < 200; n++ {
		all := make([]measure.Second, n)
		for i := range all {
			all[i] = measure.Second{From: record.Micros(i) * 1e6, To: record.Micros(i+1) * 1e6}
		}
		for _, tail := range []record.Micros{2000, 1e6} {
			all[n-1].To = all[n-1].From + tail
			for _, most := range []int{1, 4, 44, 160} {
				columns := entriesOf(all, most)
				var from []record.Micros
				for _, entries := range columns {
					for _, e := range entries {
						from = append(from, e.From)
					}
				}
				if len(columns) > most || len(from) != n || from[0] != 0 || from[n-1] != all[n-1].From {
					t.Fatalf("%d entries in %d columns: %v", n, most, columns)
				}
				if last := columns[len(columns)-1]; n > 1 && last[len(last)-1].To-last[0].From < 1e6 {
					t.Fatalf("%d entries in %d columns: the last column has %v only", n, most, last)
				}
			}
		}
	}
}

// No peak is lost where a column has several entries, and rates are those of all the time that it stands for.
func TestCurves(t *testing.T) {
	entries := []measure.Second{
		{From: 0, To: 1e6, OK: 100, P50: new(record.Micros(2000)), P99: new(record.Micros(9000)), InFlight: 3},
		{From: 1e6, To: 2e6, OK: 300, Failed: 10, P50: new(record.Micros(1000)), P99: new(record.Micros(90_000)), InFlight: 7},
		{From: 2e6, To: 4e6, OK: 0, Failed: 10},
	}
	got := make(map[string]string)
	for _, c := range curvesOf(entries) {
		got[c.name] = c.show(c.of(entries))
	}
	want := map[string]string{"ok/s": "100", "failed/s": "5", "p50": "2.0ms", "p99": "90ms", "in flight": "7"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestGiven(t *testing.T) {
	for m, want := range map[record.Micros]string{
		0: "0s", 250: "0.25ms", 1060: "1.06ms", 999_999: "999.999ms", 1e6: "1s", 1_060_000: "1.06s", 10e6: "10s", 60e6: "1m", 90e6: "1m30s",
		600e6: "10m", 3600e6: "1h", 4200e6: "1h10m", 36000e6: "10h", 86400e6: "24h",
	} {
		if got := given(m); got != want {
			t.Errorf("%d µs is %s, want %s", m, got, want)
		}
	}
}

func TestTwoDigits(t *testing.T) {
	for v, want := range map[float64]string{1: "1.0", 1.57: "1.5", 9.99: "9.9", 10: "10", 99.9: "99", 399.5: "390", 41_234: "41000", 1e6: "1000000"} {
		if got := twoDigits(v); got != want {
			t.Errorf("%s is %s, want %s", strconv.FormatFloat(v, 'g', -1, 64), got, want)
		}
	}
}

// A run of empty rows is one, wherever it is; a single one is a row.
func TestBarsFold(t *testing.T) {
	var all []measure.Bar
	for i, n := range []int64{4, 0, 8, 0, 0, 0, 2, 0, 0} {
		all = append(all, measure.Bar{From: record.Micros(i) * 1e6, To: record.Micros(i+1) * 1e6, Count: n})
	}
	p := &layout.Page{Width: 46, Cut: true}
	bars(p, &measure.LoadSummary{Drawn: &measure.Histogram{Bars: all}})
	const want = `
above  up to  n   share  response ok
   0s     1s  4  28.6 %  ██████████▌
   1s     2s  0   0.0 %
   2s     3s  8  57.1 %  █████████████████████
    …
   6s     7s  2  14.3 %  █████▎
    …
`
	if diff := cmp.Diff(want, "\n"+strings.TrimLeft(string(p.Out), "\n")); diff != "" {
		t.Error(diff)
	}
}

func TestCommonOrigin(t *testing.T) {
	for want, names := range map[string][]string{
		"http://a.test":    {"http://a.test/1", "POST http://a.test/2?u=http://b.test/", "http://a.test/", measure.Others},
		"https://[::1]:80": {"https://[::1]:80/x"},
		"":                 {"http://a.test/1", "http://b.test/1"},
	} {
		var groups []measure.Group
		for _, name := range names {
			groups = append(groups, measure.Group{By: measure.ByURL, Name: name})
		}
		if got := commonOrigin(groups); got != want {
			t.Errorf("%q: %q, want %q", names, got, want)
		}
	}
	for _, names := range [][]string{{"http://a.test/1", "https://a.test/1"}, {"http://a.test", "http://a.test/1"}, {"{unfilled}", "http://a.test/1"}} {
		groups := []measure.Group{{Name: names[0]}, {Name: names[1]}}
		if got := commonOrigin(groups); got != "" {
			t.Errorf("%q: %q", names, got)
		}
	}
}
