package fetcher

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"example.com/fetch/internal/bubble"
	"example.com/fetch/internal/transport"
)

var errRefused = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}

// TestGivenUp: a host where nothing works costs seconds, however long the list and whatever goes wrong there. The others
// do not notice.
func TestGivenUp(t *testing.T) {
	for _, row := range []struct {
		name  string
		fails func(*http.Request) (*http.Response, error)
		class Kind
		most  time.Duration
		asked int
	}{
		{"500", func(r *http.Request) (*http.Response, error) { return answer(r, 500, ""), nil }, KindHTTP5xx, 5 * time.Second, 100},
		{"503", func(r *http.Request) (*http.Response, error) { return answer(r, 503, ""), nil }, KindRateLimited, 10 * time.Second, 20},
		{"429 for an hour", func(r *http.Request) (*http.Response, error) {
			return answer(r, 429, "", "Retry-After", "3600"), nil
		}, KindRateLimited, time.Second, 20},
		{"nobody listens", func(*http.Request) (*http.Response, error) { return nil, errRefused }, KindConnect, 10 * time.Second, 20},
		{"resets", func(*http.Request) (*http.Response, error) { return nil, syscall.ECONNRESET }, KindConnReset, 5 * time.Second, 100},
		{"hangs", func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, context.Cause(r.Context())
		}, KindTimeoutAttempt, 15 * time.Second, 100},
		{"bodies cut off", func(r *http.Request) (*http.Response, error) {
			resp := answer(r, 200, "")
			resp.Body = io.NopCloser(io.MultiReader(strings.NewReader("who"), transport.Failing{Err: io.ErrUnexpectedEOF}))
			return resp, nil
		}, KindBodyTruncated, 5 * time.Second, 100},
	} {
		t.Run(row.name, func(t *testing.T) {
			bubble.Test(t, func(t *testing.T) {
				var asked atomic.Int64
				f := &Fetcher{Workers: 10, Timeout: Timeouts{Attempt: time.Second}, Transport: transportFunc(
					func(req *http.Request) (*http.Response, error) {
						time.Sleep(10 * time.Millisecond)
						if req.URL.Host == "good.test" {
							return answer(req, 200, "yes"), nil
						}
						asked.Add(1)
						return row.fails(req)
					})}
				start := time.Now()
				var urls []string
				for i := range 500 {
					urls = append(urls, fmt.Sprintf("http://bad.test/%d", i), fmt.Sprintf("http://good.test/%d", i))
				}
				byKind, results := outcomes(t, f, urls...)
				if wall := time.Since(start); wall > row.most {
					t.Errorf("took %v, want %v at most", wall, row.most)
				}
				if n := int(asked.Load()); n > row.asked {
					t.Errorf("it was asked %d times, want %d at most", n, row.asked)
				}
				if byKind[KindNone] != 500 || byKind[KindCircuit] < 400 || byKind[KindCircuit]+byKind[row.class] != 500 {
					t.Errorf("500 good ones, 500 bad ones: %v", byKind)
				}
				for _, r := range results {
					if kindIn(r.Err) != KindCircuit {
						continue
					}
					if r.Service > 0 != (len(r.Attempts) > 0) || len(r.Attempts) == 0 && (r.FinalURL != "" || r.Status != 0) {
						t.Errorf("request %d: %d attempts, %v, %q, %d", r.Seq, len(r.Attempts), r.Service, r.FinalURL, r.Status)
					}
					if !strings.Contains(r.Err.Error(), "bad.test was given up (") {
						t.Errorf("request %d: %v", r.Seq, r.Err)
					}
				}
				if s := f.Stats(); s.Failed != 500 || s.OK != 500 || s.Sleeping+s.Waiting+s.InFlight != 0 {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

// TestGivenUpWithoutRetries: a host that wants to be left alone for longer than the caller waits is left alone, whether or not
// what it refused would be tried again.
func TestGivenUpWithoutRetries(t *testing.T) {
	for name, row := range map[string]struct {
		retry     Retry
		method    string
		redirects int
		served    int // before
		status    int
		field     [2]string
	}{
		"no retries":            {retry: Retry{Max: -1}, status: 429, field: [2]string{"Retry-After", "3600"}},
		"served before":         {retry: Retry{Max: -1}, served: 20, status: 429, field: [2]string{"Retry-After", "3600"}},
		"one hop":               {retry: Retry{Max: -1}, redirects: -1, status: 429, field: [2]string{"Retry-After", "3600"}},
		"POST":                  {method: "POST", status: 429, field: [2]string{"Retry-After", "3600"}},
		"POST, served before":   {method: "POST", served: 20, status: 429, field: [2]string{"Retry-After", "3600"}},
		"the policy is against": {retry: Retry{Policy: func(*Result) bool { return false }}, status: 429, field: [2]string{"Retry-After", "3600"}},
		"blocked":               {retry: Retry{Max: -1}, status: 503, field: [2]string{"X-Throttling-Control", "Service status: Green (0%), Remaining blocking time: 1:0:0"}},
		"a quota":               {retry: Retry{Max: -1}, status: 403, field: [2]string{"RateLimit", `"day";r=0;t=3600`}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble.Test(t, func(t *testing.T) {
				var asked atomic.Int64
				f := &Fetcher{Retry: row.retry, MaxRedirects: row.redirects, Transport: transportFunc(
					func(req *http.Request) (*http.Response, error) {
						time.Sleep(10 * time.Millisecond)
						if asked.Add(1) <= int64(row.served) {
							return answer(req, 200, "yes"), nil
						}
						return answer(req, row.status, "", row.field[0], row.field[1]), nil
					})}
				reqs := func(yield func(*Request, error) bool) {
					for _, url := range many(60, "a.test") {
						if !yield(&Request{URL: url, Method: row.method}, nil) {
							return
						}
					}
				}
				start := time.Now()
				byKind := make(map[Kind]int)
				for r, err := range f.Run(t.Context(), reqs) {
					if err != nil {
						t.Fatal(err)
					}
					byKind[kindIn(r.Err)]++
				}
				refused := 60 - row.served - byKind[KindCircuit]
				if took := time.Since(start); took > time.Second || byKind[KindNone] != row.served || refused > DefaultWorkers || byKind[KindRateLimited] != refused {
					t.Errorf("%v after %v", byKind, took)
				}
			})
		})
	}
}

// TestGivenUpAlone: one request to such a host is over as soon as its retries are.
func TestGivenUpAlone(t *testing.T) {
	for _, status := range []int{500, 503, 429} {
		bubble.Test(t, func(t *testing.T) {
			f := &Fetcher{Transport: failing(1000, status), Retry: Retry{Max: 3}}
			r := f.Do(t.Context(), &Request{URL: "http://a.test/"})
			if len(r.Attempts) != 4 || r.Status != status || r.Response > 5*time.Second {
				t.Errorf("%d attempts, %v after %v", len(r.Attempts), r.Err, r.Response)
			}
		})
	}
}

// TestSleepersAreTold: a request that sleeps between two attempts does not wake only to hear that its host was given up;
// what its attempts have shown is kept.
func TestSleepersAreTold(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		var n, told atomic.Int64
		var start time.Time
		f := &Fetcher{Workers: 10, Retry: Retry{MinWait: time.Hour, MaxWait: 10 * time.Hour, Budget: -1}, Transport: transportFunc(
			func(req *http.Request) (*http.Response, error) {
				time.Sleep(10 * time.Millisecond)
				if n.Add(1) == 1 {
					return answer(req, 200, "yes"), nil // or it would be asked by one request at a time
				}
				if req.URL.Path == "/last" {
					told.Store(int64(time.Since(start)))
					return answer(req, 429, "", "Retry-After", "72000"), nil
				}
				return answer(req, 500, "no", "X", "y"), nil
			})}
		outcomes(t, f, "http://a.test/")
		reqs := func(yield func(*Request, error) bool) {
			for i := range 15 {
				req := &Request{URL: "http://a.test/"}
				if i == 14 {
					req.URL, req.Due = "http://a.test/last", time.Second // when the others sleep
				}
				if !yield(req, nil) {
					return
				}
			}
		}
		n.Store(1)
		start = time.Now()
		for r, err := range f.Run(t.Context(), reqs) {
			if err != nil {
				t.Fatal(err)
			}
			if r.Seq == 15 {
				check(t, r, KindRateLimited, 1)
				continue
			}
			a := r.Attempts[0]
			if kindIn(r.Err) != KindCircuit || len(r.Attempts) != 1 || r.Status != 500 || r.Header.Get("X") != "y" || a.Err.Kind != KindHTTP5xx {
				t.Errorf("request %d: %v, %d attempts, status %d, %v", r.Seq, r.Err, len(r.Attempts), r.Status, a.Err)
			}
			if r.Backoff != a.Backoff || r.End() != time.Duration(told.Load()) {
				t.Errorf("request %d slept %v until %v", r.Seq, r.Backoff, r.End())
			}
		}
	})
}

// TestRedirectToAHostGivenUp fails in its attempt, whose hops are kept, and is not tried again.
func TestRedirectToAHostGivenUp(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &Fetcher{Retry: Retry{Max: 1, Policy: func(*Result) bool { return true }}, Transport: transportFunc(
			func(req *http.Request) (*http.Response, error) {
				if req.URL.Host == "dead.test" {
					return nil, errRefused
				}
				return answer(req, 302, "", "Location", "http://dead.test/x"), nil
			})}
		outcomes(t, f, many(5, "dead.test")...)
		r := f.Do(t.Context(), &Request{URL: "http://a.test/"})
		if kindIn(r.Err) != KindCircuit || len(r.Attempts) != 1 || len(r.Attempts[0].Hops) != 1 || r.Attempts[0].Err != r.Err {
			t.Errorf("%v after %+v", r.Err, r.Attempts)
		}
	})
}

// TestGivenUpForAWhile: a host that was given up is asked again later, and is then as good as any.
func TestGivenUpForAWhile(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		start := time.Now()
		f := &Fetcher{Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
			time.Sleep(time.Millisecond)
			if time.Since(start) < time.Minute {
				return nil, errRefused
			}
			return answer(req, 200, "yes"), nil
		})}
		if byKind, _ := outcomes(t, f, many(20, "a.test")...); byKind[KindCircuit] == 0 {
			t.Errorf("it was not given up: %v", byKind)
		}
		time.Sleep(5 * time.Minute)
		if byKind, _ := outcomes(t, f, many(20, "a.test")...); byKind[KindNone] != 20 {
			t.Errorf("later: %v", byKind)
		}
	})
}

