package fetcher

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/fetch/internal/web"
)

// jarServer sets cookies and wants to see them. It notes path and Cookie field of all that it is asked.
type jarServer struct {
	asked []string
	fail  int // how often /flaky answers 500
}

func (s *jarServer) RoundTrip(req *http.Request) (*http.Response, error) {
	sent, _ := web.Field(req.Header, "Cookie")
	s.asked = append(s.asked, strings.TrimSuffix(req.URL.Host+req.URL.Path+" "+strings.Join(sent, "|"), " "))
	switch req.URL.Path {
	case "/login":
		resp := answer(req, 302, "", "Location", req.URL.Query().Get("to"))
		resp.Header["Set-Cookie"] = []string{"sid=new-session", "safe=1; Secure", "all=2; Domain=a.test", "suffix=3; Domain=test"}
		return resp, nil
	case "/set":
		return answer(req, 200, "", "Set-Cookie", "page="+req.URL.RawQuery), nil
	case "/flaky":
		if s.fail--; s.fail >= 0 {
			return answer(req, 500, "", "Set-Cookie", "failed=1"), nil
		}
	case "/hop":
		return answer(req, 302, "", "Location", "/flaky", "Set-Cookie", "hop=1"), nil
	}
	return answer(req, 200, "ok"), nil
}

func TestCookies(t *testing.T) {
	follow := func(r *Result) *Request {
		if next, ok := strings.CutPrefix(r.Request.Name, "then "); ok && r.Page == 1 {
			return &Request{URL: next}
		}
		return nil
	}
	own := http.Header{"cookie": {"sid=old", "x=y"}}
	for name, c := range map[string]struct {
		mode   Cookies
		reqs   []*Request
		follow bool
		fail   int
		want   []string
		values []string // of the last result
	}{
		"redirect": {CookiesOfRequest, []*Request{{URL: "http://a.test/login?to=/in"}, {URL: "http://a.test/other"}}, false, 0,
			[]string{"a.test/login", "a.test/in sid=new-session; all=2", "a.test/other"}, nil},
		"with its own": {CookiesOfRequest, []*Request{{URL: "http://a.test/login?to=/in", Header: own}}, false, 0,
			[]string{"a.test/login sid=old|x=y", "a.test/in sid=new-session; all=2; sid=old; x=y"}, []string{"new-session", "1", "2", "3"}},
		"other host": {CookiesOfRequest, []*Request{{URL: "http://a.test/login?to=http://b.test/", Header: own}}, false, 0,
			[]string{"a.test/login sid=old|x=y", "b.test/"}, []string{"new-session", "1", "2", "3"}},
		"below":  {CookiesOfRequest, []*Request{{URL: "http://a.test/login?to=http://www.a.test/"}}, false, 0, []string{"a.test/login", "www.a.test/ all=2"}, []string{"new-session", "1", "2", "3"}},
		"secure": {CookiesOfRequest, []*Request{{URL: "http://a.test/login?to=https://a.test/"}}, false, 0, []string{"a.test/login", "a.test/ sid=new-session; safe=1; all=2"}, []string{"new-session", "1", "2", "3"}},
		"none":   {NoCookies, []*Request{{URL: "http://a.test/login?to=/in", Header: own}}, false, 0, []string{"a.test/login sid=old|x=y", "a.test/in sid=old|x=y"}, nil},
		"run": {CookiesOfRun, []*Request{{URL: "http://a.test/set?1"}, {URL: "http://a.test/x"}, {URL: "http://b.test/"}}, false, 0,
			[]string{"a.test/set", "a.test/x page=1", "b.test/"}, nil},
		"pages": {CookiesOfRequest, []*Request{{URL: "http://a.test/set?1", Name: "then http://a.test/2"}, {URL: "http://a.test/x"}}, true, 0,
			[]string{"a.test/set", "a.test/2 page=1", "a.test/x"}, nil},
		"a retry begins anew": {CookiesOfRequest, []*Request{{URL: "http://a.test/hop"}}, false, 1,
			[]string{"a.test/hop", "a.test/flaky hop=1", "a.test/hop", "a.test/flaky hop=1"}, []string{"1"}},
		"a retry of a page": {CookiesOfRequest, []*Request{{URL: "http://a.test/set?1", Name: "then http://a.test/hop"}}, true, 1,
			[]string{"a.test/set", "a.test/hop page=1", "a.test/flaky page=1; hop=1", "a.test/hop page=1", "a.test/flaky page=1; hop=1"}, []string{"1"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := &jarServer{fail: c.fail}
			f := &Fetcher{Workers: 1, Transport: s, Cookies: c.mode, InOrder: true, Retry: Retry{MinWait: time.Nanosecond}}
			if c.follow {
				f.Follow = follow
			}
			var last *Result
			for r, err := range f.Run(t.Context(), func(yield func(*Request, error) bool) {
				for _, req := range c.reqs {
					if !yield(req, nil) {
						return
					}
				}
			}) {
				if err != nil || r.Err != nil {
					t.Fatal(err, r.Err)
				}
				last = r
			}
			slices.Sort(s.asked) // which of a redirect and the next request goes first is the scheduler's
			slices.Sort(c.want)
			if !slices.Equal(s.asked, c.want) {
				t.Errorf("asked %q, want %q", s.asked, c.want)
			}
			if !slices.Equal(last.Cookies, c.values) {
				t.Errorf("values %q, want %q", last.Cookies, c.values)
			}
		})
	}
}

// A connection that must not be made is final, whoever wants it to be tried again, and teaches nothing of its host.
func TestDenied(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.1:9/", http.StatusFound)
	}))
	defer server.Close()
	transport := NewTransport(TransportOptions{Control: func(_, address string, _ syscall.RawConn) error {
		if strings.HasSuffix(address, ":9") {
			return fmt.Errorf("%w: %s", ErrDenied, address)
		}
		return nil
	}})
	defer transport.CloseIdleConnections()
	f := &Fetcher{Transport: transport, Retry: Retry{Policy: func(*Result) bool { return true }}, Event: func(e HostEvent) { t.Errorf("learned: %+v", e) }}
	for to, want := range map[string]Kind{server.URL: KindRedirect, "http://127.0.0.1:9/": KindConnect} {
		r := f.Do(t.Context(), &Request{URL: to})
		if kind := r.Err.(*Error).Kind; kind != want || len(r.Attempts) != 1 || !strings.Contains(r.Err.Error(), "denied: 127.0.0.1:9") {
			t.Errorf("%s: %v after %d attempts: %v", to, kind, len(r.Attempts), r.Err)
		}
	}
	for r := range f.Run(t.Context(), URLs(strings.Fields(strings.Repeat(" http://127.0.0.1:9/", 100))...)) {
		if r.Err.(*Error).Kind != KindConnect {
			t.Fatalf("the host was given up: %v", r.Err)
		}
	}
}
