package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"sync"
)

// witness is a server that remembers what it was sent.
type witness struct {
	mu   sync.Mutex
	seen []sent
}

// sent is one request as the witness saw it.
type sent struct {
	Method string      `json:"method"`
	Host   string      `json:"host"`
	URL    string      `json:"url"`
	Header http.Header `json:"header"`
	Body   string      `json:"body"`
}

func (w *witness) ServeHTTP(answer http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.mu.Lock()
	w.seen = append(w.seen, sent{r.Method, r.Host, r.RequestURI, r.Header, string(body)})
	w.mu.Unlock()
	if r.URL.Path == "/to" {
		code, err := strconv.Atoi(r.URL.Query().Get("code"))
		if err != nil {
			code = http.StatusFound
		}
		http.Redirect(answer, r, r.URL.Query().Get("url"), code)
	}
}

func (w *witness) json() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	text, _ := json.Marshal(w.seen) // which cannot fail
	return text
}
