package fetcher

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"example.com/fetch/internal/sched"
	"example.com/fetch/internal/transport"
	"example.com/fetch/internal/web"
)

// roundTrip is one hop in flight, from the gate until its body is closed. It listens to the transport's trace hooks,
// watches over the time-outs, and is the body of the answer.
//
// Hooks run concurrently, and some fire after the hop has ended (a dial that nobody waits for any more), so everything
// they write is under mu, and nothing is written once the hop is frozen.
type roundTrip struct {
	x       *exchange
	url     string
	timeout Timeouts // those that apply to this hop; Attempt is what is left of the attempt's
	hooks   *hooks
	body    io.ReadCloser // of the answer, as the transport gave it
	resp    *http.Response
	kind    Kind          // of the failure that its status makes; KindNone if it is accepted
	wait    time.Duration // how long its head asks to be left alone; 0 if it does not
	signal  sched.Signal  // what the scheduler is told when the hop ends
	headAt  time.Duration // when the head had come
	refused bool          // by our own system, for want of file descriptors

	mu       sync.Mutex
	frozen   bool
	timedOut *Error        // the time-out that ended it; nil: none
	idle     bool          // nobody was reading then
	armed    time.Duration // when the timer fires; 0: it is not set
	start    time.Duration
	times    hookTimes
	remote   string
	reused   bool
	wasIdle  bool            // the connection was there at once
	conn     *transport.Conn // nil: there is none, or it is another transport's
	interim  int             // 1xx responses
	openEnd  bool            // the body ends with the connection, so that nobody can tell whether all of it came
	again    int             // how often the transport began anew by itself
	active   time.Duration   // when something last arrived
	wire     int64           // bytes of the body
	reading  bool            // somebody waits for more of the body
	unwanted bool            // what is left of it is not read, even to save the connection
	eof      bool
}

// maxTransportRetries bounds how often the transport may send one hop again by itself: a server that answers each new
// connection with GOAWAY draws hundreds of requests a second otherwise.
const maxTransportRetries = 3

var errNoResponse = errors.New("the transport gave neither a response nor an error")

var errTransportLoop = errors.New("the server ended each connection before it answered")

// send carries out the hop that has passed the gate.
func (x *exchange) send(req *http.Request) (*http.Response, error) {
	f := x.run.engine.fetcher
	t := &roundTrip{x: x, start: x.hop.Start, url: web.WithoutUserinfo(x.request.URL), timeout: f.Timeout}
	x.trip = t
	if f.TimeoutsOf != nil {
		t.timeout = f.TimeoutsOf(x.hop.Host)
	}
	if len(x.attempt().Hops) > 0 {
		t.url = web.WithoutUserinfo(req.URL.String())
	}
	x.result.FinalURL = t.url
	if t.timeout.Attempt = f.attemptTimeout(x.request); t.timeout.Attempt > 0 {
		t.timeout.Attempt = max(x.timeLeft, 1)
	}
	x.run.engine.counters.hops.Add(1)
	t.hooks = x.run.listen(t)
	now := x.run.engine.now()
	if len(x.result.Attempts) == 1 && len(x.attempt().Hops) == 0 {
		x.result.Lag += now - t.start
	}
	t.mu.Lock()
	t.rearm(now)
	t.mu.Unlock()
	sender := x.run.engine.transport
	if x.fresh {
		sender = &x.run.engine.fresh
	}
	resp, err := sender.RoundTrip(req.WithContext(t.hooks.ctx))
	if resp == nil && err == nil {
		err = errNoResponse
	}
	if err != nil {
		if t.refused = isOutOfFiles(err); t.refused {
			x.note(NoteOutOfFiles)
		}
		failure := x.failed(err)
		t.signal = signalOf(failure)
		t.end()
		return nil, failure
	}
	if resp.Body == nil { // net/http never gives one, but lets other transports do so
		resp.Body = http.NoBody
	}
	t.mu.Lock()
	t.resp, t.body = resp, resp.Body
	t.openEnd = resp.ContentLength < 0 && resp.ProtoMajor == 1 && len(resp.TransferEncoding) == 0 && req.Method != http.MethodHead
	t.active = x.run.engine.now()
	t.headAt = t.active
	t.times.withoutHooks(t.start, t.active)
	t.rearm(t.active)
	t.mu.Unlock()
	resp.Request = req // not with the hop's own context, which ends with it
	resp.Body = t
	t.classify()
	t.observe()
	return resp, nil
}

// isSuspect reports whether its connection may be dead without a word. Over HTTP/2 a retry would be sent on it again.
func (t *roundTrip) isSuspect() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.timedOut != nil && t.times.gotConn != 0 && t.again == 0
}

// rearm sets the timer for the next time-out. A later one waits until the timer fires, so that most hops set it once.
// The lock is held.
func (t *roundTrip) rearm(now time.Duration) {
	_, at, _ := t.nextTimeout()
	if at == never || t.armed != 0 && t.armed <= at {
		return
	}
	t.armed = at
	t.hooks.setTimer(at - now)
}

