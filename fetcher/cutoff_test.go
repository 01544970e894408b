package fetcher

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestFaultsAtEveryByte: a response that is cut off at any of its bytes, by FIN or by RST, is never taken for anything but
// that.
func TestFaultsAtEveryByte(t *testing.T) {
	const okHead = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
	for name, response := range map[string]string{
		"length":  okHead + "Content-Length: 5\r\n\r\n12345",
		"chunked": okHead + "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n",
		"trailer": okHead + "Trailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\nX-Sum: 1\r\n\r\n",
		"gzip":    withLength("200 OK", zipped("12345"), "Content-Encoding: gzip"),
		"interim": "HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n" + okHead + "Content-Length: 5\r\n\r\n12345",
	} {
		head := strings.LastIndex(response, "OK\r\n") + strings.Index(response[strings.LastIndex(response, "OK\r\n"):], "\r\n\r\n") + 4
		for _, end := range []string{"FIN", "RST"} {
			t.Run(name+" "+end, func(t *testing.T) {
				t.Parallel()
				var cut atomic.Int64 // one request at a time
				s := serveRaw(t, func(c net.Conn, in *bufio.Reader) {
					if end == "FIN" {
						says(response[:cut.Load()])(c, in)
					} else {
						resets(response[:cut.Load()])(c, in)
					}
				})
				f := &Fetcher{Retry: Retry{Max: -1}, Advanced: Advanced{NoAdapt: true}}
				defer f.Close()
				for at := range len(response) {
					cut.Store(int64(at))
					r := f.Do(within(t, 10*time.Second), &Request{URL: "http://" + s.addr})
					want := KindConnReset
					if end == "FIN" && at >= head {
						want = KindBodyTruncated
					}
					if err, ok := r.Err.(*Error); !ok || err.Kind != want {
						t.Errorf("cut after byte %d, %q: %v, want %v", at, response[max(0, at-10):at], r.Err, want)
					}
				}
			})
		}
	}
}

// TestFaultTLSWithoutCloseNotify: a body without a length over TLS that just ends is as little verified as one over TCP.
func TestFaultTLSWithoutCloseNotify(t *testing.T) {
	cert, pool := certificate(t, time.Now().Add(time.Hour))
	for response, want := range map[string]Kind{
		"HTTP/1.1 200 OK\r\n\r\n12345":                                            KindNone,
		"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n12345":                      KindBodyTruncated,
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n":     KindBodyTruncated,
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + zipped("12345")[:9]: KindBodyTruncated,
	} {
		s := serveRaw(t, func(c net.Conn, _ *bufio.Reader) {
			secure := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}})
			if in := bufio.NewReader(secure); readHead(in) {
				io.WriteString(secure, response)
				hangUp(c, bufio.NewReader(c)) // below TLS
			}
		})
		tr := NewTransport(TransportOptions{TLS: &tls.Config{RootCAs: pool}, HTTP1: true})
		f := &Fetcher{Retry: Retry{Max: -1}, Transport: tr}
		r := f.Do(within(t, 10*time.Second), &Request{URL: "https://" + s.addr})
		check(t, r, want, once)
		if unverified := strings.Contains(strings.Join(r.Notes, " "), NoteUnverifiedLength); unverified != !strings.Contains(response, "Length") && !unverified && !strings.Contains(response, "chunked") {
			t.Errorf("%q: notes are %q", response, r.Notes)
		}
		tr.CloseIdleConnections()
	}
}

// TestFaultTLSCutInARecord: TLS tells that a body without a length was cut off, where that is within one of its records.
func TestFaultTLSCutInARecord(t *testing.T) {
	cert, pool := certificate(t, time.Now().Add(time.Hour))
	s := serveRaw(t, func(c net.Conn, _ *bufio.Reader) {
		below := &shortConn{Conn: c}
		secure := tls.Server(below, &tls.Config{Certificates: []tls.Certificate{cert}})
		if in := bufio.NewReader(secure); readHead(in) {
			io.WriteString(secure, "HTTP/1.1 200 OK\r\n\r\n12345")
			below.short = true
			io.WriteString(secure, "67890")
			hangUp(c, bufio.NewReader(c))
		}
	})
	tr := NewTransport(TransportOptions{TLS: &tls.Config{RootCAs: pool}, HTTP1: true})
	defer tr.CloseIdleConnections()
	f := &Fetcher{Retry: tries(), Transport: tr, Advanced: Advanced{NoAdapt: true}}
	check(t, f.Do(within(t, 10*time.Second), &Request{URL: "https://" + s.addr}), KindBodyTruncated, often)
}

// shortConn leaves out the end of what is written, once it is told to.
type shortConn struct {
	net.Conn
	short bool
}

func (c *shortConn) Write(p []byte) (int, error) {
	if !c.short {
		return c.Conn.Write(p)
	}
	_, err := c.Conn.Write(p[:len(p)-1])
	return len(p), err
}

