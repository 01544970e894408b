package fetcher

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// How often a fault is tried with tries() retries: never again, once more, or as often as allowed.
const (
	once  = 1
	twice = 2
	often = 3
)

// tries is a Retry that does not sleep.
func tries() Retry { return Retry{Max: often - 1, MinWait: 1} }

// zipped compresses a text.
func zipped(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, text)
	z.Close()
	return b.String()
}

// withLength is a whole answer of HTTP/1.1.
func withLength(status, body string, fields ...string) string {
	return fmt.Sprintf("HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s", status, strings.Join(append(fields, ""), "\r\n"), len(body), body)
}

// TestFaultsOfAnswers: what a server may say, byte by byte, and what becomes of it.
func TestFaultsOfAnswers(t *testing.T) {
	const okHead = "HTTP/1.1 200 OK\r\n"
	const gz = "Content-Encoding: gzip"
	text := strings.Repeat("plausible data ", 5000)
	whole := zipped(text)
	corrupt := []byte(whole)
	corrupt[len(corrupt)-6] ^= 0xff // in the checksum
	type fault struct {
		name     string
		serve    func(net.Conn, *bufio.Reader)
		class    Kind
		attempts int
		notes    []string
		bytes    int64
	}
	faults := []fault{
		{"closed before the head", says(""), KindConnReset, often, nil, 0},
		{"RST before the head", resets(""), KindConnReset, often, nil, 0},
		{"RST in the body", resets(okHead + "Content-Length: 10\r\n\r\n12345"), KindConnReset, often, nil, 5},
		{"RST after the head", resets(okHead + "Content-Length: 10\r\n\r\n"), KindConnReset, often, nil, 0},
		{"EOF in the head", says(okHead + "Content-Ty"), KindConnReset, often, nil, 0},
		{"EOF in the status line", says("HTTP/1.1 2"), KindConnReset, often, nil, 0},
		{"RST in the head", resets(okHead + "Content-Ty"), KindConnReset, often, nil, 0},
		{"RST in the status line", resets("HTTP/1.1 2"), KindConnReset, often, nil, 0},
		{"body shorter than its length", says(okHead + "Content-Length: 10\r\n\r\n12345"), KindBodyTruncated, often, nil, 5},
		{"body longer than its length", says(okHead + "Content-Length: 3\r\n\r\n12345"), KindNone, once, nil, 3},
		{"chunked body cut in a chunk", says(okHead + "Transfer-Encoding: chunked\r\n\r\na\r\n12345"), KindBodyTruncated, often, nil, 5},
		{"chunked body without its last chunk", says(okHead + "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n"), KindBodyTruncated, often, nil, 5},
		{"chunked body cut after the size of its last chunk", says(okHead + "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n"), KindBodyTruncated, often, nil, 5},
		{"chunked body cut in its trailer", says(okHead + "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\nX-Sum: 1"), KindBodyTruncated, often, nil, 5},
		{"chunked body cut in a chunk's size", says(okHead + "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n1"), KindBodyTruncated, often, nil, 5},
		{"bad chunk size", says(okHead + "Transfer-Encoding: chunked\r\n\r\nzz\r\n12345"), KindProtocol, twice, nil, 0},
		{"no length, FIN", says(okHead + "\r\n12345"), KindNone, once, []string{NoteUnverifiedLength}, 5},
		{"no length, RST", resets(okHead + "\r\n12345"), KindConnReset, often, []string{NoteUnverifiedLength}, 5},
		{"malformed status line", says("HTTP/1.1 abc OK\r\n\r\n"), KindProtocol, once, nil, 0},
		{"malformed version", says("HTTP/x.y 200 OK\r\n\r\n"), KindProtocol, once, nil, 0},
		{"HTTP/0.9", says("<html>hello</html>\r\n"), KindProtocol, once, nil, 0},
		{"HTTP/0.9 in half a line", says("<html>hello</html>"), KindProtocol, once, nil, 0},
		{"an SSH banner", says("SSH-2.0-OpenSSH_9.6\r\n"), KindProtocol, once, nil, 0},
		{"malformed field", says(okHead + "no colon here\r\n\r\n"), KindProtocol, twice, nil, 0},
		{"two lengths", says(okHead + "Content-Length: 3\r\nContent-Length: 4\r\n\r\n1234"), KindProtocol, once, nil, 0},
		{"negative length", says(okHead + "Content-Length: -3\r\n\r\n"), KindProtocol, once, nil, 0},
		{"unknown transfer coding", says(okHead + "Transfer-Encoding: pigeon\r\n\r\n123"), KindProtocol, once, nil, 0},
		{"gzip as a transfer coding", says(okHead + "Transfer-Encoding: gzip, chunked\r\n\r\n3\r\n123\r\n0\r\n\r\n"), KindProtocol, once, nil, 0},
		{"length and chunked", says(okHead + "Content-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n123\r\n0\r\n\r\n"), KindNone, once, nil, 3},
		{"head over the limit", says(okHead + "X: " + strings.Repeat("x", 2<<20) + "\r\n\r\n"), KindProtocol, once, nil, 0},
		{"flood of interim answers", floods, KindProtocol, once, nil, 0},
		{"101 that nobody asked for", switches, KindProtocol, once, nil, 0},
		{"204 with a body", says("HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n123"), KindNone, once, nil, 0},
		{"304 with a body", says("HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n123"), KindHTTPOther, once, nil, 0},
		{"206 that nobody asked for", says(withLength("206 Partial Content", "123", "Content-Range: bytes 0-2/9")), KindBodyTruncated, once, nil, 3},
		{"status 999", says(withLength("999 What", "")), KindHTTPOther, once, nil, 0},
		{"says gzip, is not", says(withLength("200 OK", "this is no gzip, as anyone can see", gz)), KindDecode, twice, nil, 0},
		{"says gzip, is short", says(withLength("200 OK", "hi", gz)), KindDecode, twice, nil, 0},
		{"gzip cut", says(withLength("200 OK", whole[:len(whole)-12], gz)), KindBodyTruncated, often, nil, -1},
		{"gzip cut in its trailer", says(withLength("200 OK", whole[:len(whole)-4], gz)), KindBodyTruncated, often, nil, int64(len(text))},
		{"says gzip, is not, and is cut", says(okHead + gz + "\r\nContent-Length: 9999\r\n\r\nthis is no gzip, as anyone can see"), KindBodyTruncated, often, nil, 0},
		{"corrupt gzip and connection cut", says(okHead + gz + "\r\nContent-Length: 9999\r\n\r\n" + whole[:10] + strings.Repeat("\xff", 100)), KindBodyTruncated, often, nil, -1},
		{"corrupt gzip, then RST", resets(okHead + gz + "\r\nContent-Length: 9999\r\n\r\n" + whole[:10] + strings.Repeat("\xff", 100)), KindConnReset, often, nil, -1},
		{"br, cut", says(okHead + "Content-Encoding: br\r\nContent-Length: 9999\r\n\r\nthis is no brotli"), KindBodyTruncated, often, nil, -1},
		{"gzip and connection cut", says(okHead + gz + "\r\nContent-Length: 9999\r\n\r\n" + whole[:100]), KindBodyTruncated, often, nil, -1},
		{"gzip with a bad checksum", says(withLength("200 OK", string(corrupt), gz)), KindDecode, twice, nil, int64(len(text))},
		{"gzip with corrupt data", says(withLength("200 OK", whole[:10]+strings.Repeat("\xff", 100), gz)), KindDecode, twice, nil, 0},
		{"gzip of nothing", says(withLength("200 OK", "", gz)), KindNone, once, nil, 0},
		{"gzip", says(withLength("200 OK", whole, gz)), KindNone, once, nil, int64(len(text))},
		{"gzip of one byte", says(withLength("200 OK", "\x1f", gz)), KindBodyTruncated, often, nil, 0},
		{"gzip cut in its head", says(withLength("200 OK", whole[:5], gz)), KindBodyTruncated, often, nil, 0},
		{"gzip and something after it", says(withLength("200 OK", whole+"\r\n", gz)), KindNone, once, []string{NoteTrailingBytes}, int64(len(text))},
		{"gzip and a part of another", says(withLength("200 OK", whole+whole[:30], gz)), KindBodyTruncated, often, nil, -1},
		{"gzip members", says(withLength("200 OK", whole+zipped("")+whole, gz)), KindNone, once, nil, 2 * int64(len(text))},
		{"gzip, and a cut after its end", says(okHead + gz + fmt.Sprintf("\r\nContent-Length: %d\r\n\r\n", len(whole)+9) + whole), KindBodyTruncated, often, nil, int64(len(text))},
		{"br that nobody asked for", says(withLength("200 OK", "\x0b\x02\x80hello\x03", "Content-Encoding: br")), KindNone, once, nil, 5},
		{"says br, is not", says(withLength("200 OK", "this is no brotli, as anyone can see", "Content-Encoding: br")), KindDecode, twice, nil, 0},
		{"br cut", says(withLength("200 OK", "\x0b\x02\x80hel", "Content-Encoding: br")), KindBodyTruncated, often, nil, -1},
		{"says zstd, is not", says(withLength("200 OK", "{}", "Content-Encoding: zstd")), KindDecode, twice, nil, 0},
		{"says deflate, is not", says(withLength("200 OK", "<html>", "Content-Encoding: deflate")), KindDecode, twice, nil, 0},
		{"gzip twice", says(withLength("200 OK", zipped(whole), "Content-Encoding: gzip, gzip")), KindNone, once, nil, int64(len(text))},
		{"gzip twice in two fields", says(withLength("200 OK", zipped(whole), gz, gz)), KindNone, once, nil, int64(len(text))},
		{"gzip once, and says twice", says(withLength("200 OK", whole, "Content-Encoding: gzip, gzip")), KindDecode, twice, nil, 0},
		{"coded six times", says(withLength("200 OK", whole, "Content-Encoding: gzip,gzip,gzip,gzip,gzip,gzip")), KindDecode, once, nil, 0},
		{"an unknown coding", says(withLength("200 OK", whole, "Content-Encoding: pigeon")), KindDecode, once, nil, 0},
		{"an unknown coding of nothing", says(withLength("200 OK", "", "Content-Encoding: pigeon")), KindNone, once, nil, 0},
		{"an unknown coding of 204", says(okHead[:9] + "204 No Content\r\nContent-Encoding: pigeon\r\n\r\n"), KindNone, once, nil, 0},
		{"utf-8 as a coding", says(withLength("200 OK", "{}", "Content-Encoding: UTF-8")), KindNone, once, []string{NoteNoCoding}, 2},
		{"none as a coding", says(withLength("200 OK", "{}", "Content-Encoding: none")), KindNone, once, []string{NoteNoCoding}, 2},
		{"binary and gzip as codings", says(withLength("200 OK", whole, "Content-Encoding: binary, gzip")), KindNone, once, []string{NoteNoCoding}, int64(len(text))},
		{"identity as a coding", says(withLength("200 OK", "{}", "Content-Encoding: identity, ,")), KindNone, once, nil, 2},
	}
	for _, fault := range faults {
		t.Run(fault.name, func(t *testing.T) {
			t.Parallel()
			s := serveRaw(t, fault.serve)
			f := &Fetcher{Retry: tries()}
			r := beside(t, f, &Request{URL: "http://user:canary@" + s.addr + "/?key=canary"})
			f.Close()
			check(t, r, fault.class, fault.attempts)
			if r.Err != nil && strings.Contains(r.Err.Error()+r.FinalURL, ":canary@") || r.Err != nil && strings.Contains(r.Err.Error(), "canary") {
				t.Errorf("the error or the URL shows a secret: %v, %s", r.Err, r.FinalURL)
			}
			notes := slices.DeleteFunc(slices.Clone(r.Notes), func(n string) bool {
				return n == NoteTransportRetry // when the end of a connection is seen depends on luck
			})
			if !slices.Equal(notes, fault.notes) {
				t.Errorf("notes are %q, want %q", r.Notes, fault.notes)
			}
			if fault.bytes >= 0 && r.Bytes != fault.bytes {
				t.Errorf("%d bytes, want %d", r.Bytes, fault.bytes)
			}

			s = serveRaw(t, fault.serve)
			f = &Fetcher{Retry: Retry{Max: -1}, MaxRedirects: -1} // which goes another way
			r = f.Do(within(t, 10*time.Second), &Request{URL: "http://" + s.addr})
			f.Close()
			check(t, r, fault.class, once)
			if fault.bytes >= 0 && r.Bytes != fault.bytes {
				t.Errorf("sent once: %d bytes, want %d", r.Bytes, fault.bytes)
			}
		})
	}
}

