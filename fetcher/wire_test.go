package fetcher

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/textproto"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// rawServer is a listener whose connections are served by one function, for answers that no HTTP server can be made to
// give. Each connection is closed when serve returns, and all are joined when the test ends.
type rawServer struct {
	addr     string
	accepted atomic.Int64
	stop     func()
}

func serveRaw(t testing.TB, serve func(c net.Conn, in *bufio.Reader)) *rawServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveRawOn(t, l, serve)
}

func serveRawOn(t testing.TB, l net.Listener, serve func(c net.Conn, in *bufio.Reader)) *rawServer {
	s := &rawServer{addr: l.Addr().String()}
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		conns = map[net.Conn]struct{}{}
		ended bool
	)
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			if ended {
				c.Close()
			}
			conns[c] = struct{}{}
			mu.Unlock()
			s.accepted.Add(1)
			wg.Go(func() {
				serve(c, bufio.NewReader(c))
				c.Close()
				mu.Lock()
				delete(conns, c)
				mu.Unlock()
			})
		}
	})
	s.stop = sync.OnceFunc(func() {
		l.Close()
		mu.Lock()
		ended = true
		for c := range conns {
			c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	t.Cleanup(s.stop)
	return s
}

// readHead reads the head of a request; false when there is none.
func readHead(in *bufio.Reader) bool {
	r := textproto.NewReader(in)
	if _, err := r.ReadLine(); err != nil {
		return false
	}
	_, err := r.ReadMIMEHeader()
	return err == nil
}

// says serves one request a connection with the given bytes, and ends the connection.
func says(answer string) func(net.Conn, *bufio.Reader) {
	return func(c net.Conn, in *bufio.Reader) {
		if readHead(in) {
			io.WriteString(c, answer)
			hangUp(c, in)
		}
	}
}

// TestNoBody: a body of which net/http knows that it is none is sent as none, with its length.
func TestNoBody(t *testing.T) {
	head := make(chan string, 1)
	s := serveRaw(t, func(c net.Conn, in *bufio.Reader) {
		req, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		head <- fmt.Sprint(req.ContentLength, req.TransferEncoding)
		io.WriteString(c, withLength("200 OK", "ok"))
		hangUp(c, in)
	})
	f := &Fetcher{}
	defer f.Close()
	none := func() (io.ReadCloser, error) { return http.NoBody, nil }
	r := f.Do(within(t, 5*time.Second), &Request{Method: "POST", URL: "http://" + s.addr, Body: none})
	check(t, r, KindNone, once)
	if got := <-head; got != "0 []" {
		t.Errorf("sent as %s", got)
	}
}

// hangUp sends FIN, and waits for the other side to leave, so that the answer is not lost to a RST.
func hangUp(c net.Conn, in *bufio.Reader) {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
		c.SetReadDeadline(time.Now().Add(5 * time.Second))
		io.Copy(io.Discard, in)
	}
}

// resets is says, but the connection ends with RST once the answer has been received.
func resets(answer string) func(net.Conn, *bufio.Reader) {
	return func(c net.Conn, in *bufio.Reader) {
		if readHead(in) {
			io.WriteString(c, answer)
			if answer != "" {
				c.SetReadDeadline(time.Now().Add(20 * time.Millisecond)) // else the RST overtakes the answer
				in.ReadByte()
			}
			c.(*net.TCPConn).SetLinger(0)
		}
	}
}

// silent accepts and says nothing.
func silent(_ net.Conn, in *bufio.Reader) { io.Copy(io.Discard, in) }

// pipeNet is a network in memory, whose reads and writes let time pass in a synctest bubble.
type pipeNet struct {
	conns  chan net.Conn
	closed chan struct{}
	dials  atomic.Int64
	once   sync.Once
}

func newPipeNet() *pipeNet { return &pipeNet{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipeNet) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipeNet) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipeNet) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

