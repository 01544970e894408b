package room

import (
	"context"
	"errors"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"time"
)

// tick is the interval at which the heap is checked during evaluations.
const tick = 2 * time.Millisecond

// heap observes the memory of evaluations, which cannot be estimated.
type heap struct {
	turn   sync.RWMutex // shared by evaluations; held exclusively by one that was stopped
	on     atomic.Int64 // evaluations in progress
	looks  atomic.Bool  // the next check of the heap is scheduled
	passed atomic.Int64 // how often the limit was exceeded

	base atomic.Int64 // bytes in use by neither evaluations nor leases

	mu    sync.Mutex
	limit int64 // memory limit of the collector; 0: none
}

// errPassed ends the evaluations in progress when the limit is exceeded.
var errPassed = errors.New("the memory limit was exceeded")

// Evaluate runs f, which must end when its context does and may be run again. When the heap exceeds the limit, all
// evaluations in progress are stopped, and each is retried alone. If that exceeds it again, f needs too much: the
// error is a *fetcher.Error and final.
func (r *Room) Evaluate(ctx context.Context, f func(context.Context) error) error {
	if r == nil {
		return f(ctx)
	}
	r.heap.turn.RLock()
	err := r.evaluate(ctx, f)
	r.heap.turn.RUnlock()
	if !errors.Is(err, errPassed) {
		return err
	}
	r.heap.turn.Lock()
	defer r.heap.turn.Unlock()
	r.findBase()
	if err = r.evaluate(ctx, f); errors.Is(err, errPassed) {
		err = r.tooMuch("the expression needs more memory than is available")
	}
	return err
}

func (r *Room) evaluate(ctx context.Context, f func(context.Context) error) error {
	h := &r.heap
	h.on.Add(1)
	defer h.on.Add(-1)
	if h.looks.CompareAndSwap(false, true) {
		time.AfterFunc(tick, r.look)
	}
	return f(&watched{ctx, h, h.passed.Load()})
}

// look checks the heap repeatedly during evaluations.
func (r *Room) look() {
	h := &r.heap
	if h.on.Load() == 0 {
		h.looks.Store(false)
		if h.on.Load() == 0 || !h.looks.CompareAndSwap(false, true) { // one may have begun meanwhile
			return
		}
	}
	shift := h.base.Load() - r.outside.Load()
	if live, inUse := heapSizes(); live > r.size/16*7+shift || inUse > r.size/16*15+shift {
		h.passed.Add(1)
	}
	time.AfterFunc(tick, r.look)
}

// findBase determines what the rest of the program uses, for example a long list: no expression may fail because of
// that. No evaluation may be in progress, and the collector runs first.
func (r *Room) findBase() {
	runtime.GC()
	live, _ := heapSizes()
	r.mu.Lock()
	leased := r.shared - r.outside.Load()
	if r.lone != nil {
		leased += r.lone.alone
	}
	r.mu.Unlock()
	r.heap.base.Store(max(live-max(leased, 0), 0))
	r.adjust()
}

// heapSizes returns the bytes of the heap that the collector found in use last time, and those that are in use or
// not yet known to be free. The first exceeds the limit long before the collector is overloaded.
func heapSizes() (live, inUse int64) {
	samples := [2]metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(samples[:])
	return int64(samples[0].Value.Uint64()), int64(samples[1].Value.Uint64())
}

// watched is the context of an evaluation. It has no goroutine and is not registered with its parent, because most
// evaluations take microseconds.
type watched struct {
	context.Context
	heap  *heap
	began int64 // value of passed at its start
}

var closed = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

func (w *watched) Done() <-chan struct{} {
	if w.heap.passed.Load() != w.began {
		return closed
	}
	return w.Context.Done()
}

func (w *watched) Err() error {
	if w.heap.passed.Load() != w.began {
		return errPassed
	}
	return w.Context.Err()
}

// Limit limits the garbage collector to what is left of the room, unless GOMEMLIMIT is set, until stop is called.
func (r *Room) Limit() (stop func()) {
	if r == nil || os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	before := debug.SetMemoryLimit(-1)
	r.heap.mu.Lock()
	r.heap.limit = before
	r.heap.mu.Unlock()
	r.adjust()
	return func() {
		r.heap.mu.Lock()
		defer r.heap.mu.Unlock()
		r.heap.limit = 0
		debug.SetMemoryLimit(before)
	}
}

// toOutside counts the memory of buffers outside the heap.
func (r *Room) toOutside(more int64) {
	if r == nil {
		return
	}
	r.outside.Add(more)
	r.adjust()
}

// adjust sets the limit of the collector to what is left, if it is limited and that differs much.
func (r *Room) adjust() {
	r.heap.mu.Lock()
	defer r.heap.mu.Unlock()
	limit := max(r.size-r.size/8-r.outside.Load()+r.heap.base.Load(), r.size/8)
	if r.heap.limit == 0 || math.Abs(float64(limit-r.heap.limit)) < float64(r.size/32) {
		return
	}
	r.heap.limit = limit
	debug.SetMemoryLimit(limit)
}
