package fetcher

import (
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestDecompressionBomb: 64 MiB in 65 KB end at the bound, in bounded memory, and the connection serves on.
func TestDecompressionBomb(t *testing.T) {
	bomb := strings.Repeat(zipped(string(make([]byte, 1<<20))), 64) // gzip has members that follow one another
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		io.WriteString(w, bomb)
	}))
	defer s.Close()
	for name, handle := range map[string]Handler{
		"counted": nil,
		"kept":    func(_ *Result, resp *http.Response) error { _, err := io.ReadAll(resp.Body); return err },
		"ignored": func(_ *Result, resp *http.Response) error { io.ReadAll(resp.Body); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			const most = 1 << 20
			f := &Fetcher{MaxBody: most, Retry: tries(), Handle: handle}
			defer f.Close()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			r := f.Do(within(t, 10*time.Second), &Request{URL: s.URL})
			runtime.ReadMemStats(&after)
			check(t, r, KindBodyTooLarge, once)
			if r.Bytes < most || r.Bytes > most+64<<10 {
				t.Errorf("decoded %d bytes", r.Bytes)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 16*most {
				t.Errorf("%d bytes of memory", used)
			}
		})
	}
}

// TestMaxBody: a body that is exactly as large as allowed is fine.
func TestMaxBody(t *testing.T) {
	for _, row := range []struct {
		size  int
		most  int64
		class Kind
	}{{10, 10, KindNone}, {11, 10, KindBodyTooLarge}, {0, 10, KindNone}, {1000, -1, KindNone}} {
		for _, coded := range []bool{false, true} {
			f := &Fetcher{MaxBody: row.most, Retry: tries(), Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
				text := strings.Repeat("x", row.size)
				if coded {
					return answer(req, 200, zipped(text), "Content-Encoding", "gzip"), nil
				}
				return answer(req, 200, text), nil
			})}
			check(t, f.Do(t.Context(), &Request{URL: "http://host/"}), row.class, once)
		}
	}
}

// TestCodings: gzip and zstd are asked for unless the caller names a coding, and what comes is decoded unless he did; whatever
// http.Client did with the header on the way (userinfo and redirects make it a copy).
func TestCodings(t *testing.T) {
	text := strings.Repeat("text ", 1000)
	var asked string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = strings.Join(r.Header["Accept-Encoding"], "|")
		if to := r.URL.Query().Get("to"); to != "" {
			http.Redirect(w, r, to, http.StatusFound)
			return
		}
		w.Header().Set("Content-Encoding", r.URL.Query().Get("coding"))
		io.WriteString(w, zipped(text))
	}))
	defer s.Close()
	other := strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
	raw, whole := int64(len(zipped(text))), int64(len(text))
	for _, row := range []struct {
		name   string
		method string
		url    string
		header http.Header
		asked  string
		bytes  int64
	}{
		{"ours", "GET", s.URL + "/?coding=gzip", nil, "gzip, zstd", whole},
		{"capitals", "GET", s.URL + "/?coding=GZip", nil, "gzip, zstd", whole},
		{"x-gzip", "GET", s.URL + "/?coding=x-gzip", nil, "gzip, zstd", whole},
		{"not coded", "GET", s.URL + "/", nil, "gzip, zstd", raw},
		{"identity", "GET", s.URL + "/?coding=identity", nil, "gzip, zstd", raw},
		{"userinfo", "GET", strings.Replace(s.URL, "://", "://user:pw@", 1) + "/?coding=gzip", nil, "gzip, zstd", whole},
		{"redirect", "GET", s.URL + "/?to=/%3Fcoding=gzip", nil, "gzip, zstd", whole},
		{"redirect with a header", "GET", s.URL + "/?to=/%3Fcoding=gzip", http.Header{"X": {"y"}}, "gzip, zstd", whole},
		{"redirect to another host", "GET", s.URL + "/?to=" + other + "/%3Fcoding=gzip", nil, "gzip, zstd", whole},
		{"the caller's", "GET", s.URL + "/?coding=gzip", http.Header{"Accept-Encoding": {"gzip"}}, "gzip", raw},
		{"the caller's, in small letters", "GET", s.URL + "/?coding=gzip", http.Header{"accept-encoding": {"gzip"}}, "gzip", raw},
		{"the caller's br", "GET", s.URL + "/?coding=br", http.Header{"Accept-Encoding": {"br"}}, "br", raw},
		{"the caller's after a redirect", "GET", s.URL + "/?to=/%3Fcoding=br", http.Header{"Accept-Encoding": {"br"}}, "br", raw},
		{"a range, and all of it comes", "GET", s.URL + "/?coding=gzip", http.Header{"Range": {"bytes=0-"}}, "", whole},
		{"HEAD", "HEAD", s.URL + "/?coding=gzip", nil, "", 0},
		{"HEAD of br", "HEAD", s.URL + "/?coding=br", nil, "", 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := &Fetcher{Retry: tries()}
			defer f.Close()
			r := f.Do(within(t, 5*time.Second), &Request{Method: row.method, URL: row.url, Header: row.header})
			check(t, r, KindNone, once)
			if asked != row.asked || r.Bytes != row.bytes {
				t.Errorf("asked for %q and got %d bytes, want %q and %d", asked, r.Bytes, row.asked, row.bytes)
			}
			if wire := map[bool]int64{true: raw}[row.method == "GET"]; r.WireBytes != wire {
				t.Errorf("%d bytes on the wire, want %d", r.WireBytes, wire)
			}
		})
	}
}

