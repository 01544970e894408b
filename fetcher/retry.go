package fetcher

import (
	"cmp"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"example.com/fetch/internal/sched"
	"example.com/fetch/internal/transport"
	"example.com/fetch/internal/web"
)

// Retry says when a request is tried again, and how long is slept before it.
//
// A host that has served something, and refuses a request (429, 503, a 403 with nothing remaining, a refused connection),
// is sent less, and the request goes back to the queue; that costs no retry, up to five times while the host serves others.
// Once a host that has served nothing refuses, it is sent one request at a time, and given up after Max (at least 3) further
// failures in a row: what waits for it fails at once with KindCircuit. See Fetcher.NoAdapt.
type Retry struct {
	Max     int           // retries of one request; 0 means DefaultRetries; NoRetries: none, not even after a 429 or 503
	MinWait time.Duration // the base of the back-off; 0 means DefaultMinWait
	MaxWait time.Duration // the longest back-off; 0 means DefaultMaxWait. A Retry-After beyond it ends the request at once; with a 429 its host is given up

	// Budget bounds the retries of failures (resets, time-outs, 500, 502, 504), so that a host where everything fails is not
	// asked several times as often as the list asks: this share of the finished requests, beside 10 a host and 100 in all. 0
	// means DefaultRetryBudget; see NoBound. Requests that a host refused cost nothing of it.
	Budget float64

	// GiveUp is how long a host that has served something before may refuse everything until its requests fail at once; 0
	// means DefaultGiveUp; see NoBound.
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
	case KindConnReset: // old connections all end when their server is restarted
		return !errors.Is(a.Err, errTransportLoop) || !slices.ContainsFunc(a.Hops, func(h Hop) bool { return !h.Reused })
	case KindBodyTruncated:
		return a.Status != http.StatusPartialContent
	case KindDNS:
		return transport.IsTemporary(a.Err)
	case KindDecode, KindProtocol:
		return transport.MayBeChance(a.Err) && !slices.ContainsFunc(r.Attempts[:len(r.Attempts)-1], func(before Attempt) bool {
			return before.Err != nil && before.Err.Kind == kind
		})
	case KindHTTP4xx, KindHTTP5xx:
		switch a.Status {
		case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusInternalServerError, http.StatusBadGateway,
			http.StatusGatewayTimeout:
			return true
		}
	}
	return false
}

// newClient puts the layers together: go-retryablehttp over http.Client over the gate. All decisions are ours, and they
// are made where the request is known: CheckRetry has the context. Backoff has not, and the sleep of go-retryablehttp
// can be ended by nothing but the context, so that is 0 and the sleep is in PrepareRetry.
func (e *engine) newClient() *retryablehttp.Client {
	return &retryablehttp.Client{
		HTTPClient:     &http.Client{Transport: located{gate{e}}, CheckRedirect: e.checkRedirect},
		RetryMax:       math.MaxInt32,
		RequestLogHook: beginAttempt,
		CheckRetry:     checkRetry,
		Backoff:        func(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return 0 },
		PrepareRetry:   waitBeforeRetry,
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
		if err == nil || x.final { // its status was decided on before
			return false, nil
		}
	case err != nil:
		a.Err = x.failed(err)
		x.result.Status = a.Status
		if resp != nil { // a redirect that is not followed
			x.restoreLocation(resp)
			x.result.Header = resp.Header
		}
	default:
		a.Err = x.receive(resp)
	}
	retry := x.wantsRetry() && x.mayRetry()
	x.retrying, x.final = retry, !retry && a.Err != nil
	return retry, nil
}

// wantsRetry reports whether another attempt would help and do no harm.
func (x *exchange) wantsRetry() bool {
	if a := x.attempt(); a.Err != nil && (errors.Is(a.Err, ErrDenied) || a.Err.Kind == KindRobots) {
		return false
	}
	retry := &x.run.engine.fetcher.Retry
	policy := retry.Policy
	if policy == nil {
		policy = DefaultRetryPolicy
	}
	return policy(x.result) && (retry.Unsafe || web.IsIdempotent(x.request.method()) || x.attempt().neverSent())
}

