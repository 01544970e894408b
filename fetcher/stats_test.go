package fetcher_test

import (
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/bubble"
)

// What has left never comes back: retries, redirects and pages that wait at the gate do not make Sent fall.
func TestSent(t *testing.T) {
	const ms = time.Millisecond
	rate := fetcher.Limits{Total: fetcher.Limit{Rates: []fetcher.Rate{{Events: 100, Per: time.Second}}}}
	for _, test := range []struct {
		name  string
		f     *fetcher.Fetcher
		roomy bool          // nothing waits at the gate
		stops time.Duration // when the run is stopped; 0: never
	}{
		{name: "room for all", f: &fetcher.Fetcher{Workers: 100}, roomy: true},
		{name: "few slots", f: &fetcher.Fetcher{Workers: 3}},
		{name: "a rate", f: &fetcher.Fetcher{Workers: 100, Limits: rate}},
		{name: "stopped", f: &fetcher.Fetcher{Workers: 3}, stops: 30 * ms},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble.Test(t, func(t *testing.T) {
				f := test.f
				f.Transport = inMemory(t, http.HandlerFunc(busyOrMoved))
				f.Retry = fetcher.Retry{Max: 2, MinWait: 20 * ms}
				f.NoAdapt = test.roomy // so that nothing waits for its host's pace
				f.Follow = func(r *fetcher.Result) *fetcher.Request {
					if r.Page > 1 {
						return nil
					}
					return &fetcher.Request{URL: "http://a.test/page"}
				}
				var unsendable atomic.Int64
				f.Ended = func(r *fetcher.Result) {
					if len(r.Attempts) == 0 {
						unsendable.Add(1)
					}
				}
				urls := slices.Repeat([]string{"http://a.test/busy", "http://a.test/moved", "http://a.test/", "no URL"}, 10)
				ended := make(chan struct{})
				go func() {
					defer close(ended)
					for range f.Run(t.Context(), fetcher.URLs(urls...)) {
					}
				}()

				sent := int64(0)
				for at, running := time.Duration(0), true; running; at += ms {
					if at == test.stops && at > 0 {
						f.Stop()
					}
					synctest.Wait() // whatever can go on without us has gone on
					s := f.Stats()
					if s.Sent < sent {
						t.Errorf("at %v: %d have left, and %d had before", at, s.Sent, sent)
					}
					sent = s.Sent
					if want := s.Done - unsendable.Load() + s.InFlight + s.Sleeping; test.roomy && sent != want {
						t.Errorf("at %v: %d have left, want %d", at, sent, want)
					}
					select {
					case <-ended:
						running = false
					case <-time.After(ms):
					}
				}
				s := f.Stats()
				if s.Sent != s.Done-unsendable.Load() || s.Read != s.Done+s.NotStarted || (s.NotStarted > 0) != (test.stops > 0) {
					t.Errorf("at the end: %+v, and %d that could not be sent", s, unsendable.Load())
				}
			})
		})
	}
}

// busyOrMoved refuses, or redirects, or answers, by the path.
func busyOrMoved(w http.ResponseWriter, r *http.Request) {
	pause(r.Context(), 5*time.Millisecond)
	switch r.URL.Path {
	case "/busy":
		w.WriteHeader(http.StatusServiceUnavailable)
	case "/moved":
		http.Redirect(w, r, "/", http.StatusFound)
	}
}
