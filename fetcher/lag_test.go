package fetcher_test

import (
	"io"
	"iter"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/bubble"
)

// The lag is what this client itself adds, at the gate and after it; what the slots and the server take is none.
func TestLag(t *testing.T) {
	const ms = time.Millisecond
	slowBody := func() (io.ReadCloser, error) { // stands for a goroutine that comes late between gate and transport
		time.Sleep(7 * ms)
		return io.NopCloser(strings.NewReader("x")), nil
	}
	for _, test := range []struct {
		name    string
		workers int
		limits  fetcher.Limits
		request fetcher.Request
		read    time.Duration // when the source yields it, after one that takes 100 ms
		want    time.Duration
	}{
		{name: "on time", workers: 2, request: fetcher.Request{Due: 50 * ms}},
		{name: "no slot", workers: 1, request: fetcher.Request{Due: 50 * ms}},
		{name: "no token", workers: 2, request: fetcher.Request{Due: 50 * ms},
			limits: fetcher.Limits{Total: fetcher.Limit{Rates: []fetcher.Rate{{Events: 1, Per: time.Second}}}}},
		{name: "the source is late", workers: 2, request: fetcher.Request{Due: 50 * ms}, read: 80 * ms, want: 30 * ms},
		{name: "the source is late, and then no slot", workers: 1, request: fetcher.Request{Due: 50 * ms}, read: 80 * ms},
		{name: "no slot, and then the source is late", workers: 1, request: fetcher.Request{Due: 50 * ms}, read: 120 * ms, want: 20 * ms},
		{name: "the list has not come so far", workers: 2, read: 80 * ms},
		{name: "late after the gate", workers: 2, request: fetcher.Request{Due: 50 * ms, Body: slowBody}, want: 7 * ms},
		{name: "late on both sides", workers: 2, request: fetcher.Request{Due: 50 * ms, Body: slowBody}, read: 60 * ms, want: 17 * ms},
		{name: "later attempts and hops add nothing", workers: 2,
			request: fetcher.Request{URL: "http://a.test/restless", Due: 50 * ms, Body: slowBody, Method: http.MethodPut}, want: 7 * ms},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble.Test(t, func(t *testing.T) {
				f := &fetcher.Fetcher{Workers: test.workers, Limits: test.limits, Retry: fetcher.Retry{Max: 1}, Transport: inMemory(t, unsettled())}
				results := succeeded(t, f.Run(t.Context(), lateSource(&test.request, test.read)))
				for _, r := range results {
					if r.Seq == 2 && r.Lag != test.want {
						t.Errorf("a lag of %v, want %v (queue %v, limiter wait %v)", r.Lag, test.want, r.Queue, r.Limiter)
					}
				}
			})
		})
	}
}

// lateSource yields a request that takes 100 ms, and another one at its time.
func lateSource(second *fetcher.Request, at time.Duration) iter.Seq2[*fetcher.Request, error] {
	return func(yield func(*fetcher.Request, error) bool) {
		yield(&fetcher.Request{URL: "http://a.test/100ms"}, nil)
		time.Sleep(at)
		if second.URL == "" {
			second.URL = "http://a.test/1ms"
		}
		yield(second, nil)
	}
}

// unsettled is delays, with a path that fails once, and then redirects once.
func unsettled() http.Handler {
	seen := 0
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/restless" {
			delays(w, r)
			return
		}
		if seen++; seen == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		} else {
			http.Redirect(w, r, "/1ms", http.StatusTemporaryRedirect)
		}
	})
}

// firstBlocked is how long the first hop was blocked, of which the lag may be a part.
func firstBlocked(r *fetcher.Result) time.Duration {
	if len(r.Attempts) == 0 || len(r.Attempts[0].Hops) == 0 {
		return 0
	}
	return r.Attempts[0].Hops[0].Phases.Blocked
}
