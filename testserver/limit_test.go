package testserver

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/fetch/internal/bubble"
)

// limitTest asks a limiter at given times, from virtual time 0 on.
type limitTest struct {
	t     *testing.T
	h     *Handler
	start time.Time
	each  sync.WaitGroup
	mu    sync.Mutex
	seen  map[string]int // statuses, as "at 1.5s: 200"
}

func limitIn(t *testing.T, f func(*limitTest)) {
	t.Helper()
	bubble.Test(t, func(t *testing.T) {
		l := &limitTest{t: t, h: quick(), start: time.Now(), seen: map[string]int{}}
		f(l)
	})
}

// at sends n requests at the same instant, and does not wait for them.
func (l *limitTest) at(d time.Duration, n int, url string) {
	time.Sleep(time.Until(l.start.Add(d)))
	for range n {
		l.each.Go(func() {
			resp := ask(l.t, l.h, "GET", url)
			l.mu.Lock()
			defer l.mu.Unlock()
			l.seen[fmt.Sprintf("%v: %d", time.Since(l.start), resp.StatusCode)]++
		})
	}
	synctest.Wait()
}

func (l *limitTest) want(want map[string]int) {
	l.t.Helper()
	l.each.Wait()
	if fmt.Sprint(l.seen) != fmt.Sprint(want) {
		l.t.Errorf("got  %v\nwant %v", l.seen, want)
	}
}

func (l *limitTest) count(name string) LimitCount {
	l.t.Helper()
	var c LimitCount
	if err := json.Unmarshal([]byte(text(l.t, ask(l.t, l.h, "GET", "/limit/"+name+"/count"))), &c); err != nil {
		l.t.Fatal(err)
	}
	return c
}

func TestLimitSlidingLog(t *testing.T) {
	limitIn(t, func(l *limitTest) {
		const url = "/limit/a/x?rate=3&status=429"
		l.at(0, 2, url)
		l.at(600*time.Millisecond, 2, url)  // the third, and one too many
		l.at(999*time.Millisecond, 1, url)  // still three in the second before
		l.at(1000*time.Millisecond, 3, url) // the first two are a second old
		l.at(1600*time.Millisecond, 2, url)
		l.want(map[string]int{"0s: 200": 2, "600ms: 200": 1, "600ms: 429": 1, "999ms: 429": 1, "1s: 200": 2, "1s: 429": 1, "1.6s: 200": 1, "1.6s: 429": 1})
	})
}

func TestLimitBucket(t *testing.T) {
	limitIn(t, func(l *limitTest) {
		const url = "/limit/a/x?bucket=5,20"
		l.at(0, 25, url)
		l.at(200*time.Millisecond, 2, url)
		l.at(399*time.Millisecond, 1, url)
		l.at(400*time.Millisecond, 1, url)
		l.at(time.Minute, 21, url)
		l.want(map[string]int{"0s: 200": 20, "0s: 503": 5, "200ms: 200": 1, "200ms: 503": 1, "399ms: 503": 1, "400ms: 200": 1, "1m0s: 200": 20, "1m0s: 503": 1})
	})
	limitIn(t, func(l *limitTest) { // the token is there when it is due, however often somebody has looked
		for i := range 21 {
			l.at(time.Duration(i)*10*time.Millisecond, 1, "/limit/a/x?bucket=5,1&latency=1s")
		}
		l.each.Wait()
		if c := l.count("a"); c.Served != 2 || c.Refused != 19 {
			l.t.Errorf("%+v", c)
		}
	})
}

func TestLimitFixedWindow(t *testing.T) {
	limitIn(t, func(l *limitTest) {
		const url = "/limit/a/x?window=3/10s"
		l.at(5*time.Second, 1, url) // the first begins the window
		l.at(14*time.Second, 3, url)
		l.at(15*time.Second, 4, url)
		l.at(46*time.Second, 1, url)
		l.at(55*time.Second, 3, url)
		l.want(map[string]int{"5s: 200": 1, "14s: 200": 2, "14s: 503": 1, "15s: 200": 3, "15s: 503": 1, "46s: 200": 1, "55s: 200": 3})
	})
}

