package testserver

import (
	"net/http"
	"testing"
	"time"

	"example.com/fetch/internal/bubble"
)

func TestVersionedAnswersConditions(t *testing.T) {
	h := quick()
	first := ask(t, h, "GET", "/versioned/a")
	tag, date := first.Header.Get("ETag"), first.Header.Get("Last-Modified")
	if body := text(t, first); body != `{"name": "a", "version": 1}` || tag == "" || date == "" {
		t.Fatal(body, first.Header)
	}
	if modified, err := http.ParseTime(date); err != nil || !modified.Before(time.Now()) {
		t.Error(date, err)
	}
	check := func(what, target string, want int, headers ...string) {
		t.Helper()
		resp := ask(t, h, "GET", target, headers...)
		if body := text(t, resp); resp.StatusCode != want || (want == 304) != (body == "") {
			t.Errorf("%s: %d %q, want %d", what, resp.StatusCode, body, want)
		}
	}
	none, since := "If-None-Match: "+tag, "If-Modified-Since: "+date
	check("the same tag", "/versioned/a", 304, none)
	check("one of several tags", "/versioned/a", 304, `If-None-Match: "x", `+tag)
	check("any tag", "/versioned/a", 304, "If-None-Match: *")
	check("the same date", "/versioned/a", 304, since)
	check("another tag counts before the same date", "/versioned/a", 200, `If-None-Match: "x"`, since)
	check("a weak one of the same", "/versioned/a?weak=1", 304, none)
	check("no tag to be known by", "/versioned/a?only=date", 200, none)
	check("no date to be known by", "/versioned/a?only=etag", 200, since)
	check("nothing to be known by", "/versioned/a?only=none", 200, since, none)
	check("another name", "/versioned/b", 200, none)

	if resp := ask(t, h, "POST", "/versioned/a"); text(t, resp) != `{"name": "a", "version": 2}` {
		t.Error(resp.Status)
	}
	check("a new version, by tag", "/versioned/a", 200, none)
	check("a new version, by date", "/versioned/a", 200, since)

	ask(t, h, "DELETE", "/versioned/a")
	check("deleted", "/versioned/a", 410, none)
	ask(t, h, "DELETE", "/versioned/a?code=404")
	check("deleted without a trace", "/versioned/a", 404, none)
	if resp := ask(t, h, "POST", "/versioned/a"); text(t, resp) != `{"name": "a", "version": 5}` {
		t.Error(resp.Status)
	}
	h.reset()
	check("forgotten", "/versioned/a", 304, none)
	for target, want := range map[string]int{"/versioned/": 400, "/versioned/a?every=x": 400, "/versioned/a?only=x": 400, "/versioned/a?code=200": 400} {
		check(target, target, want)
	}
	if resp := ask(t, h, "PUT", "/versioned/a"); resp.StatusCode != 405 {
		t.Error(resp.Status)
	}
}

func TestVersionedChangesByItself(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		h := quick()
		tags, dates := map[string]bool{}, map[string]bool{}
		for range 10 {
			resp := ask(t, h, "GET", "/versioned/a?every=2s")
			tags[resp.Header.Get("ETag")], dates[resp.Header.Get("Last-Modified")] = true, true
			sleep(t.Context(), time.Second)
		}
		if len(tags) != 5 || len(dates) != 5 {
			t.Errorf("%d tags and %d dates in 10 s, want 5", len(tags), len(dates))
		}
	})
}
