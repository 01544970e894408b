package fetcher

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"example.com/fetch/internal/web"
)

// routes is a transport where each URL redirects to another, and all else is 200. It keeps what was sent.
type routes struct {
	status int // 302 if 0
	to     map[string]string
	sent   []*http.Request
}

func (w *routes) RoundTrip(req *http.Request) (*http.Response, error) {
	w.sent = append(w.sent, req)
	if req.Body != nil {
		io.Copy(io.Discard, req.Body)
		req.Body.Close()
	}
	u := *req.URL
	u.User = nil
	if to, ok := w.to[u.String()]; ok {
		status := w.status
		if status == 0 {
			status = 302
		}
		return answer(req, status, "", "Location", to), nil
	}
	return answer(req, 200, "ok"), nil
}

// TestCredentialsStayAtTheirOrigin. net/http sends X-Api-Key to any host, Authorization and Cookie to another port of the
// same host and from https down to http, and the query as Referer.
func TestCredentialsStayAtTheirOrigin(t *testing.T) {
	const a, b = "https://a.test/", "https://b.test/"
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("user:canary"))
	for _, way := range []struct {
		name  string
		chain []string
		keeps int // how many hops may have the credentials
	}{
		{"same origin", []string{a, a + "2", a + "3"}, 3},
		{"same origin, default port written", []string{a, "https://a.test:443/2"}, 2},
		{"other host", []string{a, b}, 1},
		{"subdomain", []string{a, "https://www.a.test/"}, 1},
		{"other port", []string{a, "https://a.test:8443/"}, 1},
		{"https to http", []string{a, "http://a.test/"}, 1},
		{"http to https", []string{"http://a.test/", a}, 1},
		{"https to http on its port", []string{a, "http://a.test:443/"}, 1},
		{"there and back", []string{a, b, a + "2", b + "2"}, 1},
		{"late", []string{a, a + "2", b, b + "2", a + "3"}, 2},
	} {
		for _, header := range []http.Header{
			{"Authorization": {"Bearer canary"}},
			{"authorization": {"Bearer canary"}},
			{"Cookie": {"session=canary"}},
			{"X-Api-Key": {"canary"}},
			{"Proxy-Authorization": {"canary"}},
			{"X-Anything": {"one", "canary"}},
			{"Referer": {"https://a.test/?key=canary"}},
			nil, // userinfo
		} {
			for _, status := range []int{301, 302, 303, 307, 308} {
				t.Run(fmt.Sprintf("%s %v %d", way.name, header, status), func(t *testing.T) {
					w := &routes{status: status, to: map[string]string{}}
					for i := range len(way.chain) - 1 {
						w.to[way.chain[i]] = way.chain[i+1]
					}
					first := way.chain[0]
					if header == nil {
						first = strings.Replace(first, "://", "://user:canary@", 1)
					}
					before := header.Clone()
					f := &Fetcher{Transport: w}
					r := f.Do(t.Context(), &Request{URL: first, Header: header})
					check(t, r, KindNone, 1)
					if len(w.sent) != len(way.chain) {
						t.Fatalf("%d hops, want %d", len(w.sent), len(way.chain))
					}
					for i, req := range w.sent {
						all := fmt.Sprint(req.Header, req.URL)
						has := strings.Contains(all, "canary") || strings.Contains(all, basic)
						if has != (i < way.keeps) {
							t.Errorf("hop %d to %s has the credentials: %v (%s)", i, req.URL.Host, has, all)
						}
						if header == nil && i < way.keeps && req.Header.Get("Authorization") != basic {
							t.Errorf("hop %d has %q", i, req.Header)
						}
					}
					if fmt.Sprint(before) != fmt.Sprint(header) {
						t.Errorf("the caller's header was changed to %v", header)
					}
					for i, hop := range r.Attempts[0].Hops {
						if strings.Contains(hop.URL, "canary") || !strings.HasPrefix(hop.Host, strings.ToLower(w.sent[i].URL.Hostname())) {
							t.Errorf("hop %d: %s at %s", i, hop.URL, hop.Host)
						}
					}
				})
			}
		}
	}
}

// TestCredentialsAreBackInTheNextAttempt, which begins at the origin.
func TestCredentialsAreBackInTheNextAttempt(t *testing.T) {
	var sent []string
	f := &Fetcher{Retry: tries(), Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
		sent = append(sent, req.URL.Host+req.URL.Path+req.Header.Get("X-Api-Key"))
		switch req.URL.String() {
		case "http://a/":
			return answer(req, 302, "", "Location", "/2"), nil
		case "http://a/2":
			return answer(req, 302, "", "Location", "http://b/"), nil
		}
		return answer(req, 500, ""), nil
	})}
	check(t, f.Do(t.Context(), &Request{URL: "http://a/", Header: http.Header{"X-Api-Key": {"!"}}}), KindHTTP5xx, often)
	if want := slices.Repeat([]string{"a/!", "a/2!", "b/"}, often); !slices.Equal(sent, want) {
		t.Errorf("sent %q, want %q", sent, want)
	}
}

// TestNoReferer that net/http makes up: it holds the query, with its secrets.
func TestNoReferer(t *testing.T) {
	for _, to := range []string{"/2", "http://b/", "http://a:81/"} {
		w := &routes{to: map[string]string{"http://a/?api_key=canary": to}}
		f := &Fetcher{Transport: w}
		check(t, f.Do(t.Context(), &Request{URL: "http://a/?api_key=canary"}), KindNone, 1)
		if len(w.sent) != 2 || w.sent[1].Header["Referer"] != nil {
			t.Errorf("to %s: %d hops with the Referer %q", to, len(w.sent), w.sent[len(w.sent)-1].Header["Referer"])
		}
	}
}

