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

// tick is how often the heap is looked at while evaluations are on.
const tick = 2 * time.Millisecond

// heap watches what evaluations make, which nobody can estimate.
type heap struct {
	turn   sync.RWMutex // evaluations share it; one that was stopped has it for itself
	on     atomic.Int64 // evaluations
	looks  atomic.Bool  // the next look at the heap is due
	passed atomic.Int64 // how often the bound was passed

	base atomic.Int64 // bytes in use that no evaluation made and no lease is for

	mu    sync.Mutex
	limit int64 // that the collector was given; 0: none
}

// errPassed ends the evaluations that are on when the bound is passed.
var errPassed = errors.New("the bound of memory was passed")

// Evaluate runs f, which has to end when its context does and may be run again. When the heap passes the bound, the
// evaluations that are on are stopped, and each has the room for itself in a second try. If that does not do, f is what takes
// too much: the error is a *fetcher.Error and final.
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
		err = r.tooMuch("the expression takes more memory than there is")
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

// look looks at the heap, again and again while evaluations are on.
func (r *Room) look() {
	h := &r.heap
	if h.on.Load() == 0 {
		h.looks.Store(false)
		if h.on.Load() == 0 || !h.looks.CompareAndSwap(false, true) { // one that has begun meanwhile is not to be missed
			return
		}
	}
	shift := h.base.Load() - r.outside.Load()
	if live, inUse := heapSizes(); live > r.size/16*7+shift || inUse > r.size/16*15+shift {
		h.passed.Add(1)
	}
	time.AfterFunc(tick, r.look)
}

// findBase finds what the program needs besides, such as for a long list: no expression is to fail for that. Nothing that
// evaluations left may be in use, so that no evaluation is on, and the collector runs first.
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

// heapSizes are the bytes of the heap that the collector found in use when it last looked, and those that are in use or were not
// yet found not to be. The first is passed long before the collector has nothing but work.
func heapSizes() (live, inUse int64) {
	samples := [2]metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(samples[:])
	return int64(samples[0].Value.Uint64()), int64(samples[1].Value.Uint64())
}

// watched is the context of an evaluation. It has no goroutine and is no child of its parent, since most evaluations take
// microseconds.
type watched struct {
	context.Context
	heap  *heap
	began int64 // how often the bound had been passed then
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

// Limit has the garbage collector keep to what is left of the room, unless GOMEMLIMIT says otherwise, until stop is called.
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

// toOutside counts what buffers take beside the heap.
func (r *Room) toOutside(more int64) {
	if r == nil {
		return
	}
	r.outside.Add(more)
	r.adjust()
}

// adjust tells the collector what is left, if it is limited and that differs by much.
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
