package fetcher_test

import (
	"fmt"
	"iter"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/bubble"
)

// mostGrowth is by how much the heap may grow over a run with a LookAhead of 1,000.
const mostGrowth = 20 << 20

func heapInUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse)
}

// constantMemory ranges a run of n results, and looks at the heap ten times on the way.
func constantMemory(t *testing.T, n int, run iter.Seq2[*fetcher.Result, error], beforeLook func()) {
	t.Helper()
	first, got := heapInUse(), 0
	for r, err := range run {
		if err != nil || r.Err != nil {
			t.Fatal(r, err)
		}
		if got++; got%(n/10) == 0 {
			beforeLook()
			if growth := heapInUse() - first; growth > mostGrowth {
				t.Fatalf("after %d of %d results the heap has grown by %d MB", got, n, growth>>20)
			}
		}
	}
	if got != n {
		t.Errorf("%d results of %d", got, n)
	}
}

func longList() int {
	if underRace {
		return 100_000
	}
	return 1_000_000
}

func TestMemoryOfALongList(t *testing.T) {
	n := longList()
	f := &fetcher.Fetcher{LookAhead: 1000, Transport: atOnce}
	constantMemory(t, n, f.Run(t.Context(), repeat(n, "http://a.test/")), func() {})
	if s := f.Stats(); s.Read != int64(n) || s.OK != int64(n) || s.Hops != int64(n) || s.Attempts != int64(n) {
		t.Errorf("%+v", s)
	}
}

func TestMemoryInOrder(t *testing.T) {
	n := longList() / 5
	f := &fetcher.Fetcher{LookAhead: 1000, Transport: atOnce, InOrder: true}
	constantMemory(t, n, f.Run(t.Context(), repeat(n, "http://a.test/")), func() {})
}

// A consumer that stands still until everything else does holds up the source, and gathers nothing.
func TestMemoryWithASlowConsumer(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		n := longList() / 5
		f := &fetcher.Fetcher{LookAhead: 1000, Transport: atOnce}
		constantMemory(t, n, f.Run(t.Context(), repeat(n, "http://a.test/")), synctest.Wait)
	})
}

// Hosts are forgotten when nothing is known of them that a new one would not have, limits or not.
func TestMemoryOfManyHosts(t *testing.T) {
	for _, c := range []struct {
		name   string
		limits fetcher.Limits
	}{
		{"without limits", fetcher.Limits{}},
		{"with limits", fetcher.Limits{PerHost: fetcher.Limit{InFlight: 2, Rates: []fetcher.Rate{{Events: 100, Per: time.Second}}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := longList() / 10
			f := &fetcher.Fetcher{LookAhead: 1000, Transport: atOnce, Limits: c.limits}
			reqs := func(yield func(*fetcher.Request, error) bool) {
				for i := range n {
					if !yield(&fetcher.Request{URL: fmt.Sprintf("http://host%d.test/", i)}, nil) {
						return
					}
				}
			}
			constantMemory(t, n, f.Run(t.Context(), reqs), func() {})
		})
	}
}
