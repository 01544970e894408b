package live

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/fetch/internal/bubble"
)

func serve(t *testing.T, metrics func() string) (addr string, stop func()) {
	t.Helper()
	at, stop, err := Serve(t.Context(), "127.0.0.1:0", metrics)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return at.String(), stop
}

// ask asks a server once, on a connection of its own.
func ask(t *testing.T, method, url string) (*http.Response, string) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

func TestServe(t *testing.T) {
	addr, stop := serve(t, func() string { return open.metrics(sample()) })
	for _, test := range []struct {
		method, path string
		status       int
		contentType  string
		body         string
	}{
		{"GET", "/metrics", 200, "text/plain; version=0.0.4; charset=utf-8", open.metrics(sample())},
		{"HEAD", "/metrics", 200, "text/plain; version=0.0.4; charset=utf-8", ""},
		{"GET", "/", 200, "text/plain; charset=utf-8", "fetch is at work here. Its metrics, for Prometheus, are at /metrics.\n"},
		{"GET", "/other", 404, "text/plain; charset=utf-8", "404 page not found\n"},
		{"POST", "/metrics", 405, "text/plain; charset=utf-8", "Method Not Allowed\n"},
	} {
		response, body := ask(t, test.method, "http://"+addr+test.path)
		if response.StatusCode != test.status || response.Header.Get("Content-Type") != test.contentType || body != test.body {
			t.Errorf("%s %s: got %s, %q, %q", test.method, test.path, response.Status, response.Header.Get("Content-Type"), body)
		}
	}
	stop()
	stop()
	if c, err := net.Dial("tcp", addr); err == nil {
		c.Close()
		t.Error("it still listens after Close")
	}
}

func TestServeManyAtOnce(t *testing.T) {
	var mu sync.Mutex
	l := sample()
	addr, _ := serve(t, func() string {
		mu.Lock()
		defer mu.Unlock()
		l.OK++
		return open.metrics(l)
	})
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 5 {
				parsed(t, second(ask(t, "GET", "http://"+addr+"/metrics")))
			}
		})
	}
	group.Wait()
}

func second(_ *http.Response, body string) string { return body }

// Neither one who connects and says nothing, nor one who keeps a connection for later, holds up the end.
func TestCloseIsNotHeldUp(t *testing.T) {
	addr, stop := serve(t, func() string { return "" })
	silent, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	keeping := &http.Transport{}
	defer keeping.CloseIdleConnections()
	response, err := (&http.Client{Transport: keeping}).Get("http://" + addr)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, response.Body)
	response.Body.Close()
	began := time.Now()
	stop()
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("Close took %v", took)
	}
	if err := silent.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := silent.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the silent connection is not closed: %v", err)
	}
}

func TestServeWhereItCannot(t *testing.T) {
	taken, _ := serve(t, func() string { return "" })
	for _, test := range []struct{ addr, want string }{
		{taken, "another program listens there (Prometheus itself does at 9090); choose another port, or 0 for any that is free"},
		{"9090", "write a port, such as :9090, or an address of this machine with one, such as 127.0.0.1:9090"},
		{"192.0.2.1:0", "write a port, such as :9090, or an address of this machine"},
		{"127.0.0.1:http-metrics", "write a port, such as :9090"},
	} {
		_, stop, err := Serve(t.Context(), test.addr, func() string { return "" })
		if err == nil {
			stop()
			t.Errorf("%s: it listens", test.addr)
			continue
		}
		if !strings.Contains(err.Error(), test.addr) && !strings.Contains(err.Error(), "http-metrics") || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", test.addr, err)
		}
	}
}

// However many ask, and however often, the metrics are made once a second, so that nobody disturbs the test.
func TestMetricsAreMadeOnceASecond(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		made := 0
		metrics := onceASecond(func() string { made++; return strconv.Itoa(made) })
		for _, want := range []string{"1", "2", "3"} {
			for range 10 {
				var asking sync.WaitGroup
				for range 8 {
					asking.Go(func() {
						if got := metrics(); got != want {
							t.Errorf("got %s, want %s", got, want)
						}
					})
				}
				asking.Wait()
				time.Sleep(100 * time.Millisecond)
			}
		}
	})
}
