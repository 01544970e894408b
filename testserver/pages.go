package testserver

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

const (
	maxPages = 1_000_000
	maxCrawl = 10_000 // the number of the last page of HTML, and with it the length of the longest
)

// page serves items (n-1)×size+1 to n×size. Only the last page has no next.
func (h *Handler) page(w http.ResponseWriter, r *http.Request, text string) *refusal {
	n, ok := number(text, 1, 1, maxPages)
	if !ok {
		return badRequest("write /page/{n}, such as /page/1")
	}
	pages, size, no := pagesOf(r.URL.Query())
	if no != nil {
		return no
	}
	if n > pages {
		return refuse(http.StatusNotFound, fmt.Sprintf("there are only %d pages", pages))
	}
	if n < pages {
		next := url.URL{Path: "/page/" + strconv.FormatInt(n+1, 10), RawQuery: r.URL.RawQuery}
		w.Header().Set("Link", "<"+next.String()+`>; rel="next"`)
	}
	return answerJSON(w, http.StatusOK, struct {
		Page  int64  `json:"page"`
		Pages int64  `json:"pages"`
		Items []item `json:"items"`
	}{n, pages, itemsOf(n, size)})
}

// item is an element of a paginated list.
type item struct {
	ID int64 `json:"id"`
}

// pagesOf parses the number of pages of a list, and of items per page.
func pagesOf(q url.Values) (pages, size int64, no *refusal) {
	pages, pagesOK := number(q.Get("pages"), 5, 1, maxPages)
	size, sizeOK := number(q.Get("size"), 10, 0, 10_000)
	if !pagesOK || !sizeOK {
		no = badRequest("?pages= is the number of pages (5), ?size= the items of each (10, at most 10000)")
	}
	return pages, size, no
}

// itemsOf returns the items of a page.
func itemsOf(page, size int64) []item {
	items := make([]item, size)
	for i := range items {
		items[i].ID = (page-1)*size + int64(i) + 1
	}
	return items
}

// cursor serves one page of a list. The token for the next one contains + / and =, so that it does not come back
// intact unless it is encoded in a query; an unknown token is rejected.
func (h *Handler) cursor(w http.ResponseWriter, r *http.Request, _ string) *refusal {
	q := r.URL.Query()
	pages, size, no := pagesOf(q)
	if no != nil {
		return no
	}
	page := int64(1)
	if after := q.Get("after"); after != "" {
		var ok bool
		if page, ok = h.pageAfter(after); !ok || page > pages {
			return badRequest("?after= must be a cursor that an earlier page gave, encoded for a query")
		}
	}
	body := struct {
		Items  []item  `json:"items"`
		Next   *string `json:"next"`
		Cursor *string `json:"cursor"`
	}{Items: itemsOf(page, size)}
	next := page + 1
	if page == pages && q.Has("loop") {
		next = min(2, pages)
	}
	if next <= pages {
		token := h.cursorTo(next)
		q.Set("after", token)
		link := url.URL{Path: r.URL.Path, RawQuery: q.Encode()}
		body.Next, body.Cursor = new(link.String()), &token
	}
	return answerJSON(w, http.StatusOK, body)
}

// cursorTo returns the token for a page.
func (h *Handler) cursorTo(page int64) string {
	mark := strconv.FormatUint(random(h.opt.Seed, "cursor", page).Uint64()>>40, 36)
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "\xfb\xef\xff%d.%s", page, mark)) // begins with ++//
}

// pageAfter parses a token.
func (h *Handler) pageAfter(token string) (int64, bool) {
	text, err := base64.StdEncoding.DecodeString(token)
	if err != nil || len(text) < 3 {
		return 0, false
	}
	digits, _, _ := strings.Cut(string(text[3:]), ".")
	page, ok := number(digits, 0, 1, maxPages)
	return page, ok && h.cursorTo(page) == token
}

// crawl serves a page with n paragraphs. Each contains a > outside tags, so that the numbers of < and > differ.
func (h *Handler) crawl(w http.ResponseWriter, _ *http.Request, text string) *refusal {
	n, ok := number(text, 0, 1, maxCrawl)
	if !ok {
		return refuse(http.StatusNotFound, fmt.Sprintf("there are pages from /crawl/1 to /crawl/%d", maxCrawl))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Page %s</title></head>\n<body>\n<h1>Größe %[1]s</h1>\n", text)
	for i := range n {
		fmt.Fprintf(&b, "<p>%d > %d</p>\n", i+1, i)
	}
	fmt.Fprintf(&b, "<p><a href=\"/crawl/%d\">next</a></p>\n</body>\n</html>\n", n%maxCrawl+1)
	return answer(w, http.StatusOK, "text/html; charset=utf-8", b.String())
}