// TestFaultsOfProxies: what a proxy says instead of connecting us.
func TestFaultsOfProxies(t *testing.T) {
	f := func(scheme string, serve func(net.Conn, *bufio.Reader)) *Result {
		tr := NewTransport(TransportOptions{Proxy: http.ProxyURL(&url.URL{Scheme: scheme, Host: serveRaw(t, serve).addr})})
		defer tr.CloseIdleConnections()
		f := &Fetcher{Retry: tries(), Transport: tr, Advanced: Advanced{NoAdapt: true}}
		return f.Do(within(t, 10*time.Second), &Request{URL: "https://host.test/"})
	}
	for _, row := range []struct {
		status   string
		class    Kind
		attempts int
	}{
		{"502 Bad Gateway", KindConnect, often},
		{"503 Service Unavailable", KindConnect, often},
		{"504 Gateway Timeout", KindConnect, often},
		{"504", KindConnect, often},
		{"407 Proxy Authentication Required", KindHTTP4xx, once},
		{"407 Who are you?", KindHTTP4xx, once},
		{"407", KindHTTP4xx, once},
		{"403 Forbidden", KindHTTP4xx, once},
		{"500 \x1b[31mNo", KindHTTP5xx, once},
		{"302 Found", KindRedirect, once},
		{"201 Created", KindHTTPOther, once},
	} {
		t.Run("CONNECT "+row.status, func(t *testing.T) {
			r := f("http", says("HTTP/1.1 "+row.status+"\r\nContent-Length: 0\r\n\r\n"))
			check(t, r, row.class, row.attempts)
			if strings.ContainsRune(r.Err.Error(), 0x1b) {
				t.Errorf("a control character in %q", r.Err)
			}
		})
	}
	for code := byte(1); code <= 9; code++ { // RFC 1928, section 6
		t.Run(fmt.Sprintf("SOCKS reply %d", code), func(t *testing.T) {
			r := f("socks5", func(c net.Conn, in *bufio.Reader) {
				if _, err := io.ReadFull(in, make([]byte, 3)); err != nil { // version, one method
					return
				}
				c.Write([]byte{5, 0})
				if _, err := io.ReadFull(in, make([]byte, 5+len("host.test")+2)); err != nil {
					return
				}
				c.Write([]byte{5, code, 0, 1, 0, 0, 0, 0, 0, 0})
				hangUp(c, in)
			})
			check(t, r, KindConnect, often)
		})
	}
}

// TestFaultEarlyRefusal: a server that refuses an upload before it has come, and closes, is understood.
func TestFaultEarlyRefusal(t *testing.T) {
	for _, status := range []string{"413 Content Too Large", "401 Unauthorized", "200 OK"} {
		for range 20 { // whether it is understood must not depend on luck
			s := serveRaw(t, func(c net.Conn, in *bufio.Reader) {
				if readHead(in) {
					io.WriteString(c, withLength(status, "no", "Connection: close"))
				}
			})
			f := &Fetcher{Retry: Retry{Max: -1}}
			r := f.Do(within(t, 10*time.Second), &Request{Method: "POST", URL: "http://" + s.addr, Length: 8 << 20, Body: func() (io.ReadCloser, error) {
				return io.NopCloser(io.LimitReader(zeros{}, 8<<20)), nil
			}})
			f.Close()
			if !strings.HasPrefix(status, fmt.Sprint(r.Status)) || (r.Err == nil) != (r.Status == 200) {
				t.Fatalf("%s: %d, %v", status, r.Status, r.Err)
			}
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// TestFaultAnnouncedBody: a body whose announced length is over the bound is not waited for.
func TestFaultAnnouncedBody(t *testing.T) {
	s := serveRaw(t, func(c net.Conn, in *bufio.Reader) {
		if readHead(in) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n12345")
			io.Copy(io.Discard, in)
		}
	})
	f := &Fetcher{Retry: tries(), MaxBody: 1 << 20}
	defer f.Close()
	start := time.Now()
	r := f.Do(within(t, 10*time.Second), &Request{URL: "http://" + s.addr})
	check(t, r, KindBodyTooLarge, once)
	if d := time.Since(start); d > 2*time.Second {
		t.Errorf("after %v", d)
	}
	for _, head := range []string{"HTTP/1.1 200 OK\r\nContent-Encoding: gzip", "HTTP/1.1 304 Not Modified", "HTTP/1.1 204 No Content"} {
		s := serveRaw(t, says(head+"\r\nContent-Length: 2000000\r\n\r\n"))
		f := &Fetcher{Retry: tries(), MaxBody: 1 << 20, Accept: func(int) bool { return true }}
		check(t, f.Do(within(t, 10*time.Second), &Request{Method: "HEAD", URL: "http://" + s.addr}), KindNone, once) // there is none
		if !strings.Contains(head, "200") {
			check(t, f.Do(within(t, 10*time.Second), &Request{URL: "http://" + s.addr}), KindNone, once)
		}
		f.Close()
	}
}
