package fetcher

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"syscall"
	"time"

	"example.com/fetch/internal/sched"
)

// A hop ends in one of two ways, and each is looked at once: with a response, as soon as its head is there (classify), or
// with an error (signalOf). What they find decides on the retry, and is what the scheduler learns of the host.

// classify says what the head of the hop's response means for its request, and for its host.
func (t *roundTrip) classify() {
	x, resp := t.x, t.resp
	said := saidBy(resp, time.Now())
	t.kind, t.wait = x.statusKind(resp, said.exhausted), said.wait
	t.signal = sched.Signal{Kind: statusSignal(t.kind, resp.StatusCode), Quotas: said.quotas, Word: said.word}
	if t.kind == KindNone {
		return
	}
	t.signal.Wait = t.wait
	if t.signal.Kind != sched.Served {
		t.signal.Word = strconv.Itoa(resp.StatusCode)
		if said.word != "" {
			t.signal.Word += ", " + said.word
		}
	}
}

// statusSignal is what a status says of its host: kind is the failure that it makes of the request.
func statusSignal(kind Kind, status int) sched.Kind {
	switch kind {
	case KindRateLimited:
		if status == http.StatusServiceUnavailable {
			return sched.Busy
		}
		return sched.OverQuota
	case KindHTTP5xx:
		switch status {
		case http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout:
			return sched.Failed
		}
	case KindProtocol:
		return sched.Failed
	}
	return sched.Served
}

// signalOf is what a failure other than a status says of the host of the hop that it ended.
func signalOf(err *Error) sched.Signal {
	switch {
	case isOutOfFiles(err): // our own fault
		return sched.Signal{}
	case err.Kind == KindConnect && isRefused(err):
		return sched.Signal{Kind: sched.Unreachable, Word: "connection refused"}
	case err.Kind == KindDNS && !isTemporary(err): // there is no such host
		return sched.Signal{}
	}
	return errorSignals[err.Kind]
}

// errorSignals has no entry for what is neither the host's doing nor about its pace: a wrong request, a certificate, a proxy
// that wants a password, a cancellation, and Timeouts.Request, most of which may have been spent elsewhere.
var errorSignals = [numKinds]sched.Signal{
	KindDNS:              {Kind: sched.Failed, Word: "no address"},
	KindConnect:          {Kind: sched.Failed, Word: "no connection"}, // the way there is broken, a proxy included
	KindTimeoutConnect:   {Kind: sched.TimedOut, Word: "time-out"},
	KindTimeoutFirstByte: {Kind: sched.TimedOut, Word: "time-out"},
	KindTimeoutStall:     {Kind: sched.TimedOut, Word: "time-out"},
	KindTimeoutAttempt:   {Kind: sched.TimedOut, Word: "time-out"},
	KindConnReset:        {Kind: sched.Failed, Word: "connection reset"},
	KindBodyTruncated:    {Kind: sched.Failed, Word: "cut off"},
	KindDecode:           {Kind: sched.Failed, Word: "undecodable"},
	KindProtocol:         {Kind: sched.Failed, Word: "malformed"},
	KindRateLimited:      {Kind: sched.Busy, Word: "ENHANCE_YOUR_CALM"},
	KindBodyTooLarge:     {Kind: sched.Served},
	KindRedirect:         {Kind: sched.Served},
	KindExpect:           {Kind: sched.Served},
	KindWrite:            {Kind: sched.Served},
}

// isRefused reports whether nobody listens where the host should. Of a proxy that refuses, the host knows nothing.
func isRefused(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) && !isProxys(err)
}

// read has the failure of a body that had come without one so far count as what the host did.
func (t *roundTrip) read(err *Error) {
	switch {
	case err == nil || t.kind != KindNone:
	case t.idle: // the time of the attempt was over while its Handler had other things to do than read
	default:
		t.signal = signalOf(err)
	}
}

// observe has the scheduler learn at once, with the head, of a refusal or a failure, and of limits, since the body may take
// long. That a response is served is told when its body has come: by then it may have been cut off, and Done tells it
// without a turn of the lock of its own. Only of a probe is it told at once, since its host gets nothing else meanwhile.
func (t *roundTrip) observe() {
	now := t.signal
	if now.Kind == sched.Served && !t.x.hop.Probe {
		if len(now.Quotas) == 0 {
			return
		}
		now.Kind = sched.Dropped
	}
	t.signal.Quotas = nil
	e := t.x.run.engine
	e.mu.Lock()
	e.sched.Observe(e.now(), &t.x.hop, now)
	e.pump()
	e.unlock()
}

// headSaid is what the head of a response says of its host's limits.
type headSaid struct {
	wait      time.Duration // 0: it asked for none
	exhausted bool          // nothing remains of a quota
	quotas    []sched.Quota
	word      string
}

// saidBy reads what the head of a response says of limits.
func saidBy(resp *http.Response, now time.Time) headSaid {
	wait, _ := retryAfter(resp, now)
	return headSaid{wait: wait, exhausted: slices.Equal(resp.Header["X-Ratelimit-Remaining"], []string{"0"})}
}
