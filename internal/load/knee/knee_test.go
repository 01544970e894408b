package knee_test

import (
	"strings"
	"testing"

	"example.com/fetch/internal/load/knee"
	"example.com/fetch/internal/measure"
)

func doubled(from, to int) (users []int) {
	for n := from; n <= to; n *= 2 {
		users = append(users, n)
	}
	return users
}

// TestUsers: the knee of each law is where theory has it, whatever noise there is.
func TestUsers(t *testing.T) {
	for name, c := range map[string]struct {
		law   law
		users []int
		want  int // users; 0: there is none
	}{
		"a hard capacity of 8":               {capacity(8), doubled(1, 64), 8},
		"a hard capacity between two steps":  {capacity(12), []int{1, 2, 4, 8, 12, 24, 48}, 12},
		"eight servers, exponential times":   {repair(8, 10*service), []int{11, 22, 44, 88, 176, 352}, 88},
		"one at a time":                      {capacity(1), doubled(1, 16), 1},
		"contention and coherence":           {universal(0.01, 0.005), doubled(1, 128), 8},
		"coherence, steep":                   {universal(0, 0.02), doubled(1, 64), 4},
		"linear":                             {linear(), doubled(1, 64), 0},
		"linear, the last steps close":       {linear(), []int{1, 50, 100, 101, 102}, 0},
		"the capacity is that of the last":   {capacity(8), doubled(1, 8), 0},
		"already beyond it at the first":     {capacity(8), doubled(16, 128), 0},
		"the first is where it begins to be": {capacity(8), doubled(8, 64), 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(201) {
				noise := 0.03
				if seed == 0 {
					noise = 0
				}
				if noise > 0 && strings.Contains(name, "close") {
					continue // theirs is greater than what is between two of its steps
				}
				steps := sweep(c.law, noise, seed, c.users...)
				k := knee.Find(steps)
				got := 0
				if k.Found {
					got = steps[k.At].Users
				}
				near := noise > 0 && c.want > 0 && got > 0 && power(c.law, got) > 0.85*power(c.law, c.want)
				if got != c.want && !near {
					t.Fatalf("seed %d: at %d users, want %d: %s", seed, got, c.want, k.Words)
				}
			}
		})
	}
}

// power is what is greatest at the knee. Where it is nearly the same at two steps noise decides between them.
func power(l law, users int) float64 {
	rate, mean := l(float64(users))
	return rate / mean
}

func TestUsersInWords(t *testing.T) {
	for want, steps := range map[string][]knee.Step{
		"The knee is at 8 users: 100.0/s at p99 96ms. 16 users bring no more at 2.0 times the p99.":                                      sweep(capacity(8), 0, 0, doubled(1, 32)...),
		"The knee is at 1 user: 12.5/s at p90 96ms. 2 users bring no more at 2.0 times the p90.":                                         withoutP99(sweep(capacity(1), 0, 0, 1, 2, 4)),
		"No knee within these steps: throughput still rises at the last. 4 users bring 100 % more at 1.0 times the p99. Try more users.": sweep(linear(), 0, 0, 1, 2, 4),
		"No knee within these steps: 16 users are at it or beyond it. 32 users bring no more at 2.0 times the p99. Try fewer users.":     sweep(capacity(8), 0, 0, 16, 32, 64),
		"One load tells no knee. Measure several.": sweep(linear(), 0, 0, 1),
	} {
		if got := knee.Find(steps).Words; got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
	}
	if got := knee.Find(nil).Words; got != "One load tells no knee. Measure several." {
		t.Error(got)
	}
	steps := sweep(universal(0, 0.02), 0, 0, doubled(1, 16)...)
	if got := knee.Find(steps).Words; !strings.Contains(got, "The knee is at 4 users: 40.3/s at p99 119ms. 8 users bring 17 % more at 1.7 times the p99.") {
		t.Error(got)
	}
}

func withoutP99(steps []knee.Step) []knee.Step {
	for i := range steps {
		steps[i].Summary.Response.OK.P99 = nil
	}
	return steps
}

