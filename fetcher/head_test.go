package fetcher

import (
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"example.com/fetch/internal/bubble"
)

// dripping is a body that takes so many seconds to come.
type dripping struct{ seconds int }

func (d *dripping) Read(p []byte) (int, error) {
	if d.seconds == 0 {
		return 0, io.EOF
	}
	time.Sleep(time.Second)
	d.seconds--
	p[0] = 'x'
	return 1, nil
}

func (d *dripping) Close() error { return nil }

// TestLimitsAreHeededWithTheHead: what a response says of limits holds while its body is still coming, and for its own
// host, also where it leads to another.
func TestLimitsAreHeededWithTheHead(t *testing.T) {
	for _, status := range []int{200, 302} {
		bubble.Test(t, func(t *testing.T) {
			var asked atomic.Int64
			f := &Fetcher{Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
				if req.URL.Host != "a.test" || asked.Add(1) > 1 {
					return answer(req, 200, "yes"), nil
				}
				resp := answer(req, status, "", "RateLimit-Policy", `"x";q=10;w=60`, "RateLimit", `"x";r=0;t=30`, "Location", "http://b.test/")
				resp.Body = &dripping{10}
				return resp, nil
			})}
			reqs := func(yield func(*Request, error) bool) {
				_ = yield(&Request{URL: "http://a.test/"}, nil) && yield(&Request{URL: "http://a.test/", Due: time.Second}, nil) &&
					yield(&Request{URL: "http://b.test/", Due: time.Second}, nil)
			}
			for r, err := range f.Run(t.Context(), reqs) {
				if err != nil || r.Err != nil {
					t.Fatal(r, err)
				}
				switch start := r.Attempts[0].Start; {
				case r.Seq == 2 && (start < 30*time.Second || start > 31*time.Second):
					t.Errorf("%d: the next left at %v", status, start)
				case r.Seq == 3 && start != time.Second:
					t.Errorf("%d: one to another host left at %v", status, start)
				case r.Seq == 1 && r.End() != 10*time.Second:
					t.Errorf("%d: the first ended at %v", status, r.End())
				}
			}
		})
	}
}

// TestProbeIsServedBeforeItsBodyEnds: a host that responds again is not kept waiting by a long body.
func TestProbeIsServedBeforeItsBodyEnds(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		start := time.Now()
		f := &Fetcher{Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
			time.Sleep(10 * time.Millisecond)
			since := time.Since(start)
			if since > 100*time.Millisecond && since < time.Second {
				return nil, errRefused
			}
			resp := answer(req, 200, "")
			if since > time.Second {
				resp.Body = &dripping{60}
			}
			return resp, nil
		})}
		reqs := func(yield func(*Request, error) bool) {
			for i := range 10 {
				if !yield(&Request{URL: "http://a.test/", Due: time.Duration(i) * 50 * time.Millisecond}, nil) {
					return
				}
			}
		}
		for r, err := range f.Run(t.Context(), reqs) {
			if err != nil || r.Err != nil {
				t.Fatal(r, err)
			}
			if last := r.Attempts[len(r.Attempts)-1].Start; last > 4*time.Second {
				t.Errorf("request %d left at %v", r.Seq, last)
			}
		}
	})
}