// floods sends interim answers for ever. With Got1xxResponse among the trace hooks net/http would read them all.
func floods(c net.Conn, in *bufio.Reader) {
	readHead(in)
	line := strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n", 100)
	for {
		if _, err := io.WriteString(c, line); err != nil {
			return
		}
	}
}

// switches answers 101 and keeps the connection open: what follows is no body, and draining it would never end.
func switches(c net.Conn, in *bufio.Reader) {
	readHead(in)
	io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: pigeon\r\nConnection: Upgrade\r\n\r\n")
	io.Copy(io.Discard, in)
}

// TestFaultsOfStatus: which statuses are tried again.
func TestFaultsOfStatus(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var status int
		fmt.Sscanf(r.URL.Path, "/%d", &status)
		for name, values := range r.URL.Query() {
			w.Header().Set(name, values[0])
		}
		w.WriteHeader(status)
		io.WriteString(w, "a page that says so")
	}))
	defer s.Close()
	for _, row := range []struct {
		path     string
		class    Kind
		attempts int
	}{
		{"/400", KindHTTP4xx, once},
		{"/401", KindHTTP4xx, once},
		{"/403", KindHTTP4xx, once},
		{"/403?X-RateLimit-Remaining=0", KindRateLimited, often},
		{"/403?X-RateLimit-Remaining=1", KindHTTP4xx, once},
		{"/404", KindHTTP4xx, once},
		{"/407", KindHTTP4xx, once},
		{"/408", KindHTTP4xx, often},
		{"/410", KindHTTP4xx, once},
		{"/425", KindHTTP4xx, often},
		{"/429", KindRateLimited, often},
		{"/429?Retry-After=0", KindRateLimited, often},
		{"/429?Retry-After=3600", KindRateLimited, once},
		{"/500", KindHTTP5xx, often},
		{"/501", KindHTTP5xx, once},
		{"/502", KindHTTP5xx, often},
		{"/503", KindRateLimited, often},
		{"/503?Retry-After=Sat, 01 Jan 2101 00:00:00 GMT", KindRateLimited, once},
		{"/504", KindHTTP5xx, often},
		{"/300", KindHTTPOther, once},
		{"/302", KindRedirect, once},
		{"/302?Location=http://%25zz/", KindRedirect, once},
		{"/302?Location=http://user:canary@host:x/", KindRedirect, once},
		{"/302?Location=ftp://user:canary@host/", KindRedirect, once},
		{"/302?Location=file:///etc/passwd", KindRedirect, once},
		{"/302?Location=javascript:alert(1)", KindRedirect, once},
		{"/302?Location=http:///nowhere", KindRedirect, once},
		{"/302?Location=http://host:99999/", KindRedirect, once},
		{"/302?Location=//host:65536", KindRedirect, once},
		{"/302?Location=http://host:0/", KindRedirect, once},
		{"/302?Location=http://[::1/", KindRedirect, once},
		{"/302?Location=http://ho%2520st/", KindRedirect, once},
		{"/302?Location=/302%3FLocation=/404", KindHTTP4xx, once},
	} {
		t.Run(row.path, func(t *testing.T) {
			f := &Fetcher{Retry: tries()} // of its own, since the rows have one host, which would be given up
			defer f.Close()
			r := f.Do(within(t, 10*time.Second), &Request{URL: s.URL + strings.ReplaceAll(row.path, " ", "+")})
			check(t, r, row.class, row.attempts)
			if strings.Contains(r.Err.Error(), "canary") {
				t.Errorf("the error shows a secret: %v", r.Err)
			}
			if r.Status == 0 || r.Status != r.Attempts[len(r.Attempts)-1].Status {
				t.Errorf("status is %d", r.Status)
			}
		})
	}
}

