package room

import "context"

const (
	// step is by how much the lease of a large buffer grows.
	step = 1 << 20
	// mostKept is the largest memory that serves again: one large body must not hold it for ever.
	mostKept = 1 << 20
)

// Buffer holds a body in one piece. A large one has memory of its own from the system, so that it grows without being copied,
// and is given back at once. The zero Buffer is empty; it is for one goroutine.
type Buffer struct {
	bytes  []byte
	mapped []byte // all that the system was asked for; nil: the buffer is on the heap
	leased int64
}

// Bytes are what it holds, until it is released.
func (b *Buffer) Bytes() []byte { return b.bytes }

// Append adds to it, when the lease has room.
func (b *Buffer) Append(ctx context.Context, l *Lease, p []byte) error {
	r := l.Room()
	if need := int64(len(b.bytes) + len(p)); need > Small && r != nil && need > b.leased {
		more := min(max(b.leased, Small), step) // so that small steps are few
		more = max(min(more, r.most()-b.leased), need-b.leased)
		if err := l.Grow(ctx, more, "the body"); err != nil {
			return err
		}
		b.leased += more
		if b.mapped != nil {
			r.toOutside(more)
		} else if need > mostKept {
			b.moveOut(r)
		}
	}
	if b.mapped != nil && len(b.bytes)+len(p) > cap(b.bytes) {
		panic("room: a body beyond its bound") // which Grow has refused
	}
	b.bytes = append(b.bytes, p...)
	return nil
}

// moveOut moves it to memory from the system, if that gives any.
func (b *Buffer) moveOut(r *Room) {
	b.mapped = mapMemory(r.most() + step)
	if b.mapped == nil {
		return
	}
	b.bytes = append(b.mapped[:0], b.bytes...)
	r.toOutside(b.leased)
}

// Release empties it. What it held must not be used any more.
func (b *Buffer) Release(l *Lease) {
	if b.mapped != nil {
		unmapMemory(b.mapped)
		l.Room().toOutside(-b.leased)
		b.bytes = nil
	}
	if cap(b.bytes) > mostKept {
		b.bytes = nil
	}
	b.bytes, b.mapped, b.leased = b.bytes[:0], nil, 0
}
