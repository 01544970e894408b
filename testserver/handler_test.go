package testserver

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/fetch/internal/bubble"
)

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		method, url string
		status      int
		body        string // whole, or a part if it begins with …
	}{
		{"GET", "/0", 200, `{"time_elapsed": 0}`},
		{"GET", "/0.001", 200, `{"time_elapsed": 0.001}`},
		{"GET", "/delay/0.000", 200, `{"time_elapsed": 0.000}`},
		{"GET", "/3601", 400, "…from 0 to 3600"},
		{"GET", "/1e3", 400, "…number of seconds"},
		{"GET", "/2.", 400, "…number of seconds"},
		{"GET", "/007", 400, "…number of seconds"},
		{"GET", "/1.2.3", 400, "…number of seconds"},
		{"GET", "/delay/-1", 400, "…number of seconds"},
		{"GET", "/delay/", 400, "…number of seconds"},
		{"GET", "/nothing", 404, "…GET / lists"},
		{"GET", "/", 200, "…/{seconds}"},
		{"GET", "/status/404", 404, `{"status": 404}`},
		{"GET", "/status/204", 204, ""},
		{"GET", "/status/100", 400, "…from 200 to 999"},
		{"GET", "/status/x", 400, "…from 200 to 999"},
		{"GET", "/bytes/x", 400, "…number of bytes"},
		{"GET", "/bytes/11g", 400, "…number of bytes"},
		{"GET", "/redirect/0", 200, `{"redirects_left": 0}`},
		{"GET", "/redirect/2", 302, "…/redirect/1"},
		{"GET", "/redirect-to?url=file:///x&code=307", 307, "…file:///x"},
		{"GET", "/redirect-to", 400, "…redirect-to?url="},
		{"GET", "/page/9", 404, "…only 5 pages"},
		{"GET", "/page/0", 400, "…/page/1"},
		{"GET", "/flaky/a", 400, "…/flaky/{key}/{n}"},
		{"GET", "/etag/%22", 400, "…visible ASCII"},
		{"GET", "/sample?dist=normal", 400, "…lognormal, constant"},
		{"GET", "/sample?p50=2s&p99=1s", 400, "…p99 not less"},
		{"GET", "/sample?size=x", 400, "…number of bytes"},
		{"GET", "/sample?capacity=0", 400, "…capacity"},
		{"OPTIONS", "*", 404, "…no such path"},
	} {
		resp := ask(t, quick(), c.method, c.url)
		body := text(t, resp)
		part, isPart := strings.CutPrefix(c.body, "…")
		if resp.StatusCode != c.status || (isPart && !strings.Contains(body, part)) || (!isPart && body != c.body) {
			t.Errorf("%s %s: %d %q, want %d %q", c.method, c.url, resp.StatusCode, body, c.status, c.body)
		}
	}
}

func TestDelayTakesItsTime(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		h := quick()
		for url, want := range map[string]time.Duration{"/2": 2 * time.Second, "/0.25": 250 * time.Millisecond, "/delay/3600": time.Hour} {
			start := time.Now()
			if resp := ask(t, h, "GET", url); resp.StatusCode != 200 || time.Since(start) != want {
				t.Errorf("%s: %d after %v, want %v", url, resp.StatusCode, time.Since(start), want)
			}
		}
	})
}

func TestHandlersWatchTheContext(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		h := New(Options{FingertipsDelay: Delay{time.Minute, time.Minute}, PubChemDelay: Delay{time.Minute, time.Minute}})
		for _, url := range []string{"/30", "/sample?dist=constant&p50=30s", "/fingertips/api/ages", "/pubchem/rest/pug/compound/cid/1/cids/TXT"} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			start := time.Now()
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", url, nil))
			cancel()
			if time.Since(start) != time.Second || w.Body.Len() > 0 {
				t.Errorf("%s: %v, %q", url, time.Since(start), w.Body)
			}
		}
		if n := h.Truth(false).Total.Status[0]; n != 4 {
			t.Errorf("%d hops without an answer, want 4", n)
		}
	})
}