// TestFaultsOfInput: found before anything is sent, and told without showing a secret.
func TestFaultsOfInput(t *testing.T) {
	const canary = "canary"
	f := &Fetcher{Retry: tries(), Transport: transportFunc(func(*http.Request) (*http.Response, error) {
		t.Error("something was sent")
		return nil, errors.New("sent")
	})}
	for _, req := range []*Request{
		{URL: ""},
		{URL: "example.com/x"},
		{URL: "/x?key=canary"},
		{URL: "http://"},
		{URL: "http:///x"},
		{URL: "http://user:canary@/x"},
		{URL: "http://user:canary@host:port/"},
		{URL: "http://user:can%zzary@host/canary"},
		{URL: "http://user:canary@[::1/"},
		{URL: "http://user:ca nary@host/"},
		{URL: "http://user:ca/nary@host/"},
		{URL: "http://host:99999/"},
		{URL: "http://host:0/"},
		{URL: "ftp://user:canary@host/"},
		{URL: "file:///etc/passwd"},
		{URL: "http://host/\r\nX-Canary: canary"},
		{URL: "http://host/\x00canary"},
		{URL: "http://host\r\n/canary"},
		{URL: "http://host/", Method: "GE T"},
		{URL: "http://host/", Method: "GET / HTTP/1.1\r\nX: canary"},
		{URL: "http://host/", Method: "GÉT"},
		{URL: "http://host/", Header: http.Header{"X": {"a\r\nX-Canary: canary"}}},
		{URL: "http://host/", Header: http.Header{"X": {"a\ncanary"}}},
		{URL: "http://host/", Header: http.Header{"X": {"a\x00canary"}}},
		{URL: "http://host/", Header: http.Header{"X\r\nY": {"canary"}}},
		{URL: "http://host/", Header: http.Header{"X Y": {"canary"}}},
		{URL: "http://host/", Header: http.Header{"": {"canary"}}},
		{URL: "http://host/", Header: http.Header{"Host": {"a\r\ncanary"}}},
	} {
		t.Run(fmt.Sprintf("%s %q", req.Method, req.URL), func(t *testing.T) {
			r := f.Do(t.Context(), req)
			check(t, r, KindInput, 0)
			if text := r.Err.Error(); strings.Contains(text, canary) && req.Method == "" {
				t.Errorf("the error shows the secret: %s", text)
			}
			if e := r.Err.(*Error); strings.Contains(e.URL, ":"+canary) || strings.Contains(r.FinalURL, ":"+canary) {
				t.Errorf("the password is in %q or %q", e.URL, r.FinalURL)
			}
		})
	}
}