// mayRetry reports whether another attempt is allowed, and decides when it may begin.
func (x *exchange) mayRetry() bool {
	e, a := x.run.engine, x.attempt()
	if x.Context.Err() != nil || a.Err != nil && a.Err.Kind == KindCircuit {
		return false
	}
	v, now := x.judge()
	if !v.Again {
		if v.Why != "" { // the notes of that name
			x.note(v.Why)
			e.logger.Info("not tried again", "host", x.hop.Host, "why", v.Why)
		}
		return false
	}
	a.Requeued = v.Requeued
	wait := v.Wait + time.Duration(rand.Int64N(int64(v.Jitter)+1))
	x.due = now + wait
	switch deadline, ok := x.Deadline(); {
	case x.run.hasStopped():
		x.cutShort = true
	case ok && time.Until(deadline) < wait: // it would only be cut off
	default:
		x.goAway()
		if a.Err != nil {
			e.logger.Debug("trying again", "host", x.host, "class", a.Err.Kind.String(), "wait", wait)
		}
		return true
	}
	a.Requeued = false
	return false
}

// judge asks the scheduler what becomes of the request whose attempt has failed.
func (x *exchange) judge() (v sched.Verdict, at time.Duration) {
	var how sched.Signal
	if t := x.trip; t != nil { // else there was no hop
		how, x.fresh = t.signal, t.isSuspect()
		if !x.handled && t.kind == KindNone { // the policy wants another answer than this, and knows when
			how.Wait = t.wait
		}
		x.attempt().RetryAfter = how.Wait
	}
	x.run.engine.about(x.hop.Host, func(s *sched.Scheduler, now time.Duration) {
		v, at = s.Judge(now, x.hop.Host, how, &x.tries), now
	})
	return v, at
}

// waitBeforeRetry is go-retryablehttp's PrepareRetry: the sleep before another attempt, and its wait at the gate, where it
// stands from the beginning.
func waitBeforeRetry(req *http.Request) error {
	x := exchangeOf(req.Context())
	x.letGo()
	x.nextHop(sched.Hop{Class: sched.Retry, Host: x.host, Due: x.due})
	x.away = false
	err := x.await(x.run.stopped)
	if err == nil {
		return nil
	}
	x.retrying = false
	x.gaveUp = x.failed(err)
	if x.gaveUp.Kind != KindCircuit && x.mark > x.hop.Due { // the attempt had begun, and got no further than the gate
		x.result.again()
		x.attempt().Start = x.mark - x.hop.Queue - x.hop.Limiter - x.run.start
		x.attempt().Err = x.gaveUp
	}
	return err
}

// goAway tells the scheduler that the request sleeps, while its slot is held, so that this does not go to one request too
// many. Its next hop at the gate, or comeBack, ends that.
func (x *exchange) goAway() {
	x.away = true
	x.run.engine.about(x.host, func(s *sched.Scheduler, now time.Duration) { s.Away(now, x.host) })
}

// comeBack ends goAway for a request that will not be at the gate again.
func (x *exchange) comeBack() {
	if x.away {
		x.away = false
		x.run.engine.about(x.host, func(s *sched.Scheduler, now time.Duration) { s.Back(now, x.host) })
	}
}

// config is what the scheduler is told of it.
func (r *Retry) config() sched.Config {
	return sched.Config{
		Retries: max(cmp.Or(r.Max, DefaultRetries), 0),
		Budget:  cmp.Or(r.Budget, DefaultRetryBudget),
		GiveUp:  max(cmp.Or(r.GiveUp, DefaultGiveUp), 0),
		MinWait: cmp.Or(max(r.MinWait, 0), DefaultMinWait),
		MaxWait: min(cmp.Or(max(r.MaxWait, 0), DefaultMaxWait), math.MaxInt64/4), // so that sums do not overflow
	}
}

// neverSent reports whether the attempt failed before anything of the request could reach the server.
func (a *Attempt) neverSent() bool {
	return a.Err != nil && len(a.Hops) <= 1 &&
		(a.Err.Kind == KindDNS || a.Err.Kind == KindConnect || a.Err.Kind == KindTimeoutConnect)
}
