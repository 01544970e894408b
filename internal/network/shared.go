package network

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
)

// shared sends its requests over one HTTP/2 connection. Those that come while the first makes it wait until it is there: net/http
// would have each dial one of its own, to be closed unused.
type shared struct {
	*http.Transport
	made atomic.Bool
	turn chan struct{} // of the one that makes it
}

func newShared(t *http.Transport) *shared { return &shared{Transport: t, turn: make(chan struct{}, 1)} }

func (s *shared) RoundTrip(req *http.Request) (*http.Response, error) {
	if s.made.Load() {
		return s.Transport.RoundTrip(req)
	}
	select {
	case s.turn <- struct{}{}:
	case <-req.Context().Done():
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, context.Cause(req.Context())
	}
	leave := sync.OnceFunc(func() { <-s.turn })
	defer leave()
	made := func(httptrace.GotConnInfo) { s.made.Store(true); leave() }
	if s.made.Load() {
		leave()
	}
	return s.Transport.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{GotConn: made})))
}
