package follow

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/bubble"
	"example.com/fetch/testserver"
)

// inMemory is a transport whose hosts are all one handler.
type inMemory struct{ http.Handler }

func (m inMemory) RoundTrip(req *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	served := req.Clone(req.Context())
	if served.Body == nil {
		served.Body = http.NoBody
	}
	served.RequestURI = req.URL.RequestURI()
	m.ServeHTTP(w, served)
	resp := w.Result()
	resp.Request, resp.ContentLength = req, int64(w.Body.Len())
	return resp, nil
}

// run carries the requests out, and lists the pages: "seq.page path notes". In the end no chain may be left.
func run(t *testing.T, f *Follower, handler http.Handler, reqs iter.Seq2[*fetcher.Request, error]) []string {
	t.Helper()
	var all []string
	for _, r := range results(t, f, handler, reqs) {
		all = append(all, strings.Join(append([]string{fmt.Sprintf("%d.%d %s", r.Seq, r.Page, strings.TrimPrefix(r.Request.URL, "http://a.test"))}, r.Notes...), " "))
	}
	return all
}

func results(t *testing.T, f *Follower, handler http.Handler, reqs iter.Seq2[*fetcher.Request, error]) (all []*fetcher.Result) {
	t.Helper()
	engine := &fetcher.Fetcher{
		Workers: 8, InOrder: true, Transport: inMemory{handler}, Follow: f.Follow, Handle: valueOf,
		Accept: func(status int) bool { return status == 200 || status == 202 },
	}
	for r, err := range engine.Run(t.Context(), reqs) {
		if err != nil {
			t.Fatal(err)
		}
		f.Done(r)
		all = append(all, r)
	}
	if n := len(chainsOf(f)); n > 0 {
		t.Errorf("%d chains are left", n)
	}
	return all
}

// chainsOf are the chains that are kept.
func chainsOf(f *Follower) (all []*chain) {
	f.chains.Range(func(_, c any) bool {
		all = append(all, c.(*chain))
		return true
	})
	return all
}

// valueOf keeps the "next" of a JSON body, or the key that it says to wait with.
func valueOf(r *fetcher.Result, resp *http.Response) error {
	text, err := io.ReadAll(resp.Body)
	var body struct {
		Next    string
		Waiting struct{ ListKey string }
	}
	if json.Unmarshal(text, &body) == nil {
		r.Value = body.Next + body.Waiting.ListKey
	}
	return err
}

func ofValue(r *fetcher.Result) string {
	next, _ := r.Value.(string)
	return next
}

// mux gives what stands for each path and query: the "next" of its body, or what is done by hand.
type mux map[string]any

func (m mux) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch next := m[r.URL.RequestURI()].(type) {
	case nil:
		http.NotFound(w, r)
	case string:
		json.NewEncoder(w).Encode(map[string]string{"next": next})
	case func(http.ResponseWriter, *http.Request):
		next(w, r)
	}
}

