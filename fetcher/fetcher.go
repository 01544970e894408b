// Package fetcher carries out lists of HTTP requests concurrently, as fast as their servers allow and no faster, and
// tells where the time of each went.
//
// A Fetcher takes a sequence of requests and gives a sequence of results:
//
//	f := &fetcher.Fetcher{Workers: 5}
//	defer f.Close()
//	for result, err := range f.Run(ctx, fetcher.URLs(urls...)) {
//		…
//	}
//
// Each round trip (a hop) passes a gate that grants, together, a slot and a token in total and for its host; so limits
// hold for everything that leaves, retries and redirects included, and a host that has to wait holds up no other.
package fetcher

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"log/slog"
	"math"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Fetcher carries out requests. The zero value is usable. Set the fields before the first use and do not change them
// after; then all methods are safe for concurrent use, and its limits hold over all its runs together. A Fetcher must
// not be copied after its first use.
type Fetcher struct {
	// Transport carries out single hops. Nil means NewTransport with room for Workers idle connections, made at first
	// use. Any transport that calls the net/http/httptrace hooks of its request's context has its phases measured.
	Transport http.RoundTripper

	Workers      int  // hops in flight in total; 0 means DefaultWorkers; see Auto
	LookAhead    int  // requests read ahead of what is sent; 0 means DefaultLookAhead
	MaxRedirects int  // per attempt; 0 means DefaultMaxRedirects, less than 0 follows none, and the 3xx answer is judged as it is
	Uncompressed bool // ask for no content coding; a body that has one all the same is passed on, and counted, as it is
	Digest       bool // hash each body for Result.Digest
	Cookies      Cookies
	MaxBody      int64 // decoded bytes of one body; 0 means DefaultMaxBody, less than 0 means no bound

	// Codings gives what the Accept-Encoding of a request is; empty, as nil does, leaves it to the Fetcher. It is not asked
	// about requests that have the field, or for which it makes no sense (HEAD, Range). It is called concurrently.
	Codings func(*Request) string

	// FineTimer has what waits to be due, or for a token, leave to a tenth of a millisecond and not to one, where the system
	// lets us (Linux): for load tests. It takes a file descriptor during runs.
	FineTimer bool

	Timeout Timeouts
	Limits  Limits
	Retry   Retry

	// TimeoutsOf, if not nil, gives the Connect, FirstByte and Stall of a hop to a host ("hostname:port", lower case), in the
	// place of those of Timeout. It must be safe for concurrent use, and quick.
	TimeoutsOf func(host string) Timeouts

	// NoAdapt keeps to Limits whatever the hosts say and do: nothing is learned of them, none is paused or given up, and a
	// refusal is a failure that costs a retry (see Retry). A Retry-After delays its own request only. For load tests.
	NoAdapt bool

	// Event, if not nil, is told of each change in what a host is allowed: in the order of the changes, one at a time, by a
	// goroutine of its own, and before Run or Do is over. It holds up nothing else. Of a thousand changes that wait for it the
	// oldest are left out, and an EventLost says how many. It must not call Run or Do.
	Event func(HostEvent)

	// Accept says which statuses are a success; nil means 200 to 299.
	Accept func(status int) bool

	// Handle reads the body, inside the attempt, so that a body that is cut off is retried. See Handler.
	// Nil drains and counts it.
	Handle       Handler
	FailuresOnly bool // Handle is given what was not accepted, and the rest is drained and counted

	// Follow, if not nil, is asked after each success for a further page: a request that gets the same Seq, the next
	// Page, and passes through the same gate; nil means that there is none. It is called concurrently, from the
	// goroutine that made the result and before the result is yielded.
	Follow func(*Result) *Request

	// PrivateBody reports whether the content of a request holds what no other origin must see, such as a password. It is
	// asked when a 307 or 308 would carry the content to another origin: that redirect is not followed then, and the
	// request fails with KindRedirect. It is called concurrently; nil means that no content is private.
	PrivateBody func(*Request) bool

	// Redirect, if not nil, is asked before each redirect is followed, with the request that would be sent; an error fails
	// the attempt. No slot is held meanwhile, so that it may call Do. It is called concurrently.
	Redirect func(*Result, *http.Request) error

	// Ended, if not nil, is called once with each result as soon as it is whole: before it waits for those of earlier
	// requests (InOrder) and for the consumer, and after Follow. What it does to the result is what is yielded. It is
	// called concurrently, from the goroutine that made the result; until it returns, that does nothing else.
	Ended func(*Result)

	// InOrder yields the results in the order of their requests, over a window of LookAhead requests, not in the
	// order in which they end.
	InOrder bool

	// Logger is told of attempts that are tried again (debug), of retries that were not allowed (info), and of going on
	// with fewer hops in flight for want of file descriptors (warn); nil discards. It sees no URL and no header.
	Logger *slog.Logger

	once   sync.Once
	engine *engine
}

// Limits of a Fetcher whose fields are 0.
const (
	DefaultMaxRedirects = 10
	DefaultMaxBody      = 1 << 30
)

