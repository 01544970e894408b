package fetcher

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// countingServer counts the connections that it is given.
func countingServer(t testing.TB, h http.HandlerFunc) (url string, conns *atomic.Int64) {
	conns = new(atomic.Int64)
	s := httptest.NewUnstartedServer(h)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			conns.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s.URL, conns
}

// path gives the number in the path of a request.
func path(r *http.Request) int {
	n, _ := strconv.Atoi(strings.Trim(r.URL.Path, "/"))
	return n
}

// TestGivingUpKeepsOtherConnections: go-retryablehttp closes the idle connections of every host when it gives up on one
// request, if the transport lets it: 20 good requests between 20 lost ones opened 20 connections.
func TestGivingUpKeepsOtherConnections(t *testing.T) {
	good, conns := countingServer(t, func(http.ResponseWriter, *http.Request) {})
	bad := "http://" + unused(t)
	f := &Fetcher{Retry: tries(), Advanced: Advanced{NoAdapt: true}} // a host at which nobody listens would be given up after the first two
	defer f.Close()
	for range 20 {
		check(t, f.Do(within(t, 5*time.Second), &Request{URL: good}), KindNone, once)
		check(t, f.Do(within(t, 5*time.Second), &Request{URL: bad}), KindConnect, often)
	}
	if n := conns.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// TestConnectionsAreReused: net/http gives a connection up when a body is not read to its end, go-retryablehttp reads
// 4096 bytes of an error page and http.Client 2 KB of a redirect's.
func TestConnectionsAreReused(t *testing.T) {
	big := strings.Repeat("x", 200<<10)
	for _, row := range []struct {
		name  string
		serve func(w http.ResponseWriter, r *http.Request)
		set   func(*Fetcher)
		conns int64 // for 5 requests
	}{
		{"error page of 4,097 bytes", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(500)
			io.WriteString(w, big[:4097])
		}, nil, 1},
		{"error page of 60 KB", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(500)
			io.WriteString(w, big[:60<<10])
		}, nil, 1},
		{"error page of 60 KB, chunked", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(500)
			w.(http.Flusher).Flush()
			io.WriteString(w, big[:60<<10])
		}, nil, 1},
		{"redirects with 3,000 bytes", func(w http.ResponseWriter, r *http.Request) {
			if n := path(r); n < 9 {
				w.Header().Set("Location", "/"+strconv.Itoa(n+1))
				w.WriteHeader(302)
				io.WriteString(w, big[:3000])
			}
		}, nil, 1},
		{"a Handler that reads nothing", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, big[:60<<10]) },
			func(f *Fetcher) { f.Handle = func(*Result, *http.Response) error { return nil } }, 1},
		{"a Handler that reads nothing of much", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, big) },
			func(f *Fetcher) { f.Handle = func(*Result, *http.Response) error { return nil } }, 5},
		{"HEAD", func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Content-Length", "9000") }, nil, 1},
		{"no content", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(204) }, nil, 1},
		{"body in an unknown coding", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "br")
			io.WriteString(w, big[:9000])
		}, nil, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			url, conns := countingServer(t, row.serve)
			f := &Fetcher{Retry: tries()}
			if row.set != nil {
				row.set(f)
			}
			defer f.Close()
			method := map[bool]string{true: "HEAD"}[row.name == "HEAD"]
			for range 5 {
				f.Do(within(t, 5*time.Second), &Request{Method: method, URL: url})
			}
			if n := conns.Load(); n != row.conns {
				t.Errorf("%d connections, want %d", n, row.conns)
			}
		})
	}
}

// TestIdleConnectionsAreKept: at concurrency 50, net/http's two idle connections a host had 5,000 requests open 3,754.
func TestIdleConnectionsAreKept(t *testing.T) {
	const workers = 50
	url, conns := countingServer(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })
	f := &Fetcher{Workers: workers}
	defer f.Close()
	n := 0
	for r := range f.Run(within(t, 30*time.Second), URLs(slices.Repeat([]string{url}, 2000)...)) {
		if n++; r.Err != nil {
			t.Fatal(r.Err)
		}
	}
	// A few more than workers are dialled at the start, where those that wait for a dial take over what comes free.
	if c := conns.Load(); n != 2000 || c > 2*workers {
		t.Errorf("%d requests over %d connections", n, c)
	}
}

