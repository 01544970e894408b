package load_test

import (
	"context"
	"testing"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/load"
)

// BenchmarkArrivals is what an arrival costs.
func BenchmarkArrivals(b *testing.B) {
	for name, p := range map[string]load.Plan{
		"even":    {Stages: always(50_000), Open: true},
		"poisson": {Stages: always(50_000), Open: true, Poisson: true},
		"ramp":    {Stages: []load.Stage{{For: 10_000 * time.Hour, To: 50_000}}, Open: true},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for range p.Arrivals() {
				if !b.Loop() {
					break
				}
			}
		})
	}
}

// BenchmarkUsers is what a request costs in the closed model: being given, and its end.
func BenchmarkUsers(b *testing.B) {
	for name, p := range map[string]load.Plan{
		"50":             {Stages: always(50)},
		"10000 thinking": {Stages: always(10_000), Think: thinking(time.Millisecond)},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			l, err := load.New(p, again("http://a.test/"))
			if err != nil {
				b.Fatal(err)
			}
			ended := fetcher.Result{Response: time.Microsecond}
			for r := range l.Requests(context.Background()) {
				if !b.Loop() {
					break
				}
				ended.Seq = r.Seq
				l.Ended(&ended)
			}
		})
	}
}

// BenchmarkRun is a whole request with a transport that answers at once, in both models, and of a list.
func BenchmarkRun(b *testing.B) {
	for name, p := range map[string]load.Plan{
		"closed": {Stages: always(50)},
		"open":   {Stages: always(load.MaxRate), Open: true},
		"list":   {Stages: always(1)},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			l, err := load.New(p, again("http://a.test/"))
			if err != nil {
				b.Fatal(err)
			}
			requests := l.Requests(b.Context())
			if name == "list" {
				requests = again("http://a.test/")
			}
			f := &fetcher.Fetcher{Transport: takes(0), Workers: 50, LookAhead: 1000, Advanced: fetcher.Advanced{Ended: l.Ended}}
			for _, err := range f.Run(b.Context(), requests) {
				if err != nil {
					b.Fatal(err)
				}
				if !b.Loop() {
					break
				}
			}
		})
	}
}

// BenchmarkMix is what the choice of a request from 100,000 costs.
func BenchmarkMix(b *testing.B) {
	weights := make([]float64, 100_000)
	for i := range weights {
		weights[i] = float64(i%997) + float64(i)/1e6
	}
	for name, o := range map[string]load.MixOptions{
		"in turn":            {},
		"weighted in turn":   {Weight: "weight"},
		"weighted at random": {Weight: "weight", Random: true},
	} {
		b.Run(name, func(b *testing.B) {
			m, err := load.NewMix(weighted(weights...), o)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for range m.All() {
				if !b.Loop() {
					break
				}
			}
		})
	}
}
