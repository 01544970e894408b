package testserver

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Whatever is asked for, the server answers, and what it calls JSON is JSON.
func FuzzAnswers(f *testing.F) {
	for _, line := range append(quick().usage, "/0.25", "/page/2?pages=3", "/rest/pug/compound/cid/1,2/property/Title,IUPACName/CSV",
		"/rest/pug/compound/name/property/Title/JSON?name=%CE%B1-pinene", "/fingertips/api/profile?profile_id=11", "/__truth?hops=0",
		"/fingertips/api/indicator_metadata/by_indicator_id?indicator_ids=90001", "/sample?p50=1ms&p99=2ms&size=1k", "//", "/%00",
		"/status/599", "/redirect-to?url=%1B%22&code=399", "/flaky/a/1", "/range/100", "/etag/a", "/echo/%ff?%ff=%ff",
		"/cursor?pages=3&after=%2B%2B", "/versioned/%ff?every=1ms", "/sensor/co2", "/crawl/3", "/fault/", "/fault/gzip-bomb?size=1g", "/fault/closed",
		"/limit/a/b?rate=5", "/limit/?", "/limit/a/count", "/limit/a/b?window=2/1s&headers=ietf,kong,epo&retry_after=reset&dates=asctime",
		"/limit/a/b?queue=1+0&bucket=0.5,2&spaced=1ms&latency=1ms-2ms&refuse=50%25&hang=0.1&halve=0-1s&closed=1s-2s&problem=quota-exceeded",
		"/pubchem/rest/pug/compound/formula/C2H6O/cids/JSON?ready=0", "/rest/pug/compound/listkey/1/cids/JSON") {
		target, _, _ := strings.Cut(line, "  ")
		f.Add("GET", target, "bytes=1-2")
		f.Add("POST", target, `"a"`)
	}
	f.Fuzz(func(t *testing.T, method, target, header string) {
		raw := method + " " + target + " HTTP/1.1\r\nHost: pubchem.test\r\nRange: " + header + "\r\nIf-None-Match: " + header +
			"\r\nX-Client: " + header + "\r\nContent-Length: 3\r\n\r\na=b"
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw)))
		if err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Millisecond)
		defer cancel()
		w := &answered{header: http.Header{}}
		quick().ServeHTTP(w, r.WithContext(ctx))
		if w.status == 0 && (ctx.Err() == nil || w.body.Len() > 0) {
			t.Errorf("%q: no status", target)
		}
		if strings.HasPrefix(r.URL.Path, "/fault/") {
			return // what those call JSON need not be
		}
		whole := w.body.Len() < maxAnswered && r.Method != http.MethodHead && ctx.Err() == nil && w.status/100 != 3 && w.status != 206
		if whole && w.header.Get("Content-Type") == jsonType && w.body.Len() > 0 && !json.Valid(w.body.Bytes()) {
			t.Errorf("%q: not JSON: %q", target, w.body.Bytes())
		}
	})
}

const maxAnswered = 1 << 20

// answered keeps the first megabyte of an answer; then the client leaves.
type answered struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answered) Header() http.Header { return a.header }

func (a *answered) WriteHeader(status int) { a.status = status }

func (a *answered) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	if a.body.Len() >= maxAnswered {
		return 0, errors.New("gone")
	}
	return a.body.Write(p)
}