// TestKneeIsNotBeyondFailures: there throughput can rise as it likes.
func TestKneeIsNotBeyondFailures(t *testing.T) {
	fail := func(steps []knee.Step, share float64, from int) []knee.Step {
		for i := from; i < len(steps); i++ {
			s := steps[i].Summary
			s.Failed = int64(share * float64(s.OK))
			s.OK -= s.Failed
		}
		return steps
	}
	for name, c := range map[string]struct {
		steps []knee.Step
		at    int
		found bool
		words string
	}{
		"linear, failing from 8 on":    {fail(sweep(linear(), 0, 0, doubled(1, 32)...), 0.12, 3), 2, true, "8 users 12.0 % of the requests fail"},
		"too few to matter":            {fail(sweep(capacity(8), 0, 0, doubled(1, 32)...), 0.005, 3), 3, true, "16 users bring"},
		"failing at any load":          {fail(sweep(capacity(8), 0, 0, doubled(1, 32)...), 0.1, 0), 3, true, "16 users bring"},
		"the first is the last good":   {fail(sweep(linear(), 0, 0, doubled(4, 32)...), 0.5, 1), 0, false, "At 8 users 50.0 % of the requests fail. Try fewer"},
		"nothing succeeds":             {fail(sweep(linear(), 0, 0, 1, 2, 4), 1, 0), 0, false, "at 1 user no request succeeds"},
		"few succeed, then none":       {fail(fail(sweep(linear(), 0, 0, 1, 2, 4), 0.6, 0), 1, 2), 1, true, "At 4 users 100.0 % of the requests fail."},
		"nothing succeeds from 2 on":   {fail(sweep(linear(), 0, 0, 1, 2, 4), 1, 1), 0, true, "At 2 users 100.0 % of the requests fail."},
		"rates, failing from 40/s on":  {fail([]knee.Step{open(8, 10), open(8, 20), open(8, 40)}, 0.1, 2), 1, true, "At 40/s 10.0 % of the requests fail."},
		"rates, failing at the second": {fail([]knee.Step{open(8, 10), open(8, 20), open(8, 40)}, 0.1, 1), 0, true, "At 20/s 10.0 % of the requests fail."},
	} {
		k := knee.Find(c.steps)
		if k.At != c.at || k.Found != c.found || !strings.Contains(k.Words, c.words) {
			t.Errorf("%s: %d %t %s", name, k.At, k.Found, k.Words)
		}
	}
}

func TestRates(t *testing.T) {
	for name, c := range map[string]struct {
		rates []float64 // at a server that can do 100/s
		want  float64
		words string
	}{
		"up to the capacity":       {[]float64{10, 20, 40, 60, 80, 120, 160}, 80, "The knee is at 80/s: 80.0/s at p99 412ms. Of 120/s only 100.0/s are kept up with."},
		"just below it":            {[]float64{10, 40, 80, 99}, 80, "At 99/s the p99 is"},
		"never reached":            {[]float64{10, 20, 40}, 0, "No knee within these steps: 40/s is kept up with, too. Try higher rates."},
		"beyond it from the first": {[]float64{200, 300}, 0, "No knee within these steps: the first is beyond it. Of 200/s only"},
	} {
		var steps []knee.Step
		for _, rate := range c.rates {
			steps = append(steps, open(8, rate))
		}
		k := knee.Find(steps)
		got := 0.0
		if k.Found {
			got = steps[k.At].Rate
		}
		if got != c.want || !strings.Contains(k.Words, c.words) {
			t.Errorf("%s: %g, want %g: %s", name, got, c.want, k.Words)
		}
	}
}

// TestRatesWithoutSeries: a step of a second or less has no series to speak of.
func TestRatesWithoutSeries(t *testing.T) {
	steps := []knee.Step{open(8, 10), open(8, 80), open(8, 160)}
	for i := range steps {
		steps[i].Summary.Seconds, steps[i].Summary.Due = nil, steps[i].Summary.Sent
	}
	if k := knee.Find(steps); k.At != 1 || !strings.Contains(k.Words, "At 160/s the p99 is 8.4 times that at 10/s.") {
		t.Errorf("%+v", k)
	}
	steps[2].Summary.Due = 2 * steps[2].Summary.OK
	if k := knee.Find(steps); k.At != 1 || !strings.Contains(k.Words, "Of 160/s only ") {
		t.Errorf("of what was due a part was never sent: %+v", k)
	}
}

// TestRatesOfSlowAnswers: in a short step the time until the last end is longer than the plan by a response time, which
// is no sign that a server cannot keep up.
func TestRatesOfSlowAnswers(t *testing.T) {
	steps := []knee.Step{open(1000, 10), open(1000, 100)}
	for i := range steps {
		s := steps[i].Summary
		s.Wall = *micros(7)
		s.Rate.Answered *= 5. / 7
		s.Rate.OK *= 5. / 7
	}
	if k := knee.Find(steps); !strings.Contains(k.Words, "100/s is kept up with, too") {
		t.Errorf("%+v", k)
	}
}

