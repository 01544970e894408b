package fetcher_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"example.com/fetch/fetcher"
)

// Results come as they are done. Breaking out of the loop cancels what is in flight, and leaves nothing behind.
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

// One request, with its body.
func ExampleBytes() {
	server := slowServer()
	defer server.Close()
	f := &fetcher.Fetcher{Handle: fetcher.Bytes(1 << 20)}
	defer f.Close()

	result := f.Do(context.Background(), &fetcher.Request{URL: server.URL + "/5ms"})
	fmt.Println(string(fetcher.ValueOf[[]byte](result)), result.Err)
	// Output:
	// after 5ms <nil>
}

// Bodies as files, named for what their requests are called. A response that is not accepted makes none.
func ExampleToFile() {
	server := cityServer()
	defer server.Close()
	dir, _ := os.MkdirTemp("", "cities")
	defer os.RemoveAll(dir)
	f := &fetcher.Fetcher{Handle: fetcher.ToFile(dir), InOrder: true}
	defer f.Close()

	urls := fetcher.URLs(server.URL+"/Bern", server.URL+"/Paris", server.URL+"/Atlantis")
	for result, err := range f.Run(context.Background(), urls) {
		switch {
		case err != nil: // such as a full disk
			fmt.Println("the run failed:", err)
		case result.Err != nil:
			fmt.Println(result.Err)
		default:
			fmt.Println(filepath.Base(fetcher.ValueOf[string](result)))
		}
	}
	// Output:
	// Bern.json
	// Paris.json
	// http 4xx: 404 Not Found
}

// Limits of hosts, by their names, as a configuration file has them.
func ExampleLimits() {
	config := `{"127.0.0.1": {"per_second": 20}, "api.example.com": {"per_second": 5, "in_flight": 2}}`
	var hosts map[string]struct {
		PerSecond float64 `json:"per_second"`
		InFlight  int     `json:"in_flight"`
	}
	err := json.Unmarshal([]byte(config), &hosts)
	limits := make(map[string]fetcher.Limit)
	for name, l := range hosts {
		limits[name] = fetcher.Limit{Rates: []fetcher.Rate{fetcher.PerSecond(l.PerSecond)}, InFlight: l.InFlight}
	}
	server := slowServer()
	defer server.Close()
	f := &fetcher.Fetcher{Limits: fetcher.Limits{Hosts: limits}}
	defer f.Close()

	start := time.Now()
	for range f.Run(context.Background(), fetcher.URLs(slices.Repeat([]string{server.URL + "/0s"}, 5)...)) {
	}
	fmt.Println("at least 200ms:", time.Since(start) >= 200*time.Millisecond, errors.Join(err, f.Check()))
	// Output:
	// at least 200ms: true <nil>
}

// Pages whose bodies say what the next one is. Each is a result of its own.
func ExampleResult_Next() {
	server := cityServer()
	defer server.Close()
	type page struct {
		Cities []string
		Next   string // relative to the page, and empty on the last
	}
	f := &fetcher.Fetcher{
		Handle: fetcher.JSON[page](),
		Follow: func(r *fetcher.Result) *fetcher.Request { return r.Next(fetcher.ValueOf[page](r).Next) },
	}
	defer f.Close()

	for result, err := range f.Run(context.Background(), fetcher.URLs(server.URL+"/list")) {
		if err != nil {
			fmt.Println(err)
			break
		}
		fmt.Println(result.Seq, result.Page, fetcher.ValueOf[page](result).Cities, result.Err)
	}
	// Output:
	// 1 1 [Bern Paris] <nil>
	// 1 2 [Rome] <nil>
}

// JSON into structs.
func ExampleJSON() {
	server := cityServer()
	defer server.Close()
	type city struct {
		Name   string
		People int
	}
	f := &fetcher.Fetcher{Handle: fetcher.JSON[city](), InOrder: true}
	defer f.Close()

	for result, err := range f.Run(context.Background(), fetcher.URLs(server.URL+"/Bern", server.URL+"/bad")) {
		if err != nil {
			fmt.Println("the run failed:", err)
			break
		}
		fmt.Println(fetcher.ValueOf[city](result).People, result.Err)
	}
	// Output:
	// 137000 <nil>
	// 0 expect: invalid character '<' looking for beginning of value
}

// A transport of your own: any http.RoundTripper. NewTransport makes one to begin with.
func ExampleNewTransport() {
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	transport := fetcher.NewTransport(fetcher.TransportOptions{IdlePerHost: 5})
	transport.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig
	defer transport.CloseIdleConnections()
	f := &fetcher.Fetcher{Workers: 5, Transport: transport}

	result := f.Do(context.Background(), &fetcher.Request{URL: server.URL})
	fmt.Println(result.Status, result.Err)
	// Output:
	// 200 <nil>
}