// TestNoKeepAlive: as many connections as requests.
func TestNoKeepAlive(t *testing.T) {
	url, conns := countingServer(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })
	f := &Fetcher{Transport: NewTransport(TransportOptions{NoKeepAlive: true})}
	for r := range f.Run(within(t, 10*time.Second), URLs(slices.Repeat([]string{url}, 100)...)) {
		if check(t, r, KindNone, once); r.Attempts[0].Hops[0].Reused {
			t.Error("a connection was reused")
		}
	}
	if c := conns.Load(); c != 100 {
		t.Errorf("%d connections", c)
	}
}

// TestCloseEndsConnections, and dials that nobody waits for any more; TestMain sees whether any goroutine is left.
func TestCloseEndsConnections(t *testing.T) {
	s := serveRaw(t, func(c net.Conn, in *bufio.Reader) {
		for readHead(in) {
			io.WriteString(c, withLength("200 OK", "ok"))
		}
	})
	f := &Fetcher{}
	check(t, f.Do(within(t, 5*time.Second), &Request{URL: "http://" + s.addr}), KindNone, once)
	ctx, cancel := context.WithCancel(t.Context())
	tls := serveRaw(t, func(_ net.Conn, in *bufio.Reader) {
		in.ReadByte()
		cancel() // the request is given up within the handshake
		silent(nil, in)
	})
	if r := f.Do(ctx, &Request{URL: "https://" + tls.addr}); kindIn(r.Err) != KindCanceled {
		t.Error(r.Err)
	}
	f.Close()
}

// TestTransportOptions: what each does.
func TestTransportOptions(t *testing.T) {
	cert, pool := certificate(t, time.Now().Add(time.Hour), "any.test")
	var proto atomic.Value
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { proto.Store(r.Proto + " " + r.Host) }))
	s.EnableHTTP2 = true
	s.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	s.StartTLS()
	defer s.Close()
	redial := func(address string) (string, bool) { return s.Listener.Addr().String(), address == "any.test:443" }
	for _, row := range []struct {
		name    string
		options TransportOptions
		want    string
	}{
		{"HTTP/2 and Redial", TransportOptions{TLS: &tls.Config{RootCAs: pool}, Redial: redial}, "HTTP/2.0 any.test"},
		{"HTTP/1.1", TransportOptions{TLS: &tls.Config{RootCAs: pool}, Redial: redial, HTTP1: true}, "HTTP/1.1 any.test"},
		{"small buffers", TransportOptions{TLS: &tls.Config{RootCAs: pool}, Redial: redial, SmallBuffers: true}, "HTTP/2.0 any.test"},
	} {
		t.Run(row.name, func(t *testing.T) {
			tr := NewTransport(row.options)
			defer tr.CloseIdleConnections()
			f := &Fetcher{Transport: tr}
			r := f.Do(within(t, 5*time.Second), &Request{URL: "https://any.test/"})
			check(t, r, KindNone, once)
			if got := proto.Load(); got != row.want {
				t.Errorf("the server saw %s, want %s", got, row.want)
			}
			if p := r.Attempts[0].Hops[0].Phases; p.TLS == 0 || p.Connect == 0 {
				t.Errorf("%+v", p)
			}
		})
	}
}

// TestCancelWithCause: net/http gives back the cause, for which errors.Is(err, context.Canceled) is false.
func TestCancelWithCause(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	s := serveRaw(t, func(_ net.Conn, in *bufio.Reader) {
		readHead(in)
		cancel(io.ErrNoProgress)
		silent(nil, in)
	})
	f := &Fetcher{Retry: tries()}
	defer f.Close()
	check(t, f.Do(ctx, &Request{URL: "http://" + s.addr}), KindCanceled, once)
}