// TestRatesOfFastAnswers: times of parts of a millisecond vary by themselves.
func TestRatesOfFastAnswers(t *testing.T) {
	steps := []knee.Step{open(8, 10), open(8, 20)}
	steps[0].Summary.Response.OK.P99, steps[1].Summary.Response.OK.P99 = micros(0.0002), micros(0.0015)
	if k := knee.Find(steps); !strings.Contains(k.Words, "20/s is kept up with, too") {
		t.Errorf("%+v", k)
	}
}

// TestRatesWorseAtLess: a step that went wrong by itself is said, and does not make the knee.
func TestRatesWorseAtLess(t *testing.T) {
	steps := []knee.Step{open(8, 10), open(8, 20), open(8, 40), open(8, 160)}
	steps[1].Summary.Response.OK.P99 = micros(3)
	k := knee.Find(steps)
	if k.At != 2 || !strings.Contains(k.Words, "But measure again, as it was worse at less: At 20/s the p99 is") {
		t.Errorf("%+v", k)
	}
}

func TestPeak(t *testing.T) {
	k := knee.Find(sweep(universal(0.02, 0.001), 0, 0, doubled(1, 32)...))
	if k.Peak == nil || k.Peak.Users != 31 || k.Peak.Fit < 0.999 {
		t.Fatalf("%+v %s", k.Peak, k.Words)
	}
	if want := "By the Universal Scalability Law, which fits (R² 1.00), throughput is greatest at about 31 users: "; !strings.Contains(k.Words, want) {
		t.Error(k.Words)
	}
	for name, steps := range map[string][]knee.Step{
		"a hard capacity":    sweep(capacity(8), 0, 0, doubled(1, 32)...),
		"linear":             sweep(linear(), 0, 0, doubled(1, 32)...),
		"four steps":         sweep(universal(0.02, 0.001), 0, 0, 1, 8, 16, 32),
		"far beyond":         sweep(universal(0.02, 0.001), 0, 0, 1, 2, 3, 4, 5),
		"the same steps":     sweep(universal(0.02, 0.001), 0, 0, 4, 4, 4, 4),
		"no throughput":      sweep(alone(func(float64) float64 { return 1e-9 }), 0, 0, 1, 2, 3, 4),
		"rates, not users":   {open(8, 10), open(8, 20), open(8, 40), open(8, 80), open(8, 160)},
		"never the same law": sweep(alone(func(n float64) float64 { return 1 + float64(int(n)%3) }), 0, 0, 1, 2, 3, 4, 5, 6),
	} {
		if k := knee.Find(steps); k.Peak != nil {
			t.Errorf("%s: %+v", name, *k.Peak)
		}
	}
	for seed := range uint64(200) {
		for name, steps := range map[string][]knee.Step{
			"a capacity":              sweep(capacity(8), 0.03, seed, doubled(1, 32)...),
			"a capacity between":      sweep(capacity(12), 0.03, seed, doubled(1, 64)...),
			"a capacity reached soon": sweep(capacity(3), 0.03, seed, 5, 10, 20, 40, 80),
			"linear":                  sweep(linear(), 0.03, seed, doubled(1, 32)...),
		} {
			if k := knee.Find(steps); k.Peak != nil {
				t.Errorf("%s, seed %d: a peak where there is none: %+v", name, seed, *k.Peak)
			}
		}
	}
}

// TestClientWasTheBottleneck: then the knee is not that of the server.
func TestClientWasTheBottleneck(t *testing.T) {
	steps := sweep(capacity(8), 0, 0, doubled(1, 32)...)
	steps[5].Summary.Warnings = []measure.Warning{{Code: "client_cpu"}}
	if k := knee.Find(steps); strings.Contains(k.Words, "client") {
		t.Error("what is beyond the next step says nothing of the knee:", k.Words)
	}
	steps[4].Summary.Warnings = []measure.Warning{{Code: "sample"}, {Code: "client_cpu"}}
	if k := knee.Find(steps); !strings.HasSuffix(k.Words, "But at 16 users this client was the bottleneck (client_cpu), so that what is seen may be its own limit and not the server's.") {
		t.Error(k.Words)
	}
}
