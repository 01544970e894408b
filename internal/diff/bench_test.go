package diff

import (
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"testing"

	"example.com/fetch/internal/record"
)

// BenchmarkCompare compares runs of many records: of as many requests, and of 10,000 URLs.
func BenchmarkCompare(b *testing.B) {
	const n = 1_000_000
	for _, c := range []struct {
		name string
		urls int
	}{{"requests", n}, {"urls", 10_000}} {
		b.Run(c.name, func(b *testing.B) {
			defer debug.SetGCPercent(debug.SetGCPercent(20)) // so that what is measured is what is needed
			var most uint64
			for b.Loop() {
				r, err := Compare(big(n, c.urls, 1, &most), big(n, c.urls, 2, &most), Options{})
				if err != nil {
					b.Fatal(err)
				}
				most = max(most, heap())
				runtime.KeepAlive(r)
			}
			b.ReportMetric(float64(most)/1e6, "MB")
		})
	}
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}

// big is a run of n records of so many URLs, made as they are asked for; most is the largest heap that was seen.
func big(n, urls int, seed uint64, most *uint64) Run {
	var records iter.Seq2[*record.Record, error] = func(yield func(*record.Record, error) bool) {
		rng := rand.New(rand.NewPCG(seed, 1))
		for i := range n {
			if i%100_000 == 0 {
				*most = max(*most, heap())
			}
			url := i % urls
			r := &record.Record{
				Seq: int64(i + 1), Page: 1, ID: fmt.Sprintf("%024x", uint64(url)*0x9E3779B97F4A7C15), Method: "GET",
				URL: fmt.Sprintf("http://h%d.test/%d", url%20, url), Host: fmt.Sprintf("h%d.test:80", url%20), OK: rng.IntN(1000) > 0,
				Status: 200, Service: record.Micros(1e5 * math.Exp(0.3*rng.NormFloat64())),
			}
			if !r.OK {
				r.Status, r.Class = 503, "rate_limited"
			}
			if !yield(r, nil) {
				return
			}
		}
	}
	return Run{Records: records, Count: int64(n)}
}
