package fetcher_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/bubble"
)

// autoTransport serves what goes to good.test after a tenth of a second, eight at a time, and nothing else, ever.
type autoTransport struct{ places chan struct{} }

func (a *autoTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Hostname() != "good.test" {
		<-r.Context().Done()
		return nil, context.Cause(r.Context())
	}
	a.places <- struct{}{}
	time.Sleep(100 * time.Millisecond)
	<-a.places
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("")), Request: r}, nil
}

// With Auto a host gets about as many hops as it works on at once, and those that never respond have hops beside those.
func TestAuto(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &fetcher.Fetcher{Transport: &autoTransport{make(chan struct{}, 8)}, Workers: fetcher.Auto,
			Timeout: fetcher.Timeouts{Attempt: 30 * time.Second}, Retry: fetcher.Retry{Max: -1}}
		defer f.Close()
		urls := make([]string, 0, 2000)
		for i := range 1000 {
			urls = append(urls, fmt.Sprintf("http://dead%d.test/", i))
		}
		for i := range 1000 {
			urls = append(urls, fmt.Sprintf("http://good.test/%d", i))
		}
		start := time.Now()
		var service, good time.Duration
		for result, err := range f.Run(t.Context(), fetcher.URLs(urls...)) {
			if err != nil {
				t.Fatal(err)
			}
			if result.Err == nil {
				good = time.Since(start)
				service += result.Service
			}
		}
		if good > 20*time.Second || service > 150*time.Second {
			t.Errorf("the good ones took %v, and %v in all", good, service)
		}
		if peak := f.Stats().Peak; peak < 1000 || peak > fetcher.AutoUnheard+fetcher.AutoWorkers {
			t.Errorf("up to %d hops were in flight", peak)
		}
	})
}
