package testserver

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"sync"
	"time"
)

// Config configures a server for Start.
type Config struct {
	Listen    string // host:port; empty means a free port of 127.0.0.1
	TLS       bool   // listen for HTTPS, too, with HTTP/2
	TLSListen string // host:port for it; empty means a free port of the same host
	Options
}

// Server is a running Handler. It is created by Start; Close or Shutdown must be called.
type Server struct {
	Handler *Handler

	http     *http.Server
	cancel   context.CancelFunc // ends the requests that wait
	unwatch  func() bool
	plain    net.Listener
	secure   net.Listener
	tls      *tls.Config    // nil without TLS, as secure is
	serving  sync.WaitGroup // accept loops
	conns    sync.WaitGroup
	handlers sync.WaitGroup
	once     sync.Once
	err      error
}

// Start listens and serves until Close or Shutdown, or until ctx ends, which has the effect of Close: to shut
// down gracefully on a signal, use a ctx that the signal does not end.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:0"
	}
	plain, err := listen(ctx, cfg.Listen)
	if err != nil {
		return nil, err
	}
	s := &Server{Handler: New(cfg.Options), plain: plain}
	if cfg.TLS {
		if err := s.listenTLS(ctx, cfg.TLSListen); err != nil {
			_ = plain.Close()
			return nil, err
		}
	}
	base, cancel := context.WithCancel(ctx)
	s.cancel = cancel
	s.http = &http.Server{
		Handler:           http.HandlerFunc(s.serveHTTP),
		ReadHeaderTimeout: 30 * time.Second,
		IdleTimeout:       5 * time.Minute,
		BaseContext:       func(net.Listener) context.Context { return base },
		ConnState:         s.connState,
		ErrorLog:          log.New(io.Discard, "", 0), // errors of clients are not of interest
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: 10_000},
	}
	if s.secure != nil {
		s.http.TLSConfig = s.tls
		s.serving.Go(func() { _ = s.http.ServeTLS(s.secure, "", "") })
	}
	s.serving.Go(func() { _ = s.http.Serve(s.plain) })
	s.unwatch = context.AfterFunc(ctx, func() { _ = s.Close() })
	return s, nil
}

func listen(ctx context.Context, addr string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("slow server: %w (choose another address, or port 0 for any free one)", err)
	}
	return l, nil
}

func (s *Server) listenTLS(ctx context.Context, addr string) (err error) {
	host, _, _ := net.SplitHostPort(s.Addr())
	if addr == "" {
		addr = net.JoinHostPort(host, "0")
	}
	if s.tls, err = newTLSConfig(host); err != nil {
		return fmt.Errorf("slow server: making a certificate: %w", err)
	}
	s.secure, err = listen(ctx, addr)
	return err
}

func (s *Server) serveHTTP(w http.ResponseWriter, r *http.Request) {
	s.handlers.Add(1)
	defer s.handlers.Done()
	s.Handler.ServeHTTP(w, r)
}

func (s *Server) connState(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.conns.Add(1)
	case http.StateClosed, http.StateHijacked:
		s.conns.Done()
	}
}

// URL returns the URL of the server: "http://127.0.0.1:8000".
func (s *Server) URL() string { return "http://" + s.Addr() }

// Addr returns the address of the plain listener, with the port that it got.
func (s *Server) Addr() string { return s.plain.Addr().String() }

// TLSURL returns the URL of the server with TLS; empty without TLS.
func (s *Server) TLSURL() string {
	if s.secure == nil {
		return ""
	}
	return "https://" + s.TLSAddr()
}

// TLSAddr returns the address of the TLS listener; empty without TLS.
func (s *Server) TLSAddr() string {
	if s.secure == nil {
		return ""
	}
	return s.secure.Addr().String()
}

// CertPool returns a pool with only the server's certificate, for clients that must trust it; nil without TLS.
func (s *Server) CertPool() *x509.CertPool {
	if s.secure == nil {
		return nil
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(s.CertPEM())
	return pool
}

// CertPEM returns the certificate, to be written to a file for --cacert; nil without TLS.
func (s *Server) CertPEM() []byte {
	if s.secure == nil {
		return nil
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.tls.Certificates[0].Certificate[0]})
}

// Shutdown stops listening, lets requests in flight finish until ctx ends, cancels the rest, and returns when
// every goroutine has ended. The error is that of ctx if requests had to be cancelled.
func (s *Server) Shutdown(ctx context.Context) error {
	return s.stop(func() error {
		if err := s.http.Shutdown(ctx); err != nil {
			return fmt.Errorf("slow server: requests were cancelled at the stop: %w", errors.Join(err, s.http.Close()))
		}
		return nil
	})
}

// Close stops listening, cancels requests in flight, and returns when every goroutine has ended.
func (s *Server) Close() error {
	return s.stop(func() error {
		s.cancel()
		return s.http.Close()
	})
}

// stop ends the server once, and waits in the order of creation: listeners, connections, handlers.
func (s *Server) stop(end func() error) error {
	s.once.Do(func() {
		s.unwatch()
		s.err = end()
		s.cancel()
		s.serving.Wait()
		s.conns.Wait()
		s.handlers.Wait()
	})
	return s.err
}

// newTLSConfig creates a self-signed certificate for every *.test host, localhost, the loopback addresses and the
// listening address. Some clients (for example OpenSSL's) do not accept a wildcard directly below a top-level
// domain, so the names in the lists of this project are included in full, too.
func newTLSConfig(listen string) (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: "slow test server"},
		NotBefore:             now.Add(-time.Hour),
		NotAfter:              now.AddDate(1, 0, 0),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
		DNSNames:              []string{"*.test", "localhost", "slow.test", "fast.test", "fingertips.test", "pubchem.test"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	if ip := net.ParseIP(listen); ip != nil && !ip.IsLoopback() && !ip.IsUnspecified() {
		template.IPAddresses = append(template.IPAddresses, ip)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	pair := tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}, nil
}
