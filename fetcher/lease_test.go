package fetcher_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/bubble"
)

// leasing is a Fetcher that sends to one host at instants that lease gives.
func leasing(t *testing.T, lease func(ctx context.Context, n int, spent time.Duration) ([]time.Time, error)) *fetcher.Fetcher {
	return &fetcher.Fetcher{Transport: inMemory(t, delays), Limits: fetcher.Limits{Host: func(string) (fetcher.Limit, bool) {
		return fetcher.Limit{Leased: []fetcher.Rate{{Events: 10, Per: time.Second}}, Lease: lease}, true
	}}}
}

// TestLease: hops leave at the instants that were leased, and the wait for them is the limiter's. Requests are asked for one
// call at a time.
func TestLease(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		var asking, most atomic.Int32
		next := time.Now().Add(time.Second)
		f := leasing(t, func(ctx context.Context, n int, _ time.Duration) (at []time.Time, err error) {
			most.Store(max(most.Load(), asking.Add(1)))
			defer asking.Add(-1)
			time.Sleep(50 * time.Millisecond)
			for range n {
				at = append(at, next)
				next = next.Add(time.Second)
			}
			return at, nil
		})
		start := time.Now()
		for i, r := range succeeded(t, f.Run(t.Context(), fetcher.URLs(seconds(0, 0, 0, 0, 0)...))) {
			at := time.Duration(i+1) * time.Second
			if r.Limiter != at || r.Queue != 0 || time.Since(start) < at {
				t.Errorf("request %d: waited %v for the limiter, and %v otherwise", i, r.Limiter, r.Queue)
			}
		}
		if most.Load() != 1 {
			t.Errorf("%d calls at once", most.Load())
		}
	})
}

// TestLeaseFails: without an answer, or with one that cannot be, the rates are kept to all the same.
func TestLeaseFails(t *testing.T) {
	for name, fail := range map[string]func() error{
		"error":  func() error { return errors.New("there is no folder") },
		"panic":  func() error { panic("on purpose") },
		"Goexit": func() error { runtime.Goexit(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			bubble.Test(t, func(t *testing.T) {
				f := leasing(t, func(context.Context, int, time.Duration) ([]time.Time, error) { return nil, fail() })
				start := time.Now()
				succeeded(t, f.Run(t.Context(), fetcher.URLs(seconds(0, 0, 0, 0, 0)...)))
				if wall := time.Since(start); wall != 400*time.Millisecond {
					t.Errorf("it took %v", wall)
				}
			})
		})
	}
}

// TestLeaseEnds: the end of the run ends the call that is being made, and the next run asks anew.
func TestLeaseEnds(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		calls := 0
		f := leasing(t, func(ctx context.Context, n int, _ time.Duration) ([]time.Time, error) {
			if calls++; calls == 1 {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return []time.Time{time.Now()}, nil
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for range f.Run(ctx, fetcher.URLs(seconds(0)...)) {
			continue
		}
		if r := f.Do(t.Context(), &fetcher.Request{URL: seconds(0)[0]}); r.Err != nil || calls != 2 {
			t.Error(r.Err, calls)
		}
	})
}

// TestKnown: what a Fetcher has learned of a host is where another begins.
func TestKnown(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		var served atomic.Int64
		refusing := roundTripFunc(func(r *http.Request) (*http.Response, error) {
			time.Sleep(time.Millisecond)
			response := &http.Response{StatusCode: 429, Body: http.NoBody, Header: http.Header{"Retry-After": {"20"}}, Request: r}
			if served.Add(1) < 5 {
				response.StatusCode, response.Header = 200, http.Header{}
			}
			return response, nil
		})
		f := &fetcher.Fetcher{Transport: refusing, Workers: 1}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		for range f.Run(ctx, fetcher.URLs(seconds(0, 0, 0, 0, 0)...)) {
			continue
		}
		var known fetcher.Known
		for _, known = range f.Known() {
		}
		if known.Wait < 19*time.Second || known.Wait > 20*time.Second { // the end of the run would have come before
			t.Fatalf("%+v", known)
		}
		next := &fetcher.Fetcher{Transport: inMemory(t, delays)}
		next.Limits.Host = func(string) (fetcher.Limit, bool) { return fetcher.Limit{Known: &known}, true }
		start := time.Now()
		succeeded(t, next.Run(t.Context(), fetcher.URLs(seconds(0)...)))
		if wall := time.Since(start); wall != known.Wait {
			t.Errorf("it waited %v, not %v", wall, known.Wait)
		}
	})
}
