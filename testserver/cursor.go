package testserver

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

func (h *Handler) addCursor() {
	h.add("cursor", "/cursor?size=10&pages=5  a list by pages that name the next one in the body: next (a URL, null at the end) and cursor"+
		" (for ?after=); ?loop=1 leads from the last back to the second", h.cursor)
}

// cursor gives one page of a list. The token for the next one holds + / and =, so that one which is not encoded in a query
// does not come back whole; a token that was not given out is refused.
func (h *Handler) cursor(w http.ResponseWriter, r *http.Request, _ string) {
	q := r.URL.Query()
	pages, size, ok := pagesOf(w, q)
	if !ok {
		return
	}
	page := int64(1)
	if after := q.Get("after"); after != "" {
		if page, ok = h.pageAfter(after); !ok || page > pages {
			fail(w, http.StatusBadRequest, "?after= must be a cursor that an earlier page gave, encoded for a query")
			return
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
		text := link.String()
		body.Next, body.Cursor = &text, &token
	}
	answerJSON(w, http.StatusOK, body)
}

// cursorTo is the token for a page.
func (h *Handler) cursorTo(page int64) string {
	number := strconv.FormatInt(page, 10)
	mark := strconv.FormatUint(random(h.opt.Seed, "cursor", page).Uint64()>>40, 36)
	return base64.StdEncoding.EncodeToString([]byte("\xfb\xef\xff" + number + "." + mark)) // begins with ++//
}

// pageAfter reads a token.
func (h *Handler) pageAfter(token string) (int64, bool) {
	text, err := base64.StdEncoding.DecodeString(token)
	if err != nil || len(text) < 3 {
		return 0, false
	}
	digits, _, _ := strings.Cut(string(text[3:]), ".")
	page, ok := number(digits, 0, 1, 1_000_000)
	return page, ok && h.cursorTo(page) == token
}
