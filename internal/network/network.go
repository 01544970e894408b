// Package network configures how servers are reached: through which proxies, with which certificates, at which
// addresses, and on which connections of a load test.
package network

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/file"
	"example.com/fetch/internal/load"
	"example.com/fetch/internal/spec"
	"example.com/fetch/internal/transport"
	"example.com/fetch/internal/web"
	"example.com/fetch/testserver"
)

// Network is the network configuration of the flags. Close it when the run is over.
type Network struct {
	Transport *http.Transport
	proxies   *proxies
	opened    atomic.Int64
	server    *testserver.Server // nil without --testserver
}

// Open processes -x --deny-private -k --resolve --cacert --cert --key --http1 --testserver.
func Open(ctx context.Context, f *spec.Spec) (*Network, error) {
	config, err := tlsConfig(f)
	if err != nil {
		return nil, err
	}
	redirects, err := parseResolve(f.Resolve)
	if err != nil {
		return nil, err
	}
	n := &Network{}
	if n.proxies, err = newProxies(f); err != nil {
		return nil, err
	}
	var control func(network, address string, c syscall.RawConn) error
	if f.DenyPrivate {
		if name := n.proxies.any; name != "" {
			return nil, fmt.Errorf("--deny-private cannot see where a proxy connects to, and %s names one: leave out one of them", name)
		}
		control = denyPrivate
	}
	plain, secure := "", ""
	switch f.Testserver {
	case "":
	case spec.OwnTestserver:
		n.server, err = testserver.Start(ctx, testserver.Config{Listen: "127.0.0.1:0", TLS: true})
		if err != nil {
			return nil, fmt.Errorf("starting the test server: %w", err)
		}
		plain, secure = n.server.Addr(), n.server.TLSAddr()
		if config.RootCAs == nil {
			config.RootCAs = systemRoots()
		}
		config.RootCAs.AppendCertsFromPEM(n.server.CertPEM())
	default:
		plain, err = testserverAddress(f.Testserver)
		if err != nil {
			return nil, err
		}
		secure = plain
	}
	slots, idle := f.InFlight()
	if f.Auto() {
		slots = min(slots, fetcher.AutoWorkers)
	}
	n.Transport = fetcher.NewTransport(fetcher.TransportOptions{
		ConnectTimeout: f.LongestConnect(),
		IdlePerHost:    slots,
		Idle:           idle,
		SmallBuffers:   slots >= fetcher.SmallBuffersFrom,
		HTTP1:          f.HTTP1,
		TLS:            config,
		Control:        control,
		Proxy: func(r *http.Request) (*url.URL, error) {
			if name, _ := web.SplitHost(web.Host(r.URL)); plain != "" && isTestHost(name) {
				return nil, nil
			}
			return n.proxies.of(r)
		},
		Redial: func(address string) (string, bool) {
			to, err := web.ParseHostSpec(address)
			if other, ok := redirects[to]; ok {
				return other, true
			}
			if err != nil || plain == "" || !isTestHost(to.Name) {
				return "", false
			}
			if to.Port == "443" {
				return secure, true
			}
			return plain, true
		},
	})
	n.Transport.TLSHandshakeTimeout += time.Second // --connect-timeout, which has a better message, fires first
	dial := n.Transport.DialContext
	n.Transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		if err == nil {
			n.opened.Add(1)
		}
		return c, err
	}
	return n, nil
}

// Opened returns the number of connections that have been opened, used or not.
func (n *Network) Opened() int64 { return n.opened.Load() }

func (n *Network) Close() {
	n.Transport.CloseIdleConnections()
	if n.server != nil {
		n.server.Close()
	}
}

// StandsInFor reports whether the test server replaces a host.
func StandsInFor(f *spec.Spec, host string) bool { return f.Testserver != "" && isTestHost(host) }

