package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"iter"
	"strings"
	"testing"

	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report"

	"github.com/google/go-cmp/cmp"
)

var taught = []record.HostEvent{
	{At: ms(2300.5), Host: "pubchem.test:80", Change: "pace", To: 4.7, Why: "7 × 503, Yellow"},
	{At: ms(4300), Host: "pubchem.test:80", Change: "pace", From: 9.1, To: 2.4, Why: "503"},
	{At: ms(5000), Host: "a.test:8080", Change: "pause", To: 12, Why: "429, Retry-After"},
	{At: ms(65_000), Host: "a.test:8080", Change: "slots", From: 10, To: 3},
	{At: ms(70_000), Host: "h\u202e.test:80", Change: "circuit_open", Why: "\x1b[31m=1+1,\"\n|<b>"},
	{At: ms(71_000), Host: "pubchem.test:80", Change: "quota", From: 60, To: 100},
}

func sequence(events []record.HostEvent, last error) iter.Seq2[record.HostEvent, error] {
	return func(yield func(record.HostEvent, error) bool) {
		for _, e := range events {
			if !yield(e, nil) {
				return
			}
		}
		if last != nil {
			yield(record.HostEvent{}, last)
		}
	}
}

func TestEvents(t *testing.T) {
	for _, format := range report.EventFormats() {
		var out bytes.Buffer
		if err := report.Events(&out, format, sequence(taught, nil), report.Options{}); err != nil {
			t.Fatal(err)
		}
		if format == "table" || format == "markdown" {
			golden(t, "events-"+format, out.String())
			if strings.ContainsAny(out.String(), "\x1b\u202e") {
				t.Errorf("%s: %q", format, out.String())
			}
			continue
		}
		var back []record.HostEvent
		switch format {
		case "ndjson":
			for line := range strings.Lines(out.String()) {
				var e record.HostEvent
				if err := json.Unmarshal([]byte(line), &e); err != nil {
					t.Fatal(err)
				}
				back = append(back, e)
			}
			if diff := cmp.Diff(taught, back); diff != "" {
				t.Error(diff)
			}
		case "csv":
			rows, err := csv.NewReader(&out).ReadAll()
			if err != nil || len(rows) != 1+len(taught) {
				t.Fatal(len(rows), err)
			}
			if diff := cmp.Diff([]string{"70000", "h\u202e.test:80", "circuit_open", "", "", taught[4].Why}, rows[5]); diff != "" {
				t.Error(diff)
			}
		}
		if err := report.Events(&out, format, sequence(nil, errors.New("torn")), report.Options{}); err == nil || err.Error() != "torn" {
			t.Errorf("%s: %v", format, err)
		}
	}
	if err := report.Events(&bytes.Buffer{}, "junit", sequence(nil, nil), report.Options{}); err == nil {
		t.Error("junit has events")
	}
}

// On a terminal no line is wider than it is.
func TestEventsFit(t *testing.T) {
	for _, width := range []int{20, 40, 80} {
		var out bytes.Buffer
		if err := report.Events(&out, "table", sequence(taught, nil), report.Options{Width: width}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > width {
				t.Errorf("%d columns for %d: %s", n, width, line)
			}
		}
	}
}
