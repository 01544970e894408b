package testserver

import (
	"io"
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
	pages, pagesOK := number(q.Get("pages"), 5, 1, 1_000_000)
	items, sizeOK := number(q.Get("size"), 10, 0, 10_000)
	if !ok || !pagesOK || !sizeOK {
		fail(w, http.StatusBadRequest, "write /page/{n}, such as /page/1; ?pages= is their number (5), ?size= the items of each (10, at most 10000)")
		return
	}
	if n > pages {
		fail(w, http.StatusNotFound, "there are only "+strconv.FormatInt(pages, 10)+" pages")
		return
	}
	type item struct {
		ID int64 `json:"id"`
	}
	body := struct {
		Page  int64  `json:"page"`
		Pages int64  `json:"pages"`
		Items []item `json:"items"`
	}{n, pages, make([]item, items)}
	for i := range body.Items {
		body.Items[i].ID = (n-1)*items + int64(i) + 1
	}
	if n < pages {
		next := url.URL{Path: "/page/" + strconv.FormatInt(n+1, 10), RawQuery: r.URL.RawQuery}
		w.Header().Set("Link", "<"+next.String()+`>; rel="next"`)
	}
	answerJSON(w, http.StatusOK, body)
}

func (h *Handler) etag(w http.ResponseWriter, r *http.Request, tag string) {
	if tag == "" || strings.ContainsFunc(tag, func(c rune) bool { return c <= ' ' || c == '"' || c >= 0x7f }) {
		fail(w, http.StatusBadRequest, "an ETag is of visible ASCII without quotes (RFC 9110, section 8.8.3), such as /etag/v1")
		return
	}
	quoted := `"` + tag + `"`
	if r.URL.Query().Has("weak") {
		quoted = "W/" + quoted
	}
	w.Header().Set("ETag", quoted)
	w.Header().Set("Content-Type", jsonType)
	var body io.ReadSeeker = strings.NewReader(`{"etag": ` + strconv.Quote(tag) + `}`)
	http.ServeContent(w, r, "", time.Time{}, body)
}
