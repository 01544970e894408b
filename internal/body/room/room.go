// Package room limits the memory of bodies and of what is made from them, over all workers together.
package room

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/units"
)

// An eighth of the limit is shared by all, and half of it is for one lease at a time that needs more. The rest is
// for evaluations and the program itself. There is no deadlock, because the lease whose turn it is gets the maximum
// at once.
const (
	sharedPart = 8
	lonePart   = 2
)

// Small is the size up to which a body is not accounted.
const Small = 64 << 10

// Room is memory that workers share. It is safe for concurrent use; nil has no limit.
type Room struct {
	size    int64
	mu      sync.Mutex
	shared  int64    // in use of the shared part
	lone    *Lease   // the lease with the exclusive part; nil: none
	waiting []*claim // in order of arrival

	outside atomic.Int64 // bytes of buffers that are not on the heap
	heap    heap
}

// New returns a Room of size bytes; for 0 it returns nil, which has no limit.
func New(size int64) *Room {
	if size <= 0 {
		return nil
	}
	return &Room{size: size}
}

// most returns how much one lease may hold.
func (r *Room) most() int64 { return r.size / lonePart }

// Operation returns how much one operation of an expression may allocate at once.
func (r *Room) Operation() int64 {
	if r == nil {
		return 1 << 62
	}
	return r.size / 8
}

// tooMuch returns the error of a request for memory that can never be granted. It is final.
func (r *Room) tooMuch(format string, args ...any) error {
	return &fetcher.Error{Kind: fetcher.KindBodyTooLarge, Err: fmt.Errorf(format+" (--max-memory %s); raise --max-memory, or take less of the body",
		append(args, units.Size(r.size))...)}
}

// claim is a waiting request for memory.
type claim struct {
	lease *Lease
	more  int64
	ready chan struct{}
}

// Lease is the memory of one body. It is for one goroutine; nil, and one of a nil Room, has no limit.
type Lease struct {
	room          *Room
	shared, alone int64
}

// Lease returns an empty lease.
func (r *Room) Lease() *Lease { return &Lease{room: r} }

// Room returns the room of the lease.
func (l *Lease) Room() *Room {
	if l == nil {
		return nil
	}
	return l.room
}

// Grow waits until there is room for more bytes. Its errors are the cause of ctx's end, and a *fetcher.Error if
// there can never be room: what names the purpose.
func (l *Lease) Grow(ctx context.Context, more int64, what string) error {
	r := l.Room()
	if r == nil || more <= 0 {
		return nil
	}
	if total := l.shared + l.alone + more; total > r.most() {
		return r.tooMuch("%s would take %s of memory, and one body may take %s", what, units.Size(total), units.Size(r.most()))
	}
	r.mu.Lock()
	if r.grant(l, more) {
		r.mu.Unlock()
		return nil
	}
	c := &claim{l, more, make(chan struct{})}
	r.waiting = append(r.waiting, c)
	r.mu.Unlock()
	select {
	case <-c.ready:
		return nil
	case <-ctx.Done():
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := slices.Index(r.waiting, c); i >= 0 {
		r.waiting = slices.Delete(r.waiting, i, i+1)
	}
	return context.Cause(ctx) // memory granted meanwhile is released with the rest
}

// TryGrow grows the lease if that is possible without waiting.
func (l *Lease) TryGrow(more int64) bool {
	r := l.Room()
	if r == nil {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.shared+more > r.size/sharedPart || l.shared+l.alone+more > r.most() {
		return false
	}
	r.shared += more
	l.shared += more
	return true
}

// grant grows a lease, if there is room. The caller holds the lock.
func (r *Room) grant(l *Lease, more int64) bool {
	switch {
	case r.lone == l:
		l.alone += more // at most most in total, which is reserved for it
	case r.shared+more <= r.size/sharedPart:
		r.shared += more
		l.shared += more
	case r.lone == nil:
		r.lone, l.alone = l, more
	default:
		return false
	}
	return true
}

// Release releases everything.
func (l *Lease) Release() {
	r := l.Room()
	if r == nil || l.shared+l.alone == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.shared -= l.shared
	if r.lone == l {
		r.lone = nil
	}
	l.shared, l.alone = 0, 0
	r.waiting = slices.DeleteFunc(r.waiting, func(c *claim) bool {
		granted := r.grant(c.lease, c.more)
		if granted {
			close(c.ready)
		}
		return granted
	})
}
