package fetcher

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
	"testing"
	"time"

	"example.com/fetch/internal/bubble"
	"example.com/fetch/internal/sched"
	"example.com/fetch/internal/transport"
)

// TestSignals: what each outcome says of its host.
func TestSignals(t *testing.T) {
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	status := func(status int, fields ...string) transportFunc {
		return func(req *http.Request) (*http.Response, error) { return answer(req, status, "body", fields...), nil }
	}
	fails := func(err error) transportFunc {
		return func(*http.Request) (*http.Response, error) { return nil, err }
	}
	body := func(err error) transportFunc {
		return func(req *http.Request) (*http.Response, error) {
			resp := answer(req, 200, "")
			resp.Body = transport.Failing{Err: err}
			return resp, nil
		}
	}
	hangs := transportFunc(func(req *http.Request) (*http.Response, error) {
		<-req.Context().Done()
		return nil, context.Cause(req.Context())
	})
	for _, row := range []struct {
		name string
		does transportFunc
		kind sched.Kind
		word string
		wait time.Duration
	}{
		{"200", status(200, "Retry-After", "5"), sched.Served, "", 0},
		{"404", status(404), sched.Served, "", 0},
		{"401", status(401), sched.Served, "", 0},
		{"302 with a wait", status(302, "Retry-After", "5"), sched.Served, "", 5 * time.Second},
		{"403", status(403, "X-RateLimit-Remaining", "5"), sched.Served, "", 0},
		{"403, nothing left", status(403, "X-RateLimit-Limit", "60", "X-RateLimit-Remaining", "0"), sched.OverQuota, "403, limit 60", 0},
		{"429", status(429, "Retry-After", "5"), sched.OverQuota, "429", 5 * time.Second},
		{"503", status(503), sched.Busy, "503", 0},
		{"503, nothing left", status(503, "X-RateLimit-Limit", "60", "X-RateLimit-Remaining", "0"), sched.OverQuota, "503, limit 60", 0},
		{"500", status(500), sched.Failed, "500", 0},
		{"501", status(501), sched.Served, "", 0},
		{"502", status(502), sched.Failed, "502", 0},
		{"504", status(504), sched.Failed, "504", 0},
		{"refused", fails(dial(os.NewSyscallError("connect", syscall.ECONNREFUSED))), sched.Unreachable, "connection refused", 0},
		{"proxy refused", fails(&net.OpError{Op: "proxyconnect", Err: dial(syscall.ECONNREFUSED)}), sched.Failed, "no connection", 0},
		{"no route", fails(dial(syscall.EHOSTUNREACH)), sched.Failed, "no connection", 0},
		{"no files", fails(dial(syscall.EMFILE)), sched.Dropped, "", 0},
		{"no such host", fails(dial(&net.DNSError{IsNotFound: true})), sched.Dropped, "", 0},
		{"no resolver", fails(dial(&net.DNSError{IsTimeout: true})), sched.Failed, "no address", 0},
		{"certificate", fails(x509.UnknownAuthorityError{}), sched.Dropped, "", 0},
		{"reset", fails(syscall.ECONNRESET), sched.Failed, "connection reset", 0},
		{"calm", fails(errors.New("http2: server sent GOAWAY and closed the connection; ENHANCE_YOUR_CALM")), sched.Busy, "ENHANCE_YOUR_CALM", 0},
		{"not HTTP", fails(errors.New("malformed HTTP response")), sched.Failed, "malformed", 0},
		{"hangs", hangs, sched.TimedOut, "time-out", 0},
		{"cut off", body(io.ErrUnexpectedEOF), sched.Failed, "cut off", 0},
		{"the transport's own cancellation", fails(fmt.Errorf("upstream: %w", context.Canceled)), sched.Failed, "malformed", 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			bubble.Test(t, func(t *testing.T) {
				var x *exchange
				f := &Fetcher{Retry: Retry{Max: -1}, MaxRedirects: -1, Timeout: Timeouts{Attempt: time.Second}, Transport: row.does}
				f.started().sendsOnce = false
				f.engine.client.CheckRetry = func(ctx context.Context, resp *http.Response, err error) (bool, error) {
					x = exchangeOf(ctx)
					return checkRetry(ctx, resp, err)
				}
				f.Do(t.Context(), &Request{URL: "http://a.test/"})
				if s := x.trip.signal; s.Kind != row.kind || s.Word != row.word || s.Wait != row.wait {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

// TestAcceptedIsServed: a refusal that the caller accepts is none.
func TestAcceptedIsServed(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &Fetcher{Accept: func(status int) bool { return status == 503 }, Transport: failing(1000, 503, "Retry-After", "30")}
		byKind, results := outcomes(t, f, many(100, "a.test")...)
		if byKind[KindNone] != 100 || results[99].End() != 0 || len(f.Stats().Hosts) != 0 {
			t.Errorf("%v at %v, %+v", byKind, results[99].End(), f.Stats().Hosts)
		}
	})
}

// TestCancelledTeachesNothing: neither a run that was broken off nor a Handler that takes too long is the host's doing.
func TestCancelledTeachesNothing(t *testing.T) {
	slow := func(req *http.Request) (*http.Response, error) {
		select {
		case <-time.After(time.Second):
			return answer(req, 200, "yes"), nil
		case <-req.Context().Done():
			return nil, context.Cause(req.Context())
		}
	}
	for name, run := range map[string]func(*testing.T, *Fetcher){
		"cancelled": func(t *testing.T, f *Fetcher) {
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			for range f.Run(ctx, URLs(many(100, "a.test")...)) {
			}
		},
		"left": func(t *testing.T, f *Fetcher) {
			for range f.Run(t.Context(), URLs(many(100, "a.test")...)) {
				break
			}
		},
		"total": func(t *testing.T, f *Fetcher) {
			f.Timeout.Request = 500 * time.Millisecond
			for range f.Run(t.Context(), URLs(many(100, "a.test")...)) {
			}
			f.engine.timeout.Request = 0
		},
		"the handler": func(t *testing.T, f *Fetcher) {
			f.Timeout.Attempt = 3 * time.Second
			f.Handle = func(_ *Result, resp *http.Response) error {
				<-resp.Request.Context().Done()
				return context.Cause(resp.Request.Context())
			}
			for range f.Run(t.Context(), URLs(many(100, "a.test")...)) {
			}
			f.Handle = nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble.Test(t, func(t *testing.T) {
				f := &Fetcher{Workers: 50, Transport: transportFunc(slow)}
				f.Event = func(e HostEvent) { t.Errorf("%+v", e) }
				run(t, f)
				if hosts := f.Stats().Hosts; len(hosts) != 0 {
					t.Errorf("%+v", hosts)
				}
				took := func(f *Fetcher) time.Duration {
					start := time.Now()
					if byKind, _ := outcomes(t, f, many(100, "a.test")...); byKind[KindNone] != 100 {
						t.Errorf("%v", byKind)
					}
					return time.Since(start)
				}
				if after, fresh := took(f), took(&Fetcher{Workers: 50, Transport: transportFunc(slow)}); after > fresh {
					t.Errorf("took %v, and %v where nothing was cancelled", after, fresh)
				}
			})
		})
	}
}
