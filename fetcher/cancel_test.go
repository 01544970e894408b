package fetcher_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/bubble"
)

// countKinds counts the results that succeeded and those of a kind; any others fail the test.
func countKinds(t *testing.T, results []*fetcher.Result, kind fetcher.Kind) (ok, failed int) {
	t.Helper()
	for _, r := range results {
		switch {
		case r.Err == nil:
			ok++
		case kindIs(r, kind):
			failed++
		default:
			t.Errorf("request %d: %v", r.Seq, r.Err)
		}
	}
	return ok, failed
}

func TestCancel(t *testing.T) {
	for _, c := range []struct {
		name  string
		make  func(context.Context) (context.Context, context.CancelFunc)
		kind  fetcher.Kind
		cause error
	}{
		{"cause", func(parent context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(parent)
			time.AfterFunc(2500*time.Millisecond, func() { cancel(errEnough) })
			return ctx, func() { cancel(nil) }
		}, fetcher.KindCanceled, errEnough},
		{"deadline", func(parent context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(parent, 2500*time.Millisecond)
		}, fetcher.KindDeadline, context.DeadlineExceeded},
		{"cause that is a deadline", func(parent context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeoutCause(parent, 2500*time.Millisecond, fetcher.KindDeadline)
		}, fetcher.KindDeadline, fetcher.KindDeadline},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble.Test(t, func(t *testing.T) {
				ctx, cancel := c.make(t.Context())
				defer cancel()
				f := &fetcher.Fetcher{Workers: 3, LookAhead: 5, Transport: inMemory(t, delays)}
				start := time.Now()
				results, err := gather(t, f.Run(ctx, repeat(100, "http://a.test/1s")))
				if !errors.Is(err, c.cause) {
					t.Errorf("the run's error is %v, want %v", err, c.cause)
				}
				if wall := time.Since(start); wall != 2500*time.Millisecond {
					t.Errorf("ended after %v", wall)
				}
				if ok, n := countKinds(t, results, c.kind); ok != 6 || n != 3 {
					t.Errorf("%d ok and %d %v; want 6 and 3", ok, n, c.kind)
				}
				for _, r := range results[6:] {
					if r.Service != 500*time.Millisecond || !errors.Is(r.Err, c.cause) {
						t.Errorf("request %d: %v after %v", r.Seq, r.Err, r.Service)
					}
				}
				s := f.Stats()
				if s.Done != 9 || s.Canceled != 3 || s.NotStarted != s.Read-9 || s.NotStarted < 2 || s.NotStarted > 8 {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

// A context that has ended before lets nothing be sent.
func TestCancelledBefore(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errEnough)
		f := &fetcher.Fetcher{Transport: inMemory(t, delays)}
		results, err := gather(t, f.Run(ctx, repeat(10, "http://a.test/1s")))
		if s := f.Stats(); len(results) != 0 || err != errEnough || s.Hops != 0 {
			t.Errorf("%d results, %v, %d hops", len(results), err, s.Hops)
		}
	})
}

// The end of the context is the run's error even when all results came before it was noticed.
func TestCancelByTheConsumer(t *testing.T) {
	for range 200 {
		ctx, cancel := context.WithCancelCause(t.Context())
		f := &fetcher.Fetcher{Transport: atOnce}
		var last error
		for _, err := range f.Run(ctx, repeat(1, "http://a.test/")) {
			cancel(errEnough)
			last = err
		}
		cancel(nil)
		if last != errEnough {
			t.Fatalf("the run's error is %v", last)
		}
	}
}

// Stop lets attempts in flight end, redirects included, cancels those that sleep or wait to be tried again, and drops
// the rest.
func TestStop(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/sleeps":
				w.Header().Set("Retry-After", "30")
				w.WriteHeader(http.StatusServiceUnavailable)
			case "/waits":
				w.Header().Set("Retry-After", "0")
				w.WriteHeader(http.StatusServiceUnavailable)
			case "/moves":
				pause(r.Context(), 4*time.Second)
				http.Redirect(w, r, "/2s", http.StatusFound)
			default:
				delays(w, r)
			}
		})
		f := &fetcher.Fetcher{
			Workers:   4,
			LookAhead: 10,
			Transport: inMemory(t, server),
			Limits: fetcher.Limits{Host: func(host string) (fetcher.Limit, bool) {
				return fetcher.Limit{Rates: []fetcher.Rate{{Events: 1, Per: time.Minute}}}, host == "rare.test:80"
			}},
		}
		time.AfterFunc(3*time.Second, f.Stop)
		list := append([]string{"http://b.test/sleeps", "http://rare.test/waits", "http://rare.test/0s", "http://a.test/moves"},
			slices.Repeat([]string{"http://a.test/5s"}, 50)...)
		start := time.Now()
		results, err := gather(t, f.Run(t.Context(), fetcher.URLs(list...)))
		if !errors.Is(err, fetcher.ErrStopped) {
			t.Errorf("a stopped run says %v", err)
		}
		if wall := time.Since(start); wall != 6*time.Second {
			t.Errorf("ended after %v; the redirect in flight takes 6s", wall)
		}
		var got []int64
		for _, r := range results {
			got = append(got, r.Seq)
			switch {
			case r.Seq <= 2:
				if !kindIs(r, fetcher.KindCanceled) || !errors.Is(r.Err, fetcher.ErrStopped) || r.End() != 3*time.Second {
					t.Errorf("request %d: %v at %v", r.Seq, r.Err, r.End())
				}
			case r.Err != nil:
				t.Errorf("request %d: %v", r.Seq, r.Err)
			}
		}
		slices.Sort(got)
		if want := []int64{1, 2, 4, 5, 6, 7}; !slices.Equal(got, want) {
			t.Errorf("results of %v, want %v", got, want)
		}
		if s := f.Stats(); s.Done != 6 || s.Canceled != 2 || s.OK != 4 || s.Read != 6+s.NotStarted || s.Sleeping != 0 {
			t.Errorf("%+v", s)
		}

		results, err = gather(t, f.Run(t.Context(), repeat(5, "http://a.test/1s")))
		if len(results) != 0 || !errors.Is(err, fetcher.ErrStopped) {
			t.Errorf("a run after Stop: %d results, %v", len(results), err)
		}
		if r := f.Do(t.Context(), &fetcher.Request{URL: "http://a.test/1s"}); !errors.Is(r.Err, fetcher.ErrStopped) {
			t.Errorf("a Do after Stop: %v", r.Err)
		}
	})
}

