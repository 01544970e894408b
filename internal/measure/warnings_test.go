package measure

import (
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

// codes are the codes of the warnings, and their texts as one.
func codes(s *LoadSummary) (all []string, texts string) {
	for _, w := range s.Warnings {
		all = append(all, w.Code)
		texts += w.Text + "\n"
	}
	return all, texts
}

func TestWarnings(t *testing.T) {
	results := func(n int, change func(i int, r *fetcher.Result)) []*fetcher.Result {
		var all []*fetcher.Result
		for i := range n {
			r := answered(time.Duration(i)*10*time.Second/time.Duration(n), 50*time.Millisecond, 49*time.Millisecond)
			if change != nil {
				change(i, r)
			}
			all = append(all, r)
		}
		return all
	}
	clean := results(1000, nil)
	late := func(lag time.Duration, one int) []*fetcher.Result {
		return results(1000, func(i int, r *fetcher.Result) {
			if i%one == 0 {
				r.Lag = lag
			}
		})
	}
	slow := func(response, service time.Duration) []*fetcher.Result {
		return results(1000, func(i int, r *fetcher.Result) {
			if i%20 == 0 {
				*r = *answered(r.Due, response, service)
			}
		})
	}
	// busy is the CPU of a client that is busy with both cores for so long, and then not at all.
	busy := func(d time.Duration) func(time.Duration) Gauges {
		return func(now time.Duration) Gauges { return Gauges{CPU: 2 * min(now, d)} }
	}
	waiting := func(inFlight, n int64) func(time.Duration) Gauges {
		return func(now time.Duration) Gauges {
			if now > 4*time.Second {
				return Gauges{}
			}
			return Gauges{InFlight: inFlight, Waiting: n}
		}
	}
	// served has 100/s that are due for 10 s, and so many times as long until they are answered.
	served := func(times float64) []*fetcher.Result {
		return results(1000, func(_ int, r *fetcher.Result) {
			took := time.Duration(float64(r.Due)*(times-1)) + 50*time.Millisecond
			*r = *answered(r.Due, took, took)
		})
	}
	due := func(now time.Duration) Gauges { return Gauges{Sent: min(int64(now/(10*time.Millisecond)), 1000)} }
	open := Asked{Model: ModelOpen, MaxInFlight: 100}
	for _, test := range []struct {
		name    string
		asked   Asked
		results []*fetcher.Result
		end     time.Duration
		gauge   func(time.Duration) Gauges
		final   Final
		want    string // the code; empty: none
		text    string // in it
	}{
		{name: "clean", asked: open, results: clean},
		{name: "a few clean seconds", asked: open, results: clean, end: 2500 * time.Millisecond},
		{name: "nothing was answered", asked: open, results: results(1000, func(_ int, r *fetcher.Result) { r.Err = &fetcher.Error{Kind: fetcher.KindConnect} })},

		{name: "busy for 3 seconds", asked: open, results: clean, gauge: busy(3 * time.Second), want: "client_cpu", text: "85 % of its 2 cores in 3 of 10 seconds"},
		{name: "busy for one second in 10", asked: open, results: clean, gauge: busy(time.Second), want: "client_cpu", text: "in 1 of 10 seconds"},
		{name: "busy for less than a second", asked: open, results: clean, gauge: busy(800 * time.Millisecond)},
		{name: "at 80 % all the time", asked: open, results: clean, gauge: func(now time.Duration) Gauges { return Gauges{CPU: now * 8 / 5} }},
		{name: "busy in a short test", asked: open, results: clean, end: 400 * time.Millisecond, gauge: busy(time.Hour), want: "client_cpu", text: "all the time"},
		{name: "busy in the first moments", asked: open, results: clean, end: 1020 * time.Millisecond, gauge: busy(300 * time.Millisecond)},

		{name: "late", asked: open, results: late(12*time.Millisecond, 50), want: "schedule_lag", text: "12ms"},
		{name: "late now and then", asked: open, results: late(12*time.Millisecond, 200)},
		{name: "a little late", asked: open, results: late(4*time.Millisecond, 1)},
		{name: "late in the closed model", asked: Asked{Model: ModelClosed}, results: late(12*time.Millisecond, 1)},

		{name: "no descriptors", asked: open, results: results(1000, func(i int, r *fetcher.Result) {
			if i == 7 {
				r.Notes = []string{fetcher.NoteOutOfFiles}
			}
		}), final: Final{MaxOpenFiles: 1024}, want: "file_descriptors", text: "1 request found no free file descriptor (this process may open 1,024)"},
		{name: "another note", asked: open, results: results(1000, func(i int, r *fetcher.Result) { r.Notes = []string{fetcher.NoteRetryAfter} })},

		{name: "full", asked: open, results: clean, gauge: waiting(100, 70), want: "in_flight", text: "4.0s"},
		{name: "full, and nobody waits", asked: open, results: clean, gauge: waiting(100, 0)},
		{name: "some wait, and it is not full", asked: open, results: clean, gauge: waiting(99, 3)},
		{name: "no bound", asked: Asked{Model: ModelClosed}, results: clean, gauge: waiting(100, 70)},

		{name: "a stalled server", asked: open, results: slow(2*time.Second, 50*time.Millisecond), want: "response", text: "2.0s"},
		{name: "a slow server", asked: open, results: slow(2*time.Second, 1900*time.Millisecond)},
		{name: "a fast server", asked: open, results: results(1000, func(_ int, r *fetcher.Result) {
			*r = *answered(r.Due, 9*time.Millisecond, time.Millisecond)
		})},
		{name: "not much slower", asked: open, results: slow(60*time.Millisecond, 51*time.Millisecond)},

		{name: "not started", asked: open, results: clean, final: Final{NotStarted: 1}, want: "not_started", text: "1 request was due"},

		{name: "users who never began", asked: Asked{Model: ModelClosed}, results: clean, final: Final{Idle: 1234}, want: "users", text: "the first request of 1,234 was never sent"},
		{name: "more users than files", asked: Asked{Model: ModelClosed, ByFiles: true, MaxInFlight: 54}, results: clean, final: Final{MaxOpenFiles: 200},
			want: "users", text: "at most 54 users can have a request in flight at once, because this process may not open more files than 200"},
		{name: "fewer requests than files", asked: Asked{Model: ModelClosed, ByFiles: true, MaxInFlight: 54, Requests: 54}, results: clean},

		{name: "a third is answered", asked: open, results: served(3), end: 30 * time.Second, gauge: due, want: "behind", text: "33.3/s of"},
		{name: "nine tenths are answered", asked: open, results: served(1.15), end: 12 * time.Second, gauge: due, want: "behind", text: "Responses fell behind: "},
		{name: "nearly all is answered", asked: open, results: served(1.05), end: 11 * time.Second, gauge: due},
		{name: "each takes as long as the test", asked: open, results: results(1000, func(_ int, r *fetcher.Result) {
			*r = *answered(r.Due, 10*time.Second, 10*time.Second)
		}), end: 20 * time.Second, gauge: due},
		{name: "behind with users", asked: Asked{Model: ModelClosed}, results: served(3), end: 30 * time.Second, gauge: due},

		{name: "99 answers", asked: open, results: results(99, nil), want: "sample", text: "99 responses: too few for percentiles above p95"},
		{name: "19 answers", asked: open, results: results(19, nil), want: "sample", text: "above p90"},
		{name: "one answer", asked: open, results: results(1, nil), want: "sample", text: "1 response: too few for any percentile"},
		{name: "100 answers", asked: open, results: results(100, nil)},
	} {
		if test.end == 0 {
			test.end = 10050 * time.Millisecond
		}
		planned := min(test.end, 10050*time.Millisecond)
		if planned < test.end {
			test.final.Planned = record.MicrosOf(10 * time.Second)
		}
		all := slices.Clone(test.results)
		for i, r := range all { // in the time that there is
			r := *r
			r.Due = time.Duration(float64(r.Due) * float64(planned-50*time.Millisecond) / float64(10*time.Second))
			all[i] = &r
		}
		s := run(LoadConfig{Beginning: begun(test.asked)}, all, test.end, test.gauge).Finish(test.final)
		got, text := codes(s)
		var want []string
		if test.want != "" {
			want = []string{test.want}
		}
		if !slices.Equal(got, want) || !strings.Contains(text, test.text) {
			t.Errorf("%s: %q, want %q with %q\n%s", test.name, got, want, test.text, text)
		}
		if test.want != "" {
			t.Logf("%s: %s", test.want, text)
		}
	}
}

// A server that stood still and then caught up did not fall behind.
func TestCaughtUp(t *testing.T) {
	s := &LoadSummary{Asked: Asked{Model: ModelOpen}, OK: 10_000, Rate: Rates{Due: 100, Answered: 99}}
	for i := range record.Micros(100) {
		e := Second{From: i * 1e6, To: (i + 1) * 1e6, Sent: 100, OK: 100}
		if i >= 70 {
			e.OK = 0
		}
		s.Seconds = append(s.Seconds, e)
	}
	s.Seconds[99].OK = 3000
	if text := fellBehind(s); text != "" {
		t.Error(text)
	}
	s.Rate.Answered = 70
	if fellBehind(s) == "" {
		t.Error("with fewer answers it did")
	}
}
