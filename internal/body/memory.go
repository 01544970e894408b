package body

import (
	"io"
	"sync"
)

// memory is a body held in memory for as long as values are taken from it.
type memory struct{ bytes []byte }

func (m *memory) Write(p []byte) (int, error) {
	m.bytes = append(m.bytes, p...)
	return len(p), nil
}

// head is what holds only the first n bytes in it.
func (m *memory) head(n int) io.Writer { return &headOf{m, n} }

type headOf struct {
	to *memory
	n  int
}

func (h *headOf) Write(p []byte) (int, error) {
	if room := h.n - len(h.to.bytes); room > 0 {
		h.to.Write(p[:min(room, len(p))])
	}
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
