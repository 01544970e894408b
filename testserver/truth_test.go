package testserver

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/fetch/internal/bubble"
)

func TestTruthCounts(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		h := quick()
		var wg sync.WaitGroup
		for i, at := range []time.Duration{0, 0, 500, 999, 1000, 1499, 1500} { // milliseconds
			wg.Go(func() {
				sleep(t.Context(), at*time.Millisecond)
				ask(t, h, "GET", fmt.Sprintf("http://H%d.test/0.6", i%2), "X-Client: c")
			})
		}
		wg.Wait()
		ask(t, h, "GET", "/status/404")
		ask(t, h, "GET", "/__truth")
		v := h.Truth(true)
		// [0, 1s) has 0 0 500 999; [500, 1500) has 500 999 1000 1499; 1500 is not in it.
		if v.Total.Hops != 8 || v.Total.Peak != 4 || v.Total.BusiestSec != 4 || v.Total.InFlight != 0 || v.Total.Status[404] != 1 {
			t.Errorf("%+v", v.Total)
		}
		if c := v.Clients["c"]; c.Hops != 7 || c.BusiestSec != 4 || c.Status[200] != 7 {
			t.Errorf("%+v", c)
		}
		if a, b := v.Hosts["h0.test"], v.Hosts["h1.test"]; a.Hops+b.Hops != 7 || v.Hosts["example.com"].Hops != 1 {
			t.Errorf("%+v", v.Hosts)
		}
		if len(v.Hops) != 8 || v.Hops[2].ArrivalMS != 500 || v.Hops[2].EndMS != 1100 || v.Hops[2].Client != "c" || v.Hops[7].Path != "/status/404" {
			t.Errorf("%+v", v.Hops)
		}
	})
}

// The windows and the list of hops must be what a slow, plain count of the arrivals gives, the ring full or not.
func TestTruthWindowsAreExact(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		for _, n := range []int{3_000, maxHops + 5_000} {
			h := quick()
			r := rand.New(rand.NewPCG(1, uint64(n)))
			arrivals := map[string][]time.Duration{}
			start := time.Now()
			for range n {
				if r.IntN(20) == 0 {
					sleep(t.Context(), time.Duration(r.IntN(300))*time.Millisecond)
				}
				host := fmt.Sprintf("h%d.test", r.IntN(5))
				req := httptest.NewRequest("GET", "/status/204", nil)
				req.Host = host
				h.ServeHTTP(discard{http.Header{}}, req)
				arrivals[host] = append(arrivals[host], time.Since(start))
				arrivals[""] = append(arrivals[""], time.Since(start))
			}
			v := h.Truth(true)
			for host, times := range arrivals {
				got := v.Total
				if host != "" {
					got = v.Hosts[host]
				}
				if want := busiest(times); got.BusiestSec != want || got.Hops != int64(len(times)) {
					t.Errorf("n=%d, host %q: %d in the busiest second, want %d; %d hops, want %d", n, host, got.BusiestSec, want, got.Hops, len(times))
				}
			}
			all := arrivals[""][n-min(n, maxHops):]
			if len(v.Hops) != len(all) {
				t.Fatalf("%d hops, want %d", len(v.Hops), len(all))
			}
			for i, hop := range v.Hops {
				if hop.ArrivalMS != ms(all[i]) {
					t.Fatalf("hop %d arrived at %v, want %v", i, hop.ArrivalMS, ms(all[i]))
				}
			}
		}
	})
}

func busiest(times []time.Duration) (most int64) {
	first := 0
	for i, at := range times {
		for at-times[first] >= time.Second {
			first++
		}
		most = max(most, int64(i-first+1))
	}
	return most
}

func TestTruthPage(t *testing.T) {
	h := quick()
	for range 3 {
		ask(t, h, "GET", "/0")
	}
	var v Truth
	if err := json.NewDecoder(ask(t, h, "GET", "/__truth").Body).Decode(&v); err != nil || len(v.Hops) != 3 || v.Total.Hops != 3 || v.Hosts["example.com"].Status[200] != 3 {
		t.Errorf("%+v, %v", v, err)
	}
	if v.Hops[0].EndMS <= 0 || v.Hops[0].Client != "192.0.2.1" || v.NowMS < v.Hops[2].EndMS {
		t.Errorf("%+v", v.Hops[0])
	}
	if body := text(t, ask(t, h, "GET", "/__truth?hops=0")); strings.Contains(body, "arrival_ms") {
		t.Error(body)
	}
	for _, reset := range [][2]string{{"DELETE", "/__truth"}, {"POST", "/__truth/reset"}} {
		ask(t, h, "GET", "/0")
		if resp := ask(t, h, reset[0], reset[1]); resp.StatusCode != 204 || h.Truth(false).Total.Hops != 0 {
			t.Error(reset, resp.StatusCode)
		}
	}
	if resp := ask(t, h, "PUT", "/__truth"); resp.StatusCode != 405 {
		t.Error(resp.StatusCode)
	}
	if resp := ask(t, h, "GET", "/__truth/x"); resp.StatusCode != 404 {
		t.Error(resp.StatusCode)
	}
}

func TestTruthIsBounded(t *testing.T) {
	h := quick()
	for i := range 3 * maxTallies {
		r := httptest.NewRequest("GET", "/status/204?"+strings.Repeat("x", 1000), nil)
		r.Host = fmt.Sprint("h", i)
		r.Header.Set("X-Client", strings.Repeat("c", 300)+fmt.Sprint(i))
		h.ServeHTTP(discard{http.Header{}}, r)
	}
	v := h.Truth(true)
	if len(v.Hosts) != maxTallies+1 || v.Hosts[others].Hops != 2*maxTallies || len(v.Clients) != 1 || len(v.Hops[0].Client) != maxText {
		t.Error(len(v.Hosts), v.Hosts[others].Hops, len(v.Clients))
	}
}

// Over 100,000 in a second the busiest second is a lower bound: what is kept.
func TestTruthWindowsOfAFloodAreBounded(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		h := quick()
		r := httptest.NewRequest("GET", "/status/204", nil)
		for range maxHops + 5 {
			h.ServeHTTP(discard{http.Header{}}, r)
		}
		if v := h.Truth(false); v.Total.BusiestSec != maxHops || v.Hosts["example.com"].BusiestSec != maxHops || v.Total.Hops != maxHops+5 {
			t.Errorf("%+v", v)
		}
	})
}

// A hop in flight at a reset must not spoil the new counts.
func TestTruthResetInFlight(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		h := quick()
		go ask(t, h, "GET", "/10")
		synctest.Wait()
		ask(t, h, "DELETE", "/__truth")
		ask(t, h, "GET", "/1")
		sleep(t.Context(), time.Minute)
		if v := h.Truth(true); v.Total.Hops != 1 || v.Total.InFlight != 0 || v.Total.Peak != 1 || len(v.Hops) != 1 {
			t.Errorf("%+v", v)
		}
	})
}

// A client that has all of a body may come again before the handler has returned: no more may be seen in flight.
func TestHopEndsWithItsLastByte(t *testing.T) {
	h := quick()
	w := &peek{h: h, ResponseWriter: httptest.NewRecorder()}
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/bytes/100k", nil))
	if w.inFlight[0] != 1 || w.inFlight[len(w.inFlight)-1] != 0 {
		t.Error(w.inFlight)
	}
}

type peek struct {
	http.ResponseWriter
	h        *Handler
	inFlight []int64
}

func (p *peek) Write(b []byte) (int, error) {
	p.inFlight = append(p.inFlight, p.h.Truth(false).Total.InFlight)
	return len(b), nil
}