func TestSampleIsDeterministicAndFits(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		took := func(h *Handler, url string) time.Duration {
			start := time.Now()
			if resp := ask(t, h, "GET", url); resp.StatusCode != 200 {
				t.Fatal(text(t, resp))
			}
			return time.Since(start)
		}
		for _, dist := range []string{"lognormal", "exponential", "uniform"} {
			url := "/sample?dist=" + dist + "&p50=200ms&p99=390ms"
			a, b, other := New(Options{Seed: 1}), New(Options{Seed: 1}), New(Options{Seed: 2})
			var under, same int
			const n = 2000
			for range n {
				d := took(a, url)
				if d != took(b, url) {
					t.Fatal("the same seed gave another wait")
				}
				if d == took(other, url) {
					same++
				}
				if d <= 200*time.Millisecond {
					under++
				}
			}
			if under < n*45/100 || under > n*55/100 || same > n/100 {
				t.Errorf("%s: %d of %d under the median, %d the same under another seed", dist, under, n, same)
			}
		}
		if d := took(quick(), "/sample?dist=constant&p50=0.5"); d != 500*time.Millisecond {
			t.Errorf("constant: %v", d)
		}
	})
}

func TestCapacityServesInOrder(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		h := quick()
		start := time.Now()
		done := make(chan time.Duration, 6)
		for range 6 {
			go func() {
				ask(t, h, "GET", "/sample?dist=constant&p50=1s&capacity=2&size=3k")
				done <- time.Since(start)
			}()
		}
		gone, cancel := context.WithCancel(t.Context()) // one that gives up while it waits takes nobody's place
		go h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(gone, "GET", "/sample?dist=constant&p50=1s&capacity=2", nil))
		synctest.Wait()
		cancel()
		for i := range 6 {
			if got, want := <-done, time.Duration(i/2+1)*time.Second; got != want {
				t.Errorf("answer %d after %v, want %v", i, got, want)
			}
		}
		synctest.Wait()
		if line := h.pools.get("2"); line.served+len(line.waiting) != 0 {
			t.Errorf("left: %+v", line)
		}
	})
}

func TestFlakyRecovers(t *testing.T) {
	h := quick()
	for i, want := range []int{429, 429, 200, 200} {
		resp := ask(t, h, "GET", "/flaky/a/2?code=429&retry_after=1")
		if resp.StatusCode != want || (want == 429) != (resp.Header.Get("Retry-After") == "1") {
			t.Errorf("visit %d: %d %v", i, resp.StatusCode, resp.Header)
		}
	}
	if resp := ask(t, h, "GET", "/flaky/b/1"); resp.StatusCode != 503 {
		t.Error("another key is not flaky:", resp.StatusCode)
	}
	ask(t, h, "DELETE", "/__truth")
	if resp := ask(t, h, "GET", "/flaky/a/2"); resp.StatusCode != 503 {
		t.Error("a reset does not forget:", resp.StatusCode)
	}
}

func TestBytesAndRanges(t *testing.T) {
	h := quick()
	for _, n := range []string{"0", "1", "65521", "200000", "3k"} {
		resp := ask(t, h, "GET", "/bytes/"+n)
		whole := text(t, resp)
		if want, _ := size(n, 0); int64(len(whole)) != want || resp.ContentLength != want {
			t.Errorf("%s: %d bytes, Content-Length %d", n, len(whole), resp.ContentLength)
		}
		if ranged := text(t, ask(t, h, "GET", "/range/"+n)); ranged != whole {
			t.Errorf("/range/%s is not /bytes/%s", n, n)
		}
	}
	whole := text(t, ask(t, h, "GET", "/bytes/200000"))
	resp := ask(t, h, "GET", "/range/200000", "Range: bytes=65000-66000")
	if part := text(t, resp); resp.StatusCode != 206 || part != whole[65000:66001] || resp.Header.Get("Content-Range") != "bytes 65000-66000/200000" {
		t.Errorf("%d, %d bytes, %v", resp.StatusCode, len(part), resp.Header)
	}
	if resp := ask(t, h, "GET", "/range/10", "Range: bytes=20-"); resp.StatusCode != 416 {
		t.Error("a range past the end:", resp.StatusCode)
	}
	if resp := ask(t, h, "HEAD", "/bytes/10"); resp.ContentLength != 10 || text(t, resp) != "" {
		t.Error("HEAD:", resp.ContentLength)
	}
	if text(t, ask(t, New(Options{Seed: 9}), "GET", "/bytes/100")) == whole[:100] {
		t.Error("another seed gives the same bytes")
	}
}

