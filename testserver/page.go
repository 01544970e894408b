package testserver

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

func (h *Handler) addPage() {
	h.add("page", "/page/{n}  page n of a list, with Link: rel=next; ?pages=5&size=10", h.page)
	h.add("etag", "/etag/{tag}  has that ETag: If-None-Match gives 304, If-Match 412; ?weak=1", h.etag)
}

// page gives items (n-1)×size+1 to n×size. Only the last page has no next.
func (h *Handler) page(w http.ResponseWriter, r *http.Request, text string) {
	q := r.URL.Query()
	n, ok := number(text, 1, 1, 1_000_000)
	if !ok {
		fail(w, http.StatusBadRequest, "write /page/{n}, such as /page/1")
		return
	}
	pages, size, ok := pagesOf(w, q)
	if !ok {
		return
	}
	if n > pages {
		fail(w, http.StatusNotFound, "there are only "+strconv.FormatInt(pages, 10)+" pages")
		return
	}
	body := struct {
		Page  int64  `json:"page"`
		Pages int64  `json:"pages"`
		Items []item `json:"items"`
	}{n, pages, itemsOf(n, size)}
	if n < pages {
		next := url.URL{Path: "/page/" + strconv.FormatInt(n+1, 10), RawQuery: r.URL.RawQuery}
		w.Header().Set("Link", "<"+next.String()+`>; rel="next"`)
	}
	answerJSON(w, http.StatusOK, body)
}

// item is what a list has on its pages.
type item struct {
	ID int64 `json:"id"`
}

// pagesOf reads of how many pages a list is, and of how many items each. It answers what is wrong.
func pagesOf(w http.ResponseWriter, q url.Values) (pages, size int64, ok bool) {
	pages, pagesOK := number(q.Get("pages"), 5, 1, 1_000_000)
	size, sizeOK := number(q.Get("size"), 10, 0, 10_000)
	if !pagesOK || !sizeOK {
		fail(w, http.StatusBadRequest, "?pages= is the number of pages (5), ?size= the items of each (10, at most 10000)")
		return 0, 0, false
	}
	return pages, size, true
}

// itemsOf are the items of a page.
func itemsOf(page, size int64) []item {
	items := make([]item, size)
	for i := range items {
		items[i].ID = (page-1)*size + int64(i) + 1
	}
	return items
}

func (h *Handler) etag(w http.ResponseWriter, r *http.Request, tag string) {
	if tag == "" || strings.ContainsFunc(tag, func(c rune) bool { return c <= ' ' || c == '"' || c >= 0x7f }) {
		fail(w, http.StatusBadRequest, "an ETag is of visible ASCII without quotes (RFC 9110, section 8.8.3), such as /etag/v1")
		return
	}
	setETag(w, r, tag)
	w.Header().Set("Content-Type", jsonType)
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(`{"etag": `+strconv.Quote(tag)+`}`))
}

// setETag sets the ETag of a tag, a weak one for ?weak=1.
func setETag(w http.ResponseWriter, r *http.Request, tag string) {
	tag = `"` + tag + `"`
	if r.URL.Query().Has("weak") {
		tag = "W/" + tag
	}
	w.Header().Set("ETag", tag)
}
