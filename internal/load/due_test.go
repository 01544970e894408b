package load_test

import (
	"fmt"
	"slices"
	"sort"
	"testing"
	"time"

	"pgregory.net/rapid"

	"example.com/fetch/internal/load"
)

// drawPlan draws a plan of the open model that ends, with a few thousand arrivals at the most.
func drawPlan(t *rapid.T) load.Plan {
	length := func(most time.Duration, name string) time.Duration {
		return time.Duration(rapid.Int64Range(0, int64(most)).Draw(t, name))
	}
	p := load.Plan{Open: true, Poisson: rapid.Bool().Draw(t, "poisson"), Seed: rapid.Uint64().Draw(t, "seed")}
	for i := range rapid.IntRange(1, 5).Draw(t, "stages") {
		p.Stages = append(p.Stages, load.Stage{
			For: rapid.SampledFrom([]time.Duration{0, 1, length(3*time.Second, fmt.Sprint("length", i))}).Draw(t, fmt.Sprint("for", i)),
			To:  rapid.OneOf(rapid.SampledFrom([]float64{0, 1, 1000, 1.0 / 3}), rapid.Float64Range(0, 500)).Draw(t, fmt.Sprint("to", i)),
		})
	}
	if rapid.Bool().Draw(t, "steady") {
		p.Stages = always(rapid.SampledFrom([]float64{1, 10, 100, 123.4}).Draw(t, "rate"))
	}
	p.Count = rapid.Int64Range(0, 700).Draw(t, "count")
	p.For = rapid.SampledFrom([]time.Duration{0, time.Second, 2 * time.Second, length(5*time.Second, "length")}).Draw(t, "for")
	p.WarmUp = rapid.SampledFrom([]time.Duration{0, time.Second, length(2*time.Second, "warm-up")}).Draw(t, "warm")
	if _, ends := p.End(); !ends {
		p.For = time.Second
	}
	return p
}

// At any time as many requests are due as there are arrivals until then.
func TestDueIsTheNumberOfArrivals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		l, err := load.New(p, nil)
		if err != nil {
			t.Skip(err) // what was drawn is no plan; rapid draws another, and fails if it finds too few
		}
		all := slices.Collect(p.Arrivals())
		until := func(now time.Duration) int64 { // how many of all
			return int64(sort.Search(len(all), func(i int) bool { return all[i] > now }))
		}
		times := []time.Duration{p.WarmUp, p.WarmUp - 1, time.Hour, 0, -1}
		for i := range 20 {
			now := time.Duration(rapid.Int64Range(0, int64(20*time.Second)).Draw(t, fmt.Sprint("now", i)))
			if len(all) > 0 && i%2 == 0 { // where it matters
				now = all[int(now)%len(all)]
			}
			times = append(times, now-1, now, now+1)
		}
		for _, now := range times {
			if got, want := l.Due(now), until(now)-until(min(now, p.WarmUp-1)); got != want {
				t.Fatalf("%d due by %v, want %d", got, now, want)
			}
		}
	})
}

// However many were due, it takes no time to say how many.
func TestDueOfALongPlanIsKnownAtOnce(t *testing.T) {
	const year = 365 * 24 * time.Hour
	l, err := load.New(load.Plan{Stages: always(load.MaxRate), Open: true, WarmUp: time.Hour}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := l.Due(time.Hour + year); n != 365*24*3600*load.MaxRate+1 {
		t.Errorf("%d", n)
	}
}
