package body

import "sync"

// memory is a body, or its beginning, held in memory for as long as values are taken from it.
type memory struct {
	bytes []byte
	most  int // how much of it is held
}

func (m *memory) Write(p []byte) (int, error) {
	m.bytes = append(m.bytes, p[:min(len(p), m.most-len(m.bytes))]...)
	return len(p), nil
}

// mostReused is the largest memory that serves again: one large body must not hold it for ever.
const mostReused = 1 << 20

// memories serve again, since every value is copied out of its body.
var memories = sync.Pool{New: func() any { return new(memory) }}

func (m *memory) release() {
	if cap(m.bytes) <= mostReused {
		m.bytes = m.bytes[:0]
		memories.Put(m)
	}
}
