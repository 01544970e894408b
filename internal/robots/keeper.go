// Package robots keeps the requests of a list to the robots.txt of their origins (RFC 9309).
package robots

import (
	"container/list"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/web"
)

// Keeper asks each origin for its robots.txt, once, before the first request for it is sent, and remembers what that says. Set
// the fields, and call Attach, before the first use; it is safe for concurrent use after. One that is nil lets everything by.
type Keeper struct {
	Agent string                  // the User-Agent to go by; rules are looked up by its Token, or our own if it has none
	Apply func(*fetcher.Request)  // gives a request for a robots.txt the credentials that are for its host; nil: none are sent
	Event func(fetcher.HostEvent) // is told of each robots.txt; nil: nobody is. It is called concurrently
	Warn  func(string)            // nil: nobody is warned. It is called concurrently

	engine *fetcher.Fetcher
	token  string
	header http.Header // of requests for robots.txt; nobody writes to it

	mu      sync.Mutex
	run     context.Context    // that of the list, for its further pages
	cancel  context.CancelFunc // ends it
	closed  bool
	asks    sync.WaitGroup // goroutines that ask
	origins map[web.Origin]*origin
	used    list.List                 // of *origin that have an answer, the latest used first
	size    int                       // of these, about, in bytes
	delays  map[string][]fetcher.Rate // of hosts: each Crawl-delay that was longer than those before
	forgot  bool                      // some had to go
}

// origin is what is known of one.
type origin struct {
	key    web.Origin
	asking chan struct{} // closed when somebody has asked; nil: nobody does
	answer *answer       // nil: there is none
	place  *list.Element // in Keeper.used
}

// answer is what came of asking for a robots.txt.
type answer struct {
	rules Rules
	why   string // why it cannot be had, so that everything is disallowed (section 2.3.1.4); empty: rules hold
	at    time.Time
}

const (
	// RFC 9309, section 2.4, has nobody go by a robots.txt for more than a day. Requests are held back until they are due
	// within the other half.
	lasts = 12 * time.Hour

	maxSize = 64 << 20 // bytes of rules that are remembered
	longest = time.Minute
)

// Close ends what Adapt has begun, and waits for it, but for a list that is blocked.
func (k *Keeper) Close() {
	if k == nil {
		return
	}
	k.mu.Lock()
	k.closed = true
	if k.cancel != nil {
		k.cancel()
	}
	k.mu.Unlock()
	k.asks.Wait()
}

// begin makes the context of a list.
func (k *Keeper) begin(parent context.Context) context.Context {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.run, k.cancel = context.WithCancel(parent)
	if k.closed {
		k.cancel()
	}
	return k.run
}

// async runs a function on a goroutine that Close waits for. It reports whether it does.
func (k *Keeper) async(f func()) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.closed {
		k.asks.Go(f)
	}
	return !k.closed
}

// EventRobots is the HostEvent of a robots.txt: From is the status of the response, 0 without one, To the Crawl-delay in
// seconds, 0 without one, and Why what it comes to.
const EventRobots = "robots"

// DisallowedError says that a robots.txt disallows a request. It is of fetcher.KindRobots.
type DisallowedError struct {
	Origin web.Origin
	Token  string
	Rule   string // the line that does; empty if Why says why there is none
	Why    string
}

func (e *DisallowedError) Error() string {
	if e.Rule != "" {
		return fmt.Sprintf("robots.txt of %s disallows this path for %s: %s", e.Origin.Shown(), e.Token, e.Rule)
	}
	return fmt.Sprintf("robots.txt of %s cannot be had, so that everything there is disallowed: %s; try again later", e.Origin.Shown(), e.Why)
}

// Unwrap gives the kind.
func (e *DisallowedError) Unwrap() error { return fetcher.KindRobots }

// Check reports whether a request for u may be sent, and asks for the robots.txt first where it is not known: nil, or a
// *DisallowedError. Any other error means that ctx, or the engine, was stopped before it could be known.
func (k *Keeper) Check(ctx context.Context, u *url.URL) error {
	o := web.OriginOf(u)
	a, err := k.know(ctx, o)
	if err != nil {
		return err
	}
	return k.judge(a, o, u)
}

