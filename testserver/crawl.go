package testserver

import (
	"net/http"
	"strconv"
	"strings"
)

// maxCrawl is the number of the last page, and with it the length of the longest.
const maxCrawl = 10_000

func (h *Handler) addCrawl() {
	h.add("crawl", "/crawl/{n}  a page of HTML with a link to the next one; 2n+16 times < and 3n+16 times >", h.crawl)
}

// crawl gives a page with n paragraphs. In each there is a > that belongs to no tag, so that the numbers of < and > differ.
func (h *Handler) crawl(w http.ResponseWriter, _ *http.Request, text string) {
	n, ok := number(text, 0, 1, maxCrawl)
	if !ok || n == 0 {
		fail(w, http.StatusNotFound, "there are pages from /crawl/1 to /crawl/"+strconv.Itoa(maxCrawl))
		return
	}
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Page " + text + "</title></head>\n<body>\n<h1>Größe " + text + "</h1>\n")
	for i := range n {
		b.WriteString("<p>" + strconv.FormatInt(i+1, 10) + " > " + strconv.FormatInt(i, 10) + "</p>\n")
	}
	next := n%maxCrawl + 1
	b.WriteString("<p><a href=\"/crawl/" + strconv.FormatInt(next, 10) + "\">next</a></p>\n</body>\n</html>\n")
	answer(w, http.StatusOK, "text/html; charset=utf-8", b.String())
}
