package live

import (
	stdcmp "cmp"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
)

const at = 12600 * time.Millisecond

func TestLines(t *testing.T) {
	closed := Load{Asked: measure.Asked{Model: measure.ModelClosed, Concurrency: 50, Requests: 20_000, WarmUp: 2e6}}
	last := sample()
	last.Waiting = 1234
	noted := sample()
	noted.Notes = measure.Counts{"out_of_files": 3}
	limited := staged
	limited.Limits = func() []Limit {
		return []Limit{{Check: measure.Check{Threshold: "a rather long name of a group:ok>99%", OK: true, Measured: "99.9 %"}},
			{Check: measure.Check{Threshold: "p99.99<2s", Measured: "too few to tell"}},
			{Check: measure.Check{Threshold: "p99<50ms", Measured: "501ms"}, Crossed: true}}
	}
	for _, test := range []struct {
		name          string
		view          Load
		live          measure.Live
		elapsed       time.Duration
		width, height int
		want          string
	}{
		{"usual", open, sample(), at, 0, 0, `
 42% [================>                       ]  12s of 30s, 18s left
responses  990.0/s now   1,000/s asked   952.4/s on average  12 MB received
in flight      50       0 waiting      50 connections opened     11,950 reused
requests     11,988 ok   12 failed  200 11,988  503 10
failed    http_5xx 10  timeout_ttfb 2
response      p50    p90    p99    max   service    p50    p90    p99    max
last 10 s    50ms  178ms  501ms   2.5s             48ms  169ms  476ms   2.3s
all          50ms  178ms  501ms   2.5s             48ms  169ms  476ms   2.3s
lag        0.10ms 0.10ms 0.10ms 0.10ms
times                              ▂▄▅▆▇███▇▇▅▄▂▁
                              ▁▃▄▆███████████████▇▅▃▂
          ▁ ▁▁▁▁▁▁▁▁▁▁▁▂▂▃▄▅▆█████████████████████████▇▅▄▃▃▂▂▁▁▁▁▁▁▁▁▁ ▁ ▁
          1.0ms        5.0ms      20ms   50ms  100ms        500ms      2.0s
rate      ▇▇▇▇▇███████                                              to 990.0/s
p99       ▂▄▆█▂▄▆█▂▄▆█                                              to 400ms`},
		{"all there is", limited, noted, at, 0, 30, `
 42% [================>                       ]  12s of 30s, 18s left
target    http://a.test/
stage      2 of 3      to 1,500/s  2s of 20s
limits    ✗ p99<50ms 501ms  ✓ a rather long name of a group:ok>99% 99.9 %
          ? p99.99<2s
responses  990.0/s now   1,000/s asked   952.4/s on average  12 MB received
in flight      50       0 waiting      50 connections opened     11,950 reused
requests     11,988 ok   12 failed  200 11,988  503 10
failed    http_5xx 10  timeout_ttfb 2
response      p50    p90    p99    max   service    p50    p90    p99    max
last 10 s    50ms  178ms  501ms   2.5s             48ms  169ms  476ms   2.3s
all          50ms  178ms  501ms   2.5s             48ms  169ms  476ms   2.3s
lag        0.10ms 0.10ms 0.10ms 0.10ms
notes     out_of_files 3
times                              ▂▄▅▆▇███▇▇▅▄▂▁
                              ▁▃▄▆███████████████▇▅▃▂
          ▁ ▁▁▁▁▁▁▁▁▁▁▁▂▂▃▄▅▆█████████████████████████▇▅▄▃▃▂▂▁▁▁▁▁▁▁▁▁ ▁ ▁
          1.0ms        5.0ms      20ms   50ms  100ms        500ms      2.0s
rate      ▇▇▇▇▇███████                                              to 990.0/s
p99       ▂▄▆█▂▄▆█▂▄▆█                                              to 400ms`},
		{"as much as there is room for", limited, noted, at, 0, 14, `
 42% [================>                       ]  12s of 30s, 18s left
target    http://a.test/
stage      2 of 3      to 1,500/s  2s of 20s
limits    ✗ p99<50ms 501ms  ✓ a rather long name of a group:ok>99% 99.9 %
responses  990.0/s now   1,000/s asked   952.4/s on average  12 MB received
in flight      50       0 waiting      50 connections opened     11,950 reused
requests     11,988 ok   12 failed  200 11,988  503 10
failed    http_5xx 10  timeout_ttfb 2
response      p50    p90    p99    max   service    p50    p90    p99    max
last 10 s    50ms  178ms  501ms   2.5s             48ms  169ms  476ms   2.3s
all          50ms  178ms  501ms   2.5s             48ms  169ms  476ms   2.3s
rate      ▇▇▇▇▇███████                                              to 990.0/s
p99       ▂▄▆█▂▄▆█▂▄▆█                                              to 400ms`},
		{"closed model, narrow", closed, sample(), at, 40, 16, `
 60%  12,000 of 20,000, 8s left
responses  990.0/s now
in flight      50       0 waiting
requests     11,988 ok   12 failed
failed    http_5xx 10  timeout_ttfb 2
response      p50    p90    p99    max
last 10 s    50ms  178ms  501ms   2.5s
all          50ms  178ms  501ms   2.5s
lag        0.10ms 0.10ms 0.10ms 0.10ms
times     ▁▁▁▁▁▁▁▂▃▄▆▇███▇▅▄▂▂▁▁▁▁▁▁▁
          1.0ms  10ms  50ms    500ms
rate      ▇▇▇▇▇███████      to 990.0/s
p99       ▂▄▆█▂▄▆█▂▄▆█      to 400ms`},
		{"low, nothing is due any more", open, last, 31 * time.Second, 80, 11, `
100% [===========================]  30s of 30s, the last 1,284 are on their way
990.0/s   12 failed  p99 501ms      11,988 ok  p50 50ms     50 in flight`},
		{"before the first answer", open, measure.Live{}, 0, 80, 12, `
  0% [>                                       ]  0s of 30s, 30s left
responses      0/s now   1,000/s asked       0/s on average    0 B received
in flight       0       0 waiting       0 connections opened          0 reused
requests          0 ok    0 failed
response      p50    p90    p99    max   service    p50    p90    p99    max
last 10 s       -      -      -      -                -      -      -      -
all             -      -      -      -                -      -      -      -
rate
p99`},
		{"warm-up", closed, measure.Live{WarmUp: measure.WarmUp{Requests: 1234}}, time.Second, 120, 15, `
 50% [========================================>                                       ]  warm-up, 1s of 2s, 1s left
responses      0/s now       0/s on average    0 B received
in flight       0       0 waiting      50 users       0 connections opened          0 reused
requests          0 ok    0 failed  1,234 in the warm-up
response      p50    p75    p90    p95    p99  p99.9    max   service    p50    p75    p90    p95    p99  p99.9    max
last 10 s       -      -      -      -      -      -      -                -      -      -      -      -      -      -
all             -      -      -      -      -      -      -                -      -      -      -      -      -      -
rate
p99`},
	} {
		t.Run(test.name, func(t *testing.T) {
			lines := test.view.at(test.live, test.elapsed).Lines(stdcmp.Or(test.width, usualWidth), stdcmp.Or(test.height, usualHeight), false)
			for i, line := range lines {
				lines[i] = strings.TrimRight(line, " ")
			}
			got := strings.Join(lines, "\n")
			if diff := cmp.Diff(strings.TrimPrefix(test.want, "\n"), got); diff != "" {
				t.Errorf("-want +got:\n%s\n%s", diff, got)
			}
		})
	}
}

