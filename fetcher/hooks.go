package fetcher

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http/httptrace"
	"net/textproto"
	"time"

	"example.com/fetch/internal/transport"
)

// hooks listen to the transport, for one hop at a time; they are the only source of the phases. Making them, the
// context that carries them, and the timer takes a dozen and a half allocations, nearly half of what a request costs us,
// so they serve again once it is certain that none of them can still fire for the hop before: see release.
type hooks struct {
	trip   *roundTrip
	values context.Context // holds the trace and nothing else
	remote transport.Remote

	again   bool // may serve again: ctx derives from the run's, and knows no time-out of the request
	ctx     *transport.Context
	cancel  context.CancelCauseFunc
	timeout *time.Timer // nil until one was needed
}

func newHooks() *hooks {
	h := &hooks{}
	// GetConn is among them because net/http calls it again when it retries by itself. Got1xxResponse lifts net/http's bound on
	// interim responses, so that we have one of our own.
	h.values = httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
		GetConn:              func(string) { h.trip.getConn() },
		GotConn:              func(info httptrace.GotConnInfo) { h.trip.gotConn(info) },
		DNSStart:             func(httptrace.DNSStartInfo) { h.trip.fired(&h.trip.times.DNSStart, true) },
		DNSDone:              func(httptrace.DNSDoneInfo) { h.trip.fired(&h.trip.times.DNSDone, false) },
		ConnectStart:         func(string, string) { h.trip.fired(&h.trip.times.ConnectStart, true) },
		ConnectDone:          func(string, string, error) { h.trip.fired(&h.trip.times.ConnectDone, false) },
		TLSHandshakeStart:    func() { h.trip.fired(&h.trip.times.TLSStart, true) },
		TLSHandshakeDone:     func(tls.ConnectionState, error) { h.trip.fired(&h.trip.times.TLSDone, false) },
		WroteRequest:         func(httptrace.WroteRequestInfo) { h.trip.fired(&h.trip.times.Wrote, false) },
		Got1xxResponse:       func(int, textproto.MIMEHeader) error { return h.trip.gotInterim() },
		GotFirstResponseByte: func() { h.trip.fired(&h.trip.times.FirstByte, false) },
	})
	return h
}

// listen gives hooks for a hop, with a context of its own that carries them. Those that serve again belong to the run,
// whose context theirs derive from: with it they end.
func (r *run) listen(t *roundTrip) *hooks {
	own := t.x.Context == r.ctx
	var h *hooks
	if own {
		r.mu.Lock()
		if n := len(r.hooks); n > 0 { // no more than hops were in flight at once, and those just ended
			h, r.hooks = r.hooks[n-1], r.hooks[:n-1]
		}
		r.mu.Unlock()
	}
	if h == nil {
		h = newHooks()
		var ctx context.Context
		ctx, h.cancel = context.WithCancelCause(t.x.Context)
		h.ctx = &transport.Context{Context: ctx, Values: h.values}
		h.again = own && r.engine.isPlain
	}
	h.trip = t
	return h
}

// setTimer has the hop's time-outs looked at after d. The hop's lock is held.
func (h *hooks) setTimer(d time.Duration) {
	if h.timeout == nil {
		h.timeout = time.AfterFunc(d, func() { h.trip.expire() })
	} else {
		h.timeout.Reset(d)
	}
}

// release ends the hop's context and timer, or keeps them and the hooks for another if none of them can fire any more:
// an idle connection was there at once, so that nothing was dialled, the request was written and answered on it, and
// the timer has not fired. Only of an HTTP/1 connection is it known that it holds on to nothing.
func (h *hooks) release(t *roundTrip) {
	quiet := h.timeout == nil || t.armed == 0 || h.timeout.Stop()
	if !quiet || !h.again || !t.wasIdle || t.again > 0 || t.timedOut != nil || t.times.Wrote == 0 ||
		t.times.FirstByte == 0 || t.resp == nil || t.resp.ProtoMajor != 1 {
		h.cancel(context.Canceled)
		return
	}
	h.trip = nil
	r := t.x.run
	r.mu.Lock()
	r.hooks = append(r.hooks, h)
	r.mu.Unlock()
}

// fired puts down the instant at which a hook fired last, or first.
func (t *roundTrip) fired(at *time.Duration, first bool) {
	now := t.x.run.engine.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.frozen || first && *at != 0 {
		return
	}
	*at = now
	if !first {
		t.active = now
		t.rearm(now)
	}
}

// getConn begins a hop anew when the transport retries by itself: what went before counts as a hop of its own, and the
// new one takes a token.
func (t *roundTrip) getConn() {
	e := t.x.run.engine
	t.mu.Lock()
	if t.frozen || t.times.GotConn == 0 {
		t.mu.Unlock()
		return
	}
	if t.again == maxTransportRetries {
		t.mu.Unlock()
		t.hooks.cancel(errTransportLoop)
		return
	}
	now := e.now()
	t.put(now)
	t.times, t.start, t.reused, t.remote, t.conn = transport.Times{}, now, false, "", nil
	t.again++
	t.rearm(now)
	t.mu.Unlock()

	t.x.note(NoteTransportRetry)
	t.x.run.counters.hops.Add(1)
	e.mu.Lock()
	e.sched.Charge(now, t.x.hop.Host)
	e.mu.Unlock()
}

func (t *roundTrip) gotConn(info httptrace.GotConnInfo) {
	now := t.x.run.engine.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.frozen {
		return
	}
	t.times.GotConn = now
	t.active = now
	t.remote, t.reused, t.wasIdle, t.conn = t.hooks.remote.Of(info.Conn), info.Reused, info.WasIdle, transport.Of(info.Conn)
	t.rearm(now)
}

// maxInterim bounds the interim responses (1xx) of one hop.
const maxInterim = 100

var errInterim = fmt.Errorf("more than %d interim responses", maxInterim)

// gotInterim has the response that is still to come be waited for as if nothing had come.
func (t *roundTrip) gotInterim() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.frozen {
		return nil
	}
	t.times.FirstByte = 0
	if t.interim++; t.interim > maxInterim {
		return errInterim
	}
	return nil
}
