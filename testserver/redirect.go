package testserver

import (
	"net/http"
	"strconv"
	"strings"
)

func (h *Handler) addRedirect() {
	h.add("redirect", "/redirect/{n}  n redirects, then 200; ?code=307", h.redirect)
	h.add("redirect-to", "/redirect-to?url=…&code=302  one redirect, to any place", h.redirectTo)
}

func (h *Handler) redirect(w http.ResponseWriter, r *http.Request, text string) {
	n, ok := number(text, 0, 0, 1_000_000)
	code, codeOK := redirectCode(r)
	if !ok || !codeOK || text == "" {
		fail(w, http.StatusBadRequest, "write /redirect/{n}, such as /redirect/3; ?code= is from 300 to 399 (302)")
		return
	}
	if n == 0 {
		answer(w, http.StatusOK, jsonType, `{"redirects_left": 0}`)
		return
	}
	to := strings.TrimSuffix(r.URL.Path, text) + strconv.FormatInt(n-1, 10)
	if r.URL.RawQuery != "" {
		to += "?" + r.URL.RawQuery
	}
	sendTo(w, to, code)
}

func (h *Handler) redirectTo(w http.ResponseWriter, r *http.Request, _ string) {
	to := r.URL.Query().Get("url")
	code, ok := redirectCode(r)
	if to == "" || !ok {
		fail(w, http.StatusBadRequest, "write /redirect-to?url=http://a.test/1; ?code= is from 300 to 399 (302)")
		return
	}
	sendTo(w, to, code)
}

func redirectCode(r *http.Request) (int, bool) {
	code, ok := number(r.URL.Query().Get("code"), http.StatusFound, 300, 399)
	return int(code), ok
}

// sendTo redirects. Unlike http.Redirect it leaves the place as it was asked for, so that bad ones can be tried.
func sendTo(w http.ResponseWriter, to string, code int) {
	w.Header().Set("Location", to)
	answerStatus(w, code, `{"location":`+quoteJSON(to)+`}`)
}
