package fetcher

import (
	"net/http"
	"time"

	"example.com/fetch/internal/sane"
	"example.com/fetch/internal/sched"
	"example.com/fetch/internal/transport"
	"example.com/fetch/internal/web"
)

// gate is the http.RoundTripper below http.Client. The first hop of an attempt has its slots and tokens when it comes here;
// those that redirects lead to wait here for theirs. It does not expose CloseIdleConnections on purpose: go-retryablehttp
// calls that when it gives up on one request, and would empty the pool of every host.
type gate struct{ engine *engine }

func (g gate) RoundTrip(req *http.Request) (*http.Response, error) {
	x := exchangeOf(req.Context())
	if body, ok := req.Body.(transport.Failing); ok {
		return nil, body.Err // without it there is nothing to send
	}
	if !x.holding {
		var err error
		if may := g.engine.fetcher.Redirect; may != nil {
			err = may(x.result, req)
		}
		if err == nil {
			if _, senseless := g.engine.limitOf(web.Host(req.URL)); senseless != nil {
				err = &Error{Kind: KindInput, Err: senseless}
			}
		}
		if err == nil {
			x.nextHop(sched.Hop{Class: sched.Redirect, Host: web.Host(req.URL)})
			err = x.await(nil) // an attempt that has begun may end, whoever stopped the run
		}
		if err != nil {
			if req.Body != nil {
				req.Body.Close()
			}
			return nil, err
		}
	}
	resp, err := x.send(x.withCookies(req))
	if err == nil {
		x.keepCookies(req.URL, resp)
	}
	return resp, err
}

// nextHop makes a hop the one that is to stand before the gate.
func (x *exchange) nextHop(h sched.Hop) {
	x.trip = nil // what ended an earlier hop is no reason for what happens now
	h.Seq, h.Page, h.Refusals, h.Payload = x.hop.Seq, x.hop.Page, x.tries.Refusals, x
	x.hop = h
	if x.granted == nil {
		x.granted = make(chan struct{}, 1)
	}
}

// await puts the hop of a redirect or a retry before the gate and waits until it may leave, or says why it may not. First
// hops wait as entries of the scheduler's queue instead, since a goroutine parked here costs kilobytes.
func (x *exchange) await(stopped <-chan struct{}) error {
	e := x.run.engine
	x.hop.Limit, _ = e.limitOf(x.hop.Host)
	e.drive(func(s *sched.Scheduler, now time.Duration) { s.Add(now, &x.hop) })
	select {
	case <-x.granted:
		return x.answered()
	case <-x.Done():
	case <-stopped:
	}
	var at time.Duration
	removed := false
	e.drive(func(s *sched.Scheduler, now time.Duration) { // without this sleeper others may leave
		at, removed = now, s.Remove(now, &x.hop)
	})
	if removed {
		x.waited(at)
		return x.cause()
	}
	<-x.granted
	if err := x.answered(); err != nil {
		return err
	}
	x.letGo()
	return x.cause()
}

// answered takes what the scheduler has decided on the hop that waited.
func (x *exchange) answered() error {
	if at := x.rejected; at != 0 {
		x.rejected = 0
		x.waited(at)
		return circuitOpen(&x.hop, x.result.FinalURL)
	}
	x.passedGate()
	return nil
}

// passedGate puts down the wait of a hop that was granted.
func (x *exchange) passedGate() {
	x.holding = true
	x.waited(x.hop.Start)
}

// waited puts the time until now down: as back-off while a retry was not due, and then as queue and limiter wait.
func (x *exchange) waited(now time.Duration) {
	if x.hop.Class == sched.Retry {
		x.sleptUntil(min(max(x.hop.Due, x.mark), now))
	}
	x.hop.Queue = now - x.mark - x.hop.Limiter
	x.result.Queue += x.hop.Queue
	x.result.Limiter += x.hop.Limiter
	x.mark = now
}

// letGo gives slots back that were granted and have not been used.
func (x *exchange) letGo() {
	if x.holding {
		x.release(sched.Signal{}, false)
	}
}

// release gives the slots back, sends off what they make room for, and tells when that was. Refused says that the system
// had no file descriptor for the hop.
func (x *exchange) release(how sched.Signal, refused bool) (at time.Duration) {
	e, first := x.run.engine, false
	x.holding = false
	e.drive(func(s *sched.Scheduler, now time.Duration) {
		how.Latency = now - x.hop.Start
		s.Done(now, &x.hop, how)
		at, first = now, refused && e.goSlower(now)
	})
	if first { // not under the lock: nobody knows what a Logger does
		e.logger.Warn("too many open files: going on with fewer requests in flight; raise ulimit -n, or ask for fewer")
	}
	return at
}

// awaitDue waits until a request is due that will not stand before the gate, since it fails at once; false if the run
// was drained. Without it, a list that is read again and again would bring forth such failures without end.
func (r *run) awaitDue(req *Request) bool {
	wait := r.start + req.Due - r.engine.now()
	if wait <= 0 || req.Due > sane.Longest { // which makes no sense, and will be said
		return true
	}
	select {
	case <-time.After(wait):
		return true
	case <-r.drained:
		return false
	}
}
