// Package fetcher sends many HTTP requests in parallel, as fast as their servers allow and no faster, and tells where the
// time of each went.
//
// A Fetcher takes a sequence of requests and gives a sequence of results. Its zero value is safe to use: ten requests at a
// time, time-outs, three retries.
//
//	f := &fetcher.Fetcher{Workers: 5, Handle: fetcher.Bytes(10 << 20)}
//	defer f.Close()
//	for result, err := range f.Run(ctx, fetcher.URLs(urls...)) {
//		if err != nil {
//			return err // of the run as a whole; there is no result
//		}
//		if result.Err != nil {
//			log.Print(result.Request.URL, ": ", result.Err) // of result.Kind(), such as fetcher.KindTimeoutConnect
//			continue
//		}
//		use(fetcher.ValueOf[[]byte](result))
//	}
//
// Handle says what becomes of bodies: Bytes, JSON, ToFile, or a Handler of your own. Limits has rates and numbers of requests
// in flight, in total and by host. Result.Next makes the request for a further page, Request.BytesBody a content. A Run,
// from NewRun, can be stopped and counted separately. Check says which settings make no sense.
//
// Each round trip (a hop) passes a gate that grants, together, a slot and a token in total and for its host; so limits
// hold for everything that leaves, retries and redirects included, and a host that has to wait holds up no other.
package fetcher

import (
	"cmp"
	"context"
	"iter"
	"log/slog"
	"net/http"
	"sync"
)

// Fetcher carries out requests. The zero value is usable. Set the fields before the first use and do not change them
// after; then all methods are safe for concurrent use, and its limits hold over all its runs together. A Fetcher must
// not be copied after its first use.
type Fetcher struct {
	Workers   int // hops in flight in total; 0 means DefaultWorkers; see Auto
	LookAhead int // requests read ahead of what is sent; 0 means DefaultLookAhead

	Limits  Limits
	Timeout Timeouts
	Retry   Retry

	// Accept says which statuses are a success; nil means 200 to 299. It is called concurrently, as are all that follow.
	Accept func(status int) bool

	// Handle reads the bodies of accepted responses, inside the attempt, so that a body that is cut off is retried: Bytes, JSON,
	// ToFile, or one of your own. Nil drains and counts them. HandleFailure is the same for all other responses.
	Handle, HandleFailure Handler
	MaxBody               int64 // decoded bytes of one body; 0 means DefaultMaxBody; see NoBound

	// Follow, if not nil, is asked after each success for a further page: a request that gets the same Seq, the next
	// Page, and passes through the same gate; nil means that there is none. See Result.Next. It is called from the
	// goroutine that made the result, and before the result is yielded.
	Follow func(*Result) *Request

	// InOrder yields the results in the order of their requests, over a window of LookAhead requests, not in the
	// order in which they end.
	InOrder bool

	MaxRedirects int // per attempt; 0 means DefaultMaxRedirects; with NoRedirects the 3xx response is judged as it is
	Cookies      Cookies

	// Transport carries out single hops. Nil means NewTransport with room for Workers idle connections, made at first
	// use. Any transport that calls the net/http/httptrace hooks of its request's context has its phases measured. A
	// httptrace.ClientTrace in the context of a run is not called.
	Transport http.RoundTripper

	// Event, if not nil, is told of each change in what a host is allowed: in the order of the changes, one at a time, by a
	// goroutine of its own, and before Run or Do is over. It holds up nothing else. Of a thousand changes that wait for it the
	// oldest are left out, and an EventLost says how many. It must not call Run or Do.
	Event func(HostEvent)

	// Logger is told of attempts that are tried again (debug), of retries that were not allowed (info), and of going on
	// with fewer hops in flight for want of file descriptors (warn); nil discards. It sees no URL and no header.
	Logger *slog.Logger

	Advanced // what few programs need

	once   sync.Once
	engine *engine
}

