package testserver

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestFaultsAreListed(t *testing.T) {
	list := text(t, ask(t, quick(), "GET", "/fault/"))
	names := map[string]bool{}
	for _, f := range Faults() {
		if !strings.Contains(list, "/fault/"+f.Name+"  "+f.About+"\n") || names[f.Name] || strings.ContainsAny(f.Name, "/ ") {
			t.Errorf("%s is not in the list once", f.Name)
		}
		names[f.Name] = true
	}
	if resp := ask(t, quick(), "GET", "/fault/none"); resp.StatusCode != 404 {
		t.Error(resp.Status)
	}
}

// What Go's own client makes of each fault that is not simply an answer. "eof" is an error that says the connection ended.
func TestFaultsAsGoSeesThem(t *testing.T) {
	s := start(t, Config{})
	tr := &http.Transport{DialContext: dialer(s.Addr()), DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: 1 << 20}
	c := &http.Client{Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	inHeaders := map[string]string{
		"closed": "EOF", "reset": "reset", "headers-cut": "malformed", "status-line-bad": "malformed", "old": "malformed", "banner": "malformed",
		"lengths-differ": "Content-Length", "length-negative": "Content-Length", "encoding-unknown": "transfer encoding", "headers-endless": "exceeded",
		"informational-flood": "exceeded", "redirect-bad": "Location", "headers-never": "deadline",
		"header-nul": "malformed", "header-escapes": "malformed", "name-escape": "malformed", "redirect-escapes": "malformed",
	}
	inBody := map[string]string{
		"reset-after-headers": "reset", "reset-in-body": "reset", "body-short": "unexpected EOF", "chunked-cut": "unexpected EOF", "chunk-size-bad": "invalid byte",
		"no-length-reset": "reset", "gzip-cut": "unexpected EOF", "stalls": "deadline", "drips": "deadline", "endless": "", "length-header-huge": "unexpected EOF",
	}
	endless := []string{"headers-never", "stalls", "drips", "endless"}
	for _, f := range Faults() {
		t.Run(f.Name, func(t *testing.T) {
			limit := 10 * time.Second
			if slices.Contains(endless, f.Name) {
				limit = 250 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			req, err := http.NewRequestWithContext(ctx, "GET", "http://a.test/fault/"+f.Name, nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := c.Do(req)
			if !failsAs(err, inHeaders[f.Name]) {
				t.Fatalf("headers: %v, want %q", err, inHeaders[f.Name])
			}
			if err != nil {
				return
			}
			defer resp.Body.Close()
			_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, 8<<20))
			if !failsAs(err, inBody[f.Name]) {
				t.Errorf("body: %v, want %q", err, inBody[f.Name])
			}
		})
	}
	tr.CloseIdleConnections()
	inFlight(t, s, 0)
}

func failsAs(err error, want string) bool {
	if want == "" {
		return err == nil
	}
	return err != nil && strings.Contains(err.Error(), want)
}

// The truth about a fault on the wire is the status that was sent, and a connection that is taken over is given back.
func TestFaultsInTheTruth(t *testing.T) {
	s := start(t, Config{TLS: true})
	tr := &http.Transport{DialContext: dialer(s.TLSAddr()), TLSClientConfig: &tls.Config{RootCAs: s.CertPool()}}
	defer tr.CloseIdleConnections()
	for name, want := range map[string]int{"closed": 0, "reset": 0, "banner": 0, "status-line-bad": 0, "body-short": 200, "206-unasked": 206, "html": 200} {
		s.Handler.reset()
		resp, err := (&http.Client{Transport: tr}).Get("https://a.test/fault/" + name)
		if err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
		inFlight(t, s, 0)
		if v := s.Handler.Truth(false).Total; v.Status[want] != v.Hops || v.Hops == 0 {
			t.Errorf("%s: %+v, want %d", name, v, want)
		}
	}
	h2 := &http.Transport{DialContext: dialer(s.TLSAddr()), TLSClientConfig: &tls.Config{RootCAs: s.CertPool()}, ForceAttemptHTTP2: true}
	defer h2.CloseIdleConnections()
	if resp := get(t, &http.Client{Transport: h2}, "https://a.test/fault/closed"); resp.StatusCode != 505 || resp.ProtoMajor != 2 {
		t.Error(resp.Proto, resp.Status)
	}
}

// rawAnswer is what goes over the wire for a GET, up to 8 MiB.
func rawAnswer(t *testing.T, addr, path string) string {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	_, _ = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")
	var b bytes.Buffer
	if _, err := io.Copy(&b, io.LimitReader(conn, 8<<20)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What a hostile server sends must come over the wire as it stands here, or the tests that use it prove nothing.
func TestHostileBytesAreSent(t *testing.T) {
	s := start(t, Config{})
	for name, wants := range map[string][]string{
		"status-escapes":      {"418 \x1b[31mred\x1b]0;title\x07 \u009b31m \u202e \x9b31m\r\n"},
		"header-nul":          {"a\x00b"},
		"header-escapes":      {"\r\nServer: \x1b]0;title\x07\r\n", "X-Title: \x7f\r\n"},
		"header-c1":           {"\r\nContent-Language: \u202egpj.exe\u2066\r\n", "\r\nRetry-After: \u202e1\r\n"},
		"escapes":             {"\x1b]8;;http://evil.test\x1b\\link", "\x00"},
		"name-traversal":      {"\r\nContent-Disposition: attachment; filename=\"../../x\"\r\n"},
		"name-escape":         {"filename=\"\x1b[31mred\"\r\n"},
		"redirect-name":       {"302 Found\r\n", "\r\nLocation: /fault/ok/..%2f..%2f..%2fetc%2fpasswd\r\n"},
		"redirect-escapes":    {"\r\nLocation: http://other.test/echo/\x1b[31mred\r\n"},
		"redirect-c1":         {"\r\nLocation: http://other.test/echo/\u009b31m\u202egpj.exe\r\n"},
		"redirect-port":       {"\r\nLocation: http://a.test:8081/echo\r\n"},
		"redirect-back":       {"\r\nLocation: http://other.test/redirect-to?url=http%3A%2F%2Fa.test%2Fecho\r\n"},
		"cookies":             {"\r\nSet-Cookie: own=1; Path=/\r\n", "\r\nSet-Cookie: other=1; Domain=other.test; Path=/\r\n"},
		"informational-flood": {"103 Early Hints\r\n\r\nHTTP/1.1 200 OK"},
		"ok/..%2f..%2fx":      {`{"fault": "none"}`},
	} {
		got := rawAnswer(t, s.Addr(), "/fault/"+name)
		for _, want := range wants {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %.600q\nwithout %q", name, got, want)
			}
		}
	}
}

func TestFaultBodies(t *testing.T) {
	h := quick()
	for name, valid := range map[string]bool{"json-escapes": true, "json-formulas": true, "json-digits": true, "fault-document": true, "null": true,
		"html-as-json": false, "json-cut": false, "json-twice": false, "empty": false} {
		resp := ask(t, h, "GET", "/fault/"+name)
		if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != jsonType || json.Valid([]byte(text(t, resp))) != valid {
			t.Errorf("%s: %s %v, JSON %v", name, resp.Status, resp.Header, !valid)
		}
	}
	unzip := func(name string) (int64, error) {
		z, err := gzip.NewReader(ask(t, h, "GET", "/fault/"+name).Body)
		if err != nil {
			return 0, err
		}
		return io.Copy(io.Discard, z)
	}
	if _, err := unzip("gzip-checksum"); !errors.Is(err, gzip.ErrChecksum) {
		t.Error(err)
	}
	if _, err := unzip("gzip-not"); !errors.Is(err, gzip.ErrHeader) {
		t.Error(err)
	}
	if n, err := unzip("gzip-bomb"); err != nil || n != 64<<20 {
		t.Error(n, err)
	}
	if resp := ask(t, h, "GET", "/fault/gzip-bomb"); len(text(t, resp)) > 80<<10 {
		t.Error("a bomb of", resp.ContentLength)
	}
}