// An error of the source stops new starts; what is in flight is yielded; the error comes last.
func TestSourceError(t *testing.T) {
	for _, c := range []struct {
		name string
		bad  *fetcher.Request
		err  error
	}{
		{"an error", nil, errEnough},
		{"a nil request", nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble.Test(t, func(t *testing.T) {
				f := &fetcher.Fetcher{Workers: 3, Transport: inMemory(t, delays)}
				reqs := func(yield func(*fetcher.Request, error) bool) {
					for range 5 {
						if !yield(&fetcher.Request{URL: "http://a.test/2s"}, nil) {
							return
						}
					}
					time.Sleep(time.Second)
					if yield(c.bad, c.err) {
						t.Error("the source was asked for more after its error")
					}
				}
				start := time.Now()
				results, err := gather(t, f.Run(t.Context(), reqs))
				if err == nil || c.err != nil && err != c.err {
					t.Errorf("the run's error is %v", err)
				}
				if ok, _ := countKinds(t, results, fetcher.KindCanceled); ok != 3 || len(results) != 3 {
					t.Errorf("%d results, %d ok; want the 3 that were in flight", len(results), ok)
				}
				if s := f.Stats(); s.NotStarted != 2 || s.Read != 5 {
					t.Errorf("%+v", s)
				}
				if wall := time.Since(start); wall != 2*time.Second {
					t.Errorf("took %v", wall)
				}
			})
		})
	}
}

// A body that cannot be kept ends the run with its error.
func TestWriteErrorEndsTheRun(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &fetcher.Fetcher{Workers: 2, LookAhead: 4, Transport: inMemory(t, delays),
			Handle: func(r *fetcher.Result, _ *http.Response) error {
				if r.Seq == 3 {
					return &fetcher.Error{Kind: fetcher.KindWrite, Err: errEnough}
				}
				return nil
			}}
		results, err := gather(t, f.Run(t.Context(), repeat(50, "http://a.test/1s")))
		if !errors.Is(err, fetcher.KindWrite) || !errors.Is(err, errEnough) {
			t.Errorf("the run's error is %v", err)
		}
		if ok, n := countKinds(t, results, fetcher.KindWrite); n != 1 || ok < 3 || ok > 4 {
			t.Errorf("%d ok, %d not kept", ok, n)
		}
		if s := f.Stats(); s.Read != s.Done+s.NotStarted {
			t.Errorf("%+v", s)
		}
	})
}

