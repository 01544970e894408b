package room

import "context"

const (
	// step is by how much the lease of a large buffer grows.
	step = 1 << 20
	// mostKept is the largest memory that is reused: one large body must not occupy it forever.
	mostKept = 1 << 20
)

// Buffer holds a contiguous body. A large one has memory of its own from the system, so that it grows without
// copying, and is returned at once. The zero Buffer is empty; it is for one goroutine.
type Buffer struct {
	bytes  []byte
	mapped []byte // all memory from the system; nil: the buffer is on the heap
	leased int64
}

// Bytes returns the content, which is valid until Release.
func (b *Buffer) Bytes() []byte { return b.bytes }

// Append appends p, when the lease has room.
func (b *Buffer) Append(ctx context.Context, l *Lease, p []byte) error {
	r := l.Room()
	if need := int64(len(b.bytes) + len(p)); need > Small && r != nil && need > b.leased {
		more := min(max(b.leased, Small), step) // avoids many small steps
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
		panic("room: a body beyond its bound") // Grow has refused this
	}
	b.bytes = append(b.bytes, p...)
	return nil
}

// moveOut moves the content to memory from the system, if that is available.
func (b *Buffer) moveOut(r *Room) {
	b.mapped = mapMemory(r.most() + step)
	if b.mapped == nil {
		return
	}
	b.bytes = append(b.mapped[:0], b.bytes...)
	r.toOutside(b.leased)
}

// Release empties it. The content must not be used any more.
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
