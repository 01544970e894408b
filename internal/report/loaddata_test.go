package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/report"
)

func TestLoadJSONComesBack(t *testing.T) {
	for name, s := range loadSamples() {
		if name == "hostile" { // bytes that are not UTF-8 do not come back
			continue
		}
		got := renderLoad(t, "json", s, report.Options{})
		if !strings.HasPrefix(got, `{"v":1,"asked":{"target":`) || strings.Count(got, "\n") != 1 || !strings.HasSuffix(got, "}\n") {
			t.Errorf("%s: it is not one object on one line:\n%s", name, got)
		}
		var back measure.LoadSummary
		if err := json.Unmarshal([]byte(got), &back); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(s, &back, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: it does not come back (-want +got):\n%s", name, diff)
		}
	}
}

func TestLoadJSON(t *testing.T) {
	goldenLoad(t, "json-empty", renderLoad(t, "json", emptyLoad(), report.Options{}))
	goldenLoad(t, "json-half-failed", renderLoad(t, "json", halfFailedLoad(), report.Options{}))
	got := renderLoad(t, "json", hostileLoad(), report.Options{})
	goldenLoad(t, "json-hostile", got)
	if strings.ContainsAny(got, "\x1b\u202e\u0085\t") || !strings.Contains(got, "<script>") {
		t.Errorf("what a terminal obeys is to be escaped, and nothing else:\n%s", got)
	}
	s := loadSample()
	s.Rate, s.Client.Share = measure.Rates{Due: math.Inf(1), Sent: math.NaN(), Answered: 1.0 / 3}, math.NaN()
	s.Asked.Rate = 7.0 / 3600
	if got := renderLoad(t, "json", s, report.Options{}); !strings.Contains(got, `"rate_per_s":0.001944,`) {
		t.Errorf("a small rate loses its digits:\n%s", got)
	}
	if got := renderLoad(t, "json", s, report.Options{}); !strings.Contains(got, `"rate_per_s":{"due":0,"sent":0,"answered":0.3333,"ok":0}`) {
		t.Errorf("rates that are no numbers, or endless ones:\n%s", got)
	}
}

// loadRows reads CSV, and gives its rows by the names of their columns.
func loadRows(t *testing.T, text string) []map[string]string {
	t.Helper()
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll() // it wants the same number of cells in each
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, cells := range lines[1:] {
		row := make(map[string]string)
		for i, cell := range cells {
			row[lines[0][i]] = cell
		}
		rows = append(rows, row)
	}
	return rows
}

func TestLoadCSV(t *testing.T) {
	for _, name := range []string{"grouped", "half-failed", "hostile", "empty"} {
		goldenLoad(t, "csv-"+name, renderLoad(t, "csv", loadSamples()[name], report.Options{}))
	}
	for name, s := range loadSamples() {
		rows := loadRows(t, renderLoad(t, "csv", s, report.Options{}))
		if want := 1 + len(s.Seconds) + len(s.Groups); len(rows) != want {
			t.Errorf("%s: there are %d rows, want %d", name, len(rows), want)
		}
		if total := rows[0]; total["of"] != "total" || total["requests"] != strconv.FormatInt(s.Sent, 10) || total["by"] != "" {
			t.Errorf("%s: the first row is not the total: %v", name, total)
		}
	}
	rows := loadRows(t, renderLoad(t, "csv", groupedLoad(), report.Options{}))
	if r := rows[1]; r["of"] != "second" || r["from_ms"] != "0" || r["to_ms"] != "1000" || r["response_ok_p99_ms"] != "40" || r["service_ok_p99_ms"] != "" {
		t.Errorf("the first second is %v", r)
	}
	last := rows[len(rows)-1]
	if last["of"] != "group" || last["by"] != "kind" || last["name"] != "(none)" || last["requests"] != "5" || last["response_ok_p90_ms"] != "" {
		t.Errorf("the last group is %v", last)
	}
}

func TestLoadCSVCells(t *testing.T) {
	s := loadSample()
	for _, name := range []string{"=1+1", "+1+1", "-1-1", "@SUM(1)", "\t=1", "\r=1", "-5", "+1.5", "a=1", `say "x", y`} {
		s.Groups = append(s.Groups, measure.Group{By: "=kind", Name: name})
	}
	for _, tt := range []struct {
		o     report.Options
		by    string
		names []string
	}{
		{report.Options{}, "=kind", []string{"=1+1", "+1+1", "-1-1", "@SUM(1)", "\t=1", "\r=1", "-5", "+1.5", "a=1", `say "x", y`}},
		{report.Options{SafeCells: true}, "'=kind", []string{"'=1+1", "'+1+1", "'-1-1", "'@SUM(1)", "'\t=1", "'\r=1", "-5", "+1.5", "a=1", `say "x", y`}},
		{report.Options{Terminal: true}, "=kind", []string{"=1+1", "+1+1", "-1-1", "@SUM(1)", `\t=1`, `\r=1`, "-5", "+1.5", "a=1", `say "x", y`}},
	} {
		var names []string
		for _, row := range loadRows(t, renderLoad(t, "csv", s, tt.o)) {
			if row["of"] == "group" {
				names = append(names, row["name"])
				if row["by"] != tt.by {
					t.Errorf("the column is called %s", row["by"])
				}
			}
		}
		if diff := cmp.Diff(tt.names, names); diff != "" {
			t.Errorf("%+v: %s", tt.o, diff)
		}
	}
}

// begun is the beginning of the run that intervals are of.
func begun() measure.Beginning {
	return measure.Beginning{Started: time.Date(2024, 3, 1, 11, 59, 58, 250e6, time.UTC)}
}

