package load_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"example.com/fetch/internal/load"
)

func arrivals(t *testing.T, p load.Plan) []time.Duration {
	t.Helper()
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	all := slices.Collect(p.Arrivals())
	if !slices.IsSorted(all) {
		t.Errorf("%+v: the arrivals are not in order", p)
	}
	return all
}

func TestConstantRate(t *testing.T) {
	for _, rate := range []float64{1000, 3, 0.1, 7777.7} {
		length := time.Duration(20_000 / rate * float64(time.Second))
		all := arrivals(t, load.Plan{Stages: always(rate), Open: true, For: length})
		if len(all) != 20_000 {
			t.Errorf("%g/s for %v: %d arrivals", rate, length, len(all))
		}
		for k, due := range all {
			if want := time.Duration(math.Round(float64(k) / rate * 1e9)); due != want {
				t.Fatalf("%g/s: arrival %d is due at %v, want %v", rate, k, due, want)
			}
		}
	}
}

func TestNothingIsDueAtTheEnd(t *testing.T) {
	all := arrivals(t, load.Plan{Stages: always(1000), Open: true, For: 10 * time.Second, WarmUp: 1500 * time.Millisecond})
	if len(all) != 11_500 || all[1500] != 1500*time.Millisecond || all[len(all)-1] != 11_499*time.Millisecond {
		t.Errorf("%d arrivals, the first measured at %v, the last at %v", len(all), all[1500], all[len(all)-1])
	}
}

func TestCountLeavesOutTheWarmUp(t *testing.T) {
	for _, poisson := range []bool{false, true} {
		warmUp := 1234567 * time.Microsecond
		all := arrivals(t, load.Plan{Stages: always(100), Open: true, Poisson: poisson, Count: 777, WarmUp: warmUp})
		measured := slices.DeleteFunc(slices.Clone(all), func(due time.Duration) bool { return due < warmUp })
		if len(measured) != 777 || len(all) < 870 {
			t.Errorf("poisson %v: %d arrivals, %d of them measured", poisson, len(all), len(measured))
		}
	}
}

// integral is that of the rate of stages, from 0 to an instant.
func integral(stages []load.Stage, until time.Duration) (sum float64) {
	rate := 0.0
	for _, s := range stages {
		part := min(s.For, until)
		if part > 0 {
			end := rate + (s.To-rate)*part.Seconds()/s.For.Seconds()
			sum += (rate + end) / 2 * part.Seconds()
		}
		until -= part
		rate = s.To
		if until == 0 {
			break
		}
	}
	return sum
}

var courses = map[string][]load.Stage{
	"up, level and down":  {{10 * time.Second, 100}, {30 * time.Second, 100}, {10 * time.Second, 0}},
	"up, up and down":     {{10 * time.Second, 100}, {30 * time.Second, 1000}, {10 * time.Second, 0}},
	"nearly level":        {{0, 1000}, {10 * time.Second, 1000.0000001}, {10 * time.Second, 999.9999999}},
	"a pause":             {{0, 100}, {5 * time.Second, 100}, {0, 0}, {7 * time.Second, 0}, {3 * time.Second, 300}},
	"odd numbers":         {{1234567891, 123.456}, {987654321, 7.89}, {0, 55.5}, {3141592653, 271.828}},
	"a jump down to zero": {{0, 400}, {time.Second, 400}, {0, 0}, {time.Second, 0}},
}

// On ramps arrival k comes when the integral of the rate is k, so that as many come as the whole integral says.
func TestRamps(t *testing.T) {
	for name, stages := range courses {
		t.Run(name, func(t *testing.T) {
			p := load.Plan{Stages: stages, Open: true}
			all := arrivals(t, p)
			end, _ := p.End()
			if whole := integral(stages, end); math.Abs(float64(len(all))-whole) > 1 {
				t.Errorf("%d arrivals, the integral of the rate is %v", len(all), whole)
			}
			for k, due := range all {
				below, above := integral(stages, max(0, due-2)), integral(stages, due+2)
				if slack := 1e-9; float64(k) < below-slack || float64(k) > above+slack {
					t.Fatalf("arrival %d is due at %v, where the integral of the rate is %v", k, due, integral(stages, due))
				}
			}
		})
	}
}

// Where a rate falls to 0 the last arrivals, far apart, are to the nanosecond where they should be, too.
func TestFall(t *testing.T) {
	all := arrivals(t, load.Plan{Stages: []load.Stage{{To: 1e6}, {For: 10 * time.Second}}, Open: true})
	if len(all) != 5_000_000 {
		t.Errorf("%d arrivals", len(all))
	}
	for left := range 1000 {
		want := time.Duration(1e10 - 1e9*math.Sqrt(float64(left+1)*20/1e6))
		if due := all[len(all)-1-left]; due < want-1 || due > want+1 {
			t.Fatalf("with %d to come, an arrival at %v, want %v", left, due, want)
		}
	}
}

