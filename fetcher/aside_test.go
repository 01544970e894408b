package fetcher

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/fetch/internal/bubble"
)

// TestAside: a request that is none of a list is counted as hops, told to nobody, and goes before what waits.
func TestAside(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		var sent []string
		f := &Fetcher{Workers: 1, Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
			sent = append(sent, req.URL.Path)
			time.Sleep(time.Second)
			return answer(req, http.StatusOK, "body"), nil
		})}
		ended := 0
		f.Ended = func(*Result) { ended++ }
		done := make(chan *Result)
		go func() {
			time.Sleep(time.Second / 2)
			done <- f.Do(t.Context(), &Request{URL: "http://a.test/aside", Aside: true})
		}()
		for _, err := range f.Run(t.Context(), URLs("http://a.test/1", "http://a.test/2", "http://a.test/3")) {
			if err != nil {
				t.Fatal(err)
			}
		}
		if r := <-done; r.Err != nil || r.Bytes != 4 || strings.Join(sent, " ") != "/1 /aside /2 /3" {
			t.Errorf("%+v; sent %q", r, sent)
		}
		if s := f.Stats(); s.Read != 3 || s.Sent != 3 || s.Done != 3 || s.OK != 3 || s.Attempts != 3 || s.Bytes != 12 || s.Hops != 4 || ended != 3 {
			t.Errorf("%+v, and %d results", s, ended)
		}
		f.Stop()
		if r := f.Do(t.Context(), &Request{URL: "http://a.test/", Aside: true}); !errors.Is(r.Err, KindCanceled) || f.Stats().NotStarted != 0 {
			t.Errorf("%v, %+v", r.Err, f.Stats())
		}
	})
}

// TestRedirectAsked: a redirect may be refused, and whoever decides on that may ask with the engine's only slot.
func TestRedirectAsked(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		var content countedBody
		always := Retry{Policy: func(r *Result) bool { return r.Status == http.StatusTemporaryRedirect }} // which is not asked
		f := &Fetcher{Workers: 1, Retry: always, Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
			if req.Body != nil {
				req.Body.Close()
			}
			if to, ok := strings.CutPrefix(req.URL.Path, "/to/"); ok {
				return answer(req, http.StatusTemporaryRedirect, "", "Location", "http://b.test/"+to), nil
			}
			time.Sleep(time.Second)
			return answer(req, http.StatusOK, ""), nil
		})}
		f.Redirect = func(r *Result, req *http.Request) error {
			if n := len(r.Attempts[0].Hops); n != 1 || r.Attempts[0].Hops[0].Status != http.StatusTemporaryRedirect {
				t.Errorf("%d hops", n)
			}
			if req.URL.Path == "/no" {
				return KindRobots
			}
			return f.Do(req.Context(), &Request{URL: "http://b.test/asked", Aside: true}).Err
		}
		for url, kind := range map[string]Kind{"http://a.test/to/no": KindRobots, "http://a.test/to/yes": KindNone} {
			r := f.Do(t.Context(), &Request{URL: url, Method: http.MethodPut, Body: content.open})
			if kind == KindNone && r.Err != nil || kind != KindNone && !errors.Is(r.Err, kind) || len(r.Attempts) != 1 {
				t.Errorf("%s: %v, %d attempts", url, r.Err, len(r.Attempts))
			}
			if r.Response != r.Queue+r.Limiter+r.Service+r.Backoff || kind == KindNone && r.Queue != time.Second {
				t.Errorf("%v is not %v + %v + %v + %v", r.Response, r.Queue, r.Limiter, r.Service, r.Backoff)
			}
		}
		if opened, closed := content.opened.Load(), content.closed.Load(); opened == 0 || opened != closed {
			t.Errorf("%d contents were opened, %d closed", opened, closed)
		}
	})
}

// TestKindOfErr: the error of a request that cannot be sent keeps its kind.
func TestKindOfErr(t *testing.T) {
	f := &Fetcher{}
	for _, test := range []struct {
		err  error
		kind Kind
	}{{errors.New("line 5"), KindInput}, {kinded{}, KindRobots}, {&Error{Kind: KindExpect}, KindExpect}} {
		r := f.Do(t.Context(), &Request{Err: test.err})
		if own, _ := r.Err.(*Error); own == nil || own.Kind != test.kind || !errors.Is(r.Err, test.err) || len(r.Attempts) != 0 {
			t.Errorf("%v: %v", test.err, r.Err)
		}
	}
}

type kinded struct{}

func (kinded) Error() string { return "disallowed" }
func (kinded) Unwrap() error { return KindRobots }

// TestLimitThatGrows: rates that Limits.Host adds hold for a host that is known.
func TestLimitThatGrows(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		start, limited := time.Now(), false
		var at []time.Duration
		f := &Fetcher{Workers: 1, Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
			at = append(at, time.Since(start))
			return answer(req, http.StatusOK, ""), nil
		})}
		f.Limits.Host = func(string) (Limit, bool) {
			limit := Limit{Rates: []Rate{{Events: 1, Per: time.Millisecond}}}
			if limited {
				limit.Rates = append(limit.Rates, Rate{Events: 1, Per: time.Minute})
			}
			return limit, true
		}
		for i := range 5 {
			limited = i >= 2
			f.Do(t.Context(), &Request{URL: "http://a.test/"})
		}
		if len(at) != 5 || at[2] > time.Second || at[3]-at[2] != time.Minute || at[4]-at[3] != time.Minute {
			t.Errorf("%v", at)
		}
	})
}