// logOf is the log of a run.
func logOf(t testing.TB, all iter.Seq[*measure.Interval]) string {
	t.Helper()
	var out bytes.Buffer
	log := report.NewLog(&out, begun())
	for i := range all {
		if err := log.Interval(i); err != nil {
			t.Fatal(err)
		}
	}
	if err := log.End(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// The reader of the library that others use, too, gives what was in the intervals, at the times at which they were.
func TestLoadLogIsRead(t *testing.T) {
	start := begun().Started.Add(2 * time.Second) // of the measured part
	text := logOf(t, intervals())
	var heading []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "#") {
			heading = append(heading, strings.TrimSpace(line))
		}
	}
	if diff := cmp.Diff([]string{
		"#[fetch load: times in microseconds; Interval_Max in seconds]", "#[Histogram log format version 1.3]",
		"#[StartTime: 1709294398 (seconds since epoch), 2024-03-01T11:59:58Z]", "#[BaseTime: 1709294398 (seconds since epoch)]",
	}, heading); diff != "" {
		t.Error(diff)
	}
	reader := hdrhistogram.NewHistogramLogReader(strings.NewReader(text))
	var got []string
	for {
		h, err := reader.NextIntervalHistogram()
		if err != nil {
			t.Fatal(err)
		}
		if h == nil {
			break
		}
		at := h.StartTimeMs() - start.UnixMilli()
		got = append(got, fmt.Sprintf("%s %d to %d ms: %d up to %d µs", h.Tag(), at, at+h.EndTimeMs()-h.StartTimeMs(), h.TotalCount(), h.Max()/100*100))
	}
	want := []string{
		" 0 to 1000 ms: 100 up to 50000 µs", "service 0 to 1000 ms: 100 up to 40000 µs", "lag 0 to 1000 ms: 2 up to 0 µs",
		" 1000 to 2000 ms: 100 up to 50000 µs", "service 1000 to 2000 ms: 100 up to 40000 µs",
		"failed_response 1000 to 2000 ms: 2 up to 6000 µs", "failed_service 1000 to 2000 ms: 2 up to 5000 µs", "lag 1000 to 2000 ms: 2 up to 0 µs",
		" 2000 to 3000 ms: 0 up to 0 µs",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A log is written as the run goes, whole lines at a time, and nothing before its first interval.
func TestLoadLogIsWrittenAsItGoes(t *testing.T) {
	var out bytes.Buffer
	log := report.NewLog(&out, begun())
	if out.Len() > 0 {
		t.Errorf("it has written %q before it has to", out.String())
	}
	before := 0
	for i := range intervals() {
		if err := log.Interval(i); err != nil {
			t.Fatal(err)
		}
		if written := out.Len() > before; written == i.WarmUp || written && !strings.HasSuffix(out.String(), "\n") {
			t.Errorf("from %v: %d bytes, and %d before", i.From.Duration(), out.Len(), before)
		}
		before = out.Len()
	}
	if err := log.End(); err != nil || out.Len() != before {
		t.Errorf("the end: %v, %d bytes more", err, out.Len()-before)
	}
}

// Of a run without intervals there is a log that says so.
func TestLoadLogOfNothing(t *testing.T) {
	if text := logOf(t, func(func(*measure.Interval) bool) {}); strings.Count(text, "\n") != 5 || !strings.Contains(text, "[BaseTime: ") {
		t.Errorf("%q", text)
	}
}

// The first error stays, and nothing is written after it.
func TestLoadLogKeepsItsError(t *testing.T) {
	log := report.NewLog(failing{}, begun())
	for i := range intervals() {
		if err := log.Interval(i); (err != nil) == i.WarmUp {
			t.Errorf("from %v: %v", i.From.Duration(), err)
		}
	}
	if err := log.End(); !errors.Is(err, errFull) {
		t.Error(err)
	}
}

func TestLoadPercentiles(t *testing.T) {
	times := spread(10_000, msec, 2*second)
	text := renderLoad(t, "hgrm", loadSample(), report.Options{Response: times})
	goldenLoad(t, "hgrm", text)
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if diff := cmp.Diff([]string{"Value", "Percentile", "TotalCount", "1/(1-Percentile)"}, strings.Fields(lines[0])); diff != "" {
		t.Error(diff)
	}
	var last []string
	for _, line := range lines[2:] {
		if !strings.HasPrefix(line, "#") {
			last = strings.Fields(line)
		}
	}
	if value, err := strconv.ParseFloat(last[0], 64); err != nil || math.Abs(value-2000) > 2 || last[2] != "10000" || last[3] != "inf" {
		t.Errorf("the last line is %v, want the maximum of 2000 ms, and that it has all 10000 values", last)
	}
}

// A run without a success has no percentile to write, which is no fault of the report.
func TestLoadPercentilesOfNothing(t *testing.T) {
	goldenLoad(t, "hgrm-empty", renderLoad(t, "hgrm", emptyLoad(), report.Options{Response: timesOf()}))
}

func TestLoadWhatWasNotKeptIsNotWritten(t *testing.T) {
	for _, c := range []struct {
		format string
		o      report.Options
		want   string
	}{
		{"hlog", report.Options{}, "hlog needs the histograms of each second, which a summary does not have: use NewLog"},
		{"hgrm", report.Options{}, "hgrm needs the histogram of the response times, which this run did not keep: use json or csv"},
	} {
		var out bytes.Buffer
		if err := report.WriteLoad(c.format, &out, loadSample(), c.o); err == nil || err.Error() != c.want {
			t.Errorf("%s: the error is %v, want %s", c.format, err, c.want)
		}
		if out.Len() > 0 {
			t.Errorf("%s: it has written %q", c.format, out.String())
		}
	}
}