func TestLinesFit(t *testing.T) {
	huge := sample()
	huge.OK, huge.Failed, huge.InFlight, huge.Waiting, huge.Opened, huge.Wire = 9e12, 9e11, 1e6, 1e6, 1e10, 9e17
	huge.Statuses = measure.Counts{"200": 9e12, "404": 9e11, "500": 8e11, "503": 7e11, "599": 1}
	huge.Response.Add(record.Micros(400 * time.Hour / time.Microsecond))
	for range measure.LiveSeconds {
		huge.Seconds = append(huge.Seconds, measure.Second{To: 1e6, OK: 9e9, Failed: 1, Max: new(record.Micros(1))})
	}
	limited := staged
	limited.Limits = func() []Limit {
		long := measure.Check{Threshold: strings.Repeat("ü", 60) + ":p99<1s", Measured: strings.Repeat("9", 70)}
		return []Limit{{Check: long}, {Check: long, Crossed: true}, {Check: long}}
	}
	huge.Notes = measure.Counts{"out_of_files": 9e12}
	for i, l := range []measure.Live{{}, sample(), huge, {}, sample(), huge} {
		open := []Load{open, limited}[i/3]
		for _, width := range []int{1, 2, 9, 20, 39, 40, 41, 60, 76, 77, 78, 80, 118, 119, 120, 200, 500} {
			for _, height := range []int{1, 2, 3, 11, 12, 15, 16, 23, 24, 50} {
				plain := open.at(l, at).Lines(width, height, false)
				if len(plain) == 0 || len(plain) > max(height-1, 1) {
					t.Errorf("%d x %d: %d lines", width, height, len(plain))
				}
				for _, line := range plain {
					if n := units.Width(line); n > width-1 || record.Printable(line) != line {
						t.Errorf("%d x %d: %d columns: %q", width, height, n, line)
					}
				}
				colored := strings.Join(open.at(l, at).Lines(width, height, true), "\n")
				for _, color := range []string{units.Red, units.Green, units.Yellow, units.Dim, units.Reset} {
					colored = strings.ReplaceAll(colored, color, "")
				}
				if diff := cmp.Diff(strings.Join(plain, "\n"), colored); diff != "" {
					t.Fatalf("%d x %d: colours change more than colours:\n%s", width, height, diff)
				}
			}
		}
	}
}

