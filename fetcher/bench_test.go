package fetcher_test

import (
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"example.com/fetch/fetcher"
)

// BenchmarkRequest is what one request costs beside the transport: one that answers at once.
func BenchmarkRequest(b *testing.B) {
	for _, c := range []struct {
		name    string
		inOrder bool
	}{{"as they come", false}, {"in order", true}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			f := &fetcher.Fetcher{Transport: atOnce, InOrder: c.inOrder}
			benchmarkRun(b, f, "http://a.test/path")
		})
	}
	b.Run("Do", func(b *testing.B) {
		b.ReportAllocs()
		f := &fetcher.Fetcher{Transport: atOnce}
		for b.Loop() {
			if r := f.Do(b.Context(), &fetcher.Request{URL: "http://a.test/path"}); r.Err != nil {
				b.Fatal(r.Err)
			}
		}
	})
}

// benchmarkRun takes results from an endless run. The clock is with the consumer: the source runs ahead.
func benchmarkRun(b *testing.B, f *fetcher.Fetcher, url string) {
	f.LookAhead = 1000
	for r, err := range f.Run(b.Context(), repeat(math.MaxInt, url)) {
		if err != nil || r.Err != nil {
			b.Fatal(r, err)
		}
		if !b.Loop() {
			break
		}
	}
}

// BenchmarkLoopback sets a Fetcher beside a plain http.Client with as many goroutines and connections.
func BenchmarkLoopback(b *testing.B) {
	const workers = 50
	body := make([]byte, 1024)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(body) }))
	b.Cleanup(server.Close)

	b.Run("fetcher", func(b *testing.B) {
		b.ReportAllocs()
		f := &fetcher.Fetcher{Workers: workers}
		defer f.Close()
		benchmarkRun(b, f, server.URL)
	})
	b.Run("http.Client", func(b *testing.B) {
		b.ReportAllocs()
		transport := fetcher.NewTransport(fetcher.TransportOptions{IdlePerHost: workers})
		defer transport.CloseIdleConnections()
		client := &http.Client{Transport: transport}
		urls := make(chan string, workers)
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				for url := range urls {
					resp, err := client.Get(url)
					if err != nil {
						b.Error(err)
						continue
					}
					io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
			})
		}
		for b.Loop() {
			urls <- server.URL
		}
		close(urls)
		wg.Wait()
	})
}
