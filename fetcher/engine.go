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
	"example.com/fetch/internal/sched"
)

// engine drives a sched.Scheduler in real time: it owns the one lock around it, the timer for its next instant, and the
// workers that carry out what it grants.
type engine struct {
	fetcher   *Fetcher
	logger    *slog.Logger
	transport http.RoundTripper
	client    *retryablehttp.Client
	sendsOnce bool      // no request is ever retried or redirected
	isPlain   bool      // the transport is net/http's, which lets go of a hop that has ended
	epoch     time.Time // the scheduler's instants count from here

	mu       sync.Mutex
	sched    *sched.Scheduler
	limit    Limit       // of the host of the hop that is being added
	arrived  int64       // requests, in all runs; what came first goes first
	slack    atomic.Bool // there are slots that nothing that waits can use
	timer    timer       // for the scheduler's next instant; nil until there was one
	wakeAt   time.Duration
	runs     map[*run]struct{}
	stopping bool
	draining bool
	slots    int // lowered by goSlower; 0: never was

	rejected []*exchange // first hops whose hosts were given up, and which are to be failed
	events   []HostEvent // not passed on yet
	telling  bool        // a goroutine passes them on
	told     sync.Cond   // telling has become false

	malformed map[string]struct{} // hosts that say of limits what cannot be read

	idle    []*worker
	workers *sync.WaitGroup // those of the present busy period: from the first run until none is left

	counters counters
	codings  []string // what Accept-Encoding asks for
	decoders coding.Pool
}

// counters are what Stats reports beside the state of the scheduler.
type counters struct {
	read, sent, done, ok, failed, canceled, notStarted, attempts, hops, bytes atomic.Int64
}

// worker is a goroutine that carries out requests, one after another. Idle workers are kept, since their stacks have
// grown to what a request needs.
type worker struct{ next chan *exchange }

func newEngine(f *Fetcher) *engine {
	slots := f.slots()
	e := &engine{
		fetcher:   f,
		logger:    f.Logger,
		transport: f.Transport,
		codings:   acceptCodings,
		sendsOnce: f.Retry.Max < 0 && f.MaxRedirects < 0,
		epoch:     time.Now().Add(-1), // so that no instant is 0, which stands for one that never came
		runs:      make(map[*run]struct{}),
		malformed: make(map[string]struct{}),
		wakeAt:    never,
	}
	config := f.Retry.config()
	config.Slots, config.Total = slots, f.Limits.Total.scheduled()
	config.PerHost = func(string) sched.Limit { return e.limit.scheduled() }
	config.MaxAway = sched.MaxAway(slots)
	config.Adapt = !f.NoAdapt
	if f.Event != nil {
		config.Event = e.noteEvent
	}
	e.sched = sched.New(config)
	e.told.L = &e.mu
	if slots >= SmallBuffersFrom {
		e.codings = acceptGzip
	}
	if e.logger == nil {
		e.logger = slog.New(slog.DiscardHandler)
	}
	if e.transport == nil {
		e.transport = NewTransport(TransportOptions{
			ConnectTimeout: f.Timeout.Connect, IdlePerHost: slots, SmallBuffers: slots >= SmallBuffersFrom,
		})
	}
	e.isPlain = isPlain(e.transport)
	e.client = e.newClient()
	return e
}

const never = time.Duration(1<<63 - 1)

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
			e.slack.Store(e.sched.InFlight() < cmp.Or(e.slots, e.fetcher.slots()))
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
			e.counters.sent.Add(1)
			e.dispatch(x)
		} else {
			x.granted <- struct{}{}
		}
	}
}

// add puts a hop before the gate, and sends off what may leave. The limit is its host's: Limits.Host is not asked under the
// lock, since nobody knows what it does. The lock is held.
func (e *engine) add(h *sched.Hop, limit Limit) {
	e.limit = limit
	e.sched.Add(e.now(), h)
	e.pump()
}

// setTimer arms the one timer for the next instant at which a hop might leave. The lock is held.
func (e *engine) setTimer(now time.Duration) {
	at, ok := e.sched.Wake(now)
	if !ok || at == e.wakeAt {
		return
	}
	e.wakeAt = at
	if e.timer == nil {
		e.timer = e.newTimer(at - now)
	} else {
		e.timer.Reset(at - now)
	}
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
		w.next <- x
		return
	}
	w := &worker{next: make(chan *exchange, 1)}
	period := e.workers
	period.Go(func() { e.work(w, x, period) })
}

// work carries out requests until none of its busy period is left: the next has workers of its own, since the end of
// this one waits for these.
func (e *engine) work(w *worker, x *exchange, period *sync.WaitGroup) {
	for ok := true; ok; x, ok = <-w.next {
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
	n := e.sched.InFlight()
	slots := max(1, n-n/8)
	first = e.slots == 0
	if first || slots < e.slots {
		e.slots = slots
		e.sched.SetSlots(now, slots)
	}
	return first
}

// begin adds a run.
func (e *engine) begin(parent context.Context, window int, inOrder, follow bool) *run {
	r := newRun(e, parent, window, inOrder, follow)
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.runs) == 0 {
		e.workers = new(sync.WaitGroup)
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
	last := len(e.runs) == 0
	var idle []*worker
	workers := e.workers
	if last {
		idle, e.idle = e.idle, nil
		if e.timer != nil {
			e.timer.Stop()
			e.timer, e.wakeAt = nil, never
		}
	}
	e.mu.Unlock()
	for _, w := range idle {
		close(w.next)
	}
	if last {
		workers.Wait()
		e.awaitTold()
	}
}

func (e *engine) stop() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stopping = true
	for r := range e.runs {
		r.stopLocked(ErrStopped)
	}
}

func (e *engine) drain() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.draining = true
	for r := range e.runs {
		r.drainLocked()
	}
}

func (e *engine) stats() Stats {
	c := &e.counters
	s := Stats{
		Elapsed: e.now(),
		Read:    c.read.Load(), Done: c.done.Load(), OK: c.ok.Load(), Failed: c.failed.Load(),
		Canceled: c.canceled.Load(), NotStarted: c.notStarted.Load(), Attempts: c.attempts.Load(),
		Hops: c.hops.Load(), Bytes: c.bytes.Load(),
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.now()
	s.Sent = c.sent.Load() // after Done and with InFlight, so that it is never less than the two
	s.InFlight = int64(e.sched.InFlight())
	s.Peak = int64(e.sched.Peak())
	s.Waiting = int64(e.sched.Waiting(now))
	s.Sleeping = int64(e.sched.Sleeping(now))
	s.Hosts = heldUp(e.sched, now)
	return s
}
