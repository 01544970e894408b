package credential_test

import (
	"context"
	"fmt"
	"iter"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/credential"
	"example.com/fetch/internal/follow"
)

const secret = "caNary8"

// witness is two servers for all hosts: a.test:80 is one of them, all else the other. It notes which hosts were asked,
// with the secret and without.
type witness struct {
	transport *http.Transport
	mu        sync.Mutex
	asked     []string // "host path", with " SECRET" if it was there
}

func newWitness(t *testing.T) *witness {
	w := &witness{}
	first, second := httptest.NewServer(w), httptest.NewServer(w)
	t.Cleanup(first.Close)
	t.Cleanup(second.Close)
	w.transport = &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		to := second
		if address == "a.test:80" {
			to = first
		}
		return new(net.Dialer).DialContext(ctx, network, to.Listener.Addr().String())
	}}
	t.Cleanup(w.transport.CloseIdleConnections)
	return w
}

// ServeHTTP redirects with ?to=URL, and links to a next page with ?next=URL.
func (w *witness) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	seen := r.Host + r.URL.Path
	if user, password, ok := r.BasicAuth(); ok && user+password == "me"+secret || strings.Contains(fmt.Sprint(r.Header, r.URL), secret) {
		seen += " SECRET"
	}
	w.mu.Lock()
	w.asked = append(w.asked, seen)
	w.mu.Unlock()
	q := r.URL.Query()
	switch {
	case q.Has("to"):
		http.Redirect(rw, r, q.Get("to"), http.StatusFound)
	case q.Has("next"):
		rw.Header().Set("Link", "<"+q.Get("next")+">; rel=next")
	}
}

// TestNobodyElseSeesThem: whatever the list, the redirects and the pages say, the secret is seen at a.test:80 alone.
func TestNobodyElseSeesThem(t *testing.T) {
	netrc := filepath.Join(t.TempDir(), "netrc")
	if err := os.WriteFile(netrc, []byte("machine a.test login me password "+secret), 0o600); err != nil {
		t.Fatal(err)
	}
	const a = "http://a.test"
	named := []string{"a.test"}
	for _, way := range []struct {
		name string
		urls []string
		want []string // who is asked, in order; no secret in a.test:8080 and b.test, ever
	}{
		{"list", []string{a + "/1", "http://b.test/2", "http://a.test:8080/3", a + "/4"},
			[]string{"a.test/1 SECRET", "b.test/2", "a.test:8080/3", "a.test/4 SECRET"}},
		{"redirect to itself", []string{a + "/1?to=/2"}, []string{"a.test/1 SECRET", "a.test/2 SECRET"}},
		{"redirect to a host", []string{a + "/1?to=http://b.test/2"}, []string{"a.test/1 SECRET", "b.test/2"}},
		{"redirect to a port", []string{a + "/1?to=http://a.test:8080/2"}, []string{"a.test/1 SECRET", "a.test:8080/2"}},
		{"redirect there and back", []string{a + "/1?to=http://b.test/2%3Fto=http://a.test/3"}, []string{"a.test/1 SECRET", "b.test/2", "a.test/3"}},
		{"pages", []string{a + "/1?next=/2%3Fnext=/3"}, []string{"a.test/1 SECRET", "a.test/2 SECRET", "a.test/3 SECRET"}},
		{"pages of a host", []string{a + "/1?next=http://b.test/2%3Fnext=/3"}, []string{"a.test/1 SECRET", "b.test/2", "b.test/3"}},
		{"pages of a port", []string{a + "/1?next=http://a.test:8080/2%3Fnext=/3"}, []string{"a.test/1 SECRET", "a.test:8080/2", "a.test:8080/3"}},
		{"pages after a redirect", []string{a + "/1?to=http://b.test/2%3Fnext=/3"}, []string{"a.test/1 SECRET", "b.test/2", "b.test/3"}},
		{"a page that redirects", []string{a + "/1?next=/2%3Fto=http://b.test/3%253Fnext=/4"}, []string{"a.test/1 SECRET", "a.test/2 SECRET", "b.test/3", "b.test/4"}},
	} {
		for kind, o := range map[string]credential.Options{
			"basic":  {User: "me:" + secret, Hosts: named},
			"bearer": {Bearer: secret, Hosts: named},
			"cookie": {Header: http.Header{"Cookie": {"s=" + secret}}, Hosts: named},
			"key":    {Header: http.Header{"X-Api-Key": {secret}}, Hosts: named},
			"netrc":  {Netrc: netrc},
			"first":  {Bearer: secret},
		} {
			isList := len(way.urls) > 1
			switch {
			case kind == "netrc" && (isList || strings.HasSuffix(way.name, "a port")):
				continue // an entry is for all ports
			case kind == "first" && isList:
				continue // is an error
			}
			t.Run(way.name+"/"+kind, func(t *testing.T) {
				c, err := credential.New(o)
				if err != nil {
					t.Fatal(err)
				}
				w := newWitness(t)
				template := http.Header{"Accept": {"*/*"}}
				fetch(t, w, c, c.Adapt(requests(template, way.urls)))
				if !slices.Equal(w.asked, way.want) {
					t.Errorf("asked %q, want %q", w.asked, way.want)
				}
				if len(template) != 1 {
					t.Error("the template was written to")
				}
			})
		}
		// What a request brings along itself is its own host's alone.
		if len(way.urls) > 1 {
			continue
		}
		for kind, own := range map[string]struct {
			url    string
			header http.Header
		}{
			"own header":   {way.urls[0], http.Header{"Authorization": {secret}}},
			"own userinfo": {strings.Replace(way.urls[0], "http://", "http://me:"+secret+"@", 1), nil},
		} {
			t.Run(way.name+"/"+kind, func(t *testing.T) {
				c, err := credential.New(credential.Options{Bearer: "x", Hosts: []string{"c.test"}})
				if err != nil {
					t.Fatal(err)
				}
				w := newWitness(t)
				fetch(t, w, c, c.Adapt(requests(own.header, []string{own.url})))
				if !slices.Equal(w.asked, way.want) {
					t.Errorf("asked %q, want %q", w.asked, way.want)
				}
			})
		}
	}
}

