package fetcher_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/fetch/fetcher"
)

// TestCallbacksThatFail: whatever a caller's function does to its goroutine, every request has its result, only the one
// that it was called for fails, and the counts add up.
func TestCallbacksThatFail(t *testing.T) {
	const n = 30
	isBad := func(url string) bool { return strings.HasSuffix(url, "/7") }
	for way, fail := range map[string]func(){"panic": func() { panic("canary") }, "Goexit": runtime.Goexit} {
		failAt := func(url string) {
			if isBad(url) {
				fail()
			}
		}
		for name, set := range map[string]func(f *fetcher.Fetcher){
			"Handle": func(f *fetcher.Fetcher) {
				f.Handle = func(r *fetcher.Result, _ *http.Response) error { failAt(r.Request.URL); return nil }
			},
			"Follow": func(f *fetcher.Fetcher) {
				f.Follow = func(r *fetcher.Result) *fetcher.Request { failAt(r.Request.URL); return nil }
			},
			"Ended":   func(f *fetcher.Fetcher) { f.Ended = func(r *fetcher.Result) { failAt(r.Request.URL) } },
			"Codings": func(f *fetcher.Fetcher) { f.Codings = func(r *fetcher.Request) string { failAt(r.URL); return "" } },
			"Policy": func(f *fetcher.Fetcher) {
				f.Retry.Policy = func(r *fetcher.Result) bool { failAt(r.Request.URL); return false }
			},
			"Transport": func(f *fetcher.Fetcher) {
				below := f.Transport
				f.Transport = roundTripFunc(func(req *http.Request) (*http.Response, error) {
					failAt(req.URL.Path)
					return below.RoundTrip(req)
				})
			},
			"Body":          func(f *fetcher.Fetcher) {},
			"Body, reading": func(f *fetcher.Fetcher) {},
		} {
			t.Run(name+" "+way, func(t *testing.T) {
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if isBad(r.URL.Path) && name == "Policy" {
						w.WriteHeader(500)
					}
					io.WriteString(w, "fine")
				}))
				defer server.Close()
				transport := fetcher.NewTransport(fetcher.TransportOptions{})
				defer transport.CloseIdleConnections()
				f := &fetcher.Fetcher{Workers: 3, Transport: transport, Retry: fetcher.Retry{MinWait: 1}}
				set(f)
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				results, err := gather(t, f.Run(ctx, func(yield func(*fetcher.Request, error) bool) {
					for i := range n {
						req := &fetcher.Request{URL: fmt.Sprintf("%s/%d", server.URL, i)}
						if name == "Body, reading" && way == "panic" { // which is done by a goroutine of the transport's
							req.Method, req.Length = "POST", 1
							req.Body = func() (io.ReadCloser, error) {
								return io.NopCloser(io.MultiReader(readerFunc(func() { failAt(req.URL) }), strings.NewReader("x"))), nil
							}
						}
						if name == "Body" {
							req.Method, req.Length = "POST", 1
							req.Body = func() (io.ReadCloser, error) { failAt(req.URL); return io.NopCloser(strings.NewReader("x")), nil }
						}
						if !yield(req, nil) {
							return
						}
					}
				}))
				if err != nil || len(results) != n {
					t.Fatalf("%d results of %d, %v", len(results), n, err)
				}
				for _, r := range results {
					bad := isBad(r.Request.URL) && name != "Ended" && (name != "Body, reading" || way == "panic") // Ended has been given the result
					if (r.Err != nil) != bad || bad && way == "panic" && !strings.Contains(r.Err.Error(), "canary") {
						t.Errorf("%s: %v", r.Request.URL, r.Err)
					}
					if r.Queue+r.Limiter+r.Service+r.Backoff != r.Response {
						t.Errorf("%s: the parts of %v do not sum to it", r.Request.URL, r.Response)
					}
				}
				if s := f.Stats(); s.Done != n || s.InFlight != 0 || s.Waiting != 0 || s.Sleeping != 0 {
					t.Errorf("%+v", s)
				}
			})
		}
	}
}

