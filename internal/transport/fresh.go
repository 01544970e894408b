package transport

import (
	"net/http"
	"sync"
)

// Fresh sends requests as another transport does, but each on a connection of its own. It is safe for concurrent use.
type Fresh struct {
	Of http.RoundTripper // one that is not net/http's sends on what it likes

	mu  sync.Mutex
	own *http.Transport // nil: there was nothing to send
}

// RoundTrip sends a request.
func (f *Fresh) RoundTrip(req *http.Request) (*http.Response, error) {
	of, ok := f.Of.(*http.Transport)
	if !ok {
		return f.Of.RoundTrip(req)
	}
	f.mu.Lock()
	if f.own == nil {
		f.own = of.Clone()
		f.own.DisableKeepAlives = true
	}
	own := f.own
	f.mu.Unlock()
	return own.RoundTrip(req)
}

// Close ends the dials that nobody waits for any more. Requests may follow.
func (f *Fresh) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.own != nil {
		f.own.CloseIdleConnections()
	}
}
