package robots

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/bubble"
	"example.com/fetch/internal/web"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is a server that puts down which paths it was asked for, and when.
type site struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
	at    map[string]time.Time
}

func newSite(t *testing.T, robots http.HandlerFunc) *site {
	s := &site{at: map[string]time.Time{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, req.URL.RequestURI())
		s.at[req.URL.RequestURI()] = time.Now()
		s.mu.Unlock()
		switch {
		case strings.Contains(req.URL.Path, "robots"):
			robots(w, req)
		case strings.HasPrefix(req.URL.Path, "/to/"):
			http.Redirect(w, req, req.URL.Query().Get("u"), http.StatusFound)
		default:
			fmt.Fprint(w, "body")
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// seen are the paths that it was asked for.
func (s *site) seen() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

func text(robots string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, robots) }
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// carryOut fetches URLs under robots.txt, and gives what came of each: ok, or the error.
func carryOut(t *testing.T, f *fetcher.Fetcher, k *Keeper, urls ...string) []string {
	t.Helper()
	return carryOutList(t, f, k, numbered(urls...), len(urls))
}

func carryOutList(t *testing.T, f *fetcher.Fetcher, k *Keeper, reqs iter.Seq2[*fetcher.Request, error], n int) []string {
	t.Helper()
	k.Agent = "fetch/1"
	k.Attach(f)
	defer f.Close()
	defer k.Close()
	results := make([]string, n)
	for r, err := range f.Run(t.Context(), k.Adapt(t.Context(), reqs, f.InOrder)) {
		if err != nil {
			t.Fatal(err)
		}
		results[r.Seq-1] = "ok"
		if r.Err != nil {
			results[r.Seq-1] = r.Err.Error()
		}
	}
	return results
}

func numbered(urls ...string) iter.Seq2[*fetcher.Request, error] {
	return func(yield func(*fetcher.Request, error) bool) {
		for i, u := range urls {
			if !yield(&fetcher.Request{URL: u, Seq: int64(i + 1)}, nil) {
				return
			}
		}
	}
}

func engine() *fetcher.Fetcher {
	return &fetcher.Fetcher{Workers: 4, Retry: fetcher.Retry{Max: -1}, Timeout: fetcher.Timeouts{Attempt: 300 * time.Millisecond}}
}

// TestAnswers: what each answer to the request for a robots.txt means for the paths /a and /b of its host.
func TestAnswers(t *testing.T) {
	const private = "User-agent: *\nDisallow: /b\n"
	chain := func(n int, at string) http.HandlerFunc { // n redirects
		return func(w http.ResponseWriter, req *http.Request) {
			i := len(strings.TrimPrefix(req.URL.Path, "/robots.txt"))
			if i == n {
				fmt.Fprint(w, private)
				return
			}
			http.Redirect(w, req, at+"/robots.txt"+strings.Repeat("x", i+1), http.StatusMovedPermanently)
		}
	}
	elsewhere := newSite(t, text(private))
	for name, test := range map[string]struct {
		robots http.HandlerFunc
		most   int // redirects that the engine follows; 0: as many as it likes
		a, b   string
		asked  int // requests at the host, if not 0
	}{
		"rules": {text(private), 0, "ok", "disallows this path for fetch: Disallow: /b, line 2", 2},
		"404":   {status(404), 0, "ok", "ok", 3},
		"401":   {status(401), 0, "ok", "ok", 3},
		"503":   {status(503), 0, "cannot be had, so that everything there is disallowed: 503", "503", 1},
		"429":   {status(429), 0, "ok", "ok", 3},
		"500":   {status(500), 0, "500 Internal Server Error", "500", 1},
		"hang":  {func(_ http.ResponseWriter, req *http.Request) { <-req.Context().Done() }, 0, "not at an end within 300ms", "300ms", 1},
		"cut": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "99")
			fmt.Fprint(w, private)
		}, 0, "unexpected EOF", "EOF", 1},
		"5 redirects":    {chain(5, ""), 0, "ok", "line 2", 7},
		"6 redirects":    {chain(6, ""), 0, "ok", "ok", 8},
		"5 by ourselves": {chain(5, ""), -1, "ok", "line 2", 7},
		"6 by ourselves": {chain(6, ""), -1, "ok", "ok", 8},
		"5, two by it":   {chain(5, ""), 2, "ok", "line 2", 7},
		"6, two by it":   {chain(6, ""), 2, "ok", "ok", 8},
		"to another host": {func(w http.ResponseWriter, req *http.Request) {
			http.Redirect(w, req, elsewhere.URL+"/robots.txt", 302)
		}, 0, "ok", "line 2", 2},
		"to nowhere": {func(w http.ResponseWriter, req *http.Request) {
			http.Redirect(w, req, "http://127.0.0.1:1/robots.txt", 302)
		}, 0, "connection refused", "refused", 1},
		"HTML":            {text("<html><body>Disallow: /<p>\nDisallow: /a\n</body></html>"), 0, "ok", "ok", 3},
		"empty":           {text(""), 0, "ok", "ok", 3},
		"another charset": {text("User-agent: *\nDisallow: /b\xe9\xff\nDisallow: /b"), 0, "ok", "line 3", 2},
		"UTF-16":          {text("\xff\xfeU\x00s\x00e\x00r\x00-\x00a\x00g\x00e\x00n\x00t\x00:\x00*\x00"), 0, "ok", "ok", 3},
		"a megabyte":      {text("User-agent: *\nDisallow: /b\n" + strings.Repeat("# nothing to be seen\n", 50_000) + "Disallow: /a\n"), 0, "ok", "line 2", 2},
		"cut at 500 KiB":  {text("User-agent: *\nDisallow: /b\n" + strings.Repeat("#", maxRead-40) + "\nDisallow: /abc\n" + strings.Repeat("#", 1000)), 0, "ok", "line 2", 2},
		"coded":           {gzipped(private), 0, "ok", "line 2", 2},
		"coded, and no such": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			fmt.Fprint(w, private)
		}, 0, "gzip", "gzip", 1},
		"several, and an end": {text("User-agent: fetch\nDisallow: /x\nDisallow: /b$\nUser-agent: *\nDisallow: /"), 0, "ok", "line 3", 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, test.robots)
			f := engine()
			f.MaxRedirects = test.most
			events := make(chan fetcher.HostEvent, 9)
			got := carryOut(t, f, &Keeper{Event: func(e fetcher.HostEvent) { events <- e }}, s.URL+"/a", s.URL+"/b")
			if !strings.Contains(got[0], test.a) || !strings.Contains(got[1], test.b) {
				t.Errorf("/a: %s\n/b: %s", got[0], got[1])
			}
			for _, result := range got {
				if result != "ok" && !strings.HasPrefix(result, "robots: robots.txt of "+strings.TrimPrefix(s.URL, "http://")) {
					t.Error(result)
				}
			}
			if asked := s.seen(); len(asked) != test.asked {
				t.Errorf("asked for %q", asked)
			}
			close(events)
			if e := <-events; e.What != EventRobots || "http://"+e.Host != s.URL || e.Why == "" || len(events) > 0 {
				t.Errorf("%+v, and %d more", e, len(events))
			}
			if stats := f.Stats(); stats.Read != 2 || stats.Done != 2 || stats.Sent > 2 || stats.OK+stats.Failed != 2 || stats.Hops < int64(test.asked) {
				t.Errorf("%+v", stats)
			}
		})
	}
}

