package fetcher

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/fetch/internal/bubble"
)

// TestEvents are told in order, one at a time, before the run is over, and not under the lock.
func TestEvents(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		var events []HostEvent
		var telling, during atomic.Bool
		f := &Fetcher{Workers: 20, Transport: &crowded{bears: 4, takes: 50 * time.Millisecond}}
		f.Event = func(e HostEvent) {
			if telling.Swap(true) {
				t.Error("two at a time")
			}
			if during.Load() {
				t.Error("an event after the run")
			}
			f.Stats()
			time.Sleep(time.Second) // while others bring about more
			events = append(events, e)
			telling.Store(false)
		}
		outcomes(t, f, append(many(300, "a.test"), many(300, "b.test")...)...)
		during.Store(true)
		if len(events) == 0 {
			t.Fatal("none")
		}
		for i, e := range events {
			if i > 0 && e.At < events[i-1].At {
				t.Errorf("at %v after %v", e.At, events[i-1].At)
			}
			if e.Why == "" || e.What == "" || e.Host != "a.test:80" && e.Host != "b.test:80" {
				t.Errorf("%+v", e)
			}
		}
		time.Sleep(time.Minute)
	})
}

// TestRunWaitsForEvents: none is told after the run, whoever tells it.
func TestRunWaitsForEvents(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &Fetcher{Transport: failing(0, 0), Event: func(HostEvent) { time.Sleep(time.Second) }}
		f.started().events.Add(HostEvent{})
		start := time.Now()
		f.Do(t.Context(), &Request{URL: "http://a.test/"})
		if took := time.Since(start); took != time.Second {
			t.Errorf("it was over after %v", took)
		}
	})
}

// TestEventsAreBounded: those that wait for a caller who takes his time do not gather without end, and how many are not told
// is.
func TestEventsAreBounded(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		var told []HostEvent
		f := &Fetcher{Event: func(e HostEvent) {
			time.Sleep(time.Second)
			told = append(told, e)
		}}
		e := f.started()
		const all = 3 * maxUntold
		e.events.Add(HostEvent{At: -1})
		synctest.Wait() // it is being told
		for i := range all {
			e.events.Add(HostEvent{At: time.Duration(i)})
		}
		e.events.Wait()
		told = told[1:]
		if len(told) != maxUntold {
			t.Fatalf("%d were told", len(told))
		}
		if lost := told[0]; lost.What != EventLost || lost.To != all-maxUntold+1 || lost.At != all-maxUntold {
			t.Errorf("the first is %+v", lost)
		}
		for i, e := range told[1:] {
			if want := time.Duration(all - maxUntold + 1 + i); e.At != want || e.What == EventLost {
				t.Errorf("%+v instead of that of %v", e, want)
			}
		}
	})
}

// TestEventsHoldUpNobody: not those who bring them about, however long a caller takes, nor those who look on or stop; and the
// requests of a host that was given up end whoever finds that out.
func TestEventsHoldUpNobody(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &Fetcher{Workers: 10, Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
			time.Sleep(10 * time.Millisecond)
			if req.URL.Host == "dead.test" {
				return nil, errRefused
			}
			return answer(req, 200, "yes"), nil
		})}
		f.Event = func(HostEvent) { time.Sleep(time.Hour) }
		start := time.Now()
		var last atomic.Int64
		f.Ended = func(*Result) {
			f.Stats()
			last.Store(int64(time.Since(start)))
			time.Sleep(time.Millisecond)
		}
		byKind, _ := outcomes(t, f, append(many(100, "dead.test"), many(100, "good.test")...)...)
		if byKind[KindNone] != 100 || time.Duration(last.Load()) > time.Minute {
			t.Errorf("%v, the last after %v", byKind, time.Duration(last.Load()))
		}
		if wall := time.Since(start); wall < time.Hour || wall%time.Hour > time.Minute {
			t.Errorf("the run was over after %v", wall)
		}
	})
}

// TestEventThatExits: a function that ends its goroutine, as a test that fails does, is called for the next event all the same.
func TestEventThatExits(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		var told atomic.Int64
		f := &Fetcher{Transport: &crowded{bears: 4, takes: 50 * time.Millisecond}}
		f.Event = func(HostEvent) {
			told.Add(1)
			runtime.Goexit()
		}
		outcomes(t, f, append(many(100, "a.test"), many(100, "b.test")...)...)
		if told.Load() < 2 {
			t.Errorf("%d were told", told.Load())
		}
	})
}

