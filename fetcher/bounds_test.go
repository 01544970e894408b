package fetcher

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/fetch/internal/bubble"
)

// slowTransport answers after a while, without calling any hook.
type slowTransport struct {
	wait   time.Duration
	status int
	body   io.ReadCloser // nil: none, not even an empty one
}

func (s slowTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	time.Sleep(s.wait)
	return &http.Response{StatusCode: max(s.status, 200), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: s.body,
		Header: http.Header{}}, nil
}

// TestPagesWaitForTheConsumer: the pages of one request do not gather behind a consumer that takes his time.
func TestPagesWaitForTheConsumer(t *testing.T) {
	for _, inOrder := range []bool{false, true} {
		t.Run(fmt.Sprint("in order ", inOrder), func(t *testing.T) {
			bubble.Test(t, func(t *testing.T) {
				f := &Fetcher{Transport: slowTransport{wait: time.Millisecond}, Workers: 2, LookAhead: 2, InOrder: inOrder}
				f.Follow = func(r *Result) *Request { return r.Request }
				taken := int64(0)
				for r, err := range f.Run(t.Context(), URLs("http://a.test/1", "http://a.test/2")) {
					if err != nil || r.Err != nil {
						t.Fatal(r, err)
					}
					taken++
					time.Sleep(time.Second)
					synctest.Wait()
					if most := taken + 3*4; f.Stats().Done > most {
						t.Fatalf("%d results made, %d taken", f.Stats().Done, taken)
					}
					if taken == 20 {
						break
					}
				}
				if taken != 20 {
					t.Errorf("it ended after %d", taken)
				}
			})
		})
	}
}

// TestHooksAreBounded: what is kept of hops for others to come is no more than were in flight at once.
func TestHooksAreBounded(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "x") }))
	defer server.Close()
	f := &Fetcher{Workers: 5}
	defer f.Close()
	n, most := 0, 0
	for range f.Run(t.Context(), URLs(strings.Fields(strings.Repeat(server.URL+" ", 2000))...)) {
		f.engine.mu.Lock()
		for r := range f.engine.runs {
			r.mu.Lock()
			most = max(most, len(r.hooks))
			r.mu.Unlock()
		}
		f.engine.mu.Unlock()
		if n++; n%10 == 0 {
			f.Do(t.Context(), &Request{URL: server.URL})
		}
	}
	if n != 2000 || most == 0 || most > 10 {
		t.Errorf("%d results, %d hooks kept: want 2000, and 1 to 10", n, most)
	}
}

// TestNilBody: http.RoundTripper asks for a body, and others than net/http's forget it.
func TestNilBody(t *testing.T) {
	f := &Fetcher{Transport: slowTransport{}}
	if r := f.Do(t.Context(), &Request{URL: "http://a.test/"}); r.Err != nil || r.Bytes != 0 {
		t.Errorf("%v, %d bytes", r.Err, r.Bytes)
	}
}

// TestWithoutHooks: of a transport that calls no hooks, the wait for the answer is known, and the body.
func TestWithoutHooks(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &Fetcher{Transport: slowTransport{wait: time.Second, body: io.NopCloser(strings.NewReader("x"))}}
		f.Timeout.Connect = 2 * time.Second
		f.Handle = func(_ *Result, resp *http.Response) error {
			time.Sleep(5 * time.Second) // longer than Connect, which is over
			return nil
		}
		r := f.Do(t.Context(), &Request{URL: "http://a.test/"})
		if p := r.Attempts[0].Hops[0].Phases; r.Err != nil || p.Wait != time.Second || p.Receive != 5*time.Second {
			t.Errorf("%v, %+v", r.Err, p)
		}
	})
}

// TestStallIsTheServers: a reader who takes his time is not the server's silence.
func TestStallIsTheServers(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &Fetcher{Transport: slowTransport{body: io.NopCloser(strings.NewReader("x"))}}
		f.Timeout.Stall = 200 * time.Millisecond
		f.Handle = func(_ *Result, resp *http.Response) error {
			time.Sleep(time.Second)
			_, err := io.Copy(io.Discard, resp.Body)
			return err
		}
		if r := f.Do(t.Context(), &Request{URL: "http://a.test/"}); r.Err != nil {
			t.Error(r.Err)
		}
	})
}

// TestStopBeforeARetry: a request that would have been tried again, had the run not been stopped, did not fail.
func TestStopBeforeARetry(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &Fetcher{Transport: slowTransport{wait: time.Second, status: 503}}
		time.AfterFunc(500*time.Millisecond, f.Stop)
		for r, err := range f.Run(t.Context(), URLs("http://a.test/")) {
			if err != nil {
				if err != ErrStopped {
					t.Error(err)
				}
				break
			}
			own, _ := r.Err.(*Error)
			if own == nil || own.Kind != KindCanceled || len(r.Attempts) != 1 || r.Attempts[0].Err.Kind != KindRateLimited {
				t.Errorf("%v, %d attempts", r.Err, len(r.Attempts))
			}
		}
		if s := f.Stats(); s.Canceled != 1 || s.Failed != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// resender is a transport that sends each request again by itself.
type resender struct{}

func (resender) RoundTrip(req *http.Request) (*http.Response, error) {
	trace := httptrace.ContextClientTrace(req.Context())
	for range 2 {
		trace.GetConn("a.test:80")
		trace.GotConn(httptrace.GotConnInfo{})
	}
	return slowTransport{}.RoundTrip(req)
}

// TestTransportRetryTakesAToken: what the transport sends again by itself counts as a hop, and the next waits for it.
func TestTransportRetryTakesAToken(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &Fetcher{Transport: resender{}}
		f.Limits.PerHost.Rates = []Rate{{Events: 1, Per: time.Second}}
		var starts []time.Duration
		for r := range f.Run(t.Context(), URLs("http://a.test/1", "http://a.test/2")) {
			hops := r.Attempts[0].Hops
			if len(hops) != 2 || r.Notes[0] != NoteTransportRetry {
				t.Errorf("%d hops, notes %v", len(hops), r.Notes)
			}
			starts = append(starts, hops[0].Start)
		}
		if len(starts) != 2 || starts[1]-starts[0] != 2*time.Second {
			t.Errorf("started at %v: want 2 s between", starts)
		}
	})
}
