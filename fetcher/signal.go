package fetcher

import (
	"errors"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"example.com/fetch/internal/sched"
	"example.com/fetch/internal/throttle"
	"example.com/fetch/internal/transport"
)

// A hop ends in one of two ways, and each is looked at once: with a response, as soon as its head is there (classify), or
// with an error (signalOf). What they find decides on the retry, and is what the scheduler learns of the host.

// classify says what the head of the hop's response means for its request, and for its host.
func (t *roundTrip) classify() {
	x, resp := t.x, t.resp
	said := throttle.Read(resp.StatusCode, resp.Header, resp.Request.URL.Path, time.Now())
	if len(said.Malformed) > 0 {
		x.noteMalformed()
	}
	if said.Blocked {
		x.note(NoteBlocked)
	}
	t.kind, t.wait = x.statusKind(resp, said.Exhausted), said.Wait
	t.signal = sched.Signal{Kind: statusSignal(t.kind, resp.StatusCode, said.Exhausted), Quotas: said.Quotas, Share: said.Share(), Word: said.Word}
	if t.kind == KindNone {
		return
	}
	if kind, ok := t.problem(); ok {
		t.kind, t.signal.Kind = KindRateLimited, kind
	}
	t.signal.Wait = t.wait
	if t.signal.Kind != sched.Served {
		t.signal.Word = strconv.Itoa(resp.StatusCode)
		if said.Word != "" {
			t.signal.Word += ", " + said.Word
		}
	}
}

// problem reads of the body of a refusal whether it is this client who asked too much.
func (t *roundTrip) problem() (sched.Kind, bool) {
	refused := t.kind == KindRateLimited || t.resp.StatusCode == http.StatusForbidden
	media := t.resp.Header.Get("Content-Type")
	if !refused || !throttle.IsProblem(media) || t.resp.Header.Get("Content-Encoding") != "" {
		return sched.Dropped, false
	}
	return throttle.Problem(media, t.peek(throttle.ProblemBytes))
}

// statusSignal is what a status says of its host: kind is the failure that it makes of the request, exhausted that nothing
// remains of what the host allows.
func statusSignal(kind Kind, status int, exhausted bool) sched.Kind {
	switch {
	case kind == KindRateLimited && status == http.StatusServiceUnavailable && !exhausted:
		return sched.Busy
	case kind == KindRateLimited:
		return sched.OverQuota
	case kind == KindProtocol, kind == KindHTTP5xx && (status == http.StatusInternalServerError ||
		status == http.StatusBadGateway || status == http.StatusGatewayTimeout):
		return sched.Failed
	}
	return sched.Served
}

// signalOf is what a failure other than a status says of the host of the hop that it ended.
func signalOf(err *Error) sched.Signal {
	switch {
	case transport.IsOutOfFiles(err), errors.Is(err, ErrDenied): // our own doing
		return sched.Signal{}
	case err.Kind == KindConnect && errors.Is(err, syscall.ECONNREFUSED) && !transport.IsProxys(err): // nobody listens where the host should
		return sched.Signal{Kind: sched.Unreachable, Word: "connection refused"}
	case err.Kind == KindDNS && !transport.IsTemporary(err): // there is no such host
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
// without a turn of the lock of its own.
func (t *roundTrip) observe() {
	now := t.signal
	if now.Kind == sched.Served {
		if len(now.Quotas) == 0 && now.Share >= 1 {
			return
		}
		now.Kind = sched.Dropped
	}
	t.signal.Quotas, t.signal.Share = nil, 0
	t.teach(now)
}

// probeGrace is how long the body of a probe's response has to go on well until the probe counts as served, since its host
// gets nothing else meanwhile.
const probeGrace = 500 * time.Millisecond

// wellSince reports, once, that the body of a probe's response has been coming for a while.
func (t *roundTrip) wellSince(now time.Duration) bool {
	well := t.x.hop.Probe && t.signal.Kind == sched.Served && now-t.headAt >= probeGrace
	if well {
		t.x.hop.Probe = false
	}
	return well
}

func (t *roundTrip) teach(how sched.Signal) {
	t.x.run.engine.drive(func(s *sched.Scheduler, now time.Duration) { s.Observe(now, &t.x.hop, how) })
}

// maxMalformed is how many hosts are remembered for what they say of limits in no form that is known.
const maxMalformed = 1000

// noteMalformed notes, once for each host, that what it says of limits was passed over.
func (x *exchange) noteMalformed() {
	e := x.run.engine
	e.mu.Lock()
	_, known := e.malformed[x.hop.Host]
	if !known && len(e.malformed) < maxMalformed {
		e.malformed[x.hop.Host] = struct{}{}
		defer x.note(NoteLimitIgnored)
	}
	e.mu.Unlock()
}
