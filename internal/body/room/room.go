// Package room bounds the memory that bodies and what is made of them take, over all workers together.
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

// Of a bound, an eighth is for whoever comes, and a half for one at a time who wants more. The rest is for evaluations, and for
// the program itself. So nobody waits for a worker that waits: the one whose turn it is gets all that one may have, at once.
const (
	sharedPart = 8
	lonePart   = 2
)

// Small is the size up to which a body is not counted.
const Small = 64 << 10

// Room is memory that workers share. It may be used concurrently; nil has no bound.
type Room struct {
	size    int64
	mu      sync.Mutex
	shared  int64    // held of the part for all
	lone    *Lease   // whose turn it is; nil: nobody's
	waiting []*claim // the first comes first

	outside atomic.Int64 // bytes of buffers that are not on the heap
	heap    heap
}

// New makes a Room of size bytes; nil, which has no bound, for 0.
func New(size int64) *Room {
	if size <= 0 {
		return nil
	}
	return &Room{size: size}
}

// most is what one may hold.
func (r *Room) most() int64 { return r.size / lonePart }

// Operation is how much one operation of an expression may make at once.
func (r *Room) Operation() int64 {
	if r == nil {
		return 1 << 62
	}
	return r.size / 8
}

// tooMuch is the error for what will never fit. It is final.
func (r *Room) tooMuch(format string, args ...any) error {
	return &fetcher.Error{Kind: fetcher.KindBodyTooLarge, Err: fmt.Errorf(format+" (--max-memory %s); raise --max-memory, or take less of the body",
		append(args, units.Size(r.size))...)}
}

// claim is who waits, and for how much.
type claim struct {
	lease *Lease
	more  int64
	ready chan struct{}
}

// Lease is the room that one body has. It is for one goroutine; nil, and that of no Room, has no bound.
type Lease struct {
	room          *Room
	shared, alone int64
}

// Lease makes one that holds nothing.
func (r *Room) Lease() *Lease { return &Lease{room: r} }

// Room is what the lease is of.
func (l *Lease) Room() *Room {
	if l == nil {
		return nil
	}
	return l.room
}

// Grow waits until there is room for more bytes than the lease has. Its errors are the end of ctx, and a *fetcher.Error if it
// will never be: what says what for.
func (l *Lease) Grow(ctx context.Context, more int64, what string) error {
	r := l.Room()
	if r == nil || more <= 0 {
		return nil
	}
	if total := l.shared + l.alone + more; total > r.most() {
		return r.tooMuch("%s would take %s of memory, where one body may have %s", what, units.Size(total), units.Size(r.most()))
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
	return context.Cause(ctx) // what was granted meanwhile is released with the rest
}

// TryGrow grows the lease if there is room at once.
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

// grant gives a lease more, if that is there. The lock is held.
func (r *Room) grant(l *Lease, more int64) bool {
	switch {
	case r.lone == l:
		l.alone += more // no more than most in all, which is there for it alone
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

// Release gives back all of it.
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
