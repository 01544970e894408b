package fetcher

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/fetch/internal/bubble"
)

// crowded is a transport to hosts that refuse what is more than they serve at once.
type crowded struct {
	bears   int
	takes   time.Duration
	refusal func(*http.Request) *http.Response // nil: a bare 503
	always  string                             // a path that is refused whatever goes on

	mu       sync.Mutex
	inFlight map[string]int
	refused  map[string]int
}

func (c *crowded) RoundTrip(req *http.Request) (*http.Response, error) {
	if !c.enter(req) {
		time.Sleep(time.Millisecond)
		if c.refusal != nil {
			return c.refusal(req), nil
		}
		return answer(req, 503, "busy"), nil
	}
	time.Sleep(c.takes)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inFlight[req.URL.Host]--
	return answer(req, 200, "yes"), nil
}

func (c *crowded) enter(req *http.Request) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inFlight == nil {
		c.inFlight, c.refused = make(map[string]int), make(map[string]int)
	}
	host := req.URL.Host
	if c.always != "" && req.URL.Path == c.always || c.inFlight[host] >= c.bears {
		c.refused[host]++
		return false
	}
	c.inFlight[host]++
	return true
}

// many are so many URLs of one host.
func many(n int, host string) []string {
	urls := make([]string, n)
	for i := range urls {
		urls[i] = fmt.Sprintf("http://%s/%d", host, i)
	}
	return urls
}

// outcomes ranges a run and counts its results by kind.
func outcomes(t testing.TB, f *Fetcher, urls ...string) (byKind map[Kind]int, results []*Result) {
	t.Helper()
	byKind = make(map[Kind]int)
	for r, err := range f.Run(t.Context(), URLs(urls...)) {
		if err != nil {
			t.Fatal(err)
		}
		byKind[kindIn(r.Err)]++
		results = append(results, r)
		if sum := r.Queue + r.Limiter + r.Service + r.Backoff; sum != r.Response {
			t.Errorf("request %d: response %v is not the sum of its parts %v", r.Seq, r.Response, sum)
		}
	}
	return byKind, results
}

// TestRefusedReturnsToTheQueue: what a host has no room for costs no retry. It is what the host wants to be told by.
func TestRefusedReturnsToTheQueue(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		server := &crowded{bears: 3, takes: 100 * time.Millisecond}
		f := &Fetcher{Transport: server, Workers: 10, Retry: Retry{Max: 1}}
		outcomes(t, f, "http://a.test/") // of a host that has served nothing yet, a refusal is a failure
		byKind, results := outcomes(t, f, many(200, "a.test")...)
		if byKind[KindNone] != 200 {
			t.Errorf("of 200 requests: %v", byKind)
		}
		requeued := 0
		for _, r := range results {
			for i := range r.Attempts {
				a := &r.Attempts[i]
				if refused := a.Err != nil; refused != a.Requeued || refused != (a.Status == 503) {
					t.Errorf("request %d, attempt %d: %v, requeued %v", r.Seq, i+1, a.Err, a.Requeued)
				}
				if a.Requeued {
					requeued++
				}
			}
		}
		if n := server.refused["a.test"]; requeued != n || n == 0 || n > 50 {
			t.Errorf("%d refusals at the server, %d attempts that were requeued", n, requeued)
		}
	})
}

// TestRefusedAlone: a URL that is refused while its host serves others uses up its retries in the end, and they do not.
func TestRefusedAlone(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		server := &crowded{bears: 100, takes: 100 * time.Millisecond, always: "/bad"}
		f := &Fetcher{Transport: server, Workers: 4, Retry: Retry{Max: 2}}
		urls := slices.Insert(many(400, "a.test"), 50, "http://a.test/bad")
		byKind, results := outcomes(t, f, urls...)
		if byKind[KindNone] != 400 || byKind[KindRateLimited] != 1 {
			t.Errorf("of 400 and one: %v", byKind)
		}
		for _, r := range results {
			if r.Err == nil {
				continue
			}
			const free = 5
			requeued := 0
			for _, a := range r.Attempts {
				if a.Requeued {
					requeued++
				}
			}
			// One more or two do not count: those between which nothing else was served.
			if requeued < free || requeued > free+2 || len(r.Attempts) != requeued+3 {
				t.Errorf("%d attempts, %d of them requeued; want about %d, and 3 more", len(r.Attempts), requeued, free)
			}
		}
	})
}

// TestRefusedIsFinal where the caller wants no retry: of none, and of a method that may not be sent twice.
func TestRefusedIsFinal(t *testing.T) {
	for _, row := range []struct {
		name     string
		retry    Retry
		method   string
		requeued bool
	}{
		{"no retries", Retry{Max: -1}, "GET", false},
		{"POST", Retry{}, "POST", false},
		{"POST, unsafe", Retry{Unsafe: true}, "POST", true},
		{"a policy that wants none", Retry{Policy: func(*Result) bool { return false }}, "GET", false},
		{"GET", Retry{}, "GET", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			bubble.Test(t, func(t *testing.T) {
				f := &Fetcher{Transport: &crowded{bears: 2, takes: 100 * time.Millisecond}, Workers: 3, Retry: row.retry}
				reqs := func(yield func(*Request, error) bool) {
					for range 3 {
						if !yield(&Request{URL: "http://a.test/", Method: row.method}, nil) {
							return
						}
					}
				}
				refused := 0
				outcomes(t, f, "http://a.test/") // so that it has served something
				for r, err := range f.Run(t.Context(), reqs) {
					if err != nil {
						t.Fatal(err)
					}
					if first := r.Attempts[0]; first.Err != nil {
						refused++
						if (r.Err == nil) != row.requeued || (len(r.Attempts) > 1) != row.requeued || row.requeued && !first.Requeued {
							t.Errorf("%v after %d attempts, requeued %v", r.Err, len(r.Attempts), first.Requeued)
						}
					}
				}
				if refused != 1 {
					t.Errorf("%d were refused", refused)
				}
			})
		})
	}
}

