package testserver

import (
	"net/http"
	"strconv"
)

// recorder notes the status of an answer and ends its hop.
type recorder struct {
	http.ResponseWriter
	hop    hop
	status int
	left   int64 // bytes still to be written, by Content-Length; -1: not known
	ended  bool
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= 200 {
		r.status = status
		if v := r.Header()["Content-Length"]; len(v) == 1 {
			if n, err := strconv.ParseInt(v[0], 10, 64); err == nil {
				r.left = n
			}
		}
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write ends the hop before the last byte leaves: after it the client is free, and may be here again with another
// request before this handler has returned, which would show more in flight than there ever were.
func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	if r.left > 0 {
		if r.left -= int64(len(p)); r.left <= 0 {
			r.end()
		}
	}
	return r.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorder) end() {
	if !r.ended {
		r.ended = true
		r.hop.end(r.status)
	}
}
