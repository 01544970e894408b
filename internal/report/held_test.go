package report_test

import (
	"bytes"
	"strings"
	"testing"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/measure/lesson"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report"
)

// summarized is the table of a run over one host, in one line for each field.
func summarized(t *testing.T, s *measure.Summary) string {
	t.Helper()
	var out bytes.Buffer
	r, err := report.New("table", &out, &report.Run{}, report.Options{NoResults: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.End(s); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestHeldUpInWords: a bound that is no floor is named with what it was or how long it took.
func TestHeldUpInWords(t *testing.T) {
	for bound, want := range map[string]string{
		measure.BoundPause:        "bound: the pauses of busy.test (60.0s; floor 817ms)",
		measure.BoundOutage:       "bound: the outage of busy.test (60.0s; floor 817ms)",
		measure.BoundStated:       "bound: the limit that busy.test states (5000 in 24h; floor 817ms)",
		measure.BoundLearnedSlots: "bound: the learned limit of busy.test (1 at once; floor 817ms)",
	} {
		s := &measure.Summary{Requests: 100, OK: 100, Hops: 100, Attempts: 100, Wall: ms(61_000), Floor: ms(817), Bound: bound, BoundHost: "busy.test:80", BoundHeld: ms(60_000)}
		s.PerHost = []measure.Host{{Host: "busy.test:80", N: 100, Pace: &measure.Pace{Learned: &lesson.Learned{
			Quota: &lesson.Quota{Requests: 5000, Seconds: 86400, Kept: true}, Slots: &lesson.Bearing{Bears: 1, Lowest: 1}}}}}
		if got := summarized(t, s); !strings.Contains(got, want+"\n") {
			t.Errorf("%s lacks %q", got, want)
		}
	}
}

// TestSpeedInWords: beside an efficiency stands how much failed, if that is much; and pages, if they make the longest request.
func TestSpeedInWords(t *testing.T) {
	for failed, want := range map[int64]string{
		0: " · efficiency 99.9 % · bound: the longest request with its pages (999ms)\n",
		1: " · efficiency 99.9 % · bound: ",
		2: " · efficiency 99.9 %, with 2 of 5 failed · bound: ",
		5: " · efficiency 99.9 %, with 5 of 5 failed · bound: ",
	} {
		s := &measure.Summary{Requests: 5, OK: 5 - failed, Failed: failed, Hops: 5, Attempts: 5, Wall: ms(1000), Floor: ms(999), Efficiency: 0.999,
			Bound: measure.BoundLongest, BoundPages: true}
		if got := summarized(t, s); !strings.Contains(got, want) {
			t.Errorf("%s lacks %q", got, want)
		}
	}
}

// TestPaceIsOfWhatWas: no allowance is told that nothing can have used, no slots that bounded the host for a moment, and waits are
// those of a request.
func TestPaceIsOfWhatWas(t *testing.T) {
	host := measure.Host{Host: "busy.test:80", N: 100, Rate: 15, Last: ms(60_000)}
	for _, test := range []struct {
		event record.HostEvent
		want  string
	}{
		{record.HostEvent{Change: "slots", From: 16, To: 1}, "as asked → 1 slot"},
		{record.HostEvent{Change: "slots", From: 9, To: 3}, "9 → 3 slots"},
		{record.HostEvent{Change: "pace", From: 2605, To: 1763}, "as asked → 1,763/s"},
		{record.HostEvent{Change: "pace", From: 20, To: 15}, "20.0/s → 15.0/s"},
	} {
		h := host
		h.Pace = &measure.Pace{Learned: &lesson.Learned{Changes: 1, Slots: &lesson.Bearing{Bears: 7, Lowest: 7, Held: ms(10)},
			Pace: &lesson.Bearing{Bears: 15, Lowest: 14, Last: 14}, Events: []record.HostEvent{test.event}}}
		h.Asked.Slots = 10
		h.Waited.Limiter, h.Waited.Backoff, h.Waited.Requeued = ms(9_360_000), ms(1000), ms(500)
		got := summarized(t, &measure.Summary{Requests: 100, OK: 100, Hops: 100, Attempts: 100, PerHost: []measure.Host{h}})
		for _, want := range []string{"at 0ms: " + test.want + "\n", "waited limiter 93.6s per request, back-off 10ms per request (50 % of it requeued)"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s lacks %q", got, want)
			}
		}
		if strings.Contains(got, "learned 7 at once") {
			t.Errorf("%s tells of slots that held for 10 ms", got)
		}
	}
}
