package live

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/bubble"
)

// limited serves the first few requests of each time, and refuses the others.
type limited struct {
	status int
	window time.Duration
	room   int
	began  time.Time
	served int
	gate   chan struct{} // one at a time
}

func (l *limited) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(20 * time.Millisecond)
	l.gate <- struct{}{}
	defer func() { <-l.gate }()
	if time.Since(l.began) >= l.window {
		l.began, l.served = time.Now(), 0
	}
	resp := &http.Response{StatusCode: 200, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("")), Request: r}
	if l.served++; l.served > l.room {
		resp.StatusCode = l.status
		resp.Header.Set("Retry-After", "3")
	}
	return resp, nil
}

// TestNobodyIsToldOfTwice: those that are done, in flight, queued and to be retried are no more than there are, at any time.
func TestNobodyIsToldOfTwice(t *testing.T) {
	const requests = 100
	for _, status := range []int{429, 503} {
		bubble.Test(t, func(t *testing.T) {
			f := &fetcher.Fetcher{Workers: 10, Transport: &limited{status: status, window: 10 * time.Second, room: 15, gate: make(chan struct{}, 1)}}
			defer f.Close()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			urls := make([]string, requests)
			for i := range urls {
				urls[i] = "http://a.test/"
			}
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				for range f.Run(ctx, fetcher.URLs(urls...)) {
				}
			}()
			retried := int64(0)
			for {
				select {
				case <-ended:
					if retried == 0 {
						t.Errorf("%d: none was ever to be retried", status)
					}
					return
				case <-time.After(30 * time.Millisecond):
				}
				synctest.Wait()
				s := f.Stats()
				sum := s.Done + s.InFlight
				for _, h := range s.Hosts {
					sum += h.Waiting + h.Sleeping
					retried = max(retried, h.Sleeping)
				}
				if sum > requests {
					t.Errorf("%d: %s: %d of %d", status, view{List: &List{}, Stats: s, total: requests, known: true}.Plain(), sum, requests)
					cancel()
					<-ended
					return
				}
			}
		})
	}
}