func TestPagesEnd(t *testing.T) {
	h, url, seen := quick(), "/page/1?pages=3&size=2", 0
	for n := 1; url != ""; n++ {
		resp := ask(t, h, "GET", url)
		var p struct {
			Page  int
			Items []struct{ ID int }
		}
		if err := json.NewDecoder(resp.Body).Decode(&p); err != nil || p.Page != n {
			t.Fatal(p, err)
		}
		for _, item := range p.Items {
			if seen++; item.ID != seen {
				t.Fatalf("item %d after %d", item.ID, seen-1)
			}
		}
		link, ok := strings.CutSuffix(resp.Header.Get("Link"), `>; rel="next"`)
		if url = strings.TrimPrefix(link, "<"); !ok && url != "" {
			t.Fatal(resp.Header)
		}
	}
	if seen != 6 {
		t.Errorf("%d items, want 6", seen)
	}
}

func TestETag(t *testing.T) {
	h := quick()
	if resp := ask(t, h, "GET", "/etag/v1"); resp.StatusCode != 200 || resp.Header.Get("ETag") != `"v1"` {
		t.Error(resp.StatusCode, resp.Header)
	}
	if resp := ask(t, h, "GET", "/etag/v1", `If-None-Match: "v0", "v1"`); resp.StatusCode != 304 || text(t, resp) != "" {
		t.Error(resp.StatusCode)
	}
	if resp := ask(t, h, "GET", "/etag/v2?weak=1", `If-None-Match: "v1"`); resp.StatusCode != 200 || resp.Header.Get("ETag") != `W/"v2"` {
		t.Error(resp.StatusCode, resp.Header)
	}
}

func TestEcho(t *testing.T) {
	resp := askBody(t, quick(), "POST", "/echo/a%2Fb?x=1&x=2", "grüße", "X-Test: yes", "Host: a.test")
	var e Echo
	if err := json.NewDecoder(resp.Body).Decode(&e); err != nil {
		t.Fatal(err)
	}
	if e.Method != "POST" || e.Path != "/echo/a%2Fb" || len(e.Query["x"]) != 2 || e.Header.Get("X-Test") != "yes" ||
		e.Body.Size != 7 || e.Body.Text != "grüße" || !strings.HasPrefix(e.Body.SHA256, "35fc3") && len(e.Body.SHA256) != 64 {
		t.Errorf("%+v", e)
	}
	long := strings.Repeat("ü", maxEchoText) // a cut between the two bytes of a character
	resp = askBody(t, quick(), "POST", "/echo", "x"+long)
	if err := json.NewDecoder(resp.Body).Decode(&e); err != nil || !e.Body.Cut || len(e.Body.Text) != maxEchoText-1 {
		t.Error(err, e.Body.Cut, len(e.Body.Text))
	}
}

func TestHostsAreMatchedWithoutPortAndCase(t *testing.T) {
	h := quick()
	for host, want := range map[string]int{"pubchem.test": 200, "PubChem.Test:8000": 200, "other.test": 404, "[::1]": 404, "[::1]:80": 404} {
		r := httptest.NewRequest("GET", "/rest/pug/compound/cid/962/cids/TXT", nil)
		r.Host = host
		r.Header.Set("X-Client", host)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s: %d, want %d", host, w.Code, want)
		}
	}
}

func TestBoundedForgetsTheOldest(t *testing.T) {
	var b bounded[int]
	for i := range maxKeys + 10 {
		*b.get(string(rune(i + 1000))) = i
	}
	if len(b.values) != maxKeys || *b.get(string(rune(maxKeys + 1009))) != maxKeys+9 || *b.get(string(rune(1000))) != 0 {
		t.Error(len(b.values))
	}
	b.get(strings.Repeat("x", maxKeyLen+1))
	if b.values[strings.Repeat("x", maxKeyLen)] == nil {
		t.Error("a long key is kept whole")
	}
}

// A handler in-process, as benchmarks use it.
func BenchmarkDelay0(b *testing.B) {
	h := New(Options{})
	r := httptest.NewRequest("GET", "/0", nil)
	w := discard{http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, r)
	}
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header       { return d.header }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}