// TestQuotaPausesItsHost: a 429 that asks for a wait is about everything that is sent to its host, and to no other.
func TestQuotaPausesItsHost(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		const wait = 30 * time.Second
		var mu sync.Mutex
		sent := make(map[string][]time.Duration)
		start := time.Now()
		f := &Fetcher{Workers: 4, Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
			mu.Lock()
			sent[req.URL.Host] = append(sent[req.URL.Host], time.Since(start))
			nth := len(sent[req.URL.Host])
			mu.Unlock()
			time.Sleep(100 * time.Millisecond)
			if req.URL.Host == "strict.test" && nth == 20 {
				return answer(req, 429, "", "Retry-After", "30"), nil
			}
			return answer(req, 200, "yes"), nil
		})}
		var urls []string
		for i := range 100 {
			urls = append(urls, fmt.Sprintf("http://strict.test/%d", i), fmt.Sprintf("http://free.test/%d", i))
		}
		byKind, results := outcomes(t, f, urls...)
		if byKind[KindNone] != 200 {
			t.Errorf("of 200 requests: %v", byKind)
		}
		refused := sent["strict.test"][19] + 100*time.Millisecond
		for _, at := range sent["strict.test"] {
			if at > refused && at < refused+wait {
				t.Errorf("something was sent at %v, %v after the host had asked for %v", at, at-refused, wait)
			}
		}
		if last := slices.Max(sent["free.test"]); last > 6*time.Second { // 200 of 100 ms on 4 workers take 5 s
			t.Errorf("the other host's last request left at %v", last)
		}
		for _, r := range results {
			if a := r.Attempts[0]; a.Status == 429 && (a.RetryAfter != wait || !a.Requeued) {
				t.Errorf("the refused attempt has %+v", a)
			}
		}
	})
}

// TestBusyDelaysItself: a 503 that asks for a wait, alone among successes, holds up no other request.
func TestBusyDelaysItself(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		const wait = 30 * time.Second
		var mu sync.Mutex
		n := 0
		f := &Fetcher{Workers: 4, Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
			mu.Lock()
			n++
			refuse := n == 100
			mu.Unlock()
			time.Sleep(100 * time.Millisecond)
			if refuse {
				return answer(req, 503, "", "Retry-After", "30"), nil
			}
			return answer(req, 200, "yes"), nil
		})}
		byKind, results := outcomes(t, f, many(200, "a.test")...)
		if byKind[KindNone] != 200 {
			t.Errorf("of 200 requests: %v", byKind)
		}
		for _, r := range results {
			switch a := r.Attempts[0]; {
			case a.Err != nil && (r.Backoff < wait || r.Backoff > wait+DefaultMinWait || a.RetryAfter != wait):
				t.Errorf("the refused request slept %v, and has %+v", r.Backoff, a)
			case a.Err == nil && r.End() > 6*time.Second:
				t.Errorf("request %d ended at %v", r.Seq, r.End())
			}
		}
	})
}

// TestProblemTypes: a problem of its type makes a refusal of a 403, and its body is there to be read all the same.
func TestProblemTypes(t *testing.T) {
	const registry = "https://iana.org/assignments/http-problem-types#"
	long := strings.Repeat("x", 10_000)
	for _, row := range []struct {
		status   int
		media    string
		problem  string
		attempts int
	}{
		{403, "application/problem+json", registry + "quota-exceeded", 2},
		{403, "application/problem+json", registry + "other", 1},
		{403, "application/json", registry + "quota-exceeded", 1},
		{404, "application/problem+json", registry + "quota-exceeded", 1},
		{503, "application/problem+json", registry + "quota-exceeded", 2},
	} {
		t.Run(fmt.Sprint(row.status, row.media, row.problem), func(t *testing.T) {
			bubble.Test(t, func(t *testing.T) {
				body := fmt.Sprintf(`{"type": %q, "detail": %q}`, row.problem, long)
				f := &Fetcher{Retry: Retry{Max: 1}, Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
					return answer(req, row.status, body, "Content-Type", row.media), nil
				})}
				r := f.Do(t.Context(), &Request{URL: "http://a.test/"})
				if n := len(r.Attempts); n != row.attempts || (kindIn(r.Err) == KindRateLimited) != (n == 2) {
					t.Errorf("%d attempts, want %d: %v", n, row.attempts, r.Err)
				}
				if n := int64(len(body)); r.Bytes != n || r.WireBytes != n {
					t.Errorf("%d and %d bytes of %d", r.Bytes, r.WireBytes, n)
				}
			})
		})
	}
}

// TestMalformedLimits are passed over, and noted once for each host.
func TestMalformedLimits(t *testing.T) {
	f := &Fetcher{Transport: failing(0, 0)}
	f.Transport = transportFunc(func(req *http.Request) (*http.Response, error) {
		return answer(req, 200, "yes", "RateLimit", "what is this?"), nil
	})
	noted := make(map[string]int)
	for r := range f.Run(t.Context(), URLs(append(many(20, "a.test"), many(20, "b.test")...)...)) {
		if r.Err != nil {
			t.Error(r.Err)
		}
		if slices.Contains(r.Notes, NoteLimitIgnored) {
			noted[r.FinalURL[:len("http://a")]]++
		}
	}
	if len(noted) != 2 || noted["http://a"] != 1 || noted["http://b"] != 1 {
		t.Errorf("noted %v", noted)
	}
}