func TestLinks(t *testing.T) {
	h := testserver.New(testserver.Options{})
	got := run(t, &Follower{Links: true}, h, fetcher.URLs("http://a.test/page/1?pages=3&size=2", "http://a.test/page/3?pages=3", "http://a.test/page/4?pages=3"))
	want := []string{
		"1.1 /page/1?pages=3&size=2", "1.2 /page/2?pages=3&size=2", "1.3 /page/3?pages=3&size=2", "2.1 /page/3?pages=3", "3.1 /page/4?pages=3",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestChains(t *testing.T) {
	const u = "http://a.test"
	for name, c := range map[string]struct {
		follower *Follower
		pages    mux
		want     []string
	}{
		"cursor":                {pages: mux{"/1": "/1?cursor=a%2F%2B", "/1?cursor=a%2F%2B": "?cursor=b", "/1?cursor=b": ""}, want: []string{"/1", "/1?cursor=a%2F%2B", "/1?cursor=b"}},
		"itself":                {pages: mux{"/1": "/1#x"}, want: []string{"/1 page_loop"}},
		"itself, written anew":  {pages: mux{"/1": "HTTP://A.test:80/1"}, want: []string{"/1 page_loop"}},
		"back to the first":     {pages: mux{"/1": "2", "/2": "3", "/3": "1"}, want: []string{"/1", "/2", "/3 page_loop"}},
		"back to the second":    {pages: mux{"/1": "2", "/2": "3", "/3": "2"}, want: []string{"/1", "/2", "/3 page_loop"}},
		"to where it was led":   {pages: mux{"/1": http.RedirectHandler("/2", http.StatusFound).ServeHTTP, "/2": "2"}, want: []string{"/1 page_loop"}},
		"to what led there":     {pages: mux{"/1": http.RedirectHandler("/2", http.StatusFound).ServeHTTP, "/2": "1"}, want: []string{"/1 page_loop"}},
		"relative to the final": {pages: mux{"/1": http.RedirectHandler("/x/y", http.StatusFound).ServeHTTP, "/x/y": "z", "/x/z": ""}, want: []string{"/1", "/x/z"}},
		"asked again":           {follower: &Follower{Wait: 1, MaxPages: 3}, pages: mux{"/1": "/2", "/2": "/2"}, want: []string{"/1", "/2", "/2 max_pages"}},
		"asked again, not back": {follower: &Follower{Wait: 1}, pages: mux{"/1": "/2", "/2": "/1"}, want: []string{"/1", "/2 page_loop"}},
		"no more than asked":    {follower: &Follower{MaxPages: 2}, pages: mux{"/1": "/2", "/2": "/3"}, want: []string{"/1", "/2 max_pages"}},
		"just as many":          {follower: &Follower{MaxPages: 2}, pages: mux{"/1": "/2", "/2": ""}, want: []string{"/1", "/2"}},
		"one":                   {follower: &Follower{MaxPages: 1}, pages: mux{"/1": "/2"}, want: []string{"/1 max_pages"}},
		"a page that fails":     {pages: mux{"/1": "/2"}, want: []string{"/1", "/2"}},
		"no URL":                {pages: mux{"/1": "http://[x/"}, want: []string{"/1 bad_next"}},
		"another scheme":        {pages: mux{"/1": "/2", "/2": "file:///etc/passwd"}, want: []string{"/1", "/2 bad_next"}},
		"with a password":       {pages: mux{"/1": "http://me:pw@a.test/2"}, want: []string{"/1 bad_next"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := c.follower
			if f == nil {
				f = new(Follower)
			}
			f.Next = ofValue
			var want []string
			for i, page := range c.want {
				want = append(want, fmt.Sprintf("1.%d %s", i+1, page))
			}
			if d := cmp.Diff(want, run(t, f, c.pages, fetcher.URLs(u+"/1"))); d != "" {
				t.Error(d)
			}
		})
	}
}

// What the answer itself says goes before its Link field.
func TestNextBeforeLinks(t *testing.T) {
	both := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</link>; rel=next")
		io.WriteString(w, `{"next":"/said"}`)
	}
	link := func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Link", "</link>; rel=next") }
	got := run(t, &Follower{Links: true, Next: ofValue}, mux{"/1": both, "/said": link, "/link": ""}, fetcher.URLs("http://a.test/1"))
	if want := []string{"1.1 /1", "1.2 /said", "1.3 /link"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// A form is not read: what is linked to at the same place has not been had.
func TestLoopOfAForm(t *testing.T) {
	pages := mux{"/search": func(w http.ResponseWriter, r *http.Request) {
		next := "/search"
		if r.Method == "GET" {
			next = "/results"
		}
		fmt.Fprintf(w, `{"next":%q}`, next)
	}, "/results": "/search"}
	got := run(t, &Follower{Next: ofValue}, pages, func(yield func(*fetcher.Request, error) bool) {
		yield(&fetcher.Request{Method: "POST", URL: "http://a.test/search"}, nil)
	})
	if want := []string{"1.1 /search", "1.2 /search", "1.3 /results page_loop"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// TestListKey is PubChem's way of working something out: the answer names a key, which is asked for until it is done.
func TestListKey(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		polls := 0
		waiting := func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusAccepted)
			io.WriteString(w, `{"next":"/compound/listkey/123/cids/JSON"}`)
		}
		pages := mux{
			"/compound/formula/C2H6O/cids/JSON": waiting,
			"/compound/listkey/123/cids/JSON": func(w http.ResponseWriter, r *http.Request) {
				if polls++; polls < 3 {
					waiting(w, r)
				}
			},
		}
		f := &Follower{Next: ofValue, Wait: 5 * time.Second}
		var due []time.Duration
		var last *fetcher.Result
		for _, last = range results(t, f, pages, fetcher.URLs("http://a.test/compound/formula/C2H6O/cids/JSON")) {
			due = append(due, last.Due)
		}
		if want := []time.Duration{0, 5 * time.Second, 10 * time.Second, 15 * time.Second}; !slices.Equal(due, want) || last.Status != 200 || last.Notes != nil {
			t.Errorf("due at %v; at last %d %v", due, last.Status, last.Notes)
		}
	})
}

// The bundled server's own: a cursor that comes back, and a search that takes three seconds, asked for every two.
func TestBundledServer(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		h := testserver.New(testserver.Options{PubChemDelay: testserver.Delay{Max: -1}})
		got := results(t, &Follower{Next: ofValue}, h, fetcher.URLs("http://a.test/cursor?size=2&pages=4&loop=1"))
		if len(got) != 4 || !slices.Equal(got[3].Notes, []string{NotePageLoop}) {
			t.Errorf("%d pages, at last %v", len(got), got[len(got)-1].Notes)
		}
		f := &Follower{Wait: 2 * time.Second, Next: func(r *fetcher.Result) string {
			if key := ofValue(r); key != "" {
				return "/rest/pug/compound/listkey/" + key + "/cids/JSON"
			}
			return ""
		}}
		got = results(t, f, h, fetcher.URLs("http://pubchem.test/rest/pug/compound/formula/C2H6O/cids/JSON?ready=3s"))
		var statuses []int
		for _, r := range got {
			statuses = append(statuses, r.Status)
		}
		if !slices.Equal(statuses, []int{202, 202, 200}) {
			t.Errorf("the search answered %v", statuses)
		}
	})
}

