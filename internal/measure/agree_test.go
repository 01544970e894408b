package measure

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

// One sample has the same percentiles in the summary of a list run and in that of a load test, but that a list run
// tells few of them exactly, where a load test has 3 digits.
func TestListAndLoadAgree(t *testing.T) {
	for _, n := range []int{listExact + 1, 30_000, 10, 100, listExact} {
		list := New(Config{})
		var results []*fetcher.Result
		for i, service := range lognormal(uint64(n), n, 50*time.Millisecond, 0.7) {
			due := time.Duration(i) * time.Millisecond
			r := answered(due, service.Duration(), service.Duration())
			results = append(results, r)
			list.Add(record.From(r))
		}
		load := run(LoadConfig{Beginning: begun(Asked{})}, results, 40*time.Second, nil).Finish(Final{})
		got, want := list.Summary(End{}).Latency.OK, load.Service.OK
		want.P75, want.P999, want.P9999, want.Times = nil, nil, nil, nil // which only a load test tells
		within := cmp.Comparer(func(a, b record.Micros) bool {
			return a == b || n <= listExact && max(a, b)-min(a, b) <= 1+max(a, b)/1000
		})
		if diff := cmp.Diff(want, Latency(got), within); diff != "" {
			t.Errorf("%d times in a load test (-) and in a list run (+):\n%s", n, diff)
		}
	}
}
