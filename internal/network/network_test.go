package network

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/spec"
)

// Connections that are shared are no more than asked for: not while they are made, nor after the server has ended them, nor where
// it speaks HTTP/1.1 only.
func TestSharedConnections(t *testing.T) {
	const most, users, each, closeAfter = 2, 20, 20, 100
	for _, http2 := range []bool{true, false} {
		var served, closing, opened atomic.Int64
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if served.Add(1)%closeAfter == 0 {
				closing.Add(1)
				w.Header().Set("Connection", "close") // over HTTP/2: GOAWAY
			}
		}))
		s.EnableHTTP2 = http2
		s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				opened.Add(1)
			}
		}
		s.StartTLS()
		n, err := Open(t.Context(), &spec.Spec{Insecure: true})
		if err != nil {
			t.Fatal(err)
		}
		c := Connect(&spec.Connections{Most: most, Shared: true}, n.Transport)
		var all sync.WaitGroup
		for range users {
			all.Go(func() {
				for range each {
					req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL, nil)
					if err != nil {
						t.Error(err)
						return
					}
					if resp, err := c.RoundTrip(req); err == nil { // one that came as its connection was ended may fail
						io.Copy(io.Discard, resp.Body)
						resp.Body.Close()
					}
				}
			})
		}
		all.Wait()
		c.CloseIdleConnections()
		n.Close()
		s.Close()
		if got, bound := opened.Load(), most+closing.Load(); served.Load() < users*each/2 || got > bound || n.Opened() != got {
			t.Errorf("HTTP/2 %t: %d connections for %d requests, and %d counted, want %d at the most", http2, got, served.Load(), n.Opened(), bound)
		}
	}
}

// A retry after a time-out makes no connection beside those that are asked for: each that is made takes the place of one that was
// silent, and closed.
func TestBoundedConnectionsAndRetries(t *testing.T) {
	const most, requests, silentEvery = 4, 200, 10
	var served atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if served.Add(1)%silentEvery == 0 {
			<-r.Context().Done()
		}
	}))
	defer s.Close()
	n, err := Open(t.Context(), &spec.Spec{Concurrency: most})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	c := Connect(&spec.Connections{Most: most}, n.Transport)
	defer c.CloseIdleConnections()
	f := &fetcher.Fetcher{Transport: c, Workers: most, Advanced: fetcher.Advanced{NoAdapt: true}, Timeout: fetcher.Timeouts{Attempt: 50 * time.Millisecond},
		Retry: fetcher.Retry{MinWait: time.Millisecond, MaxWait: time.Millisecond, Budget: -1}}
	defer f.Close()
	timeouts := int64(0)
	for r, err := range f.Run(t.Context(), fetcher.URLs(slices.Repeat([]string{s.URL}, requests)...)) {
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range r.Attempts {
			if a.Err != nil && a.Err.Kind.Timeout() {
				timeouts++
			}
		}
	}
	if got := n.Opened(); timeouts < requests/silentEvery || got > most+timeouts {
		t.Errorf("%d connections, after %d time-outs, want no more than %d beside those", got, timeouts, most)
	}
}

// FuzzNetwork: no text makes a parser of addresses panic.
func FuzzNetwork(f *testing.F) {
	for _, text := range []string{"a:80:127.0.0.1", "[::1]:8000", "=", "http://me:x@a.test:1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parseResolve([]string{text})
		testserverAddress(text)
		newProxies(&spec.Spec{Proxy: text})
	})
}