// TestUncompressed: no coding is asked for, and what comes in one is passed on as it is, after redirects, too.
func TestUncompressed(t *testing.T) {
	text := strings.Repeat("text ", 1000)
	asked := make(map[string][]string)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked[r.URL.Path] = r.Header["Accept-Encoding"]
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, "/gzip", http.StatusFound)
		case "/gzip":
			w.Header().Set("Content-Encoding", "gzip")
			io.WriteString(w, zipped(text))
		case "/br":
			w.Header().Set("Content-Encoding", "br")
			fallthrough
		default:
			io.WriteString(w, text)
		}
	}))
	defer s.Close()
	var got string
	f := &Fetcher{Advanced: Advanced{Uncompressed: true}, Retry: tries(), Handle: func(_ *Result, resp *http.Response) error {
		body, err := io.ReadAll(resp.Body)
		got = string(body)
		return err
	}}
	defer f.Close()
	for path, want := range map[string]string{"/": text, "/gzip": zipped(text), "/moved": zipped(text), "/br": text} {
		r := f.Do(within(t, 5*time.Second), &Request{URL: s.URL + path})
		check(t, r, KindNone, once)
		if n := int64(len(want)); got != want || r.Bytes != n || r.WireBytes != n {
			t.Errorf("%s: %d bytes, counted %d, on the wire %d; want %d", path, len(got), r.Bytes, r.WireBytes, n)
		}
		if asked[path] != nil {
			t.Errorf("%s: asked for %q", path, asked[path])
		}
	}
	own := &Request{URL: s.URL + "/gzip", Header: http.Header{"Accept-Encoding": {"gzip"}}}
	if check(t, f.Do(within(t, 5*time.Second), own), KindNone, once); got != zipped(text) || asked["/gzip"] == nil {
		t.Errorf("the caller's own coding: asked for %q", asked["/gzip"])
	}
}

// TestCodingOfError: what is wrong with the body of an error page is no news.
func TestCodingOfError(t *testing.T) {
	f := &Fetcher{Retry: tries(), Transport: failing(9, 404, "Content-Encoding", "pigeon")}
	check(t, f.Do(t.Context(), &Request{URL: "http://host/"}), KindHTTP4xx, once)
}

// FuzzDecode: no body makes more than its bound, or an error without a kind that fits.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(zipped("text")), "gzip")
	f.Add([]byte(zipped("text"))[:20], "gzip")
	f.Add([]byte("text"), "gzip")
	f.Add([]byte{}, "gzip")
	f.Add([]byte("text"), "br")
	f.Add([]byte("\x0b\x02\x80hello\x03"), "br")
	f.Add([]byte("\x28\xb5\x2f\xfd\x04\x00\x09\x00\x00\x41"), "zstd")
	f.Add([]byte("x\x9c\x03\x00\x00\x00\x00\x01"), "deflate")
	f.Add([]byte(zipped(zipped("text"))), "gzip, gzip")
	f.Add([]byte("text"), "")
	f.Fuzz(func(t *testing.T, body []byte, coding string) {
		const most = 1 << 16
		f := &Fetcher{MaxBody: most, Retry: Retry{Max: -1}, Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
			resp := answer(req, 200, string(body))
			resp.Header["Content-Encoding"] = []string{coding}
			return resp, nil
		})}
		r := f.Do(t.Context(), &Request{URL: "http://host/"})
		switch kindIn(r.Err) {
		case KindNone, KindDecode, KindBodyTruncated, KindBodyTooLarge:
		default:
			t.Errorf("%v", r.Err)
		}
		if r.Bytes > most+64<<10 {
			t.Errorf("%d bytes", r.Bytes)
		}
	})
}
