package fetcher

import (
	"context"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// Retry says when a request is tried again, and how long is slept before it.
type Retry struct {
	Max     int           // retries of one request; 0 means DefaultRetries, less than 0 none
	MinWait time.Duration // the base of the back-off; 0 means DefaultMinWait
	MaxWait time.Duration // the longest back-off; 0 means DefaultMaxWait. A Retry-After beyond it ends the request at once, one within it pauses its host

	// Budget bounds the retries of failures (resets, time-outs, 500, 502, 504), so that a host where everything fails is not
	// asked several times as often as the list asks: this share of the finished requests, beside 10 a host and 100 in all. 0
	// means DefaultRetryBudget, less than 0 no bound. Requests that a host refused cost nothing of it.
	Budget float64

	// GiveUp is how long a host that has served something before may refuse everything until its requests fail at once; 0
	// means DefaultGiveUp, less than 0 no bound.
	GiveUp time.Duration

	// Unsafe lets POST, PATCH and other methods that are not idempotent (RFC 9110, section 9.2.2) be tried again even
	// when they may have reached the server.
	Unsafe bool

	// Policy reports whether the last of a result's attempts is worth another; nil means DefaultRetryPolicy. It is asked
	// while the body of an answer is still unread, whatever the answer's status, and again after the body if that
	// failed. Max, Budget and Unsafe hold whatever it says. It must be safe for concurrent use.
	Policy func(*Result) bool
}

// What a Retry with zero fields means.
const (
	DefaultRetries     = 3
	DefaultMinWait     = 500 * time.Millisecond
	DefaultMaxWait     = 60 * time.Second
	DefaultRetryBudget = 0.2
	DefaultGiveUp      = 2 * time.Minute
)

// DefaultRetryPolicy retries what another try may mend: connections that were refused, reset or timed out, bodies that
// were cut off, servers that say to slow down, and the statuses 408, 425, 500, 502 and 504. A malformed or undecodable
// answer is tried once more. Names that do not exist, certificates that do not fit, redirects that lead nowhere and
// other statuses are final.
func DefaultRetryPolicy(r *Result) bool {
	a := &r.Attempts[len(r.Attempts)-1]
	if a.Err == nil {
		return false
	}
	switch kind := a.Err.Kind; kind {
	case KindConnect, KindTimeoutConnect, KindTimeoutFirstByte, KindTimeoutStall, KindTimeoutAttempt, KindRateLimited:
		return true
	case KindConnReset:
		return !isTransportLoop(a.Err)
	case KindBodyTruncated:
		return a.Status != http.StatusPartialContent
	case KindDNS:
		return isTemporary(a.Err)
	case KindDecode, KindProtocol:
		return mayBeChance(a.Err) && timesFailed(r, kind) == 1
	case KindHTTP4xx, KindHTTP5xx:
		switch a.Status {
		case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusInternalServerError, http.StatusBadGateway,
			http.StatusGatewayTimeout:
			return true
		}
	}
	return false
}

func timesFailed(r *Result, kind Kind) int {
	n := 0
	for i := range r.Attempts {
		if err := r.Attempts[i].Err; err != nil && err.Kind == kind {
			n++
		}
	}
	return n
}

// newClient puts the layers together: go-retryablehttp over http.Client over the gate. All decisions are ours, and they
// are made where the request is known: CheckRetry has the context. Backoff has not, and the sleep of go-retryablehttp
// can be ended by nothing but the context, so that is 0 and the sleep is in PrepareRetry.
func (e *engine) newClient() *retryablehttp.Client {
	below := http.RoundTripper(gate{e})
	if e.fetcher.MaxRedirects < 0 {
		below = unfollowed{gate{e}}
	}
	return &retryablehttp.Client{
		HTTPClient:     &http.Client{Transport: below, CheckRedirect: e.checkRedirect},
		RetryMax:       math.MaxInt32,
		RequestLogHook: beginAttempt,
		CheckRetry:     checkRetry,
		Backoff:        func(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return 0 },
		PrepareRetry:   sleepBeforeRetry,
		ErrorHandler:   retryablehttp.PassthroughErrorHandler,
	}
}

// checkRetry decides after each attempt. go-retryablehttp asks twice about an answer that is not retried for its
// status: before and after the response handler.
func checkRetry(ctx context.Context, resp *http.Response, err error) (bool, error) {
	x := exchangeOf(ctx)
	a := x.attempt()
	switch {
	case x.handled:
		if err == nil {
			x.run.engine.budgets.giveBack(x.host)
			return false, nil
		}
		if x.final { // its status was decided on before
			return false, nil
		}
	case err != nil:
		a.Err = x.failed(err)
		x.result.Status = a.Status
		if resp != nil { // a redirect that is not followed
			x.result.Header = resp.Header
		}
	default:
		if a.Err = x.receive(resp); a.Err != nil && a.Err.Kind == KindRateLimited {
			x.heed(resp)
		}
	}
	retry := x.wantsRetry() && x.mayRetry(resp)
	x.retrying, x.final = retry, !retry && a.Err != nil
	if retry {
		x.goAway() // while the slot is held, so that it does not go to one request too many
	}
	return retry, nil
}

// wantsRetry reports whether another attempt would help and do no harm.
func (x *exchange) wantsRetry() bool {
	retry := &x.run.engine.fetcher.Retry
	policy := retry.Policy
	if policy == nil {
		policy = DefaultRetryPolicy
	}
	return policy(x.result) && (retry.Unsafe || isIdempotent(x.request.method()) || x.attempt().neverSent())
}

// mayRetry reports whether another attempt is allowed, and decides how long to sleep before it.
func (x *exchange) mayRetry(resp *http.Response) bool {
	e := x.run.engine
	retry := &e.fetcher.Retry
	most := retry.Max
	if most == 0 {
		most = DefaultRetries
	}
	done := len(x.result.Attempts) - 1
	if done >= most || x.Context.Err() != nil {
		return false
	}
	if x.run.hasStopped() {
		x.cutShort = true
		return false
	}
	base, limit := retry.waits()
	wait := time.Duration(rand.Int64N(int64(backoffCeiling(base, limit, done)) + 1))
	if x.handled {
		resp = nil // its status was fine, so that it has nothing to say on when to come again
	}
	if asked, ok := retryAfter(resp, time.Now()); ok {
		if asked > limit {
			x.note(NoteRetryAfter)
			e.logger.Info("not tried again: Retry-After is longer than allowed", "host", x.host, "retry_after", asked)
			return false
		}
		wait = asked + time.Duration(rand.Int64N(int64(base)+1))
	}
	if deadline, ok := x.Deadline(); ok && time.Until(deadline) < wait {
		return false // it would only be cut off
	}
	ours := x.attempt().Err != nil && isOutOfFiles(x.attempt().Err) // says nothing of the host
	if !ours && !e.budgets.take(x.host) {
		x.note(NoteRetryBudget)
		e.logger.Info("not tried again: too many failures at this host", "host", x.host)
		return false
	}
	x.wait = wait
	if err := x.attempt().Err; err != nil {
		e.logger.Debug("trying again", "host", x.host, "class", err.Kind.String(), "wait", wait)
	}
	return true
}

// heed keeps everything from the host for as long as it asks to be left alone, not this request only: the others would
// be refused as well, and spend their attempts.
func (x *exchange) heed(resp *http.Response) {
	e := x.run.engine
	if e.fetcher.NoAdapt {
		return
	}
	_, limit := e.fetcher.Retry.waits()
	asked, ok := retryAfter(resp, time.Now())
	if !ok || asked == 0 || asked > limit {
		return
	}
	e.mu.Lock()
	now := e.now()
	e.sched.Pause(now, x.hop.Host, now+asked)
	e.mu.Unlock()
}

// sleepBeforeRetry is go-retryablehttp's PrepareRetry.
func sleepBeforeRetry(req *http.Request) error {
	x := exchangeOf(req.Context())
	e := x.run.engine
	x.letGo()
	e.counters.sleeping.Add(1)
	defer e.counters.sleeping.Add(-1)
	timer := time.NewTimer(x.wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-x.Done():
	case <-x.run.stopped:
	}
	return x.cause()
}

// goAway tells the scheduler that the request sleeps. Its next hop at the gate, or comeBack, ends that.
func (x *exchange) goAway() {
	x.away = true
	x.run.engine.mu.Lock()
	defer x.run.engine.mu.Unlock()
	x.run.engine.sched.Away(x.run.engine.now(), x.host)
}

// comeBack ends goAway for a request that will not be at the gate again.
func (x *exchange) comeBack() {
	if !x.away {
		return
	}
	x.away = false
	e := x.run.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sched.Back(e.now(), x.host)
	e.pump()
}

func (r *Retry) waits() (base, limit time.Duration) {
	base, limit = r.MinWait, r.MaxWait
	if base <= 0 {
		base = DefaultMinWait
	}
	if limit <= 0 {
		limit = DefaultMaxWait
	}
	limit = min(limit, math.MaxInt64/4) // so that sums do not overflow
	return min(base, limit), limit
}

// backoffCeiling is the upper end of full jitter: base doubled for each retry before, up to limit.
func backoffCeiling(base, limit time.Duration, retries int) time.Duration {
	for ; retries > 0 && base < limit; retries-- {
		base *= 2
	}
	return min(base, limit)
}

// retryAfter is how long the server asked to be left alone (RFC 9110, section 10.2.3): seconds or a date, which is
// taken relative to the answer's own Date. It never overflows.
func retryAfter(resp *http.Response, now time.Time) (time.Duration, bool) {
	if resp == nil {
		return 0, false
	}
	value := resp.Header.Get("Retry-After")
	if value == "" {
		return 0, false
	}
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		if !(seconds >= 0) {
			return 0, false
		}
		return time.Duration(min(seconds, math.MaxInt32) * float64(time.Second)), true
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		now = date
	}
	return max(0, at.Sub(now)), true
}

// isIdempotent follows RFC 9110, section 9.2.2.
func isIdempotent(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodTrace:
		return true
	}
	return false
}

// neverSent reports whether the attempt failed before anything of the request could reach the server.
func (a *Attempt) neverSent() bool {
	if a.Err == nil {
		return false
	}
	switch a.Err.Kind {
	case KindDNS, KindConnect, KindTimeoutConnect:
		return len(a.Hops) <= 1
	}
	return false
}