func TestLimitSpaced(t *testing.T) {
	limitIn(t, func(l *limitTest) {
		const url = "/limit/a/x?spaced=200ms"
		l.at(0, 2, url)
		l.at(199*time.Millisecond, 1, url)
		l.at(250*time.Millisecond, 1, url)
		l.at(400*time.Millisecond, 1, url)
		l.at(450*time.Millisecond, 1, url)
		l.want(map[string]int{"0s: 200": 1, "0s: 503": 1, "199ms: 503": 1, "250ms: 200": 1, "400ms: 503": 1, "450ms: 200": 1})
	})
}

func TestLimitSlotsAndQueue(t *testing.T) {
	limitIn(t, func(l *limitTest) {
		l.at(0, 5, "/limit/a/x?slots=4&latency=1s")
		l.want(map[string]int{"0s: 503": 1, "1s: 200": 4})
	})
	limitIn(t, func(l *limitTest) {
		l.at(0, 13, "/limit/a/x?queue=4+8&latency=1s")
		l.want(map[string]int{"0s: 503": 1, "1s: 200": 4, "2s: 200": 4, "3s: 200": 4})
		if c := l.count("a"); c.Peak != 12 || c.InFlight != 0 || c.Served != 12 || c.Refused != 1 {
			l.t.Errorf("%+v", c)
		}
	})
}

// Who leaves while waiting gives the place to the next, and nobody is served in the place of somebody who is still there.
func TestLimitQueueOfThoseWhoLeave(t *testing.T) {
	limitIn(t, func(l *limitTest) {
		const url = "/limit/a/x?queue=1%2B2&latency=1s"
		leave := func(after time.Duration) {
			ctx, cancel := context.WithTimeout(l.t.Context(), after)
			defer cancel()
			l.h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "GET", url, nil))
		}
		l.each.Go(func() { leave(500 * time.Millisecond) }) // served, and gone
		synctest.Wait()
		l.at(0, 1, url)
		l.each.Go(func() { leave(200 * time.Millisecond) }) // waits, and is gone
		synctest.Wait()
		l.at(100*time.Millisecond, 1, url)
		l.at(300*time.Millisecond, 1, url)
		l.want(map[string]int{"100ms: 503": 1, "1.5s: 200": 1, "2.5s: 200": 1})
		if c := l.count("a"); c.Peak != 3 || c.InFlight != 0 || c.Served != 2 || c.Requests != 5 {
			l.t.Errorf("%+v", c)
		}
	})
}

// A request must pass all limits, and one that is refused by one of them uses nothing of the others.
func TestLimitsTogether(t *testing.T) {
	limitIn(t, func(l *limitTest) {
		const url = "/limit/a/x?spaced=1s&window=2/1m&slots=9"
		l.at(0, 5, url)
		l.at(time.Second, 1, url)
		l.at(2*time.Second, 1, url)
		l.at(time.Minute, 1, url)
		l.want(map[string]int{"0s: 200": 1, "0s: 503": 4, "1s: 200": 1, "2s: 503": 1, "1m0s: 200": 1})
	})
}

func TestLimitTimetable(t *testing.T) {
	for query, want := range map[string]map[string]int{
		"rate=4&halve=1s-2s":  {"0s: 200": 4, "0s: 503": 1, "1s: 200": 2, "1s: 503": 3, "2s: 200": 4, "2s: 503": 1},
		"rate=4&closed=1s-2s": {"0s: 200": 4, "0s: 503": 1, "1s: 503": 5, "2s: 200": 4, "2s: 503": 1},
		"slots=4&halve=1s-2s": {"0s: 200": 5, "1s: 200": 5, "2s: 200": 5}, // each is over at once
		"queue=4+9&halve=900ms-2s&latency=400ms": {
			"400ms: 200": 4, "800ms: 200": 1, "1.4s: 200": 2, "1.8s: 200": 2, "2.2s: 200": 1, "2.4s: 200": 3, "2.6s: 200": 1, "2.8s: 200": 1,
		},
	} {
		limitIn(t, func(l *limitTest) {
			for d := range 3 {
				l.at(time.Duration(d)*time.Second, 5, "/limit/a/x?"+query)
			}
			l.want(want)
		})
	}
}