// Addresses of all sorts that lead nowhere are results of KindInput, and nothing is sent.
func TestBadRequests(t *testing.T) {
	var sent atomic.Int64
	f := &fetcher.Fetcher{Transport: roundTripFunc(func(r *http.Request) (*http.Response, error) {
		sent.Add(1)
		return atOnce(r)
	})}
	bad := []*fetcher.Request{
		{}, {URL: " "}, {URL: "a.test"}, {URL: "/path"}, {URL: "ftp://a.test/"}, {URL: "http://"}, {URL: "http:///path"},
		{URL: "http://a b/"}, {URL: "http://[::1/"}, {URL: "http://a.test:port/"}, {URL: "http://a.test:99999/"}, {URL: "http://a.test/%zz"},
		{URL: "http://a.test/\x00"}, {URL: "://"}, {URL: ":"}, {URL: "http://user:secret@a b/"}, {URL: "mailto:a@b"},
		{URL: "http://a.test/", Method: "GE T"}, {URL: "http://a.test/", Header: http.Header{"A B": {"c"}}},
		{URL: "http://a.test/", Header: http.Header{"A": {"b\nc"}}},
	}
	results, err := gather(t, f.Run(t.Context(), listOf(bad...)))
	if err != nil || len(results) != len(bad) {
		t.Errorf("%d results, %v", len(results), err)
	}
	for _, r := range results {
		if !kindIs(r, fetcher.KindInput) || len(r.Attempts) != 0 {
			t.Errorf("%+v: %v, %d attempts", *r.Request, r.Err, len(r.Attempts))
		}
		if strings.Contains(r.Err.Error(), "secret") {
			t.Errorf("an error tells a password: %v", r.Err)
		}
	}
	if n := sent.Load(); n != 0 {
		t.Errorf("%d were sent", n)
	}
}

// TestRequestsThatAreNone: what a list could not make a request of is a failure in its place, with its own words, and
// takes no slot and no token. A list without an end does not bring such failures forth faster than they are due.
func TestRequestsThatAreNone(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		wrong := errors.New("list.txt:7: there is no URL")
		var sent atomic.Int64
		f := &fetcher.Fetcher{Workers: 1, InOrder: true, Transport: roundTripFunc(func(r *http.Request) (*http.Response, error) {
			sent.Add(1)
			return atOnce(r)
		}), Limits: fetcher.Limits{Total: fetcher.Limit{Rates: []fetcher.Rate{{Events: 1, Per: time.Second}}}}}
		bad, good := &fetcher.Request{Err: wrong, Name: "seven"}, &fetcher.Request{URL: "http://a.test/"}
		start := time.Now()
		results, err := gather(t, f.Run(t.Context(), listOf(bad, good, bad, good, bad)))
		if took := time.Since(start); err != nil || len(results) != 5 || took != time.Second || sent.Load() != 2 {
			t.Fatalf("%d results in %v, %d sent, %v", len(results), took, sent.Load(), err)
		}
		for i, r := range results {
			failed := i%2 == 0
			if r.Seq != int64(i+1) || kindIs(r, fetcher.KindInput) != failed || errors.Is(r.Err, wrong) != failed {
				t.Errorf("%d: seq %d, %v", i, r.Seq, r.Err)
			}
		}
		if s := f.Stats(); s.Failed != 3 || s.OK != 2 || s.Attempts != 2 {
			t.Errorf("%+v", s)
		}
		if r := f.Do(t.Context(), bad); !errors.Is(r.Err, wrong) || r.Request.Name != "seven" {
			t.Error(r.Err)
		}

		f = &fetcher.Fetcher{Transport: atOnce}
		endless := func(yield func(*fetcher.Request, error) bool) {
			for due := time.Duration(0); yield(&fetcher.Request{Err: wrong, Due: due}, nil); due += time.Minute {
			}
		}
		time.AfterFunc(150*time.Second, f.Stop)
		results, err = gather(t, f.Run(t.Context(), endless))
		if len(results) != 3 || !errors.Is(err, fetcher.ErrStopped) {
			t.Errorf("%d results in two minutes and a half, %v", len(results), err)
		}
	})
}

