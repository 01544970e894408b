// Package load creates load tests: it determines which request is due when, and leaves sending to fetcher. A Plan
// is the sequence of due times, a Mix the sequence of requests, and a Load both together, a source for
// fetcher.Fetcher.Run.
//
// In the open model requests are due at arrival times, whatever the server does. In the closed model a number of
// users each send a request, wait for its end, think, and send the next.
package load

import (
	"context"
	"iter"
	"time"

	"example.com/fetch/fetcher"
)

// Load applies a plan to a sequence of requests. It is for one run. All methods are safe for concurrent use.
type Load struct {
	plan     Plan
	requests iter.Seq2[*fetcher.Request, error]
	users    *users // of the closed model; nil in the open one
}

// New returns the load of a plan. The requests are templates: each may be used any number of times, and none is
// changed. The load ends with them at the latest.
func New(p Plan, requests iter.Seq2[*fetcher.Request, error]) (*Load, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	l := &Load{plan: p, requests: requests}
	if !p.Open {
		l.users = newUsers(&l.plan)
	}
	return l, nil
}

// Requests yields a copy of a template for each time at which one is due, numbered from 1, in the order of these
// times as far as they are known. It must be ranged over once, by Fetcher.Run, whose start is that of the load.
// The first error of the templates ends it.
//
// In the open model it never waits. In the closed model it waits for free users, and yields a request up to a
// second before it is due; it ends when the plan does, though users may still wait for responses. The end of ctx
// ends it in both, without an error: cancel ctx when the run is stopped, because a stopped run does not report
// users as free.
func (l *Load) Requests(ctx context.Context) iter.Seq2[*fetcher.Request, error] {
	return func(yield func(*fetcher.Request, error) bool) {
		a := newArrivals(&l.plan)
		next := func(context.Context, int64) (time.Duration, bool) { return a.next() }
		if l.users != nil {
			l.users.begin()
			defer l.users.end()
			next = l.users.next
		}
		seq := int64(0)
		for template, err := range l.requests {
			if err != nil || template == nil {
				yield(nil, err)
				return
			}
			seq++
			due, ok := next(ctx, seq)
			if !ok || ctx.Err() != nil {
				return
			}
			request := *template
			request.Seq, request.Due = seq, due
			if !yield(&request, nil) {
				return
			}
		}
	}
}

// Ended processes a result: in the closed model its user is free again, unless a further page follows. It is
// meant for Fetcher.Ended.
func (l *Load) Ended(r *fetcher.Result) {
	if l.users != nil {
		l.users.ended(r)
	}
}

// Due returns how many requests were due after the warm-up until now, which counts from the start of the run,
// sent or not. It is fast, except for Poisson arrivals, which it iterates over. In the closed model requests that
// have not been yielded yet are not due.
func (l *Load) Due(now time.Duration) int64 {
	if l.users != nil {
		return l.users.due(now)
	}
	return l.plan.arrived(now)
}

// Idle returns the number of users of the closed model whose first request was due until now, and has not ended.
// When everything that was sent has ended, these users never sent anything.
func (l *Load) Idle(now time.Duration) int64 {
	if l.users != nil {
		return l.users.idle(now)
	}
	return 0
}
