package testserver

import (
	"io"
	"net/http"
	"strconv"
	"time"
)

const (
	maxBytes  = 10 << 30 // the longest body
	blockSize = 65_521   // a prime: a block at the wrong place in a file is seen, whatever the client's buffer
)

func (h *Handler) addBytes() {
	h.add("bytes", "/bytes/{n}  n bytes, always the same ones; 10k, 2m and 1g can be written", h.bytesPath)
	h.add("range", "/range/{n}  the same bytes, with ranges (206), If-Range and an ETag", h.rangePath)
	h.block = make([]byte, blockSize)
	r := random(h.opt.Seed, "bytes", 0)
	for i := range h.block {
		h.block[i] = byte(r.Uint32())
	}
}

func (h *Handler) bytesPath(w http.ResponseWriter, r *http.Request, text string) {
	if n, ok := bodySize(w, text); ok {
		h.sendBytes(w, r, n)
	}
}

func bodySize(w http.ResponseWriter, text string) (int64, bool) {
	n, ok := size(text, 0)
	if !ok || text == "" {
		fail(w, http.StatusBadRequest, "write the number of bytes, up to 10g, such as /bytes/1000 or /bytes/10k")
		return 0, false
	}
	return n, true
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
			return // the client left
		}
		n -= int64(len(chunk))
	}
}

func (h *Handler) rangePath(w http.ResponseWriter, r *http.Request, text string) {
	n, ok := bodySize(w, text)
	if !ok {
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("ETag", `"`+strconv.FormatUint(h.opt.Seed, 16)+"-"+strconv.FormatInt(n, 10)+`"`)
	http.ServeContent(w, r, "", time.Time{}, io.NewSectionReader(endlessFile(h.block), 0, n))
}

// endlessFile is a block that repeats as a file without an end.
type endlessFile []byte

func (f endlessFile) ReadAt(p []byte, at int64) (int, error) {
	for n := 0; n < len(p); {
		n += copy(p[n:], f[(at+int64(n))%int64(len(f)):])
	}
	return len(p), nil
}
