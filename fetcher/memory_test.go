package fetcher_test

import (
	"context"
	"errors"
	"iter"
	"net"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"example.com/fetch/fetcher"
)

// inMemory serves the handler, for every host, over pipes within the process, and gives the transport that leads
// there. In a synctest bubble no time passes on the way. All of it ends with the test.
func inMemory(t testing.TB, h http.Handler) *http.Transport {
	pipes := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: h}
	served := make(chan struct{})
	go func() {
		defer close(served)
		server.Serve(pipes)
	}()
	transport := &http.Transport{
		DialContext:         pipes.dial,
		DisableCompression:  true,
		MaxIdleConns:        0,
		MaxIdleConnsPerHost: 1000,
	}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
		<-served
	})
	return transport
}

// pipeListener is a net.Listener for connections made with its own dial.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case l.conns <- theirs:
		return ours, nil
	case <-l.closed:
		return nil, errors.New("the listener is closed")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }

// delays answers GET /{duration}, such as /1.5s, after that time.
var delays = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	d, err := time.ParseDuration(r.URL.Path[1:])
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	pause(r.Context(), d)
	w.Write([]byte("done\n"))
})

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// roundTripFunc is a transport.
type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// atOnce is a transport that answers 200 at once, with no body.
var atOnce = roundTripFunc(func(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
		Body: http.NoBody, Request: r}, nil
})

// repeat is a source of n requests for the same URL.
func repeat(n int, url string) iter.Seq2[*fetcher.Request, error] {
	return func(yield func(*fetcher.Request, error) bool) {
		for range n {
			if !yield(&fetcher.Request{URL: url}, nil) {
				return
			}
		}
	}
}

// listOf is a source of the given requests.
func listOf(reqs ...*fetcher.Request) iter.Seq2[*fetcher.Request, error] {
	return func(yield func(*fetcher.Request, error) bool) {
		for _, r := range reqs {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// then is a source followed by an error.
func then(reqs iter.Seq2[*fetcher.Request, error], err error) iter.Seq2[*fetcher.Request, error] {
	return func(yield func(*fetcher.Request, error) bool) {
		for r, e := range reqs {
			if !yield(r, e) {
				return
			}
		}
		yield(nil, err)
	}
}

// gather ranges a run to its end. It fails the test when the run breaks the contract of its sequence.
func gather(t testing.TB, run iter.Seq2[*fetcher.Result, error]) ([]*fetcher.Result, error) {
	t.Helper()
	var (
		results []*fetcher.Result
		failure error
	)
	for r, err := range run {
		switch {
		case failure != nil:
			t.Error("something came after the run's error")
		case (r == nil) == (err == nil):
			t.Errorf("a pair of result %v and error %v", r, err)
		case err != nil:
			failure = err
		default:
			results = append(results, r)
		}
	}
	return results, failure
}

// succeeded is gather for runs in which nothing may fail.
func succeeded(t testing.TB, run iter.Seq2[*fetcher.Result, error]) []*fetcher.Result {
	t.Helper()
	results, err := gather(t, run)
	if err != nil {
		t.Errorf("the run failed: %v", err)
	}
	for _, r := range results {
		if r.Err != nil {
			t.Errorf("request %d: %v", r.Seq, r.Err)
		}
	}
	return results
}

func seconds(n ...float64) []string {
	urls := make([]string, len(n))
	for i, s := range n {
		urls[i] = "http://slow.test/" + strconv.FormatFloat(s, 'f', -1, 64) + "s"
	}
	return urls
}

func seqs(results []*fetcher.Result) []int64 {
	all := make([]int64, len(results))
	for i, r := range results {
		all[i] = r.Seq
	}
	return all
}

// kindIs reports whether a result failed with the kind.
func kindIs(r *fetcher.Result, kind fetcher.Kind) bool { return errors.Is(r.Err, kind) }
