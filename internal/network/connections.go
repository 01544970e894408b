package network

import (
	"net/http"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/load"
	"example.com/fetch/internal/spec"
)

// Settle settles how --connections is kept to. An HTTP/1.1 connection has one request at a time, so that there are no
// more of them than requests in flight to the host; what waits, waits with us, where it counts as waiting.
func Settle(f *spec.Load, mix *load.Mix) {
	if f.Connections.Most == 0 {
		return
	}
	f.Connections.Shared = !f.Run.HTTP1 && isSecure(mix)
	if !f.Connections.Shared {
		slots := &f.Run.PerHost
		slots.Every = append(slots.Every, f.Connections.Most)
	}
}

// isSecure reports whether all requests go over TLS, where HTTP/2 is agreed on.
func isSecure(mix *load.Mix) bool {
	for i := range mix.Len() {
		if !strings.HasPrefix(strings.ToLower(mix.At(i).URL), "https:") {
			return false
		}
	}
	return true
}

// Connections are what a load test sends on.
type Connections interface {
	http.RoundTripper
	CloseIdleConnections()
}

// Connect is what sends on them.
func Connect(f *spec.Connections, one *http.Transport) Connections {
	one.DisableKeepAlives = f.Always
	if !f.Shared {
		return one
	}
	spread := &fetcher.Spread{Transports: []http.RoundTripper{one}}
	for range f.Most - 1 {
		spread.Transports = append(spread.Transports, one.Clone())
	}
	return spread
}
