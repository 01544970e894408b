package fetcher

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"example.com/fetch/internal/transport"
)

// packed codes a text in several codings, one after another.
func packed(t testing.TB, text string, codings ...string) string {
	t.Helper()
	for _, name := range codings {
		var b bytes.Buffer
		var w io.WriteCloser
		switch name {
		case "gzip":
			text = zipped(text)
			continue
		case "deflate":
			w = zlib.NewWriter(&b)
		case "raw":
			w, _ = flate.NewWriter(&b, flate.BestCompression)
		case "br":
			w = brotli.NewWriter(&b)
		case "zstd":
			w, _ = zstd.NewWriter(&b)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		text = b.String()
	}
	return text
}

// coded is a transport that answers with a body in a coding.
func coded(status int, coding, body string) transportFunc {
	return func(req *http.Request) (*http.Response, error) {
		return answer(req, status, body, "Content-Encoding", coding), nil
	}
}

// TestDecoded: every coding, alone and in rows; and TeeCoded sees the innermost one.
func TestDecoded(t *testing.T) {
	text := strings.Repeat("a text of some length, ", 10_000)
	for _, row := range []struct {
		field   string
		applied []string
		inner   string
	}{
		{"gzip", []string{"gzip"}, "gzip"},
		{"deflate", []string{"deflate"}, "deflate"},
		{"deflate", []string{"raw"}, "deflate"},
		{"br", []string{"br"}, "br"},
		{"zstd", []string{"zstd"}, "zstd"},
		{"gzip, br", []string{"gzip", "br"}, "gzip"},
		{"zstd,deflate , identity,GZIP", []string{"zstd", "deflate", "gzip"}, "zstd"},
	} {
		t.Run(row.field, func(t *testing.T) {
			body := packed(t, text, row.applied...)
			var got, inner bytes.Buffer
			var name string
			f := &Fetcher{Retry: tries(), Transport: coded(200, row.field, body), Handle: func(_ *Result, resp *http.Response) error {
				name = resp.Body.(CodedBody).TeeCoded(&inner)
				_, err := io.Copy(&got, resp.Body)
				return err
			}}
			r := f.Do(within(t, 10*time.Second), &Request{URL: "http://host/"})
			check(t, r, KindNone, once)
			if got.String() != text || r.Bytes != int64(len(text)) || r.WireBytes != int64(len(body)) {
				t.Errorf("%d bytes, counted %d and %d", got.Len(), r.Bytes, r.WireBytes)
			}
			if want := packed(t, text, row.applied[0]); name != row.inner || inner.String() != want {
				t.Errorf("%d bytes of %s, want %d", inner.Len(), name, len(want))
			}
		})
	}
}

// TestTeeFails: what cannot be kept ends the attempt as what it is.
func TestTeeFails(t *testing.T) {
	full := &Error{Kind: KindWrite, Err: errors.New("the disk is full")}
	for _, name := range []string{"gzip", "deflate", "br", "zstd"} {
		f := &Fetcher{Retry: tries(), Transport: coded(200, name, packed(t, "text", name)), Handle: func(_ *Result, resp *http.Response) error {
			resp.Body.(CodedBody).TeeCoded(failingWriter{full})
			_, err := io.Copy(io.Discard, resp.Body)
			return err
		}}
		check(t, f.Do(t.Context(), &Request{URL: "http://host/"}), KindWrite, once)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

// TestNotDecoded: bodies that stay as they came.
func TestNotDecoded(t *testing.T) {
	body := packed(t, "text", "gzip")
	for _, row := range []struct {
		name   string
		status int
		header http.Header
		notes  string
	}{
		{"a part", 206, http.Header{"Range": {"bytes=0-9"}}, NoteCoded},
		{"the caller's wish", 200, http.Header{"Accept-Encoding": {"gzip"}}, ""},
	} {
		f := &Fetcher{Retry: tries(), Transport: coded(row.status, "gzip", body), Handle: func(_ *Result, resp *http.Response) error {
			if name := resp.Body.(CodedBody).TeeCoded(io.Discard); name != "" {
				t.Errorf("%s: %s is undone", row.name, name)
			}
			return nil
		}}
		r := f.Do(t.Context(), &Request{URL: "http://host/", Header: row.header})
		check(t, r, KindNone, once)
		if r.Bytes != int64(len(body)) || strings.Join(r.Notes, " ") != row.notes {
			t.Errorf("%s: %d bytes, notes %q", row.name, r.Bytes, r.Notes)
		}
	}
}

// TestBombs: whatever the coding, what a few bytes become ends at the bound, and so does coded data that never becomes
// anything.
func TestBombs(t *testing.T) {
	const most = 1 << 20
	zeros := string(make([]byte, 8*most))
	for name, body := range map[string]string{
		"deflate": packed(t, zeros, "deflate"), "br": packed(t, zeros, "br"), "zstd": packed(t, zeros, "zstd"),
		"gzip, gzip":      packed(t, zeros, "gzip", "gzip"),
		"gzip, identity":  strings.Repeat(zipped(""), 200_000),
		"gzip, identity,": zipped("") + zeros,
	} {
		endless := transportFunc(func(req *http.Request) (*http.Response, error) { // whose length is not announced
			resp, err := coded(200, name, body)(req)
			resp.ContentLength = -1
			return resp, err
		})
		f := &Fetcher{MaxBody: most, Retry: tries(), Transport: endless}
		if r := f.Do(within(t, 30*time.Second), &Request{URL: "http://host/"}); r.Bytes > most+64<<10 {
			t.Errorf("%s: %d bytes", name, r.Bytes)
		} else {
			check(t, r, KindBodyTooLarge, once)
		}
	}
}

// TestWhatIsAskedFor: with many connections, gzip alone; what Codings says comes before.
func TestWhatIsAskedFor(t *testing.T) {
	for _, row := range []struct {
		workers     int
		codings     func(*Request) string
		header      http.Header
		want, want2 string
	}{
		{0, nil, nil, "gzip, zstd", "gzip, zstd"},
		{transport.SmallBuffersFrom, nil, nil, "gzip", "gzip"},
		{0, func(r *Request) string { return r.Name }, nil, "gzip, zstd", "br"},
		{0, func(r *Request) string { return r.Name }, http.Header{"accept-encoding": {"x"}}, "", ""},
		{0, func(r *Request) string { return r.Name }, http.Header{"range": {"bytes=0-1"}}, "", ""},
	} {
		var asked []string
		f := &Fetcher{Workers: row.workers, Advanced: Advanced{Codings: row.codings}, Retry: tries(), Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
			asked = append(asked, strings.Join(req.Header["Accept-Encoding"], "|"))
			return answer(req, 200, ""), nil
		})}
		for _, name := range []string{"", "br"} {
			f.Do(t.Context(), &Request{URL: "http://host/", Name: name, Header: row.header})
		}
		if len(asked) != 2 || asked[0] != row.want || asked[1] != row.want2 {
			t.Errorf("asked for %q, want %q and %q", asked, row.want, row.want2)
		}
	}
}