// A loop of more pages than are remembered ends at MaxPages, and the memory does not grow.
func TestLongLoop(t *testing.T) {
	f := &Follower{MaxPages: 3 * maxRemembered}
	f.Next = func(r *fetcher.Result) string { return fmt.Sprintf("/%d", r.Page%(2*maxRemembered)) }
	r := &fetcher.Result{Page: 1, Request: &fetcher.Request{URL: "http://a.test/0"}}
	for {
		r.FinalURL = r.Request.URL
		next := f.Follow(r)
		if next == nil {
			break
		}
		if all := chainsOf(f); len(all) != 1 || len(all[0].had) > maxRemembered {
			t.Fatalf("%d chains are kept, or too many of their URLs", len(all))
		}
		r = &fetcher.Result{Page: r.Page + 1, Request: next}
	}
	if r.Page != f.MaxPages || !slices.Equal(r.Notes, []string{NoteMaxPages}) || len(chainsOf(f)) != 0 {
		t.Errorf("ended at page %d: %v", r.Page, r.Notes)
	}
}

// Many chains at once, some of which fail: none is left, and none is taken for another.
func TestManyChains(t *testing.T) {
	const chains, pages = 100, 7
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		chain, page, _ := strings.Cut(r.URL.Path[1:], "/")
		n, _ := strconv.Atoi(page)
		switch i, _ := strconv.Atoi(chain); {
		case i%3 == 1 && n == 4:
			http.NotFound(w, r)
		case n < pages:
			w.Header().Set("Link", fmt.Sprintf("<%d>; rel=next", n+1))
		case i%3 == 2:
			w.Header().Set("Link", "<1>; rel=next")
		}
	})
	got := results(t, &Follower{Links: true, Next: ofValue}, h, func(yield func(*fetcher.Request, error) bool) {
		for i := range chains {
			if !yield(&fetcher.Request{URL: fmt.Sprintf("http://a.test/%d/1", i)}, nil) {
				return
			}
		}
	})
	count := make(map[int64]int)
	for _, r := range got {
		count[r.Seq]++
		if want := fmt.Sprintf("http://a.test/%d/%d", r.Seq-1, r.Page); r.Request.URL != want {
			t.Errorf("page %d of %d is %s", r.Page, r.Seq, r.Request.URL)
		}
		if loop := slices.Contains(r.Notes, NotePageLoop); loop != ((r.Seq-1)%3 == 2 && r.Page == pages) {
			t.Errorf("page %d of %d: %v", r.Page, r.Seq, r.Notes)
		}
	}
	for seq, n := range count {
		if want := map[bool]int{true: 4, false: pages}[(seq-1)%3 == 1]; n != want {
			t.Errorf("chain %d has %d pages, want %d", seq, n, want)
		}
	}
	if len(count) != chains {
		t.Errorf("%d chains", len(count))
	}
}