// unused is a port of this machine where nobody listens.
func unused(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	return l.Addr().String()
}

// TestFaultsOfConnecting: names, dials, TLS and proxies. Nothing was sent, so POST is tried again like GET.
func TestFaultsOfConnecting(t *testing.T) {
	dials := func(err error) func(*http.Transport) {
		return func(tr *http.Transport) {
			tr.DialContext = func(context.Context, string, string) (net.Conn, error) { return nil, err }
		}
	}
	resolver := func(r *net.Resolver) func(*http.Transport) {
		return func(tr *http.Transport) { tr.DialContext = (&net.Dialer{Resolver: r}).DialContext }
	}
	trusting := func(t testing.TB, expires time.Time, server *tls.Config, names ...string) (string, *tls.Config) {
		cert, pool := certificate(t, expires, names...)
		server.Certificates = []tls.Certificate{cert}
		s := httptest.NewUnstartedServer(http.NotFoundHandler())
		s.Config.ErrorLog = quietLog
		s.TLS = server
		s.StartTLS()
		t.Cleanup(s.Close)
		return s.URL, &tls.Config{RootCAs: pool}
	}
	soon := time.Now().Add(time.Hour)
	for _, row := range []struct {
		name     string
		set      func(t testing.TB, tr *http.Transport) (url string)
		class    Kind
		attempts int
		posts    int // attempts of a POST
	}{
		{"refused", func(t testing.TB, _ *http.Transport) string { return "http://" + unused(t) }, KindConnect, often, often},
		{"no such host", func(t testing.TB, tr *http.Transport) string {
			resolver(nameServer(t, dnsmessage.RCodeNameError, dnsmessage.RCodeNameError))(tr)
			return "http://nowhere.invalid/"
		}, KindDNS, once, once},
		{"SERVFAIL", func(t testing.TB, tr *http.Transport) string {
			resolver(nameServer(t, dnsmessage.RCodeServerFailure, dnsmessage.RCodeServerFailure))(tr)
			return "http://nowhere.invalid/"
		}, KindDNS, often, often},
		{"DNS time-out", func(t testing.TB, tr *http.Transport) string {
			resolver(&net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
				return nil, &net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}
			}})(tr)
			return "http://nowhere.invalid/"
		}, KindDNS, often, often},
		{"dial time-out", func(t testing.TB, tr *http.Transport) string {
			dials(&net.OpError{Op: "dial", Net: "tcp", Err: os.ErrDeadlineExceeded})(tr)
			return "http://host/"
		}, KindTimeoutConnect, often, often},
		{"no route", func(t testing.TB, tr *http.Transport) string {
			dials(&net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.EHOSTUNREACH)})(tr)
			return "http://host/"
		}, KindConnect, often, often},
		{"out of file descriptors", func(t testing.TB, tr *http.Transport) string {
			dials(&net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("socket", syscall.EMFILE)})(tr)
			return "http://host/"
		}, KindConnect, often, often},
		{"self-signed certificate", func(t testing.TB, _ *http.Transport) string {
			url, _ := trusting(t, soon, &tls.Config{})
			return url
		}, KindTLS, once, once},
		{"certificate for another host", func(t testing.TB, tr *http.Transport) string {
			url, config := trusting(t, soon, &tls.Config{}, "right.test")
			config.ServerName = "wrong.test"
			tr.TLSClientConfig = config
			return url
		}, KindTLS, once, once},
		{"expired certificate", func(t testing.TB, tr *http.Transport) (url string) {
			url, tr.TLSClientConfig = trusting(t, time.Now().Add(-time.Hour), &tls.Config{})
			return url
		}, KindTLS, once, once},
		{"TLS too old", func(t testing.TB, tr *http.Transport) (url string) {
			url, tr.TLSClientConfig = trusting(t, soon, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
			return url
		}, KindTLS, once, once},
		{"TLS alert from the server", func(t testing.TB, tr *http.Transport) (url string) {
			url, tr.TLSClientConfig = trusting(t, soon, &tls.Config{MinVersion: tls.VersionTLS13})
			tr.TLSClientConfig.MaxVersion = tls.VersionTLS12
			return url
		}, KindTLS, once, once},
		{"https to a plain port", func(t testing.TB, _ *http.Transport) string {
			s := httptest.NewServer(http.NotFoundHandler())
			t.Cleanup(s.Close)
			return "https" + strings.TrimPrefix(s.URL, "http")
		}, KindTLS, once, once},
		{"https to something that is not TLS", func(t testing.TB, _ *http.Transport) string {
			return "https://" + serveRaw(t, func(c net.Conn, in *bufio.Reader) {
				io.WriteString(c, "220 mail.example.com ESMTP\r\n")
				hangUp(c, in)
			}).addr
		}, KindTLS, once, once},
		{"TLS port closes in the handshake", func(t testing.TB, _ *http.Transport) string {
			return "https://" + serveRaw(t, func(c net.Conn, in *bufio.Reader) { in.ReadByte() }).addr
		}, KindConnReset, often, once},
		{"http to a TLS port", func(t testing.TB, _ *http.Transport) string {
			url, _ := trusting(t, soon, &tls.Config{})
			return "http" + strings.TrimPrefix(url, "https")
		}, KindHTTP4xx, once, once},
		{"proxy down", func(t testing.TB, tr *http.Transport) string {
			tr.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: unused(t), User: url.UserPassword("user", "canary")})
			return "http://host/"
		}, KindConnect, often, often},
		{"proxy down, https", func(t testing.TB, tr *http.Transport) string {
			tr.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: unused(t), User: url.UserPassword("user", "canary")})
			return "https://host/"
		}, KindConnect, often, often},
		{"proxy says 407", func(t testing.TB, tr *http.Transport) string {
			s := serveRaw(t, says(withLength("407 Proxy Authentication Required", "")))
			tr.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: s.addr, User: url.UserPassword("user", "canary")})
			return "http://host/"
		}, KindHTTP4xx, once, once},
		{"proxy says 407 to CONNECT", func(t testing.TB, tr *http.Transport) string {
			s := serveRaw(t, says(withLength("407 Proxy Authentication Required", "")))
			tr.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: s.addr, User: url.UserPassword("user", "canary")})
			return "https://host/"
		}, KindHTTP4xx, once, once},
		{"proxy hangs up on CONNECT", func(t testing.TB, tr *http.Transport) string {
			s := serveRaw(t, says(""))
			tr.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: s.addr})
			return "https://host/"
		}, KindConnReset, often, once},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, method := range []string{"GET", "POST"} {
				tr := NewTransport(TransportOptions{})
				defer tr.CloseIdleConnections()
				f := &Fetcher{Retry: tries(), Transport: tr}
				r := f.Do(within(t, 10*time.Second), &Request{Method: method, URL: row.set(t, tr)})
				want := row.attempts
				if method == "POST" {
					want = row.posts
				}
				check(t, r, row.class, want)
				if strings.Contains(r.Err.Error(), "canary") {
					t.Errorf("the error shows the proxy's password: %v", r.Err)
				}
			}
		})
	}
}

