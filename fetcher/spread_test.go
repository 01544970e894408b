package fetcher

import (
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"example.com/fetch/internal/transport"
)

// busyServer is an HTTP/2 server that answers when so many requests are there together, and keeps which connection each
// came on.
type busyServer struct {
	*httptest.Server
	together int

	mu       sync.Mutex
	requests map[string]int // by connection
	there    int
	release  chan struct{}
}

func serveBusy(t *testing.T, together, streams int) (s *busyServer, transport func() *http.Transport) {
	cert, pool := certificate(t, time.Now().Add(time.Hour), "any.test")
	s = &busyServer{together: together, requests: make(map[string]int), release: make(chan struct{})}
	s.Server = httptest.NewUnstartedServer(s)
	s.EnableHTTP2 = true
	s.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	s.Config.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: streams}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s, func() *http.Transport {
		tr := NewTransport(TransportOptions{
			TLS:    &tls.Config{RootCAs: pool},
			Redial: func(string) (string, bool) { return s.Listener.Addr().String(), true },
		})
		t.Cleanup(tr.CloseIdleConnections)
		return tr
	}
}

func (s *busyServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/first" { // only makes the connection
		return
	}
	s.mu.Lock()
	s.requests[r.RemoteAddr]++
	if s.there++; s.there == s.together {
		close(s.release)
	}
	s.mu.Unlock()
	select {
	case <-s.release:
	case <-r.Context().Done():
	}
	io.WriteString(w, r.Proto)
}

// TestSpread: 30 requests at once over HTTP/2 are spread evenly over the connections.
func TestSpread(t *testing.T) {
	for _, row := range []struct {
		name        string
		connections int // asked for
		streams     int // of the server, on each
		want        []int
	}{
		{"one", 1, 100, []int{30}},
		{"three", 3, 100, []int{10, 10, 10}},
		{"four", 4, 100, []int{7, 7, 8, 8}},
		{"three, with too few streams", 3, 5, []int{5, 5, 5, 5, 5, 5}},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, connections := serveBusy(t, 30, row.streams)
			spread := &transport.Spread{}
			for range row.connections {
				spread.Transports = append(spread.Transports, connections())
			}
			f := &Fetcher{Transport: spread, Workers: 30}
			for range row.connections { // one connection of each, since requests that find none each dial one
				check(t, f.Do(within(t, 5*time.Second), &Request{URL: "https://any.test/first"}), KindNone, once)
			}
			for r := range f.Run(within(t, 10*time.Second), URLs(slices.Repeat([]string{"https://any.test/"}, 30)...)) {
				check(t, r, KindNone, once)
			}
			var got []int
			for _, n := range s.requests {
				got = append(got, n)
			}
			if slices.Sort(got); !slices.Equal(got, row.want) {
				t.Errorf("%v requests on the connections, want %v", got, row.want)
			}
		})
	}
}

// TestSpreadLeastBusy: who is slow gets less.
func TestSpreadLeastBusy(t *testing.T) {
	var used [2]int
	var open []io.Closer
	spread := &transport.Spread{}
	for i := range used {
		spread.Transports = append(spread.Transports, transportFunc(func(req *http.Request) (*http.Response, error) {
			used[i]++
			switch req.URL.Path {
			case "/fails":
				return nil, errors.New("no")
			case "/nothing":
				return &http.Response{StatusCode: 204}, nil
			}
			return answer(req, 200, "ok"), nil
		}))
	}
	ask := func(path string) {
		req, _ := http.NewRequest("GET", "http://any.test"+path, nil)
		if resp, err := spread.RoundTrip(req); err == nil && resp.Body != nil {
			if path == "/read" {
				io.Copy(io.Discard, resp.Body)
			}
			open = append(open, resp.Body)
		}
	}
	ask("/") // stays open, with the first
	for _, path := range []string{"/fails", "/nothing", "/read", "/fails"} {
		ask(path)
	}
	if used != [2]int{1, 4} {
		t.Errorf("the busy one and the other had %v requests, want 1 and 4", used)
	}
	for _, c := range open {
		c.Close()
		c.Close()
	}
	for range 10 {
		ask("/fails")
	}
	if used != [2]int{6, 9} {
		t.Errorf("then, in turn, %v, want 6 and 9", used)
	}
}