// TestWhatGoesAlong: the header of a page stays at its origin.
func TestWhatGoesAlong(t *testing.T) {
	own := http.Header{"Authorization": {"secret"}, "Cookie": {"secret"}, "x-api-key": {"secret"}, "X-Client": {"c"}, "Host": {"h"}, "Referer": {"r"},
		"Accept": {"a"}, "accept-language": {"l"}, "User-Agent": {"u"}, "If-None-Match": {"e"}, "Range": {"r"}}
	stays := http.Header{"Authorization": {"secret"}, "Cookie": {"secret"}, "x-api-key": {"secret"}, "X-Client": {"c"}, "Host": {"h"}, "Referer": {"r"},
		"Accept": {"a"}, "accept-language": {"l"}, "User-Agent": {"u"}}
	harmless := http.Header{"Accept": {"a"}, "accept-language": {"l"}, "User-Agent": {"u"}}
	for _, c := range []struct {
		asked, final, next string
		url                string
		header             http.Header
		applied            bool
	}{
		{"https://me:pw@a.test/1", "https://a.test/1", "2", "https://me:pw@a.test/2", stays, false},
		{"https://A.test:443/1", "https://A.test:443/x/1", "2", "https://a.test/x/2", stays, false},
		{"https://me:pw@a.test/1", "https://a.test/1", "https://b.test/2", "https://b.test/2", harmless, true},
		{"https://me:pw@a.test/1", "https://a.test/1", "https://a.test:8443/2", "https://a.test:8443/2", harmless, true},
		{"https://me:pw@a.test/1", "https://a.test/1", "http://a.test/2", "http://a.test/2", harmless, false},
		{"http://me:pw@a.test/1", "http://a.test/1", "https://a.test/2", "https://a.test/2", harmless, true},
		{"http://a.test/1", "http://b.test/1", "2", "http://b.test/2", harmless, true},               // led away
		{"http://a.test/1", "http://b.test/1", "http://a.test/2", "http://a.test/2", harmless, true}, // led away, and back
		{"https://a.test/1", "http://a.test/1", "2", "http://a.test/2", harmless, false},
	} {
		given := own.Clone()
		applied := false
		f := &Follower{Next: func(*fetcher.Result) string { return c.next }, Apply: func(r *fetcher.Request) { applied = r.URL == c.url }}
		row := fetcher.Row{{Column: "id", Value: "1"}}
		from := &fetcher.Request{Seq: 3, URL: c.asked, Name: "n", Header: given, Row: row, Rows: []fetcher.Row{row}, Timeout: time.Second, Due: time.Minute}
		got := f.Follow(&fetcher.Result{Seq: 3, Page: 1, Request: from, FinalURL: c.final})
		want := &fetcher.Request{Seq: 3, Method: "GET", URL: c.url, Name: "n", Header: c.header, Row: row, Rows: from.Rows, Timeout: time.Second}
		want.Tag = got.Tag // what is secret of it: see package secret
		if d := cmp.Diff(want, got); d != "" || applied != c.applied {
			t.Errorf("%s, led to %s, names %s: applied %v %s", c.asked, c.final, c.next, applied, d)
		}
		if d := cmp.Diff(own, given); d != "" {
			t.Errorf("the header was written to: %s", d)
		}
	}
}

func TestMethodAndContent(t *testing.T) {
	f := &Follower{Next: func(*fetcher.Result) string { return "/2" }}
	body := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("x")), nil }
	post := &fetcher.Request{Method: "POST", URL: "http://a.test/1", Body: body, Length: 1, Header: http.Header{"Content-Type": {"x"}, "Accept": {"y"}}}
	got := f.Follow(&fetcher.Result{Page: 1, Request: post, FinalURL: post.URL})
	if got.Method != "GET" || got.Body != nil || got.Length != 0 || !reflect.DeepEqual(got.Header, http.Header{"Accept": {"y"}}) {
		t.Errorf("after a POST: %+v", got)
	}
	head := &fetcher.Request{Method: "HEAD", URL: "http://a.test/1", Header: http.Header{"Content-Type": {"x"}}}
	got = f.Follow(&fetcher.Result{Page: 1, Request: head, FinalURL: head.URL})
	if got.Method != "HEAD" || reflect.ValueOf(got.Header).Pointer() != reflect.ValueOf(head.Header).Pointer() {
		t.Errorf("after a HEAD: %+v", got)
	}
	for _, odd := range []string{"", "::", "http://[x/"} {
		if got := f.Follow(&fetcher.Result{Page: 1, Request: &fetcher.Request{URL: odd}, FinalURL: "http://a.test/"}); got == nil || got.Header != nil {
			t.Errorf("from %q: %+v", odd, got)
		}
	}
}

// BenchmarkFollow is what a further page costs.
func BenchmarkFollow(b *testing.B) {
	f := &Follower{Links: true, MaxPages: 1 << 40}
	request := &fetcher.Request{URL: "https://api.example.com/items?page=0", Header: http.Header{"Accept": {"*/*"}, "User-Agent": {"x"}}}
	r := &fetcher.Result{Header: http.Header{"Link": {""}}}
	b.ReportAllocs()
	for b.Loop() {
		r.Page++
		r.Request, r.FinalURL = request, request.URL
		r.Header["Link"][0] = "</items?page=" + strconv.Itoa(r.Page) + ">; rel=\"next\""
		if request = f.Follow(r); request == nil {
			b.Fatal(r.Notes)
		}
	}
}
