package fetcher_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"testing"
	"time"

	"example.com/fetch/fetcher"
)

// TestNext: what goes along to the next page, and to whom.
func TestNext(t *testing.T) {
	base := fetcher.Request{URL: "http://me:pw@a.test/1", Name: "list", Row: fetcher.Row{{Column: "id", Value: "7"}}, Tag: 5, Timeout: time.Minute,
		Header: http.Header{"Authorization": {"Bearer x"}, "User-Agent": {"me"}, "Range": {"bytes=0-1"}, "Content-Type": {"text/plain"}}}
	posted := base
	posted.Body = func() (io.ReadCloser, error) { return http.NoBody, nil }
	head := base
	head.Method = http.MethodHead
	for _, test := range []struct {
		from        *fetcher.Request
		final, link string
		want        string
	}{
		{&base, "http://a.test/x/1", "2?a=b", "GET http://me:pw@a.test/x/2?a=b [Authorization Content-Type User-Agent]"},
		{&posted, "http://a.test/1", "http://A.test:80/2", "GET http://me:pw@A.test:80/2 [Authorization User-Agent]"},
		{&head, "http://a.test/1", "/2", "HEAD http://me:pw@a.test/2 [Authorization Content-Type User-Agent]"},
		{&base, "http://a.test/1", "https://a.test/2", "GET https://a.test/2 [Content-Type User-Agent]"},
		{&base, "http://a.test/1", "http://b.test/2", "GET http://b.test/2 [Content-Type User-Agent]"},
		{&base, "http://b.test/1", "/2", "GET http://b.test/2 [Content-Type User-Agent]"},              // a redirect has led there
		{&base, "http://b.test/1", "http://a.test/2", "GET http://a.test/2 [Content-Type User-Agent]"}, // whose link this is
	} {
		r := &fetcher.Result{Request: test.from, FinalURL: test.final}
		page := r.Next(test.link)
		if got := fmt.Sprint(page.Method, " ", page.URL, " ", slices.Sorted(maps.Keys(page.Header))); got != test.want || page.Err != nil {
			t.Errorf("%s from %s: %s, %v; want %s", test.link, test.final, got, page.Err, test.want)
		}
		if page.Name != "list" || !reflect.DeepEqual(page.Row, base.Row) || page.Tag != 5 || page.Timeout != time.Minute || page.Body != nil {
			t.Errorf("%+v", page)
		}
	}
	r := &fetcher.Result{Request: &base, FinalURL: base.URL}
	if page := r.Next(""); page != nil {
		t.Errorf("%+v", page)
	}
	if page := r.Next("http://[::1"); page == nil || page.Err == nil {
		t.Errorf("%+v", page)
	}
}