// Handler reads the body of one response. It runs once in each attempt whose status is not retried, and on the last
// response if its status is still one that would be. The body is decoded, and need not be read to its end or closed; it
// is a CodedBody. The Result is as yet without this attempt's times; the handler may set Value and add to Notes, both of
// which are cleared before another attempt. It runs concurrently with itself for other requests. The context of the
// response's Request ends with the attempt: with its time-out, and with the run.
//
// An error makes the attempt a failure: an *Error keeps its Kind, a read error of the body the kind that it has, any
// other is KindExpect. An *Error of KindWrite ends the run.
type Handler func(*Result, *http.Response) error

// URLs is a source of GET requests for Run.
func URLs(urls ...string) iter.Seq2[*Request, error] {
	return func(yield func(*Request, error) bool) {
		for _, u := range urls {
			if !yield(&Request{URL: u}, nil) {
				return
			}
		}
	}
}

// ErrRangedTwice is what a sequence from Run yields when it is ranged a second time.
var ErrRangedTwice = errors.New("fetcher: the results of a run can be ranged once")

// ErrStopped is the cause of the cancellations that Stop brings about.
var ErrStopped = errors.New("the run was stopped")

// Run carries out the requests of a sequence and yields each result as it comes. A request's own failure is in
// Result.Err. The second value is the failure of the run as a whole (an error from reqs, a body that could not be kept,
// the end of ctx): at most one, last, with a nil Result. After an error from reqs nothing more is started, and what is
// in flight is still yielded.
//
// When ctx ends, requests that have sent a hop yield KindCanceled (KindDeadline if context.Cause says so or the
// deadline passed); those that have not yield nothing and are counted in Stats.NotStarted.
//
// Nothing is started before the sequence is ranged. Breaking out of the loop cancels what is in flight and joins every
// goroutine, but for one that is blocked inside reqs, which ends when reqs yields again. reqs is run on a goroutine of
// its own. At most LookAhead requests are held beyond those in flight, results not yet yielded included.
func (f *Fetcher) Run(ctx context.Context, reqs iter.Seq2[*Request, error]) iter.Seq2[*Result, error] {
	var ranged atomic.Bool
	return func(yield func(*Result, error) bool) {
		if ranged.Swap(true) {
			yield(nil, ErrRangedTwice)
			return
		}
		e := f.started()
		r := e.begin(ctx, cmp.Or(min(max(f.LookAhead, 0), math.MaxInt32), DefaultLookAhead), f.InOrder, true)
		defer e.finish(r)
		r.readFrom(reqs)
		for {
			results, more := r.take()
			for _, result := range results {
				if !yield(result, nil) {
					return
				}
				r.used(result)
			}
			if !more {
				break
			}
		}
		if err := r.failure(); err != nil {
			yield(nil, err)
		}
	}
}

// Do carries out one request, through the same gate as everything else of this Fetcher. The Result is never nil; for a
// request that is nil it is one of KindInput.
// Follow is not asked. Calling Do from within Handle can block for ever, since the caller's slot is held meanwhile.
func (f *Fetcher) Do(ctx context.Context, req *Request) *Result {
	if req == nil {
		return notSent(new(Request), KindInput, errNoRequest)
	}
	e := f.started()
	r := e.begin(ctx, 1, false, false)
	defer e.finish(r)
	if req.Aside {
		r.counters = new(counters)
	}
	r.admit(req)
	r.sourceEnded(nil)
	results, _ := r.take()
	if len(results) == 1 {
		return results[0]
	}
	cause := r.cancelCause()
	return notSent(req, KindOfCause(cause), cause)
}

// Stop starts nothing more, for good: attempts in flight may end, redirects included, and their results are yielded;
// requests that sleep or wait between two attempts are cancelled; requests and pages that have sent nothing are dropped
// and counted in Stats.NotStarted. It does not wait.
func (f *Fetcher) Stop() {
	e := f.started()
	e.halt(&e.stopping, func(r *run) { r.stopLocked(ErrStopped) })
}

// Drain starts no further request, for good: what has sent a hop goes on to its end, with its redirects and retries;
// requests and pages that have sent nothing are dropped and counted in Stats.NotStarted. It does not wait. Stop may follow.
func (f *Fetcher) Drain() {
	e := f.started()
	e.halt(&e.draining, (*run).drainLocked)
}

// Stats is a snapshot. It takes the lock of the scheduler for some microseconds.
func (f *Fetcher) Stats() Stats { return f.started().stats() }

// Close ends the idle connections, and the abandoned dials, of a transport that the Fetcher made itself. It does not end
// runs: range them to their end or break out of them first. The error is always nil.
func (f *Fetcher) Close() error {
	if t, ok := f.started().transport.(*http.Transport); ok && f.Transport == nil {
		t.CloseIdleConnections()
	}
	return nil
}

func (f *Fetcher) started() *engine {
	f.once.Do(func() { f.engine = newEngine(f) })
	return f.engine
}

func (f *Fetcher) accepts(status int) bool {
	if f.Accept != nil {
		return f.Accept(status)
	}
	return status >= 200 && status <= 299
}

// maxBody is how many decoded bytes a body may have; less than 0 means no bound.
func (f *Fetcher) maxBody() int64 {
	return cmp.Or(f.MaxBody, DefaultMaxBody)
}

// attemptTimeout is the time that one attempt of a request may take; 0 means no bound.
func (f *Fetcher) attemptTimeout(req *Request) time.Duration {
	return cmp.Or(req.Timeout, f.Timeout.Attempt)
}