func TestNothingArrivesInAPause(t *testing.T) {
	for _, due := range arrivals(t, load.Plan{Stages: courses["a pause"], Open: true}) {
		if due >= 5*time.Second && due < 12*time.Second {
			t.Errorf("an arrival at %v", due)
		}
	}
}

// The warm-up is at the first target above 0, and the stages begin from 0 after it.
func TestWarmUpOfStages(t *testing.T) {
	stages := []load.Stage{{0, 0}, {10 * time.Second, 100}}
	all := arrivals(t, load.Plan{Stages: stages, Open: true, WarmUp: 2 * time.Second})
	if len(all) != 200+500 || all[199] != 1990*time.Millisecond || all[200] != 2*time.Second {
		t.Errorf("%d arrivals; 199 and 200 at %v and %v", len(all), all[199], all[200])
	}
	if k, want := all[200+50], 2*time.Second+time.Duration(math.Sqrt(10)*1e9); k < want-1 || k > want+1 {
		t.Errorf("arrival 50 at %v, want %v", k, want)
	}
}

// kolmogorov is the distance between the distribution of values and the exponential one of mean 1.
func kolmogorov(values []float64) (d float64) {
	slices.Sort(values)
	n := float64(len(values))
	for i, v := range values {
		f := -math.Expm1(-v)
		d = max(d, f-float64(i)/n, float64(i+1)/n-f)
	}
	return d
}

// gaps are the differences between the values that a function gives at the arrivals, the first from 0.
func gaps(all []time.Duration, at func(time.Duration) float64) []float64 {
	last, result := 0.0, make([]float64, len(all))
	for i, due := range all {
		result[i] = at(due) - last
		last = at(due)
	}
	return result
}

// The bound of 1.63/√n is that of a Kolmogorov-Smirnov test at 1 %.
func TestPoissonGapsAreExponential(t *testing.T) {
	const n = 10_000
	for seed := range uint64(10) {
		all := arrivals(t, load.Plan{Stages: always(2000), Open: true, Poisson: true, Seed: seed, Count: n})
		d := kolmogorov(gaps(all, func(due time.Duration) float64 { return 2000 * due.Seconds() }))
		if len(all) != n || d > 1.63/math.Sqrt(n) {
			t.Errorf("seed %d: the gaps of %d arrivals are %.4f from exponential", seed, len(all), d)
		}
	}
	even := arrivals(t, load.Plan{Stages: always(2000), Open: true, Count: n})
	if d := kolmogorov(gaps(even, func(due time.Duration) float64 { return 2000 * due.Seconds() })); d < 0.5 {
		t.Errorf("even arrivals are only %.4f from exponential: the test is worth nothing", d)
	}
}

// Where the rate changes, the gaps are exponential once time is measured by the integral of the rate.
func TestPoissonOnRamps(t *testing.T) {
	for name, stages := range courses {
		for seed := range uint64(5) {
			p := load.Plan{Stages: stages, Open: true, Poisson: true, Seed: seed}
			all := arrivals(t, p)
			n := float64(len(all))
			d := kolmogorov(gaps(all, func(due time.Duration) float64 { return integral(stages, due) }))
			if d > 1.63/math.Sqrt(n) {
				t.Errorf("%s, seed %d: the gaps of %g arrivals are %.4f from exponential", name, seed, n, d)
			}
			end, _ := p.End()
			if whole := integral(stages, end); math.Abs(n-whole) > 4*math.Sqrt(whole) {
				t.Errorf("%s, seed %d: %g arrivals, where %.0f are to be expected", name, seed, n, whole)
			}
		}
	}
}

func TestSeeds(t *testing.T) {
	p := load.Plan{Stages: always(100), Open: true, Poisson: true, Seed: 7, Count: 100}
	first := arrivals(t, p)
	if !slices.Equal(first, arrivals(t, p)) {
		t.Error("the same seed gave other arrivals")
	}
	p.Seed = 8
	if slices.Equal(first, arrivals(t, p)) {
		t.Error("another seed gave the same arrivals")
	}
}

func TestUsersDoNotArrive(t *testing.T) {
	if all := arrivals(t, load.Plan{Stages: always(100)}); len(all) != 0 {
		t.Error(len(all), "arrivals in the closed model")
	}
}

func ExamplePlan_Arrivals() {
	stages, _, _ := load.ParseStages("2s:2/s,1s:4/s")
	p := load.Plan{Stages: stages, Open: true}
	for due := range p.Arrivals() {
		fmt.Println(due.Round(time.Millisecond))
	}
	// Output:
	// 0s
	// 1.414s
	// 2s
	// 2.414s
	// 2.732s
}
