package testserver

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"unicode/utf8"
)

const (
	maxEcho     = 64 << 20 // the largest body that is read
	maxEchoText = 64 << 10 // how much of it is given back
)

func (h *Handler) addEcho() {
	h.add("echo", "/echo  the request as JSON: method, path, query, headers, body", h.echo)
}

// Echo is what /echo answers: the request as the server saw it.
type Echo struct {
	Method string      `json:"method"`
	Host   string      `json:"host"` // the Host header
	Path   string      `json:"path"` // as sent, escapes and all
	Query  url.Values  `json:"query"`
	Proto  string      `json:"proto"`
	Header http.Header `json:"headers"`
	Body   EchoBody    `json:"body"`
}

// EchoBody is the body of an Echo.
type EchoBody struct {
	Size   int64  `json:"size"` // in bytes
	SHA256 string `json:"sha256"`
	Text   string `json:"text"` // if it is UTF-8; the first 64 KiB
	Cut    bool   `json:"text_cut,omitempty"`
}

func (h *Handler) echo(w http.ResponseWriter, r *http.Request, _ string) {
	sum := sha256.New()
	body := io.TeeReader(http.MaxBytesReader(w, r.Body, maxEcho), sum)
	text, err := io.ReadAll(io.LimitReader(body, maxEchoText))
	n := int64(len(text))
	if err == nil {
		var rest int64
		rest, err = io.Copy(io.Discard, body)
		n += rest
	}
	if err != nil {
		fail(w, http.StatusRequestEntityTooLarge, "the body could not be read to its end, or is over 64 MiB: "+err.Error())
		return
	}
	e := Echo{
		Method: r.Method, Host: r.Host, Path: r.URL.EscapedPath(), Query: r.URL.Query(), Proto: r.Proto, Header: r.Header,
		Body: EchoBody{Size: n, SHA256: hex.EncodeToString(sum.Sum(nil)), Cut: n > maxEchoText},
	}
	for cut := 0; e.Body.Cut && cut < utf8.UTFMax-1 && !utf8.Valid(text); cut++ {
		text = text[:len(text)-1] // the cut went through a character
	}
	if utf8.Valid(text) {
		e.Body.Text = string(text)
	}
	answerJSON(w, http.StatusOK, e)
}
