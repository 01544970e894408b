package format

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/fetch/fetcher"
)

func TestAppendRequest(t *testing.T) {
	body := func(text string) func() (io.ReadCloser, error) {
		return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
	}
	for _, tt := range []struct {
		req        fetcher.Request
		want, fail string
	}{
		{fetcher.Request{URL: "http://h/"}, `{"url":"http://h/"}`, ""},
		{fetcher.Request{
			Seq: 7, URL: "http://h/?a=1&b", Method: "PUT", Name: "a \"b\"", Timeout: 1500 * time.Millisecond, Body: body("Zm9v"), Length: 4,
			Header: http.Header{"X-B": {"1", "2"}, "Accept": {"*/*"}}, Row: fetcher.Row{{Column: "c\n", Value: "ü"}, {Column: "d"}},
		}, `{"url":"http://h/?a=1&b","method":"PUT","name":"a \"b\"","timeout":"1.5s","header":{"Accept":"*/*","X-B":["1","2"]},` +
			`"row":{"c\n":"ü","d":""},"body":"Zm9v"}`, ""},
		{fetcher.Request{URL: "http://h/", Method: "POST", Body: body("Zm9v"), Length: 4}, `{"url":"http://h/","method":"POST","name":"","body":"Zm9v"}`, ""},
		{fetcher.Request{URL: "http://h/", Rows: []fetcher.Row{{}}}, "", "an entry of a list has one row, and this request several"},
		{fetcher.Request{Err: errors.New("bad")}, "", "bad"},
		{fetcher.Request{URL: "http://h/", Method: "POST", Body: body(strings.Repeat("x", maxLine)), Length: maxLine}, "", "the entry is longer than 1 MiB"},
		{fetcher.Request{URL: "http://h/", Method: "POST", Body: body("\xff"), Length: 1}, "", "an entry of a list cannot hold the request: "},
	} {
		line, err := AppendRequest([]byte("# before\n"), &tt.req)
		if tt.fail != "" {
			if err == nil || !strings.HasPrefix(err.Error(), tt.fail) || string(line) != "# before\n" {
				t.Errorf("%q, %v; want %s", line, err, tt.fail)
			}
			continue
		}
		if err != nil || string(line) != "# before\n"+tt.want+"\n" {
			t.Errorf("%s, %v; want %s", line, err, tt.want)
		}
		checkWritten(t, &fetcher.Request{
			URL: tt.req.URL, Method: tt.req.Method, Name: tt.req.Name, Timeout: tt.req.Timeout, Body: tt.req.Body, Length: tt.req.Length,
			Header: tt.req.Header, Row: tt.req.Row,
		})
	}
}