// nextTimeout is the time-out that would strike first as things stand, and its length. The lock is held.
func (t *roundTrip) nextTimeout() (kind Kind, at, length time.Duration) {
	at = never
	consider := func(k Kind, from, d time.Duration) {
		if d > 0 && from+d < at {
			kind, at, length = k, from+d, d
		}
	}
	consider(KindTimeoutAttempt, t.x.hop.Start, t.timeout.Attempt)
	switch {
	case t.times.gotConn == 0:
		consider(KindTimeoutConnect, t.start, t.timeout.Connect)
	case t.times.firstByte == 0 && t.times.wrote != 0:
		consider(KindTimeoutFirstByte, t.times.wrote, t.timeout.FirstByte)
	case t.times.firstByte != 0 && (t.resp == nil || t.reading): // else it is the reader who takes his time
		consider(KindTimeoutStall, t.active, t.timeout.Stall)
	}
	return kind, at, length
}

// expire ends the hop if a time-out has passed, and waits on for the next otherwise.
func (t *roundTrip) expire() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.frozen {
		return
	}
	t.armed = 0
	now := t.x.run.engine.now()
	if kind, at, length := t.nextTimeout(); now >= at {
		if kind == KindTimeoutAttempt { // of which this hop had what others left
			length = t.x.run.engine.fetcher.attemptTimeout(t.x.request)
		}
		t.timedOut = &Error{Kind: kind, Err: fmt.Errorf("%s %v", missing[kind], length)}
		if kind == KindTimeoutConnect && t.times.dnsStart != 0 && t.times.dnsDone == 0 {
			silence := &net.DNSError{Err: fmt.Sprintf("no name server answered within %v", length), Name: t.x.url.Hostname(), IsTimeout: true}
			t.timedOut = &Error{Kind: KindDNS, Err: silence}
		}
		t.idle = t.resp != nil && !t.reading
		t.hooks.cancel(t.timedOut)
		return
	}
	t.rearm(now)
}

// missing says what each time-out waited for.
var missing = map[Kind]string{
	KindTimeoutConnect:   "no connection within",
	KindTimeoutFirstByte: "no answer within",
	KindTimeoutStall:     "nothing more came for",
	KindTimeoutAttempt:   "not at an end within",
}

// Read reads the body as it comes over the wire.
func (t *roundTrip) Read(p []byte) (int, error) {
	t.mu.Lock()
	t.active, t.reading = t.x.run.engine.now(), true
	t.rearm(t.active)
	t.mu.Unlock()
	n, err := t.body.Read(p)
	now := t.x.run.engine.now()
	if err == nil && t.wellSince(now) {
		t.teach(t.signal)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reading = false
	t.wire += int64(n)
	t.active = now
	t.eof = t.eof || err != nil
	return n, err
}

// peek reads the beginning of the body, which is then there to be read all the same.
func (t *roundTrip) peek(n int64) []byte {
	start, err := io.ReadAll(io.LimitReader(t, n))
	rest := io.Reader(t.body)
	if err != nil {
		rest = failingBody{err}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.body = peekedBody{io.MultiReader(bytes.NewReader(start), rest), t.body}
	t.wire, t.eof = 0, false
	return start
}

type peekedBody struct {
	io.Reader
	io.Closer
}

// drainLimit is how much of an unread body is read on Close to save the connection.
const drainLimit = 64 << 10

// Close ends the hop. What is left of a short body is read first, still under the time-outs.
func (t *roundTrip) Close() error {
	t.mu.Lock()
	done, eof := t.frozen, t.eof || t.unwanted
	t.mu.Unlock()
	if done {
		return nil
	}
	if !eof && t.resp.StatusCode != http.StatusSwitchingProtocols {
		io.CopyN(io.Discard, t, drainLimit+1)
	}
	err := t.body.Close()
	t.end()
	return err
}

// end freezes the hop, gives its slots back, and puts it down in its attempt.
func (t *roundTrip) end() {
	x := t.x
	now := x.release(t.signal, t.refused)
	t.mu.Lock()
	t.frozen = true
	t.put(now)
	x.timeLeft -= now - x.hop.Start
	t.mu.Unlock()
	t.hooks.release(t)
	x.result.WireBytes = t.wire
}

// put appends the hop that ends now to its attempt, and its time to the service time. The lock is held.
func (t *roundTrip) put(now time.Duration) {
	x := t.x
	hop := Hop{
		URL: t.url, Host: x.hop.Host,
		Start: t.start - x.run.start, Queue: x.hop.Queue, Limiter: x.hop.Limiter,
		Remote: t.remote, Reused: t.reused,
		Phases: t.times.phases(t.start, now, t.reused),
	}
	if t.again > 0 {
		hop.Queue, hop.Limiter = 0, 0
	}
	if t.resp != nil {
		hop.Status, hop.Proto = t.resp.StatusCode, t.resp.Proto
	}
	a := x.attempt()
	a.Hops = append(a.Hops, hop)
	a.Status = hop.Status
	x.result.Service += now - t.start
	x.mark = now
}