// The share of paths is near what was asked for, and always the same ones; each is refused once, or hangs twice.
func TestLimitChance(t *testing.T) {
	limitIn(t, func(l *limitTest) {
		get := func(i int) int {
			ctx, cancel := context.WithTimeout(l.t.Context(), time.Minute)
			defer cancel()
			w := httptest.NewRecorder()
			w.Code = 0
			l.h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", fmt.Sprintf("/limit/a/%d?refuse=5%%25&hang=2%%25&retry_after=1", i), nil))
			if w.Code == 503 && w.Header().Get("Retry-After") != "1" {
				l.t.Error("no Retry-After")
			}
			return w.Code
		}
		visits := map[string]int{}
		for i := range 2000 {
			visits[fmt.Sprint(get(i), get(i), get(i))]++
		}
		if len(visits) != 3 || visits["200 200 200"] < 1800 || visits["503 200 200"] < 80 || visits["503 200 200"] > 120 || visits["0 0 200"] < 25 || visits["0 0 200"] > 55 {
			l.t.Error(visits)
		}
	})
}

func TestLimitCounts(t *testing.T) {
	limitIn(t, func(l *limitTest) {
		const url = "/limit/a/x?rate=2"
		l.at(500*time.Millisecond, 3, url)
		l.at(3500*time.Millisecond, 2, url)
		l.at(4499*time.Millisecond, 1, url)
		l.each.Wait()
		c := l.count("a")
		if c.Name != "a" || c.Requests != 6 || c.Served != 4 || c.Refused != 2 || c.FirstMS != 500 || c.LastMS != 4499 ||
			!slices.Equal(c.EachRequests, []int32{3, 0, 0, 3}) || !slices.Equal(c.EachRefused, []int32{1, 0, 0, 1}) {
			l.t.Errorf("%+v", c)
		}
		time.Sleep(maxSeconds * time.Second)
		l.at(time.Since(l.start), 1, url)
		if c := l.count("a"); c.Requests != 7 || len(c.EachRequests) != 4 {
			l.t.Errorf("beyond what is kept: %+v", c)
		}
	})
}

// The first request decides, others of the name may say nothing or the same, and PUT decides anew.
func TestLimitNames(t *testing.T) {
	h := quick()
	for _, c := range []struct {
		method, url string
		status      int
	}{
		{"GET", "/limit/a/x", 404},
		{"GET", "/limit/a/count", 404},
		{"GET", "/limit/a/x?rate=1&status=429", 200},
		{"GET", "/limit/a/y?status=429&i=7&rate=1", 429},
		{"GET", "/limit/a/y", 429},
		{"POST", "http://a.limit.test:8080/1", 429},
		{"GET", "/limit/a/x?rate=2", 409},
		{"GET", "/limit/b/x?rate=1", 200},
		{"PUT", "http://a.limit.test/?rate=1", 204},
		{"GET", "http://a.limit.test/1", 200},
		{"GET", "http://a.limit.test/count", 200},
		{"GET", "/limit/a/1", 503},
		{"DELETE", "/limit/a", 204},
		{"GET", "/limit/a/count", 404},
		{"GET", "/limit/b/x", 503},
		{"DELETE", "/__truth", 204},
		{"GET", "/limit/b/x", 404},
		{"PUT", "/limit/c", 204}, // no limit at all
		{"GET", "/limit/c/x", 200},
		{"GET", "/limit/", 200},
	} {
		if resp := ask(t, h, c.method, c.url); resp.StatusCode != c.status {
			t.Errorf("%s %s: %d, want %d: %s", c.method, c.url, resp.StatusCode, c.status, text(t, resp))
		}
	}
}

