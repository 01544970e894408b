package transport

import (
	"io"
	"net/http"
	"sync"
)

// Spread is a transport that spreads its requests evenly over others: each goes to the one with the fewest in flight, in
// turn where several have as few. A request is in flight until its body is closed or read to its end. Set Transports
// before the first use, to one or more, and do not change them after; then a Spread is safe for concurrent use.
//
// It is for HTTP/2, of which net/http puts all requests for a host on one connection: k transports make k connections.
// A transport opens a further one when the server's bound on streams is reached; to have k at the most, bound what is in
// flight to the host (Limit.InFlight) by k times that, and not with HTTP2Config.StrictMaxConcurrentRequests, under which
// the requests that wait for a stream can wait for one another for ever (Go 1.26). A request that comes while a
// transport's connection is still being made has it dial another, which is closed unused, unless its MaxConnsPerHost is 1.
// In HTTP/1.1 each request in flight has a connection of its own, so that Limit.InFlight alone bounds them.
type Spread struct {
	Transports []http.RoundTripper

	mu       sync.Mutex
	inFlight []int // of each transport
	next     int   // whose turn it is
}

// RoundTrip has the least busy transport carry out the request.
func (s *Spread) RoundTrip(req *http.Request) (*http.Response, error) {
	i := s.begin()
	resp, err := s.Transports[i].RoundTrip(req)
	if err != nil || resp.Body == nil || resp.StatusCode == http.StatusSwitchingProtocols { // its body can be written, too
		s.end(i)
		return resp, err
	}
	resp.Body = &spreadBody{ReadCloser: resp.Body, end: sync.OnceFunc(func() { s.end(i) })}
	return resp, nil
}

// CloseIdleConnections does that for the transports that can.
func (s *Spread) CloseIdleConnections() {
	for _, t := range s.Transports {
		if t, ok := t.(interface{ CloseIdleConnections() }); ok {
			t.CloseIdleConnections()
		}
	}
}

func (s *Spread) begin() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.Transports)
	if s.inFlight == nil {
		s.inFlight = make([]int, n)
	}
	least := s.next
	for step := range n {
		if i := (s.next + step) % n; s.inFlight[i] < s.inFlight[least] {
			least = i
		}
	}
	s.inFlight[least]++
	s.next = (least + 1) % n
	return least
}

func (s *Spread) end(i int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight[i]--
}

// spreadBody tells when its request is no longer in flight.
type spreadBody struct {
	io.ReadCloser
	end func()
}

func (b *spreadBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.end()
	}
	return n, err
}

func (b *spreadBody) Close() error {
	defer b.end()
	return b.ReadCloser.Close()
}
