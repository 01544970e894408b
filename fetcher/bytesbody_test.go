package fetcher_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/bubble"
)

// TestBytesBody: the content goes out with its length, again on each attempt, as POST unless there is a method; a POST is not
// tried again, a PUT is; and the header of the caller stays as it was.
func TestBytesBody(t *testing.T) {
	var seen []string
	server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		seen = append(seen, fmt.Sprintln(r.Method, r.ContentLength, r.TransferEncoding, r.Header["Content-Type"], string(body)))
		w.WriteHeader(http.StatusInternalServerError)
	})
	shared := http.Header{"X-Own": {"1"}}
	for _, test := range []struct {
		request fetcher.Request
		media   string
		body    string
		want    string
		times   int
	}{
		{fetcher.Request{Header: shared}, "application/json", `{"a":1}`, "POST 7 [] [application/json] {\"a\":1}\n", 1},
		{fetcher.Request{Method: "PUT"}, "text/plain", "x", "PUT 1 [] [text/plain] x\n", 2},
		{fetcher.Request{}, "", "", "POST 0 [] [] \n", 1},
	} {
		bubble.Test(t, func(t *testing.T) {
			seen = nil
			f := &fetcher.Fetcher{Transport: inMemory(t, server), Retry: fetcher.Retry{Max: 1}}
			test.request.URL = "http://a.test/"
			f.Do(t.Context(), test.request.BytesBody(test.media, []byte(test.body)))
			if len(seen) != test.times {
				t.Errorf("sent %d times, want %d", len(seen), test.times)
			}
			for _, got := range seen {
				if got != test.want {
					t.Errorf("sent %q, want %q", got, test.want)
				}
			}
		})
	}
	if len(shared) != 1 {
		t.Errorf("the caller's header is %v", shared)
	}
}