func gzipped(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		z.Write([]byte(text))
		z.Close()
	}
}

// TestRedirects: a redirect to what another host disallows is not followed, and that host is asked first.
func TestRedirects(t *testing.T) {
	other := newSite(t, text("User-agent: *\nDisallow: /private"))
	s := newSite(t, text("User-agent: *\nDisallow: /no"))
	got := carryOut(t, engine(), &Keeper{}, s.URL+"/to/1?u="+other.URL+"/private", s.URL+"/to/2?u="+other.URL+"/public", s.URL+"/to/3?u=/no", s.URL+"/to/4?u=/yes")
	for i, want := range []string{"Disallow: /private, line 2", "ok", "Disallow: /no, line 2", "ok"} {
		if !strings.Contains(got[i], want) {
			t.Errorf("%d: %s", i+1, got[i])
		}
	}
	if asked := slices.Sorted(slices.Values(other.seen())); !slices.Equal(asked, []string{"/public", "/robots.txt"}) {
		t.Errorf("%q", asked)
	}
}

// TestItself: robots.txt may always be asked for (section 2.2.2), be it as an entry of the list.
func TestItself(t *testing.T) {
	s := newSite(t, text("User-agent: *\nDisallow: /"))
	got := carryOut(t, engine(), &Keeper{}, s.URL+"/robots.txt", s.URL+"/robots.txt?x")
	if got[0] != "ok" || got[1] == "ok" || len(s.seen()) != 2 {
		t.Errorf("%q", got)
	}
}