// TestLimitsThatFail: a Limits.Host that does not come back fails the request that it was asked for, and a further page of
// one; as it is the source's goroutine that asks, an end of that ends the source.
func TestLimitsThatFail(t *testing.T) {
	ok := roundTripFunc(func(req *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, ProtoMajor: 1, Body: http.NoBody, Request: req}, nil
	})
	for way, fail := range map[string]func(){"panic": func() { panic("canary") }, "Goexit": runtime.Goexit} {
		f := &fetcher.Fetcher{Transport: ok, InOrder: true}
		f.Limits.Host = func(host string) (fetcher.Limit, bool) {
			if strings.HasPrefix(host, "bad") {
				fail()
			}
			return fetcher.Limit{}, false
		}
		f.Follow = func(r *fetcher.Result) *fetcher.Request {
			if strings.HasPrefix(r.Request.URL, "http://page") {
				return &fetcher.Request{URL: "http://bad.test/"}
			}
			return nil
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		var failed []string
		for r, err := range f.Run(ctx, fetcher.URLs("http://page.test/", "http://a.test/", "http://bad.test/", "http://b.test/")) {
			switch {
			case err != nil:
				failed = append(failed, err.Error())
			case r.Err != nil:
				failed = append(failed, r.Request.URL)
			}
		}
		want := "http://bad.test/ http://bad.test/"
		if way == "Goexit" {
			want += " the source of the requests ended its goroutine"
		}
		if got := strings.Join(failed, " "); got != want || ctx.Err() != nil {
			t.Errorf("%s: failed: %q, want %q", way, got, want)
		}
		cancel()
	}
}

// readerFunc is a reader of nothing.
type readerFunc func()

func (f readerFunc) Read([]byte) (int, error) { f(); return 0, io.EOF }

// TestTransportsOwnEnd: that a transport was cancelled by itself is a failure like others: nobody has cancelled the request.
func TestTransportsOwnEnd(t *testing.T) {
	for cause, want := range map[error]fetcher.Kind{
		context.Canceled:                        fetcher.KindProtocol,
		context.DeadlineExceeded:                fetcher.KindTimeoutFirstByte,
		fmt.Errorf("own: %w", context.Canceled): fetcher.KindProtocol,
	} {
		f := &fetcher.Fetcher{Retry: fetcher.Retry{Max: -1}, Transport: roundTripFunc(func(*http.Request) (*http.Response, error) { return nil, cause })}
		if r := f.Do(t.Context(), &fetcher.Request{URL: "http://a.test/"}); !kindIs(r, want) {
			t.Errorf("%v: %v", cause, r.Err)
		}
		if s := f.Stats(); s.Failed != 1 || s.Canceled != 0 {
			t.Errorf("%v: %+v", cause, s)
		}
	}
}

// TestTransportThatGivesNothing: neither a response nor an error is a failure.
func TestTransportThatGivesNothing(t *testing.T) {
	f := &fetcher.Fetcher{Transport: roundTripFunc(func(*http.Request) (*http.Response, error) { return nil, nil })}
	if r := f.Do(t.Context(), &fetcher.Request{URL: "http://a.test/"}); !kindIs(r, fetcher.KindProtocol) {
		t.Error(r.Err)
	}
}

// TestSourceThatFails: a source that panics ends the run, which says so.
func TestSourceThatFails(t *testing.T) {
	for way, fail := range map[string]func(){"panic": func() { panic("canary") }, "ended": runtime.Goexit} {
		f := &fetcher.Fetcher{Transport: atOnce}
		results, err := gather(t, f.Run(t.Context(), func(yield func(*fetcher.Request, error) bool) {
			yield(&fetcher.Request{URL: "http://a.test/"}, nil)
			fail()
		}))
		if len(results) > 1 || err == nil || !strings.Contains(err.Error(), map[string]string{"panic": "canary"}[way]) {
			t.Errorf("%s: %d results, %v", way, len(results), err)
		}
	}
}