// Advanced are the settings and hooks of a Fetcher that few programs need: load generators, crawlers, tools that keep records.
// The functions are called concurrently; nil is fine.
type Advanced struct {
	// FineTimer has what waits to be due, or for a token, leave to a tenth of a millisecond and not to one, where the system
	// lets us (Linux): for load tests. It takes a file descriptor during runs.
	FineTimer bool

	// NoAdapt keeps to Limits whatever the hosts say and do: nothing is learned of them, none is paused or given up, and a
	// refusal is a failure that costs a retry (see Retry). A Retry-After delays its own request only. For load tests.
	NoAdapt bool

	Digest       bool // hash each body for Result.Digest
	Uncompressed bool // ask for no content coding; a body that has one all the same is passed on, and counted, as it is

	// Codings gives what the Accept-Encoding of a request is; empty leaves it to the Fetcher. It is not asked about requests
	// that have the field, or for which it makes no sense (HEAD, Range).
	Codings func(*Request) string

	// PrivateBody reports whether the content of a request holds what no other origin must see, such as a password. It is
	// asked when a 307 or 308 would carry the content to another origin: that redirect is not followed then, and the
	// request fails with KindRedirect. Nil means that no content is private.
	PrivateBody func(*Request) bool

	// Redirect is asked before each redirect is followed, with the request that would be sent; an error fails the attempt.
	// No slot is held meanwhile, so that it may call Do.
	Redirect func(*Result, *http.Request) error

	// TimeoutsOf gives the Connect, FirstByte and Stall of a hop to a host ("hostname:port", lower case), in the place of those
	// of Timeout. It must be quick.
	TimeoutsOf func(host string) Timeouts

	// Ended is called once with each result as soon as it is whole: before it waits for those of earlier requests (InOrder)
	// and for the consumer, and after Follow. What it does to the result is what is yielded. It is called from the goroutine
	// that made the result; until it returns, that does nothing else.
	Ended func(*Result)
}

// What a Fetcher with zero fields means, and how its bounds are switched off.
const (
	DefaultMaxRedirects = 10
	DefaultMaxBody      = 1 << 30

	NoRedirects = -1 // as Fetcher.MaxRedirects: none is followed
	NoRetries   = -1 // as Retry.Max: none
	NoBound     = -1 // as Fetcher.MaxBody, Retry.Budget or Retry.GiveUp: no bound
)

// Handler reads the body of one response. It runs once in each attempt whose status is not retried, and on the last
// response if its status is still one that would be. The body is decoded, and need not be read to its end or closed; it
// is a CodedBody. The Result is as yet without this attempt's times, and without Err; the handler may set Value and add to
// Notes, both of which are cleared before another attempt. It runs concurrently with itself for other requests. The context
// of the response's Request ends with the attempt: with its time-out, and with the run. A hop's slots are held meanwhile.
//
// An error makes the attempt a failure: an *Error keeps its Kind, a read error of the body the kind that it has, any
// other is KindExpect. See Fatal for one that ends the run, and ErrStopReading.
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

// Run carries out the requests of a sequence and yields each result as it comes: the Results of a NewRun. Breaking out of the
// loop cancels what is in flight; Run.Results says what the errors are.
func (f *Fetcher) Run(ctx context.Context, reqs iter.Seq2[*Request, error]) iter.Seq2[*Result, error] {
	return f.NewRun(ctx, reqs).Results()
}

// Do carries out one request, through the same gate as everything else of this Fetcher. The Result is never nil; for a
// request that is nil it is one of KindInput.
// Follow is not asked. Calling Do from within Handle can block for ever, since the caller's slot is held meanwhile.
func (f *Fetcher) Do(ctx context.Context, req *Request) *Result {
	if req == nil {
		return notSent(new(Request), KindInput, errNoRequest)
	}
	e := f.started()
	if e.senseless != nil {
		return notSent(req, KindInput, e.senseless)
	}
	r := e.begin(ctx, 1, false, false, req.Aside)
	defer e.finish(r)
	r.admit(req)
	r.sourceEnded(nil)
	results, _ := r.take()
	if len(results) == 1 {
		return results[0]
	}
	cause := r.cancelCause()
	return notSent(req, KindOfCause(cause), cause)
}

// Stop is Run.Stop for all runs, for good: those that begin later send nothing.
func (f *Fetcher) Stop() {
	e := f.started()
	e.halt(&e.stopping, func(r *run) { r.stopLocked(ErrStopped) })
}

// Drain is Run.Drain for all runs, for good: those that begin later send nothing.
func (f *Fetcher) Drain() {
	e := f.started()
	e.halt(&e.draining, (*run).drainLocked)
}

// Stats is a snapshot of all runs together. It takes the lock of the scheduler for some microseconds.
func (f *Fetcher) Stats() Stats { return f.started().stats(nil) }

// Close ends the idle connections, and the abandoned dials, of a transport that the Fetcher made itself; one of your own is
// yours to close. It does not end runs: range them to their end or break out of them first.
func (f *Fetcher) Close() {
	if t, ok := f.started().transport.(*http.Transport); ok && f.Transport == nil {
		t.CloseIdleConnections()
	}
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
