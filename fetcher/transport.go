package fetcher

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"example.com/fetch/internal/transport"
	"example.com/fetch/internal/web"
)

// TransportOptions are the settings of NewTransport. The zero value is usable.
type TransportOptions = transport.Options

// NewTransport makes a transport for many concurrent requests: it keeps as many connections as are used (net/http keeps
// two per host), leaves compression to the Fetcher, and notices dead HTTP/2 connections.
func NewTransport(o TransportOptions) *http.Transport {
	t := transport.New(o)
	t.OnProxyConnectResponse = proxyRefusal
	return t
}

// ErrDenied says that a connection was not to be made. See TransportOptions.Control.
var ErrDenied = errors.New("denied")

// proxyRefusal is the failure that a proxy's response to CONNECT makes; net/http would keep nothing of it but the words.
func proxyRefusal(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	kind := kindOfStatus(resp.StatusCode, false)
	switch resp.StatusCode {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		kind = KindConnect // the way to the host is broken
	}
	return &Error{Kind: kind, Err: fmt.Errorf("the proxy responded %s", web.StatusLine(resp.StatusCode))}
}
