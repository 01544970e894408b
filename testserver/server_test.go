package testserver

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// dialer sends every name to addr.
func dialer(addr string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, addr)
	}
}

func start(t *testing.T, cfg Config) *Server {
	t.Helper()
	s, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func get(t *testing.T, c *http.Client, url string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

func TestServer(t *testing.T) {
	s := start(t, Config{})
	tr := &http.Transport{DialContext: dialer(s.Addr())}
	defer tr.CloseIdleConnections()
	c := &http.Client{Transport: tr}
	if resp := get(t, c, s.URL()+"/0"); text(t, resp) != `{"time_elapsed": 0}` || resp.ContentLength != 19 {
		t.Error(resp.Status, resp.ContentLength)
	}
	if resp := get(t, c, "http://slow.test/redirect/3"); resp.StatusCode != 200 || resp.Request.URL.Path != "/redirect/0" {
		t.Error(resp.Status, resp.Request.URL)
	}
	if v := s.Handler.Truth(true); v.Total.Hops != 5 || v.Hosts["slow.test"].Hops != 4 || v.Clients["127.0.0.1"].Hops != 5 {
		t.Errorf("%+v", v)
	}
	if s.TLSURL() != "" || s.TLSAddr() != "" || s.CertPool() != nil || s.CertPEM() != nil {
		t.Error("TLS without being asked for")
	}
}

func TestServerSpeaksHTTP2(t *testing.T) {
	s := start(t, Config{TLS: true})
	for _, h2 := range []bool{true, false} {
		tr := &http.Transport{DialContext: dialer(s.TLSAddr()), TLSClientConfig: &tls.Config{RootCAs: s.CertPool()}, ForceAttemptHTTP2: h2}
		c := &http.Client{Transport: tr}
		for _, url := range []string{s.TLSURL() + "/0", "https://slow.test/0", "https://any.test/0", "https://localhost/0", "https://[::1]/0"} {
			if resp := get(t, c, url); resp.StatusCode != 200 || (resp.ProtoMajor == 2) != h2 {
				t.Errorf("%s: %s %s, h2 %v", url, resp.Status, resp.Proto, h2)
			}
		}
		tr.CloseIdleConnections()
	}
	tr := &http.Transport{DialContext: dialer(s.TLSAddr()), TLSClientConfig: &tls.Config{RootCAs: s.CertPool()}}
	defer tr.CloseIdleConnections()
	req, _ := http.NewRequestWithContext(t.Context(), "GET", "https://example.org/0", nil)
	if resp, err := (&http.Client{Transport: tr}).Do(req); err == nil {
		_ = resp.Body.Close()
		t.Error("the certificate is good for any name")
	}
	if !strings.HasPrefix(string(s.CertPEM()), "-----BEGIN CERTIFICATE-----") {
		t.Error(string(s.CertPEM()))
	}
}

func TestManyAtOnce(t *testing.T) {
	s := start(t, Config{TLS: true})
	for _, url := range []string{s.URL(), s.TLSURL()} {
		s.Handler.reset()
		tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.CertPool()}, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 8}
		c := &http.Client{Transport: tr}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for _, path := range []string{"/0.01", "/bytes/100k", "/page/1?size=500", "/range/70000"} {
					for range 10 {
						resp, err := c.Get(url + path)
						if err != nil || len(text(t, resp)) == 0 {
							t.Error(err)
							return
						}
						_ = resp.Body.Close()
					}
				}
			})
		}
		wg.Wait()
		tr.CloseIdleConnections()
		if v := s.Handler.Truth(false).Total; v.Hops != 320 || v.Peak > 8 || v.Status[200] != 320 {
			t.Errorf("%s: %+v", url, v)
		}
	}
}

// inFlight waits until the server has n hops in flight.
func inFlight(t *testing.T, s *Server, n int64) {
	t.Helper()
	for s.Handler.Truth(false).Total.InFlight != n {
		if t.Context().Err() != nil {
			t.Fatal("never ", n, " in flight")
		}
	}
}

func TestShutdownLetsRequestsEnd(t *testing.T) {
	s := start(t, Config{})
	got := make(chan string, 1)
	go func() {
		resp, err := http.Get(s.URL() + "/0.2")
		if err != nil {
			got <- err.Error()
			return
		}
		got <- text(t, resp)
		_ = resp.Body.Close()
	}()
	inFlight(t, s, 1)
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if body := <-got; body != `{"time_elapsed": 0.2}` {
		t.Error(body)
	}
	if _, err := net.Dial("tcp", s.Addr()); err == nil {
		t.Error("still listening")
	}
	if err := s.Close(); err != nil {
		t.Error("a second stop:", err)
	}
}