// What a test goes through must not make its view jump about.
func TestLinesKeepTheirPlaces(t *testing.T) {
	words := regexp.MustCompile(`now|asked|on average|waiting|opened|ok|failed|p50|p99|max`)
	var before [][]int
	for i, ok := range []int64{1, 10, 999, 1000, 99_999, 999_999} {
		l := sample()
		l.Failed, l.InFlight, l.Waiting, l.Opened, l.OK = ok%1000, ok%10_000, ok%1000, ok%10_000, ok
		l.Seconds = l.Seconds[:i+1]
		lines := strings.Join(open.at(l, at).Lines(80, 24, false)[1:4], "\n")
		places := words.FindAllStringIndex(lines, -1)
		if before != nil && cmp.Diff(before, places) != "" {
			t.Errorf("with %d answers words stand elsewhere than before:\n%s", ok, lines)
		}
		before = places
	}
}

func TestLinesShowWhatIsWrong(t *testing.T) {
	l := sample()
	l.Waiting = 3
	got := strings.Join(open.at(l, at).Lines(80, 24, true), "\n")
	for _, want := range []string{units.Red + "   12 failed" + units.Reset, units.Yellow + "       3 waiting" + units.Reset,
		units.Red + "█" + units.Reset} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%q", want, got)
		}
	}
}

// Where a second is too short for a p99, its longest time is what can be shown; without answers there is nothing.
func TestHistoryOfLatency(t *testing.T) {
	l := measure.Live{Seconds: []measure.Second{{P99: new(record.Micros(100_000)), Max: new(record.Micros(9_000_000))}, {},
		{Max: new(record.Micros(200_000))}}}
	lines := open.at(l, at).Lines(80, 24, false)
	if got := lines[len(lines)-1]; !strings.HasPrefix(got, "p99       ▄ █ ") || !strings.HasSuffix(got, " to 200ms") {
		t.Errorf("got %q", got)
	}
}

func TestLoadPlain(t *testing.T) {
	for _, test := range []struct {
		live    measure.Live
		elapsed time.Duration
		want    string
	}{
		{sample(), at, "12s of 30s, 18s left: 1,000/s, 11,988 ok, 12 failed (http_5xx 10, timeout_ttfb 2), " +
			"p50 50ms, p99 501ms, 50 in flight"},
		{measure.Live{Interval: measure.Interval{Waiting: 7}}, 30 * time.Second, "30s of 30s: 0/s, 0 ok, 0 failed, p50 -, p99 -, 0 in flight, 7 waiting"},
	} {
		if got := open.at(test.live, test.elapsed).Plain(); got != test.want {
			t.Errorf("\n got %s\nwant %s", got, test.want)
		}
	}
}

func BenchmarkLines(b *testing.B) {
	l := sample()
	for b.Loop() {
		open.at(l, at).Lines(80, 24, true)
	}
}