func (p *pipeNet) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	p.dials.Add(1)
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// transport is the Fetcher's own over this network.
func (p *pipeNet) transport(t testing.TB) *http.Transport {
	tr := NewTransport(TransportOptions{})
	tr.DialContext = p.dial
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

// inMemory gives a Fetcher whose every host is served by h, in memory.
func inMemory(t testing.TB, h http.HandlerFunc) *Fetcher {
	p := newPipeNet()
	s := &http.Server{Handler: h}
	done := make(chan struct{})
	go func() { s.Serve(p); close(done) }()
	f := &Fetcher{Transport: p.transport(t)}
	t.Cleanup(func() { s.Close(); <-done })
	return f
}

// inMemoryRaw is inMemory with serveRaw's kind of server.
func inMemoryRaw(t testing.TB, serve func(c net.Conn, in *bufio.Reader)) *Fetcher {
	p := newPipeNet()
	serveRawOn(t, p, serve)
	return &Fetcher{Transport: p.transport(t)}
}

// transportFunc is a transport without a network.
type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// answer makes an answer for a transportFunc. Fields are pairs of names and values.
func answer(req *http.Request, status int, body string, fields ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(fields); i += 2 {
		h.Set(fields[i], fields[i+1])
	}
	return &http.Response{StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: h,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: req}
}

// certificate makes a self-signed one for 127.0.0.1 and the names, and the pool that trusts it.
func certificate(t testing.TB, expires time.Time, names ...string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: expires.Add(-48 * time.Hour), NotAfter: expires, DNSNames: names, IsCA: true, BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, pool
}

// kindIn is the kind of a failure; KindNone for nil.
func kindIn(err error) Kind {
	if e, ok := err.(*Error); ok {
		return e.Kind
	}
	return KindNone
}

// check compares the outcome of a request with what it should be.
func check(t testing.TB, r *Result, kind Kind, attempts int) {
	t.Helper()
	t.Logf("expected %q, %d attempts; seen %q, %d", kind, attempts, kindIn(r.Err), len(r.Attempts))
	if got := kindIn(r.Err); got != kind {
		t.Errorf("class is %q, want %q (%v)", got, kind, r.Err)
	}
	if len(r.Attempts) != attempts {
		t.Errorf("%d attempts, want %d (%v)", len(r.Attempts), attempts, r.Err)
	}
	if sum := r.Queue + r.Limiter + r.Service + r.Backoff; sum != r.Response {
		t.Errorf("the waits sum to %v, the response time is %v", sum, r.Response)
	}
	for i, a := range r.Attempts {
		if (a.Err == nil) != (i == len(r.Attempts)-1 && r.Err == nil) && kind != KindCanceled && kind != KindDeadline && kind != KindTimeoutTotal {
			t.Errorf("attempt %d has the error %v", i, a.Err)
		}
	}
}

// beside carries a request out among others to a healthy host, which it must not hold up or fail.
func beside(t testing.TB, f *Fetcher, req *Request) (result *Result) {
	t.Helper()
	healthy := serveRaw(t, func(c net.Conn, in *bufio.Reader) {
		for readHead(in) {
			io.WriteString(c, withLength("200 OK", "fine"))
		}
	})
	for r, err := range f.Run(within(t, 10*time.Second), func(yield func(*Request, error) bool) {
		for _, req := range []*Request{{URL: "http://" + healthy.addr}, req, {URL: "http://" + healthy.addr}, {URL: "http://" + healthy.addr}} {
			if !yield(req, nil) {
				return
			}
		}
	}) {
		switch {
		case err != nil:
			t.Fatalf("the run failed: %v", err)
		case r.Request == req:
			result = r
		case r.Err != nil || len(r.Attempts) != 1 || r.Bytes != 4:
			t.Errorf("a request to a healthy host: %v after %d attempts, %d bytes", r.Err, len(r.Attempts), r.Bytes)
		}
	}
	return result
}

// within fails the test when it takes longer, so that no fault can hang it.
func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// quietLog takes what test servers say of the clients that misbehave on purpose.
var quietLog = log.New(io.Discard, "", 0)