// TestOneWorker: what is asked for within a request needs no second slot.
func TestOneWorker(t *testing.T) {
	other, s := newSite(t, text("")), newSite(t, text(""))
	f := engine()
	f.Workers, f.Limits.Total.InFlight = 1, 1
	if got := carryOut(t, f, &Keeper{}, s.URL+"/to/1?u="+other.URL+"/", s.URL+"/to/2?u="+other.URL+"/"); got[0] != "ok" || got[1] != "ok" {
		t.Errorf("%q", got)
	}
}

// TestPages: further pages are requests, of whatever host they are.
func TestPages(t *testing.T) {
	other := newSite(t, text("User-agent: *\nDisallow: /2"))
	s := newSite(t, text("User-agent: *\nDisallow: /3"))
	f := engine()
	next := map[string]string{s.URL + "/1": s.URL + "/2", s.URL + "/2": s.URL + "/3", s.URL + "/a": other.URL + "/1", other.URL + "/1": other.URL + "/2"}
	f.Follow = func(r *fetcher.Result) *fetcher.Request {
		if u := next[r.FinalURL]; u != "" {
			return &fetcher.Request{URL: u}
		}
		return nil
	}
	got := carryOut(t, f, &Keeper{}, s.URL+"/1", s.URL+"/a")
	if !strings.Contains(got[0], "Disallow: /3") || !strings.Contains(got[1], "Disallow: /2") {
		t.Errorf("%q", got)
	}
	asked := slices.Sorted(slices.Values(s.seen()))
	if !slices.Equal(asked, []string{"/1", "/2", "/a", "/robots.txt"}) || len(other.seen()) != 2 {
		t.Errorf("%q, %q", asked, other.seen())
	}
}

// TestCrawlDelay: by the server's clock.
func TestCrawlDelay(t *testing.T) {
	s := newSite(t, text("User-agent: *\nCrawl-delay: 0.2"))
	free := newSite(t, text(""))
	k := &Keeper{}
	got := carryOut(t, engine(), k, s.URL+"/1", s.URL+"/2", free.URL+"/1", s.URL+"/3", free.URL+"/2")
	if !slices.Equal(got, slices.Repeat([]string{"ok"}, 5)) {
		t.Fatal(got)
	}
	at := []time.Time{s.at["/1"], s.at["/2"], s.at["/3"]}
	slices.SortFunc(at, time.Time.Compare)
	if a, b := at[1].Sub(at[0]), at[2].Sub(at[1]); a < 180*time.Millisecond || b < 180*time.Millisecond {
		t.Errorf("%v, %v between two requests", a, b)
	}
	if slots, rate := k.Asked(func(string) (int, float64) { return 4, 0 })(strings.TrimPrefix(s.URL, "http://")); slots != 4 || rate != 5 {
		t.Errorf("asked for %d, %v/s", slots, rate)
	}
}

// answering is a transport: each host by itself.
type answering func(req *http.Request) (status int, body string, after time.Duration)

