package fetcher

import (
	"net/http"
	"time"

	"example.com/fetch/internal/sched"
	"example.com/fetch/internal/web"
)

// gate is the http.RoundTripper below http.Client: each hop, redirects and retries included, waits here for its slots
// and tokens. It does not expose CloseIdleConnections on purpose: go-retryablehttp calls that when it gives up on one
// request, and would empty the pool of every host.
type gate struct{ engine *engine }

func (g gate) RoundTrip(req *http.Request) (*http.Response, error) {
	x := exchangeOf(req.Context())
	if body, ok := req.Body.(failingBody); ok {
		return nil, body.err // without it there is nothing to send
	}
	if !x.holding {
		if err := x.waitAtGate(req); err != nil {
			if req.Body != nil {
				req.Body.Close()
			}
			return nil, err
		}
	}
	return x.send(req)
}

// waitAtGate is where redirects and retries wait. First hops wait as entries of the scheduler's queue instead, since a
// goroutine parked here costs kilobytes.
func (x *exchange) waitAtGate(req *http.Request) error {
	e := x.run.engine
	class := sched.Redirect
	if len(x.attempt().Hops) == 0 {
		class, x.away = sched.Retry, false
	}
	x.trip = nil // what ended an earlier hop is no reason for what happens now
	x.hop = sched.Hop{Seq: x.hop.Seq, Page: x.hop.Page, Class: class, Host: web.Host(req.URL), Payload: x}
	if x.granted == nil {
		x.granted = make(chan struct{}, 1)
	}
	e.mu.Lock()
	e.sched.Add(e.now(), &x.hop)
	e.pump()
	e.mu.Unlock()

	ctx, stopped := req.Context(), x.run.stopped
	if class == sched.Redirect {
		stopped = nil // an attempt that has begun may end
	}
	select {
	case <-x.granted:
		x.passedGate()
		return nil
	case <-ctx.Done():
	case <-stopped:
	}
	e.mu.Lock()
	now := e.now()
	removed := e.sched.Remove(now, &x.hop)
	e.mu.Unlock()
	if !removed {
		<-x.granted
		x.passedGate()
		x.letGo()
	} else {
		x.waited(now)
	}
	return x.cause()
}

// passedGate puts down the wait of a hop that was granted.
func (x *exchange) passedGate() {
	x.holding = true
	x.waited(x.hop.Start)
	if len(x.result.Attempts) > 0 && len(x.attempt().Hops) == 0 {
		x.attempt().Start = x.hop.Start - x.run.start
	}
}

// waited puts the time until now down as queue and limiter wait.
func (x *exchange) waited(now time.Duration) {
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
func (x *exchange) release(how sched.Signal, refused bool) time.Duration {
	e := x.run.engine
	x.holding = false
	e.mu.Lock()
	now := e.now()
	e.sched.Done(now, &x.hop, how)
	first := refused && e.goSlower(now)
	e.pump()
	e.mu.Unlock()
	if first { // not under the lock: nobody knows what a Logger does
		e.logger.Warn("too many open files: going on with fewer requests in flight; raise ulimit -n, or ask for fewer")
	}
	return now
}

// awaitDue waits until a request is due that will not stand before the gate, since it fails at once; false if the run
// was drained. Without it, a list that is read again and again would bring forth such failures without end.
func (r *run) awaitDue(req *Request) bool {
	wait := r.start + req.Due - r.engine.now()
	if wait <= 0 {
		return true
	}
	due := time.NewTimer(wait)
	defer due.Stop()
	select {
	case <-due.C:
		return true
	case <-r.drained:
		return false
	}
}