func TestRangedTwice(t *testing.T) {
	f := &fetcher.Fetcher{Transport: atOnce}
	run := f.Run(t.Context(), repeat(3, "http://a.test/"))
	if n := len(succeeded(t, run)); n != 3 {
		t.Errorf("%d results", n)
	}
	if results, err := gather(t, run); len(results) != 0 || err != fetcher.ErrRangedTwice {
		t.Errorf("the second time: %d results, %v", len(results), err)
	}
}

func TestEmptyRun(t *testing.T) {
	f := &fetcher.Fetcher{Transport: atOnce}
	if results := succeeded(t, f.Run(t.Context(), fetcher.URLs())); len(results) != 0 {
		t.Errorf("%d results", len(results))
	}
}

// Breaking out of the loop cancels what is in flight and joins everything, at once.
func TestBreak(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &fetcher.Fetcher{Workers: 5, LookAhead: 100, Transport: inMemory(t, delays)}
		start := time.Now()
		for _, err := range f.Run(t.Context(), fetcher.URLs(append(seconds(1), seconds(slices.Repeat([]float64{60}, 1000)...)...)...)) {
			if err != nil {
				t.Error(err)
			}
			break
		}
		if wall := time.Since(start); wall != time.Second {
			t.Errorf("ended after %v", wall)
		}
		if s := f.Stats(); s.Done != 6 || s.Canceled != 5 || s.Read != s.Done+s.NotStarted || s.InFlight != 0 || s.Waiting != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// The same with real sockets and a source that is blocked in a read: the loop ends within 200 ms, and the source's
// goroutine when its read does.
func TestBreakWithBlockedSource(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	server := httptest.NewServer(delays)
	defer server.Close()
	r, w := io.Pipe()
	go io.WriteString(w, server.URL+"/0s\n")
	lines := func(yield func(*fetcher.Request, error) bool) {
		scanner := bufio.NewScanner(r)
		for scanner.Scan() {
			if !yield(&fetcher.Request{URL: scanner.Text()}, nil) {
				return
			}
		}
	}
	f := new(fetcher.Fetcher)
	var start time.Time
	for _, err := range f.Run(t.Context(), lines) {
		if err != nil {
			t.Error(err)
		}
		start = time.Now()
		break
	}
	if took := time.Since(start); took > 200*time.Millisecond {
		t.Errorf("the loop was left after %v", took)
	}
	f.Close()
	w.Close()
}

// With real sockets and a transport of the Fetcher's own, Close leaves no goroutine, whatever was in flight.
func TestCloseLeavesNothing(t *testing.T) {
	server := httptest.NewServer(delays)
	defer server.Close()
	before := goleak.IgnoreCurrent()
	f := &fetcher.Fetcher{Workers: 8}
	list := append(slices.Repeat([]string{server.URL + "/0s"}, 20), slices.Repeat([]string{server.URL + "/1m"}, 20)...)
	n := 0
	for _, err := range f.Run(t.Context(), fetcher.URLs(list...)) {
		if err != nil {
			t.Error(err)
		}
		if n++; n == 20 {
			break
		}
	}
	f.Close()
	goleak.VerifyNone(t, before) // with the server still there: it is not the one who ends the connections
}

// When the loop is over, so are the goroutines, and not some time later.
func TestGoroutinesAreJoined(t *testing.T) {
	f := &fetcher.Fetcher{Transport: atOnce}
	stacks := make([]byte, 1<<20)
	for i := range 200 {
		for range f.Run(t.Context(), repeat(100, "http://a.test/")) {
			if i%2 == 0 {
				break
			}
		}
		all := string(stacks[:runtime.Stack(stacks, true)])
		for _, own := range []string{"fetcher.(*engine).work(", "fetcher.(*run).read("} {
			if strings.Contains(all, own) {
				t.Fatalf("after run %d there is still one in %s)", i, own)
			}
		}
	}
}

// The kind of what a context's end made fail is that of its cause, however deep it stands there.
func TestKindOfCause(t *testing.T) {
	for _, test := range []struct {
		cause error
		want  fetcher.Kind
	}{
		{context.Canceled, fetcher.KindCanceled},
		{errors.New("enough"), fetcher.KindCanceled},
		{context.DeadlineExceeded, fetcher.KindDeadline},
		{fmt.Errorf("after 3s: %w", fetcher.KindTimeoutTotal), fetcher.KindTimeoutTotal},
	} {
		if got := fetcher.KindOfCause(test.cause); got != test.want {
			t.Errorf("%v is %v, not %v", test.cause, got, test.want)
		}
	}
}