func (a answering) RoundTrip(req *http.Request) (*http.Response, error) {
	code, body, after := a(req)
	select {
	case <-time.After(after):
	case <-req.Context().Done():
		return nil, context.Cause(req.Context())
	}
	return &http.Response{StatusCode: code, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Request: req,
		ContentLength: int64(len(body)), Body: readCloser{strings.NewReader(body)}}, nil
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

// TestDeadHost: a host that never says anything holds up no other, unless the order is to be kept.
func TestDeadHost(t *testing.T) {
	for _, inOrder := range []bool{false, true} {
		bubble.Test(t, func(t *testing.T) {
			start, done := time.Now(), map[string]time.Duration{}
			var mu sync.Mutex
			f := engine()
			f.InOrder, f.Timeout.Attempt = inOrder, 20*time.Second
			f.Transport = answering(func(req *http.Request) (int, string, time.Duration) {
				if req.URL.Host == "dead.test" {
					return 200, "", time.Hour
				}
				return 200, "", time.Second
			})
			f.Ended = func(r *fetcher.Result) {
				mu.Lock()
				defer mu.Unlock()
				done[r.Request.URL] = time.Since(start)
			}
			got := carryOut(t, f, &Keeper{}, "http://dead.test/1", "http://a.test/1", "://", "http://b.test/1")
			if !strings.Contains(got[0], "not at an end within 20s") || got[1] != "ok" || got[3] != "ok" || !strings.HasPrefix(got[2], "input:") {
				t.Errorf("%q", got)
			}
			want := 2 * time.Second
			if inOrder {
				want = 21 * time.Second
			}
			if done["http://a.test/1"] != want || done["http://b.test/1"] != want || done["http://dead.test/1"] != 20*time.Second {
				t.Errorf("in order %v: %v", inOrder, done)
			}
		})
	}
}

// TestManyHeld: what is held back is bounded, in order it comes in order, and all of it comes.
func TestManyHeld(t *testing.T) {
	for _, inOrder := range []bool{false, true} {
		bubble.Test(t, func(t *testing.T) {
			const n = 3 * maxHeld / 2
			f := engine()
			f.InOrder = inOrder
			f.Transport = answering(func(req *http.Request) (int, string, time.Duration) {
				if req.URL.Path == fileName {
					return 200, "User-agent: *\nDisallow: /1", 100 * time.Millisecond
				}
				return 200, "", 0
			})
			f.Workers = 100
			k := &Keeper{}
			var most, read, given int
			var mu sync.Mutex
			reqs := func(yield func(*fetcher.Request, error) bool) {
				for i := range n {
					mu.Lock()
					read++
					most = max(most, read-given)
					mu.Unlock()
					if !yield(&fetcher.Request{URL: fmt.Sprintf("http://h%d.test/%d", i%7, i%2), Seq: int64(i + 1)}, nil) {
						return
					}
				}
			}
			k.Attach(f)
			var last int64
			counted := func(yield func(*fetcher.Request, error) bool) {
				for req, err := range k.Adapt(t.Context(), reqs, inOrder) {
					mu.Lock()
					given++
					mu.Unlock()
					if inOrder && req.Seq != last+1 {
						t.Errorf("%d after %d", req.Seq, last)
					}
					last = req.Seq
					if !yield(req, err) {
						return
					}
				}
			}
			failed, all := 0, map[int64]bool{}
			for r, err := range f.Run(t.Context(), counted) {
				if err != nil {
					t.Fatal(err)
				}
				all[r.Seq] = true
				if errors.Is(r.Err, fetcher.KindRobots) {
					failed++
				}
			}
			f.Close()
			k.Close()
			if len(all) != n || failed != n/2 || most < maxHeld || most > maxHeld+2 {
				t.Errorf("%d results, %d disallowed, at most %d held back", len(all), failed, most)
			}
		})
	}
}

// TestAgainAfterHalfADay: rules are asked for again, as often as rounds need it, and requests wait for that.
func TestAgainAfterHalfADay(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		asked := 0
		f := engine()
		f.Transport = answering(func(req *http.Request) (int, string, time.Duration) {
			if req.URL.Path != fileName {
				return 200, "", 0
			}
			if asked++; asked < 3 {
				return 200, "", 0
			}
			return 200, "User-agent: *\nDisallow: /", 0
		})
		reqs := func(yield func(*fetcher.Request, error) bool) {
			for i := range 6 {
				if !yield(&fetcher.Request{URL: "http://a.test/", Seq: int64(i + 1), Due: time.Duration(i) * 10 * time.Hour}, nil) {
					return
				}
			}
		}
		got := carryOutList(t, f, &Keeper{}, reqs, 6)
		if asked != 3 || got[0] != "ok" || got[5] == "ok" {
			t.Errorf("asked %d times: %q", asked, got)
		}
	})
}

// TestForgotten: what is remembered is bounded, and is asked for again.
func TestForgotten(t *testing.T) {
	k := &Keeper{origins: map[web.Origin]*origin{}, delays: map[string][]fetcher.Rate{}}
	warned := 0
	k.Warn = func(string) { warned++ }
	big := rule{pattern: strings.Repeat("x", maxSize/10)}
	for i := range 20 {
		o := &origin{key: web.Origin{Scheme: "http", Host: fmt.Sprint(i)}}
		k.origins[o.key] = o
		k.remember(o, &answer{rules: Rules{rules: []rule{big}, Delay: time.Second}, at: time.Now()})
	}
	if len(k.origins) != 9 || k.used.Len() != 9 || len(k.delays) != 9 || k.size > maxSize || warned != 1 {
		t.Errorf("%d, %d, %d, %d bytes, %d warnings", len(k.origins), k.used.Len(), len(k.delays), k.size, warned)
	}
}