// judge says what an answer means for one URL.
func (k *Keeper) judge(a *answer, o web.Origin, u *url.URL) error {
	path := u.RequestURI()
	if path == fileName {
		return nil
	}
	if a.why != "" {
		return &DisallowedError{Origin: o, Token: k.token, Why: a.why}
	}
	if r := a.rules.match(path); r != nil && !r.allow {
		return &DisallowedError{Origin: o, Token: k.token, Rule: r.String()}
	}
	return nil
}

// known is the answer of an origin, if there is one that holds.
func (k *Keeper) known(key web.Origin) *answer {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.knownLocked(key)
}

func (k *Keeper) knownLocked(key web.Origin) *answer {
	o := k.origins[key]
	if o == nil || o.answer == nil || time.Since(o.answer.at) >= lasts {
		return nil
	}
	k.used.MoveToFront(o.place)
	return o.answer
}

// know is known, and asks where it is not. Of several at once one asks, and the others wait; if its context ends, another does.
func (k *Keeper) know(ctx context.Context, key web.Origin) (*answer, error) {
	for {
		k.mu.Lock()
		if a := k.knownLocked(key); a != nil {
			k.mu.Unlock()
			return a, nil
		}
		if k.origins == nil {
			k.origins, k.delays = map[web.Origin]*origin{}, map[string][]fetcher.Rate{}
		}
		o := k.origins[key]
		if o == nil {
			o = &origin{key: key}
			k.origins[key] = o
		}
		if wait := o.asking; wait != nil {
			k.mu.Unlock()
			select {
			case <-wait:
				continue
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			}
		}
		done := make(chan struct{})
		o.asking = done
		k.mu.Unlock()
		a, err := k.ask(ctx, key)
		k.mu.Lock()
		k.remember(o, a)
		o.asking = nil
		close(done)
		k.mu.Unlock()
		return a, err
	}
}

// remember keeps an answer; nil: there is none. The lock is held.
func (k *Keeper) remember(o *origin, a *answer) {
	if a == nil {
		if o.answer == nil {
			delete(k.origins, o.key)
		}
		return
	}
	if o.answer != nil {
		k.size -= o.answer.rules.size()
		k.used.Remove(o.place)
	}
	o.answer, o.place = a, k.used.PushFront(o)
	k.size += a.rules.size()
	if d := a.rules.Delay; d > 0 {
		had := k.delays[o.key.Host]
		if n := len(had); n == 0 || had[n-1].Per < d {
			k.delays[o.key.Host] = append(had[:n:n], fetcher.Rate{Events: 1, Per: d})
		}
	}
	for k.size > maxSize && k.used.Len() > 1 {
		k.forget(k.used.Back().Value.(*origin))
		if !k.forgot && k.Warn != nil {
			k.forgot = true
			k.Warn("more robots.txt than can be remembered: some are asked for again; a list that is sorted by host needs fewer at a time")
		}
	}
}

// forget lets go of an answer. What the engine keeps to of a host that it knows stays. The lock is held.
func (k *Keeper) forget(o *origin) {
	k.used.Remove(o.place)
	k.size -= o.answer.rules.size()
	o.answer, o.place = nil, nil
	delete(k.delays, o.key.Host)
	if o.asking == nil {
		delete(k.origins, o.key)
	}
}

// ratesOf are those that the Crawl-delays of a host have asked for.
func (k *Keeper) ratesOf(host string) []fetcher.Rate {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.delays[host]
}

// Asked adds the Crawl-delay of a host to what else was asked for of it: hops in flight, and hops a second, 0 meaning no bound.
func (k *Keeper) Asked(of func(host string) (slots int, perSecond float64)) func(host string) (slots int, perSecond float64) {
	if k == nil {
		return of
	}
	return func(host string) (int, float64) {
		slots, perSecond := of(host)
		if rates := k.ratesOf(host); len(rates) > 0 {
			if n := rates[len(rates)-1].PerSecond(); perSecond == 0 || n < perSecond {
				perSecond = n
			}
		}
		return slots, perSecond
	}
}
