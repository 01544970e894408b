package fetcher_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/bubble"
)

// nextPage asks for http://host/list/2 after http://host/list/1, up to the page given in the query: ?of=3.
func nextPage(r *fetcher.Result) *fetcher.Request {
	base, of, _ := strings.Cut(r.Request.URL, "?of=")
	if fmt.Sprint(r.Page) == of {
		return nil
	}
	return &fetcher.Request{URL: fmt.Sprintf("%s%d?of=%s", strings.TrimRight(base, "0123456789"), r.Page+1, of)}
}

func pagesOf(results []*fetcher.Result) (all []string) {
	for _, r := range results {
		all = append(all, fmt.Sprintf("%d.%d", r.Seq, r.Page))
	}
	return all
}

// pageServer takes as long as the path says in its first element, /1s/…, and does not find /…/lost3.
var pageServer = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	takes, rest, _ := strings.Cut(r.URL.Path[1:], "/")
	d, _ := time.ParseDuration(takes)
	pause(r.Context(), d)
	if rest == "lost3" {
		http.NotFound(w, r)
	}
})

func TestFollow(t *testing.T) {
	for _, c := range []struct {
		name    string
		inOrder bool
		want    []string
	}{
		{"as they come", false, []string{"7.1", "9.1", "7.2", "7.3", "8.1", "8.2", "8.3"}},
		{"in order", true, []string{"7.1", "7.2", "7.3", "8.1", "8.2", "8.3", "9.1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble.Test(t, func(t *testing.T) {
				f := &fetcher.Fetcher{Workers: 3, InOrder: c.inOrder, Follow: nextPage, Transport: inMemory(t, pageServer)}
				results, err := gather(t, f.Run(t.Context(), listOf(
					&fetcher.Request{Seq: 7, URL: "http://a.test/1s/p1?of=3"},
					&fetcher.Request{Seq: 8, URL: "http://a.test/5s/lost1?of=9"}, // its third page is not found: no fourth
					&fetcher.Request{Seq: 9, URL: "http://a.test/1500ms/p1?of=1"},
				)))
				if err != nil {
					t.Error(err)
				}
				if got := pagesOf(results); !slices.Equal(got, c.want) {
					t.Errorf("pages %v, want %v", got, c.want)
				}
				end := make(map[string]time.Duration)
				for i, name := range pagesOf(results) {
					r := results[i]
					end[name] = r.End()
					if r.Page > 1 {
						if before := end[fmt.Sprintf("%d.%d", r.Seq, r.Page-1)]; r.Due != before || r.Response != r.Service {
							t.Errorf("page %s: due %v, response %v; want %v, %v", name, r.Due, r.Response, before, r.Service)
						}
					}
					if failed := name == "8.3"; failed != kindIs(r, fetcher.KindHTTP4xx) {
						t.Errorf("page %s: %v", name, r.Err)
					}
				}
				if s := f.Stats(); s.Read != 7 || s.Done != 7 {
					t.Errorf("read %d, done %d; want 7 pages", s.Read, s.Done)
				}
			})
		})
	}
}

// A page may be put off by its Due, and passes the same gate: with one slot it waits while that is taken.
func TestFollowWaitsAtTheGate(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &fetcher.Fetcher{Workers: 1, Transport: inMemory(t, pageServer), Follow: func(r *fetcher.Result) *fetcher.Request {
			next := nextPage(r)
			if next != nil && r.Seq == 1 {
				next.Due = 10 * time.Second
			}
			return next
		}}
		results := succeeded(t, f.Run(t.Context(), fetcher.URLs("http://a.test/1s/p1?of=2", "http://a.test/1s/p1?of=2", "http://a.test/1s/p1?of=1")))
		if got, want := pagesOf(results), []string{"1.1", "2.1", "3.1", "2.2", "1.2"}; !slices.Equal(got, want) {
			t.Errorf("pages %v, want %v", got, want)
		}
		if last := results[len(results)-1]; last.Due != 10*time.Second || last.End() != 11*time.Second {
			t.Errorf("the last page was due at %v and ended at %v", last.Due, last.End())
		}
	})
}

// A page that cannot be sent is a result like any other.
func TestFollowToNowhere(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &fetcher.Fetcher{Transport: inMemory(t, delays), Follow: func(*fetcher.Result) *fetcher.Request {
			return &fetcher.Request{URL: "ftp://nowhere.test/"}
		}}
		results, err := gather(t, f.Run(t.Context(), fetcher.URLs("http://a.test/1s")))
		if err != nil || !slices.Equal(pagesOf(results), []string{"1.1", "1.2"}) || !kindIs(results[1], fetcher.KindInput) {
			t.Errorf("%v, %v", pagesOf(results), err)
		}
	})
}

// When a run is stopped, the page in flight is yielded, and the next is not sent.
func TestFollowOfAStoppedRun(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &fetcher.Fetcher{Transport: inMemory(t, pageServer), Follow: nextPage}
		time.AfterFunc(2500*time.Millisecond, f.Stop)
		results, err := gather(t, f.Run(t.Context(), fetcher.URLs("http://a.test/1s/p1?of=9")))
		if got := pagesOf(results); err != fetcher.ErrStopped || !slices.Equal(got, []string{"1.1", "1.2", "1.3"}) {
			t.Errorf("pages %v, %v", got, err)
		}
		if s := f.Stats(); s.Read != 4 || s.Done != 3 || s.NotStarted != 1 {
			t.Errorf("%+v", s)
		}
	})
}

// A chain of pages takes one place of the window, however long it is.
func TestFollowManyPages(t *testing.T) {
	const pages = 20_000
	f := &fetcher.Fetcher{Workers: 2, LookAhead: 1, Transport: atOnce, Follow: func(r *fetcher.Result) *fetcher.Request {
		if r.Page == pages {
			return nil
		}
		return r.Request
	}}
	n := make(map[int64]int)
	for r, err := range f.Run(t.Context(), repeat(3, "http://a.test/")) {
		if err != nil || r.Err != nil {
			t.Fatal(r, err)
		}
		if n[r.Seq]++; n[r.Seq] != r.Page {
			t.Fatalf("request %d: page %d came as number %d", r.Seq, r.Page, n[r.Seq])
		}
	}
	if len(n) != 3 || n[1] != pages || n[2] != pages || n[3] != pages {
		t.Errorf("pages %v", n)
	}
}