// TestStopped: wherever a run is broken off, all goroutines end, and nothing is sent that was not known to be allowed.
func TestStopped(t *testing.T) {
	for _, how := range []string{"break", "cancel", "stop", "drain", "error", "panic"} {
		t.Run(how, func(t *testing.T) {
			bubble.Test(t, func(t *testing.T) {
				f := engine()
				f.Timeout.Attempt = time.Hour
				f.Transport = answering(func(req *http.Request) (int, string, time.Duration) {
					if strings.HasPrefix(req.URL.Host, "dead") {
						if req.URL.Path != fileName {
							t.Errorf("%s was sent", req.URL)
						}
						return 200, "User-agent: *\nDisallow: /", time.Minute
					}
					return 200, "", 0
				})
				k := &Keeper{}
				k.Attach(f)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				fault := errors.New("the list is broken")
				reqs := func(yield func(*fetcher.Request, error) bool) {
					for i := range 50 {
						if !yield(&fetcher.Request{URL: fmt.Sprintf("http://dead%d.test/", i), Seq: int64(i + 1)}, nil) {
							return
						}
					}
					switch yield(&fetcher.Request{URL: "http://a.test/", Seq: 51}, nil); how {
					case "error":
						yield(nil, fault)
					case "panic":
						panic("the list is broken")
					}
				}
				var last error
				for r, err := range f.Run(ctx, k.Adapt(ctx, reqs, false)) {
					if last = err; err != nil {
						break
					}
					if how == "break" {
						break
					}
					if r.Seq == 51 {
						map[string]func(){"cancel": cancel, "stop": f.Stop, "drain": f.Drain, "error": func() {}, "panic": func() {}}[how]()
					}
				}
				switch how {
				case "error":
					if !errors.Is(last, fault) {
						t.Error(last)
					}
				case "panic":
					if last == nil || !strings.Contains(last.Error(), "the list is broken") {
						t.Error(last)
					}
				case "cancel":
					if !errors.Is(last, context.Canceled) {
						t.Error(last)
					}
				default:
					if last != nil {
						t.Error(last)
					}
				}
				k.Close()
				f.Close()
			})
		})
	}
}

// TestCredentials: the request for robots.txt has the header that it is given, and what Apply adds.
func TestCredentials(t *testing.T) {
	var got http.Header
	s := newSite(t, func(_ http.ResponseWriter, req *http.Request) { got = req.Header })
	k := &Keeper{Apply: func(req *fetcher.Request) {
		req.Header = http.Header{"User-Agent": {"fetch/1"}, "Authorization": {"Bearer x"}}
	}}
	reqs := func(yield func(*fetcher.Request, error) bool) {
		yield(&fetcher.Request{URL: s.URL + "/a", Seq: 1, Header: http.Header{"X-Own": {"1"}}}, nil)
	}
	carryOutList(t, engine(), k, reqs, 1)
	if got.Get("User-Agent") != "fetch/1" || got.Get("Authorization") != "Bearer x" || got.Get("X-Own") != "" {
		t.Error(got)
	}
}

// TestAnyKind: a robots.txt is asked for whatever its type, although other requests for its host want one: a 406 would allow
// everything.
func TestAnyKind(t *testing.T) {
	s := newSite(t, func(w http.ResponseWriter, req *http.Request) {
		if req.Header.Get("Accept") != "*/*" || req.Header.Get("X-Api-Key") != "word" {
			w.WriteHeader(http.StatusNotAcceptable)
			return
		}
		fmt.Fprint(w, "User-agent: *\nDisallow: /")
	})
	k := &Keeper{Apply: func(req *fetcher.Request) { req.Header = http.Header{"Accept": {"text/csv"}, "X-Api-Key": {"word"}} }}
	if got := carryOut(t, engine(), k, s.URL+"/a"); !strings.Contains(got[0], "disallows") {
		t.Error(got)
	}
}

// TestHandle: what an engine did with bodies it does with all but those of robots.txt.
func TestHandle(t *testing.T) {
	s := newSite(t, text("User-agent: *\nDisallow: /b"))
	for _, failuresOnly := range []bool{false, true} {
		var seen bytes.Buffer
		f := engine()
		f.FailuresOnly, f.Digest = failuresOnly, true
		f.Handle = func(r *fetcher.Result, resp *http.Response) error {
			fmt.Fprintln(&seen, r.Request.URL, resp.StatusCode)
			return nil
		}
		f.Ended = func(r *fetcher.Result) {
			if r.Err == nil && (r.Bytes != 4 || r.Digest == "") || strings.HasSuffix(r.Request.URL, fileName) {
				t.Errorf("%+v", r)
			}
		}
		carryOut(t, f, &Keeper{}, s.URL+"/a", s.URL+"/b")
		if want := map[bool]string{false: s.URL + "/a 200\n"}[failuresOnly]; seen.String() != want {
			t.Errorf("failures only %v: %s", failuresOnly, &seen)
		}
	}
}
