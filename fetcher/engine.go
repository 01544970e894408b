package fetcher

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"example.com/fetch/internal/coding"
	"example.com/fetch/internal/cookies"
	"example.com/fetch/internal/inorder"
	"example.com/fetch/internal/process"
	"example.com/fetch/internal/sched"
	"example.com/fetch/internal/tell"
	"example.com/fetch/internal/transport"
	"example.com/fetch/internal/web"
)

// engine drives a sched.Scheduler in real time: it owns the one lock around it, the timer for its next instant, and the
// workers that carry out what it grants.
type engine struct {
	fetcher   *Fetcher
	logger    *slog.Logger
	transport http.RoundTripper
	fresh     transport.Fresh // for what must not be sent on a connection that is there
	client    *retryablehttp.Client
	jar       *cookies.Jar // of CookiesOfRun; nil: each request has its own, or none
	sendsOnce bool         // no request is ever retried or redirected
	isPlain   bool         // the transport is net/http's, which lets go of a hop that has ended
	epoch     time.Time    // the scheduler's instants count from here
	timeout   Timeouts     // 0 means no bound
	perHost   sched.Limit  // of hosts that have none of their own
	hosts     map[web.HostSpec]*ownLimit
	senseless error // what Check says

	mu       sync.Mutex
	sched    *sched.Scheduler
	limit    *sched.Limit  // of the host that the scheduler is told about
	arrived  int64         // requests, in all runs; what came first goes first
	slack    atomic.Bool   // there are slots that nothing that waits can use
	timer    process.Timer // for the scheduler's next instant; nil until there was one
	wakeAt   time.Duration
	runs     map[*run]struct{}
	leasing  context.Context // of the present busy period
	unlease  context.CancelFunc
	stopping bool
	draining bool
	slots    int // lowered by goSlower; 0: never was

	rejected []*exchange // first hops whose hosts were given up, and which are to be failed
	events   tell.Queue[HostEvent]

	malformed map[string]struct{} // hosts that say of limits what cannot be read

	idle    []worker
	workers *sync.WaitGroup // those of the present busy period: from the first run until none is left

	ended    Stats    // the sums of runs that have ended
	codings  []string // what Accept-Encoding asks for
	decoders coding.Pool
}

// worker gives requests to a goroutine that carries them out, one after another. Idle workers are kept, since their stacks
// have grown to what a request needs.
type worker chan *exchange

func newEngine(f *Fetcher) *engine {
	slots := f.slots()
	e := &engine{
		fetcher:   f,
		logger:    cmp.Or(f.Logger, slog.New(slog.DiscardHandler)),
		transport: f.Transport,
		codings:   coding.Accept,
		sendsOnce: f.Retry.Max < 0 && f.MaxRedirects < 0,
		epoch:     time.Now().Add(-1), // so that no instant is 0, which stands for one that never came
		runs:      make(map[*run]struct{}),
		malformed: make(map[string]struct{}),
		wakeAt:    never,
		timeout:   f.Timeout.resolved(),
		hosts:     make(map[web.HostSpec]*ownLimit, len(f.Limits.Hosts)),
		senseless: f.senseless(),
	}
	for text, limit := range f.Limits.Hosts {
		if host, err := web.ParseHostSpec(text); err == nil {
			e.hosts[host] = newOwnLimit(limit)
		}
	}
	config := f.Retry.config()
	config.Slots, config.Total = slots, f.Limits.Total.scheduled()
	config.Unheard = f.unheard()
	e.perHost = f.Limits.PerHost.scheduled()
	e.limit = &e.perHost
	config.PerHost = func(string) sched.Limit { return *e.limit }
	config.MaxAway = sched.MaxAway(slots)
	config.Adapt = !f.NoAdapt
	if f.Event != nil {
		e.events = tell.Queue[HostEvent]{Tell: f.Event, Most: maxUntold, Merge: lost}
		config.Event = func(event sched.Event) { e.events.Add(HostEvent(event)) }
	}
	e.sched = sched.New(config)
	if slots >= transport.SmallBuffersFrom {
		e.codings = coding.AcceptSmall
	}
	if e.transport == nil {
		e.transport = NewTransport(TransportOptions{
			ConnectTimeout: e.timeout.Connect, IdlePerHost: slots, SmallBuffers: slots >= transport.SmallBuffersFrom,
		})
	}
	e.fresh.Of = e.transport
	e.isPlain = transport.IsPlain(e.transport)
	if f.Cookies == CookiesOfRun {
		e.jar = cookies.NewJar()
	}
	e.client = e.newClient()
	return e
}

const never = time.Duration(1<<63 - 1)

// drive has the scheduler take something in, and sends off what may leave then.
func (e *engine) drive(change func(s *sched.Scheduler, now time.Duration)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change(e.sched, e.now())
	e.pump()
}

// now is the present instant of the scheduler's clock.
func (e *engine) now() time.Duration { return time.Since(e.epoch) }

// pump sends off everything that may leave now, and sets the timer for the next instant. The lock is held.
func (e *engine) pump() {
	for {
		now := e.now()
		for h := e.sched.Rejected(now); h != nil; h = e.sched.Rejected(now) {
			e.reject(now, h)
		}
		h := e.sched.Next(now)
		if h == nil {
			e.slack.Store(e.sched.SlotIsFree())
			for want := range e.sched.Wanting {
				ctx := e.leasing
				e.workers.Go(func() { e.lease(ctx, want) })
			}
			e.setTimer(now)
			return
		}
		x := h.Payload.(*exchange)
		if h.Class == sched.First && x.run.hasEnded() {
			e.sched.Done(now, h, sched.Signal{})
			x.run.dropLate(x)
			continue
		}
		if h.Class == sched.First {
			x.run.counters.sent.Add(1)
			e.dispatch(x)
		} else {
			x.granted <- struct{}{}
		}
	}
}