// TestEachGetsItsOwn: two hosts that are both named get what is theirs on every page, and none of the header of the first.
func TestEachGetsItsOwn(t *testing.T) {
	c, err := credential.New(credential.Options{Bearer: secret, Hosts: []string{"a.test", "b.test"}})
	if err != nil {
		t.Fatal(err)
	}
	w := newWitness(t)
	fetch(t, w, c, c.Adapt(requests(nil, []string{"http://a.test/1?next=http://b.test/2%3Fnext=http://a.test/3%253Fnext=http://c.test/4"})))
	if want := []string{"a.test/1 SECRET", "b.test/2 SECRET", "a.test/3 SECRET", "c.test/4"}; !slices.Equal(w.asked, want) {
		t.Errorf("asked %q, want %q", w.asked, want)
	}
}

func requests(template http.Header, urls []string) iter.Seq2[*fetcher.Request, error] {
	return func(yield func(*fetcher.Request, error) bool) {
		for i, u := range urls {
			if !yield(&fetcher.Request{Seq: int64(i + 1), URL: u, Header: template}, nil) {
				return
			}
		}
	}
}

// fetch carries a list out one after another, with its pages.
func fetch(t *testing.T, w *witness, c *credential.Credentials, reqs iter.Seq2[*fetcher.Request, error]) {
	t.Helper()
	pages := &follow.Follower{Links: true, Apply: c.ApplyToPage}
	engine := &fetcher.Fetcher{Workers: 1, Transport: w.transport, Follow: pages.Follow}
	for r, err := range engine.Run(t.Context(), reqs) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Err != nil {
			t.Error(r.Err)
		}
		pages.Done(r)
	}
}