// TestFaultStaleConnection: a kept connection that the server ends with the next request. net/http sends a GET again
// by itself, which counts as a hop; a POST may have been carried out.
func TestFaultStaleConnection(t *testing.T) {
	for _, row := range []struct {
		method string
		unsafe bool
		class  Kind
		hops   int
	}{
		{"GET", false, KindNone, 2},
		{"POST", false, KindConnReset, 1},
	} {
		t.Run(row.method, func(t *testing.T) {
			s := serveRaw(t, func(c net.Conn, in *bufio.Reader) {
				if readHead(in) {
					io.WriteString(c, withLength("200 OK", "1"))
				}
				readHead(in)
				c.(*net.TCPConn).SetLinger(0)
			})
			f := &Fetcher{Retry: tries()}
			defer f.Close()
			check(t, f.Do(within(t, 5*time.Second), &Request{URL: "http://" + s.addr}), KindNone, once)
			r := f.Do(within(t, 5*time.Second), &Request{Method: row.method, URL: "http://" + s.addr})
			check(t, r, row.class, once)
			if hops := len(r.Attempts[0].Hops); hops != row.hops {
				t.Errorf("%d hops, want %d", hops, row.hops)
			}
			if got := slices.Contains(r.Notes, NoteTransportRetry); got != (row.hops > 1) {
				t.Errorf("notes are %q", r.Notes)
			}
			if got := f.Stats().Hops; got != int64(1+row.hops) {
				t.Errorf("%d hops counted, want %d", got, 1+row.hops)
			}
		})
	}
}

// TestFaultEndlessBody: the bound ends a body that does not.
func TestFaultEndlessBody(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b := make([]byte, 32<<10)
		for {
			if _, err := w.Write(b); err != nil {
				return
			}
		}
	}))
	defer s.Close()
	f := &Fetcher{Retry: tries(), MaxBody: 1 << 20}
	defer f.Close()
	r := f.Do(within(t, 10*time.Second), &Request{URL: s.URL})
	check(t, r, KindBodyTooLarge, once)
	if r.Bytes > 2<<20 || r.WireBytes > 2<<20 {
		t.Errorf("read %d bytes, %d on the wire", r.Bytes, r.WireBytes)
	}
}