// TestHostHeader goes to its origin only.
func TestHostHeader(t *testing.T) {
	for _, name := range []string{"Host", "host"} {
		for to, host := range map[string]string{"/2": "virtual", "http://b/": "b"} {
			w := &routes{to: map[string]string{"http://a/": to}}
			f := &Fetcher{Transport: w}
			check(t, f.Do(t.Context(), &Request{URL: "http://a/", Header: http.Header{name: {"virtual"}}}), KindNone, 1)
			if w.sent[0].Host != "virtual" || w.sent[1].Host != host || web.HasField(w.sent[0].Header, "Host") {
				t.Errorf("%s to %s: hosts %q and %q, %v", name, to, w.sent[0].Host, w.sent[1].Host, w.sent[0].Header)
			}
		}
	}
}

// TestRedirectLimits: how many hops one attempt has.
func TestRedirectLimits(t *testing.T) {
	for _, row := range []struct {
		most  int
		hops  int
		class Kind
	}{
		{0, DefaultMaxRedirects + 1, KindRedirect},
		{3, 4, KindRedirect},
		{1, 2, KindRedirect},
		{-1, 1, KindRedirect},
	} {
		w := &routes{to: map[string]string{"http://a/": "/"}}
		f := &Fetcher{Transport: w, MaxRedirects: row.most, Retry: tries()}
		r := f.Do(t.Context(), &Request{URL: "http://a/"})
		check(t, r, row.class, once)
		if len(r.Attempts[0].Hops) != row.hops || len(w.sent) != row.hops || r.Status != 302 {
			t.Errorf("at most %d: %d hops, %d sent, status %d", row.most, len(r.Attempts[0].Hops), len(w.sent), r.Status)
		}
		if f.Stats().Hops != int64(row.hops) {
			t.Errorf("%d hops counted", f.Stats().Hops)
		}
	}
}

// TestNotFollowed: an answer that is not to be followed is judged as it is, wherever it leads, and costs no second
// reading of the request's content.
func TestNotFollowed(t *testing.T) {
	for _, to := range []string{"", "/2", "http://%zz/", "ftp://b/"} {
		opened := 0
		f := &Fetcher{
			Transport:    &routes{status: 307, to: map[string]string{"http://a/": to}},
			MaxRedirects: -1,
			Accept:       func(status int) bool { return status == 307 },
			Handle: func(r *Result, resp *http.Response) error {
				r.Value = resp.Header.Get("Location")
				return nil
			},
		}
		r := f.Do(t.Context(), &Request{URL: "http://a/", Method: "POST", Body: func() (io.ReadCloser, error) {
			opened++
			return io.NopCloser(strings.NewReader("content")), nil
		}})
		check(t, r, KindNone, once)
		if r.Status != 307 || r.Header.Get("Location") != to || r.Value != to {
			t.Errorf("to %q: status %d, Location %q, and %v for the handler", to, r.Status, r.Header.Get("Location"), r.Value)
		}
		if opened != 1 {
			t.Errorf("to %q: the content was opened %d times", to, opened)
		}
	}
}

// TestRedirectMethod: as browsers do, and RFC 9110, section 15.4 allows.
func TestRedirectMethod(t *testing.T) {
	for _, row := range []struct {
		status          int
		method, becomes string
	}{
		{301, "POST", "GET"}, {302, "POST", "GET"}, {303, "POST", "GET"}, {303, "PUT", "GET"}, {307, "POST", "POST"},
		{308, "PUT", "PUT"}, {302, "HEAD", "HEAD"}, {303, "HEAD", "HEAD"}, {307, "DELETE", "DELETE"},
	} {
		w := &routes{status: row.status, to: map[string]string{"http://a/": "/2"}}
		f := &Fetcher{Transport: w}
		check(t, f.Do(t.Context(), &Request{Method: row.method, URL: "http://a/"}), KindNone, once)
		if got := w.sent[1].Method; got != row.becomes {
			t.Errorf("%s after %d becomes %s", row.method, row.status, got)
		}
	}
}

// TestPrivateBody: a content that is private goes to no other origin; one that is not, does, and so does any to the same origin, or
// where the redirect leaves it behind.
func TestPrivateBody(t *testing.T) {
	for _, row := range []struct {
		status  int
		to      string
		private bool
		kind    Kind
	}{
		{307, "http://b.test/", true, KindRedirect}, {308, "http://b.test/", true, KindRedirect},
		{307, "http://a.test:81/", true, KindRedirect}, {308, "https://a.test/", true, KindRedirect},
		{307, "http://b.test/", false, KindNone}, {308, "/2", true, KindNone}, {303, "http://b.test/", true, KindNone},
	} {
		w := &routes{status: row.status, to: map[string]string{"http://a.test/": row.to}}
		f := &Fetcher{Transport: w, Advanced: Advanced{PrivateBody: func(*Request) bool { return row.private }}}
		req := &Request{Method: "POST", URL: "http://a.test/", Body: func() (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader("password=canary")), nil
		}}
		result := f.Do(t.Context(), req)
		check(t, result, row.kind, once)
		switch hops := len(w.sent); {
		case row.kind == KindNone && hops != 2:
			t.Errorf("%v: %d hops", row, hops)
		case row.kind == KindRedirect && (hops != 1 || !strings.Contains(result.Err.Error(), "another origin")):
			t.Errorf("%v: %d hops, %v", row, hops, result.Err)
		}
	}
}
