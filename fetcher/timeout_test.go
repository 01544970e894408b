package fetcher

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/fetch/internal/bubble"
)

// TestTimeouts in virtual time, so that each is exact.
func TestTimeouts(t *testing.T) {
	const sec = time.Second
	// drip sends the head at once, then a byte a second.
	drip := func(seconds int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(seconds))
			for range seconds {
				w.(http.Flusher).Flush()
				select {
				case <-time.After(sec):
				case <-r.Context().Done():
					return
				}
				io.WriteString(w, "x")
			}
		}
	}
	after := func(d time.Duration) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-time.After(d):
			case <-r.Context().Done():
			}
		}
	}
	stalls := func(status string, body string) func(net.Conn, *bufio.Reader) {
		return func(c net.Conn, in *bufio.Reader) {
			readHead(in)
			io.WriteString(c, "HTTP/1.1 "+status+"\r\nContent-Length: 9000\r\n\r\n"+body)
			io.Copy(io.Discard, in)
		}
	}
	for _, row := range []struct {
		name    string
		handler http.HandlerFunc                // either this
		raw     func(net.Conn, *bufio.Reader)   // or this
		dial    func(context.Context, *pipeNet) // is called before each dial
		scheme  string
		timeout Timeouts
		own     time.Duration // Request.Timeout
		ofHost  Timeouts
		class   Kind
		each    time.Duration // service time of each attempt
		times   int
	}{
		{name: "dial", handler: after(0), dial: func(ctx context.Context, _ *pipeNet) { <-ctx.Done() },
			timeout: Timeouts{Connect: 3 * sec, FirstByte: sec}, class: KindTimeoutConnect, each: 3 * sec, times: often},
		{name: "TLS handshake", raw: silent, scheme: "https",
			timeout: Timeouts{Connect: 3 * sec, FirstByte: sec}, class: KindTimeoutConnect, each: 3 * sec, times: often},
		{name: "dial and TLS together", raw: silent, scheme: "https", dial: func(context.Context, *pipeNet) { time.Sleep(2 * sec) },
			timeout: Timeouts{Connect: 3 * sec}, class: KindTimeoutConnect, each: 3 * sec, times: often},
		{name: "the transport's own for TLS", raw: silent, scheme: "https",
			class: KindTimeoutConnect, each: 30 * time.Second, times: often},
		{name: "first byte", handler: after(time.Hour), timeout: Timeouts{FirstByte: 2 * sec, Stall: sec},
			class: KindTimeoutFirstByte, each: 2 * sec, times: often},
		{name: "first byte in time", handler: after(2 * sec), timeout: Timeouts{FirstByte: 3 * sec, Stall: sec, Connect: sec},
			each: 2 * sec, times: once},
		{name: "stall", raw: stalls("200 OK", "123"), timeout: Timeouts{FirstByte: sec, Stall: 2 * sec},
			class: KindTimeoutStall, each: 2 * sec, times: often},
		{name: "stall in the head", raw: func(c net.Conn, in *bufio.Reader) {
			readHead(in)
			io.WriteString(c, "HTTP/1.1 2")
			io.Copy(io.Discard, in)
		}, timeout: Timeouts{FirstByte: sec, Stall: 2 * sec}, class: KindTimeoutStall, each: 2 * sec, times: often},
		{name: "a body that drips does not stall", handler: drip(10), timeout: Timeouts{Stall: 2 * sec}, each: 10 * sec, times: once},
		{name: "a body that drips for ever", handler: drip(1 << 20), timeout: Timeouts{Stall: 2 * sec, Attempt: 5 * sec},
			class: KindTimeoutAttempt, each: 5 * sec, times: often},
		{name: "attempt, before the answer", handler: after(time.Hour), timeout: Timeouts{Attempt: 5 * sec},
			class: KindTimeoutAttempt, each: 5 * sec, times: often},
		{name: "attempt, while dialling", handler: after(0), dial: func(ctx context.Context, _ *pipeNet) { <-ctx.Done() },
			timeout: Timeouts{Attempt: 5 * sec, Connect: 6 * sec}, class: KindTimeoutAttempt, each: 5 * sec, times: often},
		{name: "the request's own attempt", handler: after(time.Hour), timeout: Timeouts{Attempt: 5 * sec}, own: 2 * sec,
			class: KindTimeoutAttempt, each: 2 * sec, times: often},
		{name: "the request's own is longer", handler: after(7 * sec), timeout: Timeouts{Attempt: 5 * sec}, own: 8 * sec,
			each: 7 * sec, times: once},
		{name: "first byte of the host", handler: after(4 * sec), timeout: Timeouts{FirstByte: 2 * sec}, ofHost: Timeouts{FirstByte: 5 * sec},
			each: 4 * sec, times: once},
		{name: "stall of the host", raw: stalls("200 OK", "123"), timeout: Timeouts{FirstByte: sec}, ofHost: Timeouts{Stall: 2 * sec, Attempt: sec},
			class: KindTimeoutStall, each: 2 * sec, times: often},
		{name: "total, in flight", handler: after(time.Hour), timeout: Timeouts{Request: 5 * sec},
			class: KindTimeoutTotal, each: 5 * sec, times: once},
		{name: "error page stalls in the drain", raw: stalls("503 Service Unavailable", "123"), timeout: Timeouts{Stall: 2 * sec},
			class: KindRateLimited, each: 2 * sec, times: often},
		{name: "error page stalls, final", raw: stalls("404 Not Found", "123"), timeout: Timeouts{Stall: 2 * sec},
			class: KindHTTP4xx, each: 2 * sec, times: once},
		{name: "error page stalls, attempt", raw: stalls("500 Oh", "123"), timeout: Timeouts{Attempt: 2 * sec},
			class: KindHTTP5xx, each: 2 * sec, times: often},
		{name: "101", raw: switches, timeout: Timeouts{Stall: 2 * sec, Attempt: 5 * sec}, class: KindProtocol, each: 0, times: once},
	} {
		t.Run(row.name, func(t *testing.T) {
			bubble.Test(t, func(t *testing.T) {
				var f *Fetcher
				if row.raw != nil {
					f = inMemoryRaw(t, row.raw)
				} else {
					f = inMemory(t, row.handler)
				}
				if row.dial != nil {
					tr := f.Transport.(*http.Transport)
					dial := tr.DialContext
					tr.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
						if row.dial(ctx, nil); ctx.Err() != nil {
							return nil, ctx.Err()
						}
						return dial(ctx, network, addr)
					}
				}
				if row.scheme == "" {
					row.scheme = "http"
				}
				f.Retry = tries()
				f.Timeout = row.timeout
				if row.ofHost != (Timeouts{}) {
					f.TimeoutsOf = func(host string) (own Timeouts) {
						if host == "host:80" {
							own = row.ofHost
						}
						return own
					}
				}
				r := f.Do(t.Context(), &Request{URL: row.scheme + "://host/", Timeout: row.own})
				check(t, r, row.class, row.times)
				if row.class.Timeout() != (r.Err != nil && r.Err.(*Error).Timeout()) {
					t.Errorf("%v is no time-out", r.Err)
				}
				for i := range r.Attempts {
					if took := r.Attempts[i].Hops[0].Time(); took != row.each {
						t.Errorf("attempt %d took %v, want %v", i+1, took, row.each)
					}
				}
				if r.Err != nil && strings.Count(r.Err.Error(), row.class.Error()) > 1 {
					t.Errorf("told twice: %v", r.Err)
				}
				synctest.Wait()
				if s := f.Stats(); s.InFlight != 0 {
					t.Errorf("%d slots are held", s.InFlight)
				}
			})
		})
	}
}

