package fetcher_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/fetch/fetcher"
)

// TestStallAfterAnInterimResponse: 103 Early Hints are no body that stalls; the response is still to come.
func TestStallAfterAnInterimResponse(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		pause(r.Context(), 600*time.Millisecond)
		io.WriteString(w, "fine")
	}))
	defer server.Close()
	f := &fetcher.Fetcher{Retry: fetcher.Retry{Max: -1}, Timeout: fetcher.Timeouts{Stall: 200 * time.Millisecond}}
	defer f.Close()
	if r := f.Do(t.Context(), &fetcher.Request{URL: server.URL}); r.Err != nil {
		t.Errorf("early hints, then a response after 600ms, Stall 200ms: %v", r.Err)
	}
}

// TestStallDuringAnUpload: nor is 100 Continue, while the body of the request is sent.
func TestStallDuringAnUpload(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		if n == 0 {
			w.WriteHeader(400)
		}
	}))
	defer server.Close()
	f := &fetcher.Fetcher{Retry: fetcher.Retry{Max: -1}, Timeout: fetcher.Timeouts{Stall: 200 * time.Millisecond}}
	defer f.Close()
	for _, expect := range []bool{false, true} {
		h := http.Header{}
		if expect {
			h.Set("Expect", "100-continue")
		}
		r := f.Do(t.Context(), &fetcher.Request{Method: "PUT", URL: server.URL, Header: h, Body: func() (io.ReadCloser, error) {
			return io.NopCloser(&slowReader{left: 12}), nil
		}})
		if r.Err != nil {
			t.Errorf("an upload of 1.2 s, Expect %v, Stall 200ms: %v", expect, r.Err)
		}
	}
}

type slowReader struct{ left int }

func (s *slowReader) Read(p []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	s.left--
	<-time.After(100 * time.Millisecond)
	return copy(p, strings.Repeat("x", 100)), nil
}

// TestConnectTimeoutOfTheTransportsOwnRetry: net/http sends a request again on a new connection when the reused one turns out
// dead, and the connect time-out holds for that one, too.
func TestConnectTimeoutOfTheTransportsOwnRetry(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		in := bufio.NewReader(c)
		http.ReadRequest(in)
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		http.ReadRequest(in)
		<-time.After(700 * time.Millisecond) // longer than the connect time-out
		c.Close()
	}()
	var dials atomic.Int64
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		if dials.Add(1) == 1 {
			return new(net.Dialer).DialContext(ctx, network, address)
		}
		<-ctx.Done() // SYNs go unanswered
		return nil, context.Cause(ctx)
	}}
	defer transport.CloseIdleConnections()
	f := &fetcher.Fetcher{Transport: transport, Workers: 1, Retry: fetcher.Retry{Max: -1}, Timeout: fetcher.Timeouts{Connect: 300 * time.Millisecond}}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	url := "http://" + l.Addr().String() + "/"
	f.Do(ctx, &fetcher.Request{URL: url})
	start := time.Now()
	r := f.Do(ctx, &fetcher.Request{URL: url})
	if !kindIs(r, fetcher.KindTimeoutConnect) {
		t.Errorf("Connect 300ms: the second connection was waited for %v: %v (dials %d, notes %v)", time.Since(start).Round(time.Millisecond), r.Err, dials.Load(), r.Notes)
	}
}

// TestRangeInAnyCase: a Range field in lower case asks for a part as well.
func TestRangeInAnyCase(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "x.txt", time.Time{}, strings.NewReader("hello world"))
	}))
	defer server.Close()
	f := &fetcher.Fetcher{}
	defer f.Close()
	r := f.Do(t.Context(), &fetcher.Request{URL: server.URL, Header: http.Header{"range": {"bytes=0-4"}}})
	if r.Err != nil || r.Bytes != 5 {
		t.Errorf("%d bytes, %v", r.Bytes, r.Err)
	}
}