// TestEventsHaveNoSecrets: what a host calls its limits may be the key that it was sent, as some call a client's bucket.
func TestEventsHaveNoSecrets(t *testing.T) {
	const key = "canary-4711"
	for name, fields := range map[string][]string{
		"structured":    {"RateLimit", `"KEY";r=0;t=5`, "RateLimit-Policy", `"KEY";q=9;w=60`},
		"no limit":      {"RateLimit", `"KEY";r=0;t=5`},
		"bucket":        {"X-RateLimit-Bucket", "KEY", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "5"},
		"resource":      {"X-RateLimit-Resource", "KEY", "X-RateLimit-Limit", "9", "X-RateLimit-Remaining", "0"},
		"name":          {"RateLimit-Name", "KEY", "RateLimit-Remaining", "0", "Retry-After", "5"},
		"longer":        {"RateLimit-Name", "KEY", "RateLimit-Remaining", "0", "Retry-After", "5000"},
		"name of field": {"X-RateLimit-Remaining-KEY", "0", "X-RateLimit-Reset-KEY", "5"},
		"reason":        {"X-Rejection-Reason", "KEY Quota", "Retry-After", "5"},
		"malformed":     {"RateLimit", "KEY KEY", "X-RateLimit-Limit", "KEY", "Retry-After", "KEY", "X-Throttling-Control", "KEY status: KEY"},
	} {
		for _, status := range []int{200, 403, 429, 503} {
			bubble.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				var said strings.Builder
				say := func(format string, args ...any) {
					mu.Lock()
					defer mu.Unlock()
					fmt.Fprintf(&said, format, args...)
				}
				var logged strings.Builder // whose handler has a lock of its own
				var served atomic.Int64
				f := &Fetcher{Logger: slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))}
				f.Transport = transportFunc(func(req *http.Request) (*http.Response, error) {
					time.Sleep(10 * time.Millisecond)
					if served.Add(1) <= 5 && status != 503 {
						return answer(req, 204, ""), nil
					}
					echo := strings.NewReplacer("KEY", req.Header.Get("X-Api-Key"))
					var fields2 []string
					for _, field := range fields {
						fields2 = append(fields2, echo.Replace(field))
					}
					return answer(req, status, "", fields2...), nil
				})
				f.Event = func(e HostEvent) { say("%+v\n", e) }
				reqs := func(yield func(*Request, error) bool) {
					for _, url := range many(100, "a.test") {
						if !yield(&Request{URL: url, Header: http.Header{"X-Api-Key": {key}}}, nil) {
							return
						}
					}
				}
				for r := range f.Run(t.Context(), reqs) {
					say("%v %v %+v\n", r.Err, r.Notes, f.Stats().Hosts)
				}
				if text := strings.ToLower(said.String() + logged.String()); strings.Contains(text, key) {
					t.Errorf("%s, %d: %s", name, status, text[max(0, strings.Index(text, key)-200):][:220])
				}
			})
		}
	}
}

// TestNoAdapt: every refusal is a failure that costs a retry, and delays its own request.
func TestNoAdapt(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		var sent atomic.Int64
		f := &Fetcher{Workers: 10, Advanced: Advanced{NoAdapt: true}, Retry: Retry{Max: 1}, Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
			sent.Add(1)
			time.Sleep(100 * time.Millisecond)
			switch req.URL.Host {
			case "refused.test":
				return nil, errRefused
			case "quota.test":
				return answer(req, 429, "", "Retry-After", "30"), nil
			}
			return answer(req, 200, "yes", "RateLimit-Policy", `"x";q=1;w=60`, "RateLimit", `"x";r=0;t=60`), nil
		})}
		f.Event = func(e HostEvent) { t.Errorf("%+v", e) }
		urls := append(append(many(30, "good.test"), many(30, "refused.test")...), many(30, "quota.test")...)
		byKind, results := outcomes(t, f, urls...)
		if byKind[KindNone] != 30 || byKind[KindConnect] != 30 || byKind[KindRateLimited] != 30 || sent.Load() != 150 {
			t.Errorf("%v of %d hops", byKind, sent.Load())
		}
		for _, r := range results {
			if first := r.Attempts[0]; first.Requeued || r.Limiter != 0 {
				t.Errorf("request %d: %+v", r.Seq, first)
			}
			if r.Request.URL[:len("http://g")] == "http://g" && r.End() > 400*time.Millisecond {
				t.Errorf("request %d ended at %v", r.Seq, r.End())
			}
			if first := r.Attempts[0]; first.Status == 429 && (first.RetryAfter != 30*time.Second || first.Backoff < first.RetryAfter) {
				t.Errorf("request %d: %+v", r.Seq, first)
			}
		}
	})
}

// TestStatsOfHosts: those that are sent less than was asked for are listed though nothing waits.
func TestStatsOfHosts(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &Fetcher{Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
			switch req.URL.Host {
			case "dead.test":
				return nil, errRefused
			case "quota.test":
				return answer(req, 429, "", "Retry-After", "30"), nil
			}
			return answer(req, 200, "yes"), nil
		})}
		f.Retry.Policy = func(r *Result) bool { return r.Status != 429 && DefaultRetryPolicy(r) }
		outcomes(t, f, append(many(8, "dead.test"), "http://good.test/", "http://quota.test/")...)
		found := make(map[string]HostStats)
		for _, h := range f.Stats().Hosts {
			found[h.Host] = h
		}
		if h := found["dead.test:80"]; !h.Down || h.Why == "" {
			t.Errorf("%+v", h)
		}
		if h := found["quota.test:80"]; h.Paused <= 29*time.Second || h.Paused > 30*time.Second {
			t.Errorf("%+v", h)
		}
		if len(found) != 2 {
			t.Errorf("%+v", found)
		}
	})
}