// A retry policy of your own: what is usual, and one further status.
func ExampleRetry() {
	n := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if n++; n < 3 {
			w.WriteHeader(http.StatusConflict)
		}
	}))
	defer server.Close()
	f := &fetcher.Fetcher{Retry: fetcher.Retry{
		Max:     5,
		MinWait: time.Millisecond,
		Policy: func(r *fetcher.Result) bool {
			last := r.Attempts[len(r.Attempts)-1]
			return last.Status == http.StatusConflict || fetcher.DefaultRetryPolicy(r)
		},
	}}
	defer f.Close()

	result := f.Do(context.Background(), &fetcher.Request{URL: server.URL})
	fmt.Println(result.Status, len(result.Attempts), "attempts")
	// Output:
	// 200 3 attempts
}

// Header fields of your own, and a content: with one, the method is POST.
func ExampleRequest_BytesBody() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Method, " ", r.ContentLength, " ", r.Header.Get("Content-Type"), " ", r.Header.Get("Authorization"))
	}))
	defer server.Close()
	f := &fetcher.Fetcher{Handle: fetcher.Bytes(1 << 10)}
	defer f.Close()

	req := &fetcher.Request{URL: server.URL, Header: http.Header{"Authorization": {"Bearer abc"}}}
	result := f.Do(context.Background(), req.BytesBody("application/json", []byte(`{"q": 1}`)))
	fmt.Printf("%s\n", result.Value)
	// Output:
	// POST 8 application/json Bearer abc
}

// Two runs side by side share the limits of one Fetcher. The first that fails ends the other.
func ExampleFetcher_NewRun() {
	server := slowServer()
	defer server.Close()
	f := &fetcher.Fetcher{Workers: 2}
	defer f.Close()

	group, ctx := errgroup.WithContext(context.Background())
	for _, urls := range [][]string{{server.URL + "/0s", server.URL + "/nothing"}, {server.URL + "/1h"}} {
		group.Go(func() error {
			for result, err := range f.NewRun(ctx, fetcher.URLs(urls...)).Results() {
				if err != nil { // of the run, without a result
					return err
				}
				if result.Err != nil {
					return result.Err
				}
			}
			return nil
		})
	}
	fmt.Println(group.Wait())
	// Output:
	// http 4xx: 404 Not Found
}

// In tests, with httptest: what the code under test sends, and what it makes of the responses.
func ExampleFetcher_Do() {
	var t testing.T // your test's
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/users/7" {
			t.Errorf("asked for %s", r.URL)
		}
		w.WriteHeader(http.StatusTeapot)
	}))
	defer server.Close()
	f := &fetcher.Fetcher{Transport: server.Client().Transport, Retry: fetcher.Retry{Max: fetcher.NoRetries}}

	result := f.Do(context.Background(), &fetcher.Request{URL: server.URL + "/users/7"})
	fmt.Println(errors.Is(result.Err, fetcher.KindHTTP4xx), result.Status)
	fmt.Println(result.Response == result.Queue+result.Limiter+result.Service+result.Backoff)
	// Output:
	// true 418
	// true
}

// A failure has a kind, which errors.Is finds, beside what the network or the server said.
func ExampleError() {
	server := slowServer()
	defer server.Close()
	f := &fetcher.Fetcher{Timeout: fetcher.Timeouts{FirstByte: 20 * time.Millisecond}, Retry: fetcher.Retry{Max: fetcher.NoRetries}}
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

func ExampleFetcher_Check() {
	f := &fetcher.Fetcher{Workers: -5, Limits: fetcher.Limits{Hosts: map[string]fetcher.Limit{"https://api.example.com": {InFlight: 2}}}}
	fmt.Println(f.Check())
	// Output:
	// input: Workers is -5: from -1 to 1000000000
	// Limits.Hosts["https://api.example.com"] is no host: a URL is more than a host; write a name, or name:port
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

// cityServer knows two cities, a list of three on two pages, and something that is no JSON.
func cityServer() *httptest.Server {
	known := map[string]string{
		"/Bern":   `{"name": "Bern", "people": 137000}`,
		"/Paris":  `{"name": "Paris", "people": 2100000}`,
		"/list":   `{"cities": ["Bern", "Paris"], "next": "list/2"}`,
		"/list/2": `{"cities": ["Rome"]}`,
		"/bad":    `<html>`,
	}
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := known[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		strings.NewReader(body).WriteTo(w)
	}))
}