// isTestHost reports whether --testserver replaces the host with this name.
func isTestHost(host string) bool {
	host = strings.TrimSuffix(host, ".")
	return host == "test" || strings.HasSuffix(host, ".test")
}

// testserverAddress validates the ADDR of --testserver=ADDR.
func testserverAddress(text string) (string, error) {
	text = strings.TrimSuffix(strings.TrimPrefix(text, "http://"), "/")
	host, port, err := net.SplitHostPort(text)
	if err != nil || port == "" {
		return "", fmt.Errorf("--testserver: write HOST:PORT, such as --testserver=127.0.0.1:8000")
	}
	if host == "" {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port), nil
}

// parseResolve parses curl's HOST:PORT:ADDRESS.
func parseResolve(texts []string) (map[web.HostSpec]string, error) {
	to := make(map[web.HostSpec]string, len(texts))
	for _, text := range texts {
		name := strings.Index(text, "]") + 1 // an IPv6 address contains colons
		host, rest, _ := strings.Cut(text[name:], ":")
		port, address, _ := strings.Cut(rest, ":")
		address = strings.Trim(address, "[]")
		spec, err := web.ParseHostSpec(text[:name] + host + ":" + port)
		if err != nil || spec.Port == "" || net.ParseIP(address) == nil {
			return nil, fmt.Errorf("--resolve %q: write HOST:PORT:ADDRESS, such as example.com:443:127.0.0.1", text)
		}
		to[spec] = net.JoinHostPort(address, spec.Port)
	}
	return to, nil
}

func tlsConfig(f *spec.Spec) (*tls.Config, error) {
	config := &tls.Config{InsecureSkipVerify: f.Insecure}
	if f.CACert != "" {
		pem, err := os.ReadFile(f.CACert)
		if err != nil {
			return nil, fmt.Errorf("--cacert %s: %w; name a file with certificates, PEM", f.CACert, file.Reason(err))
		}
		config.RootCAs = systemRoots()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("--cacert %s: no certificate in PEM form in it", f.CACert)
		}
	}
	if f.Cert != "" {
		pair, err := tls.LoadX509KeyPair(f.Cert, cmp.Or(f.Key, f.Cert))
		if err != nil {
			return nil, fmt.Errorf("--cert %s, --key %s: %w; each is a file, PEM", f.Cert, cmp.Or(f.Key, f.Cert), err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

func systemRoots() *x509.CertPool {
	if roots, err := x509.SystemCertPool(); err == nil {
		return roots
	}
	return x509.NewCertPool()
}

// Settle determines how --connections is enforced. An HTTP/1.1 connection carries one request at a time, so there
// are never more connections than requests in flight to the host; waiting requests wait in our queue, where they
// are counted as waiting.
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

// isSecure reports whether all requests use TLS, where HTTP/2 is negotiated.
func isSecure(mix *load.Mix) bool {
	for i := range mix.Len() {
		if !strings.HasPrefix(strings.ToLower(mix.At(i).URL), "https:") {
			return false
		}
	}
	return true
}

// Connections are the transports of a load test.
type Connections interface {
	http.RoundTripper
	CloseIdleConnections()
}

// Connect returns the transport of a load test. If the number of connections is limited it is a Spread, even of a
// single transport: with a plain http.Transport an engine opens new connections for requests that must not reuse
// one.
func Connect(f *spec.Connections, one *http.Transport) Connections {
	one.DisableKeepAlives = f.Always
	if f.Most == 0 {
		return one
	}
	transports := 1
	one.MaxConnsPerHost = f.Most // a connection is returned shortly after its slot, and another would be opened meanwhile
	if f.Shared {
		transports, one.MaxConnsPerHost = f.Most, 1 // otherwise each request during dialling would dial its own connection, which is closed unused
	}
	spread := &transport.Spread{Transports: []http.RoundTripper{one}}
	for range transports - 1 {
		spread.Transports = append(spread.Transports, one.Clone())
	}
	return spread
}
