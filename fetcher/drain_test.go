package fetcher_test

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/bubble"
)

// Drain lets what has been begun go on to its end, retries included, and drops the rest; Stop after it ends the retries.
func TestDrain(t *testing.T) {
	for _, stopped := range []bool{false, true} {
		bubble.Test(t, func(t *testing.T) {
			attempts := 0
			server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/flaky" {
					if attempts++; attempts < 3 {
						w.Header().Set("Retry-After", "10")
						w.WriteHeader(http.StatusServiceUnavailable)
					}
					return
				}
				delays(w, r)
			})
			f := &fetcher.Fetcher{Workers: 3, LookAhead: 10, Transport: inMemory(t, server)}
			time.AfterFunc(3*time.Second, f.Drain)
			if stopped {
				time.AfterFunc(4*time.Second, f.Stop)
			}
			list := append([]string{"http://a.test/flaky"}, slices.Repeat([]string{"http://b.test/5s"}, 50)...)
			results, err := gather(t, f.Run(t.Context(), fetcher.URLs(list...)))
			if !errors.Is(err, fetcher.ErrStopped) {
				t.Fatal(err)
			}
			var first *fetcher.Result
			for _, r := range results {
				if r.Seq == 1 {
					first = r
				} else if r.Err != nil || r.Attempts[0].Start >= 3*time.Second {
					t.Errorf("request %d left at %v: %v", r.Seq, r.Attempts[0].Start, r.Err)
				}
			}
			switch {
			case first == nil || len(results) != 4:
				t.Fatalf("%d results", len(results))
			case stopped && (!kindIs(first, fetcher.KindCanceled) || first.End() != 4*time.Second):
				t.Errorf("after Stop: %v at %v", first.Err, first.End())
			case !stopped && (first.Err != nil || len(first.Attempts) != 3):
				t.Errorf("the request that was begun: %v after %d attempts", first.Err, len(first.Attempts))
			}
			if s := f.Stats(); s.Done != 4 || s.Read != 4+s.NotStarted || s.Sleeping != 0 {
				t.Errorf("%+v", s)
			}
			if r := f.Do(t.Context(), &fetcher.Request{URL: "http://a.test/0s"}); !kindIs(r, fetcher.KindCanceled) {
				t.Errorf("a request after the end: %v", r.Err)
			}
		})
	}
}
