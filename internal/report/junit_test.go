package report_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report"
	"example.com/fetch/internal/threshold"
)

func TestJUnit(t *testing.T) {
	s := judged()
	s.Unsent = 0
	s.Checks = []measure.Check{
		{Threshold: "ok>99%", OK: true, Measured: "99.5 % (9,950 of 10,000)"},
		{Threshold: "p99<200ms", Measured: "250ms"},
	}
	s.Warnings = []measure.Warning{{Code: "schedule_lag", Text: "late"}}
	var b bytes.Buffer
	if err := report.WriteLoad("junit", &b, s, report.Options{Limits: limitsOf(t, s)}); err != nil {
		t.Fatal(err)
	}
	want := `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="fetch load http://shop.test/" tests="4" failures="1" errors="0" time="10.000">
  <testsuite name="fetch load http://shop.test/" tests="4" failures="1" errors="0" time="10.000" skipped="0" timestamp="2025-01-02T02:04:05">
    <testcase name="requests" classname="fetch.load" time="10.000"></testcase>
    <testcase name="not_started" classname="fetch.load" time="0"></testcase>
    <testcase name="ok&gt;99%" classname="fetch.load" time="0"></testcase>
    <testcase name="p99&lt;200ms" classname="fetch.load" time="0">
      <failure message="p99&lt;200ms: 250ms" type="threshold">p99&lt;200ms: 250ms</failure>
    </testcase>
    <system-out>warning: late</system-out>
  </testsuite>
</testsuites>
`
	if b.String() != want {
		t.Errorf("%s\nwant\n%s", b.String(), want)
	}
}

// TestJUnitWithoutSuccess: a run that has done nothing has not passed, whatever its thresholds say.
func TestJUnitWithoutSuccess(t *testing.T) {
	for want, s := range map[string]*measure.LoadSummary{
		"nothing was sent":                         {},
		"no request completed: 3 canceled":         {Sent: 3, Cut: 3},
		"no request succeeded: 5 failed, a 3, b 2": {Sent: 5, Failed: 5, Classes: measure.Counts{"b": 2, "a": 3}},
	} {
		var b bytes.Buffer
		if err := report.WriteLoad("junit", &b, s, report.Options{}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), `tests="2" failures="1"`) || !strings.Contains(b.String(), `<failure message="`+want+`" type="requests">`) {
			t.Errorf("%s\nwant %s", b.String(), want)
		}
	}
}

// TestJUnitHostile: whatever is in a name, the report is XML.
func TestJUnitHostile(t *testing.T) {
	hostile := "a\x00\x1b[31m\u202e\ufffe\xff<b>&\"']]>\r\n"
	s := &measure.LoadSummary{
		Asked: measure.Asked{Target: hostile}, Sent: 1, Failed: 1, Classes: measure.Counts{hostile: 1},
		Checks:   []measure.Check{{Threshold: hostile + "<1s", Measured: hostile}},
		Warnings: []measure.Warning{{Text: hostile}},
	}
	var b bytes.Buffer
	if err := report.WriteLoad("junit", &b, s, report.Options{}); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"\x00", "\x1b", "\u202e", "\ufffe", "\xff", "<b>"} {
		if strings.Contains(b.String(), bad) {
			t.Errorf("%q in %s", bad, b.String())
		}
	}
	cases := 0
	for d := xml.NewDecoder(&b); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "testcase" {
			cases++
		}
	}
	if cases != 3 {
		t.Error(cases)
	}
}

func TestJUnitCannotBeWritten(t *testing.T) {
	r, w := io.Pipe()
	r.CloseWithError(io.ErrUnexpectedEOF)
	if err := report.WriteLoad("junit", w, judged(), report.Options{}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}

// limitsOf are the thresholds that a summary was held against.
// judged is a test that thresholds were held against.
func judged() *measure.LoadSummary {
	return &measure.LoadSummary{
		Asked:   measure.Asked{Target: "http://shop.test/"},
		Started: time.Date(2025, 1, 2, 3, 4, 5, 6e8, time.FixedZone("", 3600)), Wall: record.MicrosOf(10 * time.Second),
		Due: 10_010, Sent: 10_003, OK: 9_950, Failed: 50, Cut: 3, Unsent: 7,
		Classes: measure.Counts{"http_5xx": 48, "timeout_ttfb": 2},
	}
}

func limitsOf(t *testing.T, s *measure.LoadSummary) []threshold.Threshold {
	t.Helper()
	var limits []threshold.Threshold
	for _, c := range s.Checks {
		limit, err := threshold.Parse(c.Threshold, nil)
		if err != nil {
			t.Fatal(err)
		}
		limits = append(limits, limit)
	}
	return limits
}

// Without a threshold that judges them, failures fail a run, as the exit code says.
func TestJUnitOfFailures(t *testing.T) {
	var b bytes.Buffer
	if err := report.WriteLoad("junit", &b, &measure.LoadSummary{OK: 3, Failed: 2, Sent: 5, Classes: measure.Counts{"http_5xx": 2}}, report.Options{}); err != nil {
		t.Fatal(err)
	}
	if text := b.String(); !strings.Contains(text, `failures="1"`) || !strings.Contains(text, "of 5 requests 2 failed, http_5xx 2") {
		t.Error(text)
	}
}

// What was due and never sent fails a case of its own, unless a threshold is about it, as the exit code says.
func TestJUnitOfUnfinished(t *testing.T) {
	s := &measure.LoadSummary{Asked: measure.Asked{Model: measure.ModelOpen}, OK: 3, Sent: 3, Due: 5, Unsent: 2}
	limit, err := threshold.Parse("not_started<=2 requests", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		limits []threshold.Threshold
		unsent int64
		want   bool
	}{{nil, 2, true}, {nil, 0, false}, {[]threshold.Threshold{limit}, 2, false}} {
		s.Unsent = c.unsent
		var b bytes.Buffer
		if err := report.WriteLoad("junit", &b, s, report.Options{Limits: c.limits}); err != nil {
			t.Fatal(err)
		}
		const failure = `<failure message="of 5 requests that were due 2 were never sent" type="not_started">`
		if got := strings.Contains(b.String(), failure); got != c.want || threshold.Unfinished(s, c.limits) != c.want {
			t.Errorf("%d not started, %v: %s", c.unsent, c.limits, b.String())
		}
	}
}