// TestGivenUpInOrder: the results of requests that fail unsent come in their places.
func TestGivenUpInOrder(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		var ended atomic.Int64
		f := &Fetcher{InOrder: true, LookAhead: 20, Advanced: Advanced{Ended: func(*Result) { ended.Add(1) }}, Transport: transportFunc(
			func(*http.Request) (*http.Response, error) { return nil, errRefused })}
		f.Ended = func(*Result) {
			ended.Add(1)
			f.Stats() // it is not called under the lock
		}
		_, results := outcomes(t, f, many(300, "a.test")...)
		if !slices.IsSortedFunc(results, func(a, b *Result) int { return int(a.Seq - b.Seq) }) || len(results) != 300 || ended.Load() != 300 {
			t.Errorf("%d results, %d ended", len(results), ended.Load())
		}
	})
}

// TestRestart: a server that is restarted in the middle of a run costs some time, and no request.
func TestRestart(t *testing.T) {
	const n = 1000
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	var served atomic.Int64
	half := make(chan struct{})
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if served.Add(1) == n/2 {
			close(half)
		}
		io.WriteString(w, "yes")
	})
	first := &http.Server{Handler: handler, ErrorLog: quietLog}
	go first.Serve(listener)
	var again sync.WaitGroup
	var second *http.Server
	again.Go(func() {
		<-half
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		first.Shutdown(ctx)
		time.Sleep(300 * time.Millisecond)
		l, err := net.Listen("tcp", addr)
		if err != nil {
			t.Error(err)
			return
		}
		second = &http.Server{Handler: handler, ErrorLog: quietLog}
		again.Go(func() { second.Serve(l) })
	})
	f := &Fetcher{Workers: 10}
	defer f.Close()
	byKind, results := outcomes(t, f, many(n, addr)...)
	if byKind[KindNone] != n {
		t.Errorf("of %d: %v", n, byKind)
		for _, r := range results {
			if r.Err != nil {
				t.Logf("%v after %+v", r.Err, r.Attempts)
			}
		}
	}
	if last := slices.MaxFunc(results, func(a, b *Result) int { return int(a.End() - b.End()) }); last.End() > 5*time.Second {
		t.Errorf("took %v", last.End())
	}
	if second != nil {
		second.Close()
	}
	again.Wait()
}
