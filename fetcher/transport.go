package fetcher

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"syscall"
	"time"

	"example.com/fetch/internal/transport"
)

// TransportOptions are the settings of NewTransport. The zero value is usable.
type TransportOptions struct {
	ConnectTimeout time.Duration // DNS and TCP, and again TLS; 0 means 30 s. It also ends dials that nobody waits for
	IdlePerHost    int           // connections kept for one host; 0 means DefaultWorkers. As many as hops in flight is right
	Idle           int           // connections kept for all hosts together; 0 means twice IdlePerHost, and 100 at least
	HTTP1          bool          // HTTP/1.1 only
	NoKeepAlive    bool          // a new connection for each request
	SmallBuffers   bool          // 1 KB each way for a connection, not 4 KB; right from SmallBuffersFrom of them
	TLS            *tls.Config   // nil means the defaults

	// Proxy finds the proxy of a request; nil means http.ProxyFromEnvironment.
	Proxy func(*http.Request) (*url.URL, error)
	// Redial gives the address to connect to in place of "host:port", or false for that itself. Nil changes nothing.
	Redial func(address string) (string, bool)
	// Control, if not nil, is net.Dialer's: it sees the address of each connection before that is made. An error that wraps
	// ErrDenied is final: its request is not tried again.
	Control func(network, address string, c syscall.RawConn) error
}

// SmallBuffersFrom is how many connections must be in use at once for their memory to count for more than system calls.
const SmallBuffersFrom = 1000

// ErrDenied says that a connection was not to be made. See TransportOptions.Control.
var ErrDenied = errors.New("denied")

const (
	defaultConnectTimeout = 30 * time.Second
	idleConnTimeout       = 90 * time.Second
	pingAfter             = 15 * time.Second // of silence on an HTTP/2 connection
	maxHeaderBytes        = 1 << 20
)

// NewTransport makes a transport for many concurrent requests: it keeps as many connections as are used (net/http keeps
// two per host), leaves compression to the Fetcher, and notices dead HTTP/2 connections.
func NewTransport(o TransportOptions) *http.Transport {
	o.ConnectTimeout = cmp.Or(max(o.ConnectTimeout, 0), defaultConnectTimeout)
	o.IdlePerHost = cmp.Or(max(o.IdlePerHost, 0), DefaultWorkers)
	if o.Proxy == nil {
		o.Proxy = http.ProxyFromEnvironment
	}
	dialer := &transport.Dialer{Dialer: net.Dialer{Timeout: o.ConnectTimeout, KeepAlive: pingAfter, Control: o.Control}}
	t := &http.Transport{
		Proxy:                  o.Proxy,
		DialContext:            dialer.Dial,
		OnProxyConnectResponse: proxyRefusal,
		TLSClientConfig:        o.TLS,
		TLSHandshakeTimeout:    o.ConnectTimeout,
		DisableCompression:     true,
		DisableKeepAlives:      o.NoKeepAlive,
		MaxIdleConns:           cmp.Or(o.Idle, 2*max(o.IdlePerHost, 50)),
		MaxIdleConnsPerHost:    o.IdlePerHost,
		IdleConnTimeout:        idleConnTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		ForceAttemptHTTP2:      !o.HTTP1,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingAfter},
	}
	if o.HTTP1 {
		t.Protocols = new(http.Protocols)
		t.Protocols.SetHTTP1(true)
	}
	if o.SmallBuffers {
		t.ReadBufferSize, t.WriteBufferSize = 1<<10, 1<<10
	}
	if o.Redial != nil {
		t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			if other, ok := o.Redial(address); ok {
				address = other
			}
			return dialer.Dial(ctx, network, address)
		}
	}
	return t
}

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
	return &Error{Kind: kind, Err: fmt.Errorf("the proxy responded %s", statusLine(resp.StatusCode))}
}

// isPlain reports whether a transport is net/http's own, or made of such.
func isPlain(t http.RoundTripper) bool {
	switch t := t.(type) {
	case *http.Transport:
		return true
	case *transport.Spread:
		return !slices.ContainsFunc(t.Transports, func(t http.RoundTripper) bool { return !isPlain(t) })
	}
	return false
}