func TestStopsCancelWhatWaits(t *testing.T) {
	for name, stop := range map[string]func(*Server, context.CancelFunc) error{
		"close": func(s *Server, _ context.CancelFunc) error { return s.Close() },
		"shutdown out of time": func(s *Server, _ context.CancelFunc) error {
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
			defer cancel()
			if err := s.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
				return errors.Join(errors.New("want a deadline"), err)
			}
			return nil
		},
		"context": func(s *Server, cancel context.CancelFunc) error { cancel(); s.serving.Wait(); return s.Close() },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		s, err := Start(ctx, Config{TLS: true})
		if err != nil {
			t.Fatal(err)
		}
		tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.CertPool()}, ForceAttemptHTTP2: true}
		var wg sync.WaitGroup
		for _, url := range []string{s.URL(), s.TLSURL(), s.TLSURL()} {
			wg.Go(func() {
				if resp, err := (&http.Client{Transport: tr}).Get(url + "/3000"); err == nil {
					_ = resp.Body.Close()
				}
			})
		}
		inFlight(t, s, 3)
		if err := stop(s, cancel); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		wg.Wait()
		if n := s.Handler.Truth(false).Total.InFlight; n != 0 {
			t.Errorf("%s: %d in flight after the stop", name, n)
		}
		tr.CloseIdleConnections()
		cancel()
		_ = s.Close()
	}
}

// Close returns only after the last handler has, although an HTTP/2 connection ends before its handlers do.
func TestCloseJoinsHandlers(t *testing.T) {
	s := start(t, Config{TLS: true})
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.CertPool()}, ForceAttemptHTTP2: true}
	defer tr.CloseIdleConnections()
	left := make(chan struct{})
	go func() {
		defer close(left)
		if resp, err := (&http.Client{Transport: tr}).Get(s.TLSURL() + "/3000"); err == nil {
			_ = resp.Body.Close()
		}
	}()
	inFlight(t, s, 1)
	s.Handler.truth.mu.Lock() // no handler can end
	closed := make(chan struct{})
	go func() { defer close(closed); _ = s.Close() }()
	<-left
	select {
	case <-closed:
		t.Error("closed while a handler runs")
	case <-time.After(50 * time.Millisecond):
	}
	s.Handler.truth.mu.Unlock()
	<-closed
}

// A client that leaves ends its hop, with a body to its request, too.
func TestClientLeaves(t *testing.T) {
	s := start(t, Config{})
	for _, request := range []string{
		"GET /3000 HTTP/1.1\r\nHost: a\r\n\r\n",
		"POST /3000 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
	} {
		c, err := net.Dial("tcp", s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write([]byte(request)); err != nil {
			t.Fatal(err)
		}
		inFlight(t, s, 1)
		_ = c.Close()
		inFlight(t, s, 0)
	}
	if v := s.Handler.Truth(true); v.Total.Status[0] != 2 || v.Hops[0].EndMS == 0 || v.Hops[0].EndMS > 60_000 {
		t.Errorf("%+v", v)
	}
}

func TestStartErrors(t *testing.T) {
	s := start(t, Config{})
	for _, cfg := range []Config{{Listen: s.Addr()}, {Listen: "nonsense"}, {TLS: true, TLSListen: s.Addr()}} {
		if other, err := Start(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "port 0") {
			t.Errorf("%+v: %v", cfg, err)
			_ = other.Close()
		}
	}
}

// The lists that come with the project ask for what is here.
func TestListsOfTheProject(t *testing.T) {
	s := start(t, Config{Options: Options{FingertipsDelay: Delay{Max: -1}, PubChemDelay: Delay{Max: -1}}})
	tr := &http.Transport{DialContext: dialer(s.Addr())}
	defer tr.CloseIdleConnections()
	for _, name := range []string{"slow", "quick", "fingertips", "fingertips-counts", "pubchem", "mixed", "sensors", "pages"} {
		f, err := os.Open(filepath.Join("..", "testdata", name+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		requests := 0
		for lines := bufio.NewScanner(f); lines.Scan(); {
			i := strings.Index(lines.Text(), "http://")
			if strings.HasPrefix(lines.Text(), "#") {
				continue
			}
			requests++
			url := strings.ReplaceAll(lines.Text()[i:], " ", "%20")
			if strings.Contains(url, "slow.test/") && !strings.HasSuffix(url, "/0") || strings.Contains(url, ".invalid") {
				continue // waits are tested elsewhere
			}
			req, _ := http.NewRequestWithContext(t.Context(), "GET", url, nil)
			req.Header.Set("X-Client", lines.Text()) // past the limiter
			resp, err := (&http.Client{Transport: tr}).Do(req)
			if err != nil {
				t.Fatal(err)
			}
			want := 200
			switch {
			case strings.Contains(url, "/status/404"):
				want = 404
			case strings.Contains(url, "/flaky/"):
				want = 503
			}
			if resp.StatusCode != want {
				t.Errorf("%s: %s: %s", name, url, resp.Status)
			}
			_ = resp.Body.Close()
		}
		_ = f.Close()
		if want, ok := map[string]int{"fingertips": 5, "fingertips-counts": 5, "sensors": 4}[name]; requests != want && (ok || requests != 10) {
			t.Errorf("%s.txt has %d requests", name, requests)
		}
	}
}