// TestUploadIsNotFirstByte: the time to the first byte counts from the request's end, since it is the server's.
func TestUploadIsNotFirstByte(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := inMemory(t, func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			time.Sleep(time.Second)
		})
		f.Timeout = Timeouts{FirstByte: 2 * time.Second, Stall: time.Second}
		r := f.Do(t.Context(), &Request{Method: "PUT", URL: "http://host/", Body: func() (io.ReadCloser, error) {
			pr, pw := io.Pipe()
			go func() {
				for range 5 {
					time.Sleep(time.Second)
					io.WriteString(pw, "x")
				}
				pw.Close()
			}()
			return pr, nil
		}})
		check(t, r, KindNone, once)
		if p := r.Attempts[0].Hops[0].Phases; p.Send != 5*time.Second || p.Wait != time.Second {
			t.Errorf("%+v", p)
		}
	})
}

// TestHandlerHasTheTimeOfItsAttempt: one that computes for ever ends with it.
func TestHandlerHasTheTimeOfItsAttempt(t *testing.T) {
	for _, give := range []func(context.Context) error{context.Context.Err, context.Cause} {
		bubble.Test(t, func(t *testing.T) {
			f := inMemory(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "x") })
			f.Retry = tries()
			f.Timeout = Timeouts{Attempt: 5 * time.Second, Stall: time.Second}
			f.Handle = func(_ *Result, resp *http.Response) error {
				io.Copy(io.Discard, resp.Body)
				<-resp.Request.Context().Done()
				return give(resp.Request.Context())
			}
			r := f.Do(t.Context(), &Request{URL: "http://host/"})
			check(t, r, KindTimeoutAttempt, often)
			if took := r.Attempts[0].Hops[0].Time(); took != 5*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// TestAttemptIsSharedByHops: redirects do not begin it anew.
func TestAttemptIsSharedByHops(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := inMemory(t, func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-time.After(2 * time.Second):
				http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
			case <-r.Context().Done():
			}
		})
		f.Retry = tries()
		f.Timeout.Attempt = 5 * time.Second
		r := f.Do(t.Context(), &Request{URL: "http://host/"})
		check(t, r, KindTimeoutAttempt, often)
		for _, a := range r.Attempts {
			var took time.Duration
			for _, h := range a.Hops {
				took += h.Time()
			}
			if len(a.Hops) != 3 || took != 5*time.Second {
				t.Errorf("%d hops in %v", len(a.Hops), took)
			}
			if !strings.Contains(a.Err.Error(), "5s") {
				t.Errorf("the time-out is not named: %v", a.Err)
			}
		}
	})
}