// TestHandlersContext: a Handler may use its context for requests of its own, which are none of the engine's, and it ends
// with the Handler, however the connection goes on.
func TestHandlersContext(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "fine") }))
	defer server.Close()
	var mu sync.Mutex
	var contexts []context.Context
	f := &fetcher.Fetcher{Workers: 1, Handle: func(_ *fetcher.Result, resp *http.Response) error {
		io.Copy(io.Discard, resp.Body)
		ctx := resp.Request.Context()
		mu.Lock()
		contexts = append(contexts, ctx)
		mu.Unlock()
		for range 6 {
			req, err := http.NewRequestWithContext(ctx, "POST", server.URL, strings.NewReader("x"))
			if err != nil {
				return err
			}
			own, err := http.DefaultClient.Do(req)
			if err != nil {
				return err
			}
			own.Body.Close()
		}
		return nil
	}}
	defer f.Close()
	defer http.DefaultClient.CloseIdleConnections()
	for range 5 {
		r := f.Do(t.Context(), &fetcher.Request{URL: server.URL})
		if r.Err != nil || len(r.Attempts[0].Hops) != 1 || len(r.Notes) > 0 {
			t.Fatalf("%d hops, %q, %v", len(r.Attempts[0].Hops), r.Notes, r.Err)
		}
		last := contexts[len(contexts)-1]
		if !errors.Is(last.Err(), context.Canceled) {
			t.Errorf("the context of a Handler that is over has not ended: %v", last.Err())
		}
		req, _ := http.NewRequestWithContext(last, "GET", server.URL, nil)
		if _, err := http.DefaultClient.Do(req); err == nil {
			t.Error("a request with it is sent")
		}
	}
	if got := f.Stats().Hops; got != 5 {
		t.Errorf("%d hops", got)
	}
	contexts = nil
	seen := 0
	for _, err := range f.Run(t.Context(), fetcher.URLs(server.URL, server.URL, server.URL)) { // whose own context goes on
		if err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		if contexts[seen].Err() == nil {
			t.Error("the context of a Handler that is over has not ended while its run goes on")
		}
		mu.Unlock()
		seen++
	}
}

// TestHedgingTransport: a transport that sends a request twice, and leaves one behind, does so with the hooks of a hop that
// has ended.
func TestHedgingTransport(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "fine") }))
	defer server.Close()
	below := fetcher.NewTransport(fetcher.TransportOptions{})
	defer below.CloseIdleConnections()
	var wg sync.WaitGroup
	defer wg.Wait()
	f := &fetcher.Fetcher{Workers: 8, Transport: roundTripFunc(func(req *http.Request) (*http.Response, error) {
		type outcome struct {
			resp *http.Response
			err  error
		}
		first := make(chan outcome, 2)
		for range 2 {
			wg.Go(func() {
				resp, err := below.RoundTrip(req.Clone(req.Context()))
				first <- outcome{resp, err}
			})
		}
		won := <-first
		wg.Go(func() {
			if lost := <-first; lost.err == nil {
				lost.resp.Body.Close()
			}
		})
		return won.resp, won.err
	})}
	if results := succeeded(t, f.Run(t.Context(), repeat(300, server.URL))); len(results) != 300 {
		t.Errorf("%d results", len(results))
	}
}

// TestLimitsThatAskStats: Limits.Host may ask the Fetcher itself.
func TestLimitsThatAskStats(t *testing.T) {
	f := &fetcher.Fetcher{Transport: atOnce}
	f.Limits.Host = func(string) (fetcher.Limit, bool) { return fetcher.Limit{InFlight: 1}, f.Stats().Failed < 10 }
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if r := f.Do(ctx, &fetcher.Request{URL: "http://a.test/"}); r.Err != nil {
		t.Error(r.Err)
	}
}
