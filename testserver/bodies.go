package testserver

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
	"unicode/utf8"
)

const (
	blockSize   = 65_521   // a prime: a block at the wrong place in a file is detected, whatever the client's buffer size
	maxEcho     = 64 << 20 // maximum size of a body that is read
	maxEchoText = 64 << 10 // how much of it is returned
)

// block returns the bytes that /bytes and /range repeat.
func block(seed uint64) []byte {
	b := make([]byte, blockSize)
	r := random(seed, "bytes", 0)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

var badSize = badRequest("write the number of bytes, up to 10g, such as /bytes/1000 or /bytes/10k")

func (h *Handler) bytesPath(w http.ResponseWriter, r *http.Request, text string) *refusal {
	n, ok := size(text, -1)
	if !ok {
		return badSize
	}
	h.sendBytes(w, r, n)
	return nil
}

// sendBytes writes n bytes with their length.
func (h *Handler) sendBytes(w http.ResponseWriter, r *http.Request, n int64) {
	header := w.Header()
	header["Content-Type"] = []string{"application/octet-stream"}
	header["Content-Length"] = []string{strconv.FormatInt(n, 10)}
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return
	}
	for n > 0 {
		chunk := h.block[:min(n, blockSize)]
		if _, err := w.Write(chunk); err != nil {
			return // the client has left
		}
		n -= int64(len(chunk))
	}
}

func (h *Handler) rangePath(w http.ResponseWriter, r *http.Request, text string) *refusal {
	n, ok := size(text, -1)
	if !ok {
		return badSize
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("ETag", fmt.Sprintf(`"%x-%d"`, h.opt.Seed, n))
	http.ServeContent(w, r, "", time.Time{}, io.NewSectionReader(endlessFile(h.block), 0, n))
	return nil
}

// endlessFile is a block that repeats, as an endless file.
type endlessFile []byte

func (f endlessFile) ReadAt(p []byte, at int64) (int, error) {
	for n := 0; n < len(p); {
		n += copy(p[n:], f[(at+int64(n))%int64(len(f)):])
	}
	return len(p), nil
}

// Echo is the response of /echo: the request as the server saw it.
type Echo struct {
	Method string      `json:"method"`
	Host   string      `json:"host"` // the Host header
	Path   string      `json:"path"` // as sent, including escapes
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

func (h *Handler) echo(w http.ResponseWriter, r *http.Request, _ string) *refusal {
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
		return refuse(http.StatusRequestEntityTooLarge, "the body could not be read to its end, or is over 64 MiB: "+err.Error())
	}
	e := Echo{
		Method: r.Method, Host: r.Host, Path: r.URL.EscapedPath(), Query: r.URL.Query(), Proto: r.Proto, Header: r.Header,
		Body: EchoBody{Size: n, SHA256: hex.EncodeToString(sum.Sum(nil)), Cut: n > maxEchoText},
	}
	for cut := 0; e.Body.Cut && cut < utf8.UTFMax-1 && !utf8.Valid(text); cut++ {
		text = text[:len(text)-1] // the cut split a character
	}
	if utf8.Valid(text) {
		e.Body.Text = string(text)
	}
	return answerJSON(w, http.StatusOK, e)
}
