package fetcher

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"example.com/fetch/internal/cookies"
	"example.com/fetch/internal/sched"
	"example.com/fetch/internal/transport"
	"example.com/fetch/internal/web"
)

// exchange is the life of one request (of one page of it) from its being read to its result. While it waits for its
// first hop it is an entry in the scheduler's queue and no more; then one worker at a time carries it out. It is the
// context of its attempts, so that everything below go-retryablehttp finds it there.
type exchange struct {
	context.Context // set by carryOut

	run     *run
	request *Request
	index   int64 // of the request in its run
	seq     int64 // of the request in its list; its hops have the place in which it came to the engine
	url     *url.URL
	host    string    // of url, as limits go by it
	hop     sched.Hop // the one hop that waits or is in flight

	granted  chan struct{} // a waiting retry or redirect may go, or was rejected; made when first needed
	rejected time.Duration // when the hop that waited was rejected; 0: it was not
	result   *Result
	mark     time.Duration // all time before it has been put down to queue, limiter, service or back-off
	tries    sched.Tries   // what the scheduler has counted of this request

	holding  bool               // the gate has been passed, and the slots are not given back
	handled  bool               // the answer of this attempt has been read
	final    bool               // its failure was looked at and will not be retried
	fresh    bool               // its next attempt uses no connection that is there
	strayed  bool               // a redirect of this attempt led to another origin
	location []string           // of a redirect as it came, while http.Client has it
	retrying bool               // another attempt was decided on and has not begun
	cutShort bool               // there would have been another attempt, had the run not been stopped
	due      time.Duration      // when it may begin
	away     bool               // the scheduler counts this request among those that sleep, and has no hop of it
	gaveUp   *Error             // why it will not
	timeLeft time.Duration      // of this attempt's
	trip     *roundTrip         // the latest
	cookies  cookies.Set        // of earlier hops and pages
	done     context.CancelFunc // ends Context

	delivered bool // its result is the consumer's
}

type exchangeKey struct{}

// Value makes the exchange be found in every context that derives from it.
func (x *exchange) Value(key any) any {
	if key == (exchangeKey{}) {
		return x
	}
	return x.Context.Value(key)
}

func exchangeOf(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}

// prepare checks the request as far as that is possible without sending it, and finds its host.
func (x *exchange) prepare() error {
	if x.request.Err != nil {
		return x.request.Err
	}
	u, err := web.Parse(x.request.URL)
	if err != nil {
		return err
	}
	if err := web.CheckMethod(x.request.method()); err != nil {
		return err
	}
	if err := web.CheckFields(x.request.Header); err != nil {
		return err
	}
	if err := x.request.check(); err != nil {
		return err
	}
	x.url = u
	x.host = web.Host(u)
	x.hop.Host = x.host
	return nil
}

// carryOut sees the request through, from its first grant to its result.
func (x *exchange) carryOut() {
	e := x.run.engine
	x.result = newResult(x)
	x.mark = x.hop.Due
	x.Context, x.done = x.run.ctx, func() {}
	if total := e.timeout.Request; total > 0 {
		x.Context, x.done = context.WithTimeoutCause(x.run.ctx, total, KindTimeoutTotal)
	}
	x.result.Lag = x.hop.Late
	if x.request.Due == 0 {
		x.result.Lag = min(x.hop.Late, x.hop.Queue+x.hop.Limiter)
	}
	x.passedGate()

	if e.sendsOnce && x.url.User == nil { // which http.Client makes a header of
		x.sendOnce(x.httpRequest())
	} else { // through the layers for retries and redirects
		req := &retryablehttp.Request{Request: x.httpRequest()}
		req.SetResponseHandler(x.handle)
		if resp, err := e.client.Do(req); err != nil && resp != nil {
			resp.Body.Close()
		}
	}
	x.conclude()
	x.done()
}

// sendOnce sends the request past those layers, in one attempt of one hop.
func (x *exchange) sendOnce(req *http.Request) {
	beginAttempt(nil, req, 0)
	resp, err := gate{x.run.engine}.RoundTrip(req)
	checkRetry(x, resp, err)
	if err != nil {
		return
	}
	if err := x.handle(resp); err != nil {
		checkRetry(x, resp, err)
	}
}

// newResult makes the result with room for the one attempt and the one hop that most requests take.
func newResult(x *exchange) *Result {
	block := &struct {
		Result
		attempts [1]Attempt
		hops     [1]Hop
	}{}
	r := &block.Result
	r.Seq, r.Page, r.Request = x.seq, x.hop.Page, x.request
	r.Attempts = block.attempts[:0]
	block.attempts[0].Hops = block.hops[:0]
	r.FinalURL, r.Cookies = web.WithoutUserinfo(x.request.URL), x.cookies.Values()
	r.Due = x.hop.Due - x.run.start
	return r
}

