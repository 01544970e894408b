package transport

import (
	"cmp"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"time"
)

// SmallBuffersFrom is the number of connections above which 1 KB buffers are the better trade-off: memory counts for more than
// system calls.
const SmallBuffersFrom = 1000

// Options are the settings of New. The zero value is usable.
type Options struct {
	ConnectTimeout time.Duration // DNS and TCP, and again TLS; 0 means 30 s. It also ends dials that nobody waits for
	IdlePerHost    int           // connections kept for one host; 0 means 10. As many as hops in flight is right
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
	// fetcher.ErrDenied is final: its request is not tried again.
	Control func(network, address string, c syscall.RawConn) error
}

const (
	defaultIdle           = 10
	defaultConnectTimeout = 30 * time.Second
	idleConnTimeout       = 90 * time.Second
	pingAfter             = 15 * time.Second // of silence on an HTTP/2 connection
	maxHeaderBytes        = 1 << 20
)

// New makes a transport for many concurrent requests: it keeps as many connections as are used (net/http keeps
// two per host), leaves compression to the caller, and notices dead HTTP/2 connections.
func New(o Options) *http.Transport {
	o.ConnectTimeout = cmp.Or(max(o.ConnectTimeout, 0), defaultConnectTimeout)
	o.IdlePerHost = cmp.Or(max(o.IdlePerHost, 0), defaultIdle)
	if o.Proxy == nil {
		o.Proxy = http.ProxyFromEnvironment
	}
	dialer := &Dialer{Dialer: net.Dialer{Timeout: o.ConnectTimeout, KeepAlive: pingAfter, Control: o.Control}}
	t := &http.Transport{
		Proxy:                  o.Proxy,
		DialContext:            dialer.Dial,
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
