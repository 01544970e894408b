package testserver

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

func (h *Handler) status(w http.ResponseWriter, r *http.Request, text string) *refusal {
	code, ok := number(text, 0, 200, 999)
	if !ok {
		return badRequest("the status must be a number from 200 to 999, such as /status/404")
	}
	setRetryAfter(w, r)
	return answerStatus(w, int(code), `{"status": `+text+`}`)
}

// flakyPath counts the visits of a key over all clients, so that two clients with one key share its failures.
func (h *Handler) flakyPath(w http.ResponseWriter, r *http.Request, rest string) *refusal {
	key, text, _ := strings.Cut(rest, "/")
	n, ok := number(text, -1, 0, 1_000_000)
	code, codeOK := number(r.URL.Query().Get("code"), http.StatusServiceUnavailable, 200, 999)
	if key == "" || !ok || !codeOK {
		return badRequest("write /flaky/{key}/{n}, such as /flaky/a/2; n is how often it fails, ?code= with which status (503)")
	}
	visit, status := h.flaky.add(rest), http.StatusOK
	if visit <= n {
		setRetryAfter(w, r)
		status = int(code)
	}
	return answerStatus(w, status, fmt.Sprintf(`{"visit": %d, "fails": %s}`, visit, text))
}

// setRetryAfter copies ?retry_after= to the header unchanged: seconds, a date, or an invalid value.
func setRetryAfter(w http.ResponseWriter, r *http.Request) {
	if v := r.URL.Query().Get("retry_after"); v != "" {
		w.Header().Set("Retry-After", v)
	}
}

func (h *Handler) redirect(w http.ResponseWriter, r *http.Request, text string) *refusal {
	n, ok := number(text, -1, 0, 1_000_000)
	code, codeOK := redirectCode(r)
	if !ok || !codeOK {
		return badRequest("write /redirect/{n}, such as /redirect/3; ?code= is from 300 to 399 (302)")
	}
	if n == 0 {
		return answer(w, http.StatusOK, jsonType, `{"redirects_left": 0}`)
	}
	to := strings.TrimSuffix(r.URL.Path, text) + strconv.FormatInt(n-1, 10)
	if r.URL.RawQuery != "" {
		to += "?" + r.URL.RawQuery
	}
	return sendTo(w, to, code)
}

func (h *Handler) redirectTo(w http.ResponseWriter, r *http.Request, _ string) *refusal {
	to := r.URL.Query().Get("url")
	code, ok := redirectCode(r)
	if to == "" || !ok {
		return badRequest("write /redirect-to?url=http://a.test/1; ?code= is from 300 to 399 (302)")
	}
	return sendTo(w, to, code)
}

func redirectCode(r *http.Request) (int, bool) {
	code, ok := number(r.URL.Query().Get("code"), http.StatusFound, 300, 399)
	return int(code), ok
}

// sendTo redirects. Unlike http.Redirect it does not change the target, so that invalid ones can be tested.
func sendTo(w http.ResponseWriter, to string, code int) *refusal {
	w.Header().Set("Location", to)
	return answerStatus(w, code, `{"location":`+quoteJSON(to)+`}`)
}
