package load_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"testing"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/load"
)

// transport answers without a network, after the time that a function says; it must end with the request's context.
type transport func(*http.Request) time.Duration

func (f transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if wait := f(req); wait > 0 {
		select {
		case <-time.After(wait):
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
	}
	return &http.Response{StatusCode: 200, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
		Body: http.NoBody, Request: req}, nil
}

// takes is a server that takes the same time for each request.
func takes(d time.Duration) transport { return func(*http.Request) time.Duration { return d } }

// thinking is a time to think that chance has no part in.
func thinking(d time.Duration) load.Think { return load.Think{Least: d, Most: d} }

// again gives a GET of a URL without end.
func again(url string) iter.Seq2[*fetcher.Request, error] {
	template := &fetcher.Request{URL: url, Seq: 77}
	return func(yield func(*fetcher.Request, error) bool) {
		for yield(template, nil) {
		}
	}
}

// run carries a plan out and gives the results in the order in which the requests were given.
func run(t *testing.T, p load.Plan, f *fetcher.Fetcher) (*load.Load, []*fetcher.Result) {
	t.Helper()
	l, err := load.New(p, again("http://a.test/"))
	if err != nil {
		t.Fatal(err)
	}
	return l, runLoad(t, l, f)
}

func runLoad(t *testing.T, l *load.Load, f *fetcher.Fetcher) []*fetcher.Result {
	t.Helper()
	f.Ended = l.Ended
	f.InOrder = true
	if f.Workers == 0 {
		f.Workers = 1000
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var results []*fetcher.Result
	for r, err := range f.Run(ctx, l.Requests(ctx)) {
		if errors.Is(err, fetcher.ErrStopped) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if want := int64(len(results) + 1); r.Seq != want {
			t.Fatalf("request %d comes where %d should", r.Seq, want)
		}
		results = append(results, r)
	}
	return results
}

// dues are the times at which the requests of results were due.
func dues(results []*fetcher.Result) (all []time.Duration) {
	for _, r := range results {
		all = append(all, r.Due)
	}
	return all
}

// table makes requests of the rows of a table. Its first line names the columns.
func table(lines ...[]string) iter.Seq2[*fetcher.Request, error] {
	return func(yield func(*fetcher.Request, error) bool) {
		for i, line := range lines[1:] {
			req := &fetcher.Request{URL: fmt.Sprintf("http://a.test/%d", i)}
			for c, value := range line {
				req.Row = append(req.Row, fetcher.Cell{Column: lines[0][c], Value: value})
			}
			if !yield(req, nil) {
				return
			}
		}
	}
}
