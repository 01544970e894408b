package testserver

import (
	"net/http"
	"strconv"
	"strings"
)

func (h *Handler) addStatus() {
	h.add("status", "/status/{code}  answers with that status; ?retry_after=5", h.status)
	h.add("flaky", "/flaky/{key}/{n}  answers 503 n times, then 200; ?code=429&retry_after=1", h.flakyPath)
}

func (h *Handler) status(w http.ResponseWriter, r *http.Request, text string) {
	code, ok := number(text, 0, 200, 999)
	if !ok || text == "" {
		fail(w, http.StatusBadRequest, "the status must be a number from 200 to 999, such as /status/404")
		return
	}
	setRetryAfter(w, r)
	answerStatus(w, int(code), `{"status": `+text+`}`)
}

// flakyPath counts the visits of a key over all clients, so that two clients of one key share its failures.
func (h *Handler) flakyPath(w http.ResponseWriter, r *http.Request, rest string) {
	key, text, _ := strings.Cut(rest, "/")
	n, ok := number(text, 0, 0, 1_000_000)
	code, codeOK := number(r.URL.Query().Get("code"), http.StatusServiceUnavailable, 200, 999)
	if key == "" || text == "" || !ok || !codeOK {
		fail(w, http.StatusBadRequest, "write /flaky/{key}/{n}, such as /flaky/a/2; n is how often it fails, ?code= with which status (503)")
		return
	}
	visit, status := h.flaky.add(rest), http.StatusOK
	if visit <= n {
		setRetryAfter(w, r)
		status = int(code)
	}
	answerStatus(w, status, `{"visit": `+strconv.FormatInt(visit, 10)+`, "fails": `+text+`}`)
}

// setRetryAfter copies ?retry_after= to the header as it is: seconds, a date, or nonsense.
func setRetryAfter(w http.ResponseWriter, r *http.Request) {
	if v := r.URL.Query().Get("retry_after"); v != "" {
		w.Header().Set("Retry-After", v)
	}
}

// answerStatus leaves the body out where RFC 9110 allows none.
func answerStatus(w http.ResponseWriter, code int, body string) {
	if code == http.StatusNoContent || code == http.StatusNotModified {
		w.WriteHeader(code)
		return
	}
	answer(w, code, jsonType, body)
}