func TestLimitMisspelt(t *testing.T) {
	for _, query := range []string{
		"rate=0", "rate=x", "rate=/5s", "rate=5/0s", "rate=10001", "rate=-1", "bucket=5,0", "bucket=NaN,5", "bucket=Inf,1", "bucket=0,1", "window=60/x", "spaced=0",
		"slots=0", "slots=4+1", "queue=+8", "queue=4-8", "status=200", "status=x", "dates=iso", "headers=ietf,x,", "latency=2s-1s", "latency=-1s",
		"refuse=101%25", "refuse=NaN", "hang=-0.1", "halve=60s-20s", "closed=x", "problem=other",
	} {
		if resp := ask(t, quick(), "GET", "/limit/a/x?"+query); resp.StatusCode != 400 {
			t.Errorf("%s: %d", query, resp.StatusCode)
		}
	}
}

func TestLimitRetryAfter(t *testing.T) {
	limitIn(t, func(l *limitTest) {
		// In a bubble it is 2000-01-01 00:00:00 UTC at first.
		for query, want := range map[string]string{
			"retry_after=1":                     "1",
			"retry_after=-7":                    "-7",
			"retry_after=soon":                  "soon",
			"retry_after=reset":                 "7",
			"retry_after=30&dates=rfc1123":      "Sat, 01 Jan 2000 00:00:31 GMT",
			"retry_after=30&dates=rfc850":       "Saturday, 01-Jan-00 00:00:31 GMT",
			"retry_after=30&dates=asctime":      "Sat Jan  1 00:00:31 2000",
			"retry_after=reset&dates=rfc1123":   "Sat, 01 Jan 2000 00:00:08 GMT",
			"retry_after=tomorrow&dates=rfc850": "tomorrow",
		} {
			l.at(0, 1, "/limit/"+strings.ReplaceAll(query, "/", "")+"/x?window=1/7200ms&"+query)
			defer func() {
				resp := ask(l.t, l.h, "GET", "/limit/"+query+"/x")
				if got := resp.Header.Get("Retry-After"); resp.StatusCode != 503 || got != want {
					l.t.Errorf("%s: %d, %q, want %q", query, resp.StatusCode, got, want)
				}
			}()
		}
		time.Sleep(700 * time.Millisecond)
		l.each.Wait()
	})
}