// about is drive for what is about a host by its name. Limits.Host is not asked under the lock, since nobody knows what it
// does.
func (e *engine) about(host string, change func(s *sched.Scheduler, now time.Duration)) {
	limit, _ := e.limitOf(host) // which made sense when its hop came to the gate
	e.drive(func(s *sched.Scheduler, now time.Duration) {
		e.limit = limit
		change(s, now)
	})
}

// lease asks for instants at which hops to a host may leave.
func (e *engine) lease(ctx context.Context, w sched.Want) {
	var at []time.Time
	err := errGoexit
	defer func() {
		ok := recover() == nil && (err == nil || ctx.Err() != nil)
		e.drive(func(s *sched.Scheduler, now time.Duration) { s.Lease(now, w.Host, time.Now(), at, ok) })
	}()
	at, err = e.ownOf(w.Host).Lease(ctx, w.N, w.Spent)
}

// setTimer arms the one timer for the next instant at which a hop might leave. The lock is held.
func (e *engine) setTimer(now time.Duration) {
	at, ok := e.sched.Wake(now)
	if !ok || at == e.wakeAt {
		return
	}
	e.wakeAt = at
	if e.timer == nil {
		e.timer = process.NewTimer(e.fetcher.FineTimer, e.tick, e.workers.Go) // whose goroutine the end of the present busy period joins
	}
	e.timer.Reset(at - now)
}

func (e *engine) tick() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.wakeAt = never
	e.pump()
}

// dispatch hands a request to an idle worker, or to a new one. The lock is held, so it must not wait.
func (e *engine) dispatch(x *exchange) {
	if n := len(e.idle); n > 0 {
		w := e.idle[n-1]
		e.idle = e.idle[:n-1]
		w <- x
		return
	}
	w := make(worker, 1)
	period := e.workers
	period.Go(func() { e.work(w, x, period) })
}

// work carries out requests until none of its busy period is left: the next has workers of its own, since the end of
// this one waits for these.
func (e *engine) work(w worker, x *exchange, period *sync.WaitGroup) {
	for ok := true; ok; x, ok = <-w {
		e.carryOut(x)
		x = nil
		e.mu.Lock()
		leave := len(e.runs) == 0 || e.workers != period || len(e.idle) >= e.fetcher.slots()
		if !leave {
			e.idle = append(e.idle, w)
		}
		e.mu.Unlock()
		if leave {
			return
		}
	}
}

// goSlower lowers the hops in flight for good, to a little under those that go on when the system refused one, and
// reports whether that was the first time. It is called after the refused one has ended and before its slot is given on:
// then the last of many refusals counts exactly those that the system bears. The lock is held.
func (e *engine) goSlower(now time.Duration) (first bool) {
	n := e.sched.Counts(now).InFlight
	slots := max(1, n-n/8)
	first = e.slots == 0
	if first || slots < e.slots {
		e.slots = slots
		e.sched.SetSlots(now, slots)
	}
	return first
}

// begin adds a run.
func (e *engine) begin(parent context.Context, window int, inOrder, follow, aside bool) *run {
	r := &run{
		engine:  e,
		parent:  parent,
		window:  window,
		aside:   aside,
		follow:  follow && e.fetcher.Follow != nil,
		drained: make(chan struct{}),
		stopped: make(chan struct{}),
		reading: make(chan struct{}),
		changed: make(chan struct{}, 1),
		room:    make(chan struct{}, 1),
	}
	r.ctx, r.cancel = context.WithCancelCause(parent)
	if inOrder {
		r.order = inorder.New[*Result]()
	}
	close(r.reading)
	r.unwatch = context.AfterFunc(parent, func() { r.stop(context.Cause(parent)) })
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.runs) == 0 {
		e.workers = new(sync.WaitGroup)
		e.leasing, e.unlease = context.WithCancel(context.Background())
	}
	e.runs[r] = struct{}{}
	r.start = e.now()
	switch {
	case e.stopping:
		r.stopLocked(ErrStopped)
	case e.draining:
		r.drainLocked()
	}
	return r
}

// finish cancels what is left of a run and joins its goroutines; with the last run, the workers' too.
func (e *engine) finish(r *run) {
	r.abandon()
	e.mu.Lock()
	delete(e.runs, r)
	if r.aside {
		e.ended.Hops += r.counters.hops.Load()
	} else {
		r.counters.addTo(&e.ended)
	}
	last := len(e.runs) == 0
	var idle []worker
	workers := e.workers
	if last {
		idle, e.idle = e.idle, nil
		e.unlease()
		if e.timer != nil {
			e.timer.Stop()
			e.timer, e.wakeAt = nil, never
		}
	}
	e.mu.Unlock()
	for _, w := range idle {
		close(w)
	}
	if last {
		workers.Wait()
		e.fresh.Close()
		e.events.Wait()
	}
}

// halt has something become of all runs, and of those that are begun later, for which it sets a mark.
func (e *engine) halt(mark *bool, end func(*run)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	*mark = true
	for r := range e.runs {
		end(r)
	}
}
