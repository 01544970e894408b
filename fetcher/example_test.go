package fetcher_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"example.com/fetch/fetcher"
)

// slowServer answers GET /30ms after that time with "after 30ms".
func slowServer() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d, err := time.ParseDuration(r.URL.Path[1:])
		if err != nil {
			http.NotFound(w, r)
			return
		}
		pause(r.Context(), d)
		fmt.Fprint(w, "after ", d)
	}))
}

// Fetch a list, take the results as they come, and stop at the third: what is still in flight is cancelled, and after
// Close nothing is left.
func ExampleFetcher_Run() {
	server := slowServer()
	defer server.Close()
	f := &fetcher.Fetcher{Workers: 5}
	defer f.Close()

	n := 0
	for result, err := range f.Run(context.Background(), fetcher.URLs(
		server.URL+"/1h", server.URL+"/300ms", server.URL+"/0s", server.URL+"/150ms", server.URL+"/1h")) {
		if err != nil {
			fmt.Println("the run failed:", err)
			break
		}
		fmt.Println(result.Seq, result.Status, result.Bytes, "bytes")
		if n++; n == 3 {
			break
		}
	}
	// Output:
	// 3 200 8 bytes
	// 4 200 11 bytes
	// 2 200 11 bytes
}

// One request, with its body kept.
func ExampleFetcher_Do() {
	server := slowServer()
	defer server.Close()
	f := &fetcher.Fetcher{Handle: func(r *fetcher.Result, resp *http.Response) error {
		body, err := io.ReadAll(resp.Body)
		r.Value = string(body)
		return err
	}}
	defer f.Close()

	result := f.Do(context.Background(), &fetcher.Request{URL: server.URL + "/5ms"})
	fmt.Println(result.Value, result.Err)
	fmt.Println(result.Response == result.Queue+result.Limiter+result.Service+result.Backoff)
	// Output:
	// after 5ms <nil>
	// true
}

// Pages that link to the next one.
func ExampleFetcher_follow() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if page := r.URL.Path; page != "/items/3" {
			next := map[string]string{"/items/1": "/items/2", "/items/2": "/items/3"}[page]
			w.Header().Set("Link", "<"+next+`>; rel="next"`)
		}
	}))
	defer server.Close()
	f := &fetcher.Fetcher{Follow: func(r *fetcher.Result) *fetcher.Request {
		link, ok := strings.CutSuffix(r.Header.Get("Link"), `>; rel="next"`)
		if !ok {
			return nil
		}
		return &fetcher.Request{URL: server.URL + strings.TrimPrefix(link, "<")}
	}}
	defer f.Close()

	for result, err := range f.Run(context.Background(), fetcher.URLs(server.URL+"/items/1")) {
		if err != nil {
			fmt.Println(err)
			break
		}
		fmt.Println(result.Seq, result.Page, strings.TrimPrefix(result.Request.URL, server.URL))
	}
	// Output:
	// 1 1 /items/1
	// 1 2 /items/2
	// 1 3 /items/3
}

// Results in the order of the list, though they end in another.
func ExampleFetcher_inOrder() {
	server := slowServer()
	defer server.Close()
	f := &fetcher.Fetcher{InOrder: true}
	defer f.Close()

	for result, err := range f.Run(context.Background(), fetcher.URLs(server.URL+"/60ms", server.URL+"/30ms", server.URL+"/0s")) {
		if err != nil {
			fmt.Println(err)
			break
		}
		fmt.Println(result.Seq, strings.TrimPrefix(result.Request.URL, server.URL))
	}
	// Output:
	// 1 /60ms
	// 2 /30ms
	// 3 /0s
}

// Twenty a second to each host, two at a time, and nothing above 100 a second in total.
func ExampleLimits() {
	server := slowServer()
	defer server.Close()
	f := &fetcher.Fetcher{Limits: fetcher.Limits{
		Total:   fetcher.Limit{Rates: []fetcher.Rate{{Events: 100, Per: time.Second}}},
		PerHost: fetcher.Limit{Rates: []fetcher.Rate{{Events: 20, Per: time.Second}}, InFlight: 2},
	}}
	defer f.Close()

	start := time.Now()
	for result, err := range f.Run(context.Background(), repeat(5, server.URL+"/0s")) {
		if err != nil || result.Err != nil {
			fmt.Println(err, result)
			break
		}
	}
	fmt.Println("at least 200ms:", time.Since(start) >= 200*time.Millisecond)
	// Output:
	// at least 200ms: true
}

// A failure has a kind, which errors.Is finds, beside what the network or the server said.
func ExampleError() {
	server := slowServer()
	defer server.Close()
	f := &fetcher.Fetcher{
		Timeout: fetcher.Timeouts{FirstByte: 20 * time.Millisecond},
		Retry:   fetcher.Retry{Max: -1},
	}
	defer f.Close()

	for _, url := range []string{server.URL + "/1h", server.URL + "/nothing", "example.com"} {
		result := f.Do(context.Background(), &fetcher.Request{URL: url})
		var failure *fetcher.Error
		switch {
		case errors.Is(result.Err, fetcher.KindTimeoutFirstByte):
			fmt.Println("too slow")
		case errors.As(result.Err, &failure):
			fmt.Println(failure.Kind.String(), "·", failure)
		}
	}
	// Output:
	// too slow
	// http_4xx · http 4xx: 404 Not Found
	// input · input: the scheme is ""; write http:// or https://
}

func ExampleKind_Timeout() {
	fmt.Println(fetcher.KindTimeoutStall.Timeout(), fetcher.KindConnReset.Timeout())
	// Output: true false
}

func ExampleParseKind() {
	kind, ok := fetcher.ParseKind("timeout_ttfb")
	fmt.Println(kind == fetcher.KindTimeoutFirstByte, ok)
	// Output: true true
}
