package testserver

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
)

const (
	jsonType = "application/json"
	textType = "text/plain; charset=utf-8"
)

// autoLength is the maximum length of a body whose Content-Length net/http sets by itself.
const autoLength = 2048

// answer writes a whole response from memory.
func answer(w http.ResponseWriter, status int, contentType, body string) *refusal {
	w.Header()["Content-Type"] = []string{contentType}
	if len(body) > autoLength {
		w.Header()["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body) // an error means that the client has left
	return nil
}

// answerStatus answers in JSON, and leaves out the body where RFC 9110 does not allow one.
func answerStatus(w http.ResponseWriter, code int, body string) *refusal {
	if code == http.StatusNoContent || code == http.StatusNotModified {
		w.WriteHeader(code)
		return nil
	}
	return answer(w, code, jsonType, body)
}

// answerJSON writes v as JSON.
func answerJSON(w http.ResponseWriter, status int, v any) *refusal {
	body, err := json.Marshal(v)
	if err != nil {
		return refuse(http.StatusInternalServerError, err.Error())
	}
	return answer(w, status, jsonType, string(body))
}

// quoteJSON quotes a string for JSON; strconv.Quote would write \x00.
func quoteJSON(text string) string {
	quoted, _ := json.Marshal(text) // a string never fails
	return string(quoted)
}

// refusal is the response to an invalid request, as JSON.
type refusal struct {
	status int
	body   any
}

// refuse returns a refusal with a text that says what to send instead.
func refuse(status int, text string) *refusal {
	return &refusal{status, map[string]string{"error": text}}
}

func badRequest(text string) *refusal { return refuse(http.StatusBadRequest, text) }

func (no *refusal) answer(w http.ResponseWriter) { answerJSON(w, no.status, no.body) }

// refuseMethod rejects a method if others are allowed.
func refuseMethod(w http.ResponseWriter, allowed, text string) *refusal {
	w.Header().Set("Allow", allowed)
	return refuse(http.StatusMethodNotAllowed, text)
}
