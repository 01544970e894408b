package fetcher

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"example.com/fetch/internal/coding"
)

// TestDigest: of what was read as decoded, and only of what was read to its end. The sums were made by another program.
func TestDigest(t *testing.T) {
	const ofABC = "xxh64:44bc2cf5ad770999"
	many := strings.Repeat("0123456789abcdef", 10_000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/abc":
			io.WriteString(w, "abc")
		case "/gzip":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			io.WriteString(z, "abc")
			z.Close()
		case "/many":
			io.WriteString(w, many)
		case "/missing":
			http.Error(w, "abc", http.StatusNotFound)
		case "/cut":
			w.Header().Set("Content-Length", "4")
			io.WriteString(w, "abc")
		case "/to":
			http.Redirect(w, r, "/abc", http.StatusFound)
		}
	}))
	defer server.Close()
	readAll := func(_ *Result, resp *http.Response) error { _, err := io.Copy(io.Discard, resp.Body); return err }
	for _, c := range []struct {
		path   string
		handle Handler
		off    bool
		want   string
	}{
		{path: "/abc", want: ofABC},
		{path: "/abc", off: true},
		{path: "/abc", handle: readAll, want: ofABC},
		{path: "/abc", handle: func(*Result, *http.Response) error { return nil }, want: ofABC}, // it is read to its end by the way
		{path: "/abc", handle: func(*Result, *http.Response) error { return errors.New("not liked") }},
		{path: "/gzip", want: ofABC},
		{path: "/to", want: ofABC},
		{path: "/many", want: "xxh64:42589d18084f9e0c"},
		{path: "/many", handle: func(_ *Result, resp *http.Response) error {
			_, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, resp.Body, make([]byte, 7))
			return err
		}, want: "xxh64:42589d18084f9e0c"},
		{path: "/missing", want: "xxh64:e8a1523b824c6e2d"},
		{path: "/cut"},
		{path: "/empty"},
	} {
		f := &Fetcher{Advanced: Advanced{Digest: !c.off}, Handle: c.handle, Retry: Retry{Max: -1}}
		r := f.Do(t.Context(), &Request{URL: server.URL + c.path})
		f.Close()
		if r.Digest != c.want {
			t.Errorf("%s: digest %q of %d bytes, want %q; %v", c.path, r.Digest, r.Bytes, c.want, r.Err)
		}
	}
}

// TestDigestOfLastAttempt: that of an earlier one is not left over.
func TestDigestOfLastAttempt(t *testing.T) {
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) > 1 {
			panic(http.ErrAbortHandler)
		}
		io.WriteString(w, "abc")
	}))
	defer server.Close()
	f := &Fetcher{Advanced: Advanced{Digest: true}, Retry: Retry{Max: 1, MinWait: 1}, Handle: func(_ *Result, resp *http.Response) error {
		io.Copy(io.Discard, resp.Body)
		return &Error{Kind: KindBodyTruncated, Err: io.ErrUnexpectedEOF}
	}}
	defer f.Close()
	if r := f.Do(t.Context(), &Request{URL: server.URL}); len(r.Attempts) != 2 || r.Digest != "" {
		t.Errorf("%d attempts, digest %q: %v", len(r.Attempts), r.Digest, r.Err)
	}
}

// BenchmarkDigest is what the digest of a body costs: the difference.
func BenchmarkDigest(b *testing.B) {
	for _, size := range []int{1 << 10, 1 << 20} {
		text := make([]byte, size)
		for _, on := range []bool{false, true} {
			b.Run(fmt.Sprintf("%d bytes, %t", size, on), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					body := coding.NewBody(bytes.NewReader(text), -1, bodyError)
					if on {
						body.Hash()
					}
					io.Copy(io.Discard, body)
					body.Digest()
				}
			})
		}
	}
}