// attempt is the present attempt.
func (x *exchange) attempt() *Attempt { return &x.result.Attempts[len(x.result.Attempts)-1] }

func (x *exchange) httpRequest() *http.Request {
	req := web.NewRequest(x.request.method(), x.url, x.request.Header)
	x.run.engine.askForCodings(&req, x.request)
	return req.WithContext(x)
}

// beginAttempt is go-retryablehttp's RequestLogHook: it runs once before each attempt.
func beginAttempt(_ retryablehttp.Logger, req *http.Request, number int) {
	x := exchangeOf(req.Context())
	r := x.result
	x.handled, x.final, x.strayed, x.retrying = false, false, false, false
	if number == 0 {
		r.Attempts = r.Attempts[:1]
	} else {
		r.again()
		x.cookies.Again()
	}
	x.attempt().Start = x.mark - x.run.start
	x.timeLeft = x.run.engine.attemptTimeout(x.request)
	if x.request.Body != nil {
		transport.SetContent(req, x.request.Body, x.request.Length, inputError)
	}
}

// again begins another attempt, of which nothing is known yet.
func (r *Result) again() {
	r.Attempts = append(r.Attempts, Attempt{})
	r.Value, r.Notes = nil, lasting(r.Notes)
	r.Status, r.Header = 0, nil
	r.Bytes, r.WireBytes, r.Digest = 0, 0, ""
}

// inputError is the failure of a body that the caller gave.
func inputError(err error) error { return &Error{Kind: KindInput, Err: err} }

// conclude makes the result whole, delivers it, and asks for the next page.
func (x *exchange) conclude() {
	r, e := x.result, x.run.engine
	x.letGo()
	x.comeBack()
	if x.retrying { // the end of the context came between the attempt and the wait for the next
		x.sleptUntil(e.now())
	}
	err := x.gaveUp
	switch {
	case err != nil:
	case x.retrying, x.cutShort:
		cause := x.cause()
		err = &Error{Kind: KindOfCause(cause), URL: r.FinalURL, Err: cause}
	default:
		err = x.attempt().Err
	}
	if err != nil {
		err.Attempts = len(r.Attempts)
		r.Err = err
	}
	r.Response = x.mark - x.run.start - r.Due
	r.Cookies = x.cookies.Values()
	var next *Request
	if r.Err == nil && x.run.follow {
		next = e.fetcher.Follow(r)
	}
	r.More = next != nil
	x.deliver(next == nil)
	if next != nil {
		x.run.counters.read.Add(1)
		page := &exchange{run: x.run, request: next, index: x.index, seq: x.seq, cookies: x.cookies.OfNextPage()}
		page.hop = sched.Hop{Seq: x.hop.Seq, Page: x.hop.Page + 1, Class: sched.First, Payload: page}
		page.hop.Due = max(x.run.at(next.Due), x.mark)
		x.run.turn(page)
	}
}

// sleptUntil puts the time since the last attempt down as its back-off.
func (x *exchange) sleptUntil(now time.Duration) {
	slept := now - x.mark
	x.result.Backoff += slept
	x.result.Attempts[len(x.result.Attempts)-1].Backoff += slept
	x.mark = now
}

// failUnsent delivers the result of a request that cannot be sent.
func (x *exchange) failUnsent(err *Error) {
	x.hop.Due = x.run.engine.now()
	x.result = newResult(x)
	errors.As(err.Err, &err.Kind) // of Request.Err
	x.deliverUnsent(err)
}

// failRejected delivers the result of a request whose host was given up while it waited for its first hop.
func (x *exchange) failRejected() {
	x.result = newResult(x)
	x.mark = x.hop.Due
	x.waited(x.rejected)
	x.result.Response = x.mark - x.hop.Due
	x.deliverUnsent(circuitOpen(&x.hop, x.result.FinalURL))
}

func (x *exchange) deliverUnsent(err *Error) {
	x.result.Err, x.result.FinalURL = err, "" // there was no hop
	x.deliver(true)
}

// deliver counts the result, and gives it to the consumer, whatever Ended does.
func (x *exchange) deliver(last bool) {
	x.delivered = true
	x.run.counters.count(x.result)
	defer x.run.deliver(x, x.result, last)
	if ended := x.run.engine.fetcher.Ended; ended != nil && !x.request.Aside {
		ended(x.result)
	}
}

// notSent is the result of a request that was dropped before it was sent.
func notSent(req *Request, kind Kind, cause error) *Result {
	url := web.WithoutUserinfo(req.URL)
	return &Result{Seq: max(req.Seq, 1), Page: 1, Request: req, FinalURL: url,
		Err: &Error{Kind: kind, URL: url, Err: cause}}
}

// cause is why the context of the request ended, or why its run was stopped.
func (x *exchange) cause() error {
	if cause := context.Cause(x.Context); cause != nil {
		return cause
	}
	return x.run.cancelCause()
}