// TestAttemptStandsStillAtTheGate: whoever has to wait for its turn loses nothing by it.
func TestAttemptStandsStillAtTheGate(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := inMemory(t, func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(2 * time.Second)
			if r.URL.Path != "/xx" {
				http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
			}
		})
		f.Timeout.Attempt = 7 * time.Second
		f.Limits.Total.Rates = []Rate{{Events: 1, Per: time.Minute}}
		r := f.Do(t.Context(), &Request{URL: "http://host/"})
		check(t, r, KindNone, once)
		if r.Response < 2*time.Minute || r.Service != 6*time.Second {
			t.Errorf("response %v, service %v", r.Response, r.Service)
		}
	})
}

// TestRedirectBodyStalls: it is drained under the stall timer, given up, and the redirect followed.
func TestRedirectBodyStalls(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := inMemoryRaw(t, func(c net.Conn, in *bufio.Reader) {
			line, _ := in.ReadString('\n')
			readHead(in)
			if strings.Contains(line, "/end") {
				io.WriteString(c, withLength("200 OK", "end"))
			} else {
				io.WriteString(c, "HTTP/1.1 302 Found\r\nLocation: /end\r\nContent-Length: 9000\r\n\r\n123")
			}
			io.Copy(io.Discard, in)
		})
		f.Timeout.Stall = 2 * time.Second
		r := f.Do(t.Context(), &Request{URL: "http://host/"})
		check(t, r, KindNone, once)
		if len(r.Attempts[0].Hops) != 2 || r.Response != 2*time.Second || r.Bytes != 3 {
			t.Errorf("%d hops in %v, %d bytes", len(r.Attempts[0].Hops), r.Response, r.Bytes)
		}
	})
}

// TestTotalIncludesSleeping: attempts, sleeps and waits together; a sleep beyond it is not begun.
func TestTotalIncludesSleeping(t *testing.T) {
	for _, row := range []struct {
		retryAfter string
		class      Kind
		attempts   int
		response   time.Duration
	}{
		{"1", KindTimeoutTotal, 3, 5 * time.Second}, // 1 s each, with 1 s between
		{"5", KindRateLimited, 1, time.Second},
	} {
		bubble.Test(t, func(t *testing.T) {
			n := 0
			f := inMemory(t, func(w http.ResponseWriter, r *http.Request) {
				wait := time.Second
				if n++; n == 3 {
					wait = time.Hour
				}
				select {
				case <-time.After(wait):
				case <-r.Context().Done():
				}
				w.Header().Set("Retry-After", row.retryAfter)
				w.WriteHeader(503)
			})
			f.Retry = Retry{Max: 9, MinWait: 1}
			f.Timeout.Request = 5 * time.Second
			r := f.Do(t.Context(), &Request{URL: "http://host/"})
			check(t, r, row.class, row.attempts)
			if r.Response.Round(time.Millisecond) != row.response {
				t.Errorf("took %v, want %v", r.Response, row.response)
			}
		})
	}
}

// TestHandlerIsUnderTheTimeouts: a stall strikes while the Handler reads, not while it thinks.
func TestHandlerIsUnderTheTimeouts(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := inMemory(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, strings.Repeat("x", 100)) })
		f.Retry = tries()
		f.Timeout.Stall = 2 * time.Second
		f.Handle = func(_ *Result, resp *http.Response) error {
			io.CopyN(io.Discard, resp.Body, 10)
			time.Sleep(10 * time.Second)
			_, err := io.Copy(io.Discard, resp.Body)
			return err
		}
		check(t, f.Do(t.Context(), &Request{URL: "http://host/"}), KindNone, once)
	})
}