func TestLimitDialects(t *testing.T) {
	tested := 0
	for name, want := range map[string][2][]string{ // of a response with half left, and of a refusal
		"ietf": {
			{`Ratelimit-Policy: "fixed";q=2;w=60, "slots";q=9;qu="concurrent-requests"`, `Ratelimit: "fixed";r=1;t=60, "slots";r=8`},
			{`Ratelimit-Policy: "fixed";q=2;w=60, "slots";q=9;qu="concurrent-requests"`, `Ratelimit: "fixed";r=0;t=50, "slots";r=9`},
		},
		"ietf-7": {
			{`Ratelimit-Policy: 2;w=60`, `Ratelimit: limit=2, remaining=1, reset=60`},
			{`Ratelimit-Policy: 2;w=60`, `Ratelimit: limit=2, remaining=0, reset=50`},
		},
		"ietf-old": {
			{`Ratelimit-Limit: 2`, `Ratelimit-Remaining: 1`, `Ratelimit-Reset: 60`},
			{`Ratelimit-Limit: 2`, `Ratelimit-Remaining: 0`, `Ratelimit-Reset: 50`},
		},
		"x":          {{`X-Ratelimit-Remaining: 1`, `X-Ratelimit-Reset: 60`}, {`X-Ratelimit-Limit: 2`, `X-Ratelimit-Remaining: 0`, `X-Ratelimit-Reset: 50`}},
		"x-epoch":    {{`X-Ratelimit-Reset: 946684860`}, {`X-Ratelimit-Limit: 2`, `X-Ratelimit-Remaining: 0`, `X-Ratelimit-Reset: 946684860`}},
		"x-epoch-ms": {{`X-Ratelimit-Reset: 946684860000`}, {`X-Ratelimit-Remaining: 0`, `X-Ratelimit-Reset: 946684860000`}},
		"x-duration": {{`X-Ratelimit-Reset: 1m0s`}, {`X-Ratelimit-Remaining: 0`, `X-Ratelimit-Reset: 49.5s`}},
		"x-rfc3339":  {{`X-Ratelimit-Reset: 2000-01-01T00:01:00Z`}, {`X-Ratelimit-Remaining: 0`, `X-Ratelimit-Reset: 2000-01-01T00:01:00Z`}},
		"akamai":     {{`X-Ratelimit-Next: 2000-01-01T00:01:00Z`}, {`X-Ratelimit-Remaining: 0`, `X-Ratelimit-Next: 2000-01-01T00:01:00Z`}},
		"anthropic": {
			{`Anthropic-Ratelimit-Requests-Remaining: 1`},
			{`Anthropic-Ratelimit-Requests-Limit: 2`, `Anthropic-Ratelimit-Requests-Remaining: 0`, `Anthropic-Ratelimit-Requests-Reset: 2000-01-01T00:01:00Z`},
		},
		"openai": {
			{`X-Ratelimit-Remaining-Requests: 1`, `X-Ratelimit-Reset-Requests: 1m0s`},
			{`X-Ratelimit-Limit-Requests: 2`, `X-Ratelimit-Remaining-Requests: 0`, `X-Ratelimit-Reset-Requests: 49.5s`},
		},
		"github": {{`X-Ratelimit-Used: 1`}, {`X-Ratelimit-Remaining: 0`, `X-Ratelimit-Used: 2`, `X-Ratelimit-Resource: core`, `X-Ratelimit-Reset: 946684860`}},
		"gitlab": {
			{`Ratelimit-Observed: 1`, `Ratelimit-Reset: 946684860`},
			{`Ratelimit-Observed: 2`, `Ratelimit-Remaining: 0`, `Ratelimit-Reset: 946684860`, `Ratelimit-Resettime: Sat, 01 Jan 2000 00:01:00 GMT`},
		},
		"kong": {
			{`X-Ratelimit-Remaining-Minute: 1`, `Ratelimit-Reset: 60`},
			{`X-Ratelimit-Limit-Minute: 2`, `X-Ratelimit-Remaining-Minute: 0`, `Ratelimit-Remaining: 0`, `Ratelimit-Reset: 50`},
		},
		"pubchem": {
			{`X-Throttling-Control: Request Count status: Yellow (50%), Request Time status: Green (0%), Service status: Green (20%)`},
			{`X-Throttling-Control: Request Count status: Black (101%), Request Time status: Green (0%), Service status: Green (20%)`},
		},
		"epo": {
			{`X-Throttling-Control: idle (retrieval=green:200, search=yellow:2, other=green:1000)`},
			{`X-Throttling-Control: busy (retrieval=green:200, search=black:0, other=green:1000)`},
		},
	} {
		bubble.Test(t, func(t *testing.T) {
			h, url := quick(), "/limit/a/x?window=2/60s&slots=9&headers="+name
			if resp := ask(t, h, "GET", url); resp.StatusCode != 200 || !hasAll(resp, want[0]) {
				t.Errorf("%s: %d %v", name, resp.StatusCode, resp.Header)
			}
			time.Sleep(10500 * time.Millisecond)
			ask(t, h, "GET", url)
			if resp := ask(t, h, "GET", url); resp.StatusCode != 503 || !hasAll(resp, want[1]) {
				t.Errorf("%s: %d %v", name, resp.StatusCode, resp.Header)
			}
		})
		tested++
	}
	if tested != len(dialects) {
		t.Errorf("%d of %d dialects", tested, len(dialects))
	}
}

func hasAll(resp *http.Response, lines []string) bool {
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		if got := resp.Header[name]; len(got) != 1 || got[0] != value {
			return false
		}
	}
	return true
}

func TestLimitProblem(t *testing.T) {
	h := quick()
	ask(t, h, "GET", "/limit/a/x?rate=1&status=429&problem=quota-exceeded")
	resp := ask(t, h, "GET", "/limit/a/x")
	if resp.Header.Get("Content-Type") != "application/problem+json" || !strings.Contains(text(t, resp), `"https://iana.org/assignments/http-problem-types#quota-exceeded"`) {
		t.Error(resp.Header)
	}
}
