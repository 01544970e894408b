package report

import (
	"bytes"
	"strings"
	"sync"
	"time"

	"example.com/fetch/internal/record"
)

const (
	heldResults = 1000        // so many results, the first with a value among them, settle the columns of values
	heldTime    = time.Second // and so much time from then on
	maxHeld     = 10_000      // lines that wait at most
	maxHeldSize = 4 << 20     // and the memory that they take
)

// held are the lines of a flat report that wait until the columns of values are settled. That is a second after the
// first value, though nothing else may come by then. What is taken from a journal goes by the same times.
type held struct {
	mu      sync.Mutex // held while records are added, and when the time is over
	lines   []heldLine
	size    int
	results int // from the first with a value
	until   record.Micros
	timer   *time.Timer
	err     error // of what was written when the time was over
}

// heldLine is a line without the cells of its value.
type heldLine struct {
	cells []string
	value []byte
}

// add keeps a copy of a line, which may be a part of a whole line of a journal, and reports whether there is no room for
// more.
func (h *held) add(cells []string, value []byte) (full bool) {
	const perCell, perLine = 16, 64
	own := make([]string, len(cells))
	h.size += perLine + len(value)
	for i, cell := range cells {
		own[i] = strings.Clone(cell)
		h.size += perCell + len(cell)
	}
	h.lines = append(h.lines, heldLine{own, bytes.Clone(value)})
	return len(h.lines) >= maxHeld || h.size >= maxHeldSize
}

// await counts a result whose lines wait, and settles the columns with the last to wait for. With the first begins the time
// at whose end they are settled.
func (f *flat) await(r *record.Record) {
	h := &f.held
	if h.results++; h.results == 1 {
		h.until = ended(r) + record.MicrosOf(heldTime)
		h.timer = time.AfterFunc(heldTime, func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			if h.timer != nil {
				f.settle()
				h.err = f.write()
			}
		})
	}
	if h.results >= heldResults {
		f.settle()
	}
}

// ended is when a result came, counted from the start of the run.
func ended(r *record.Record) record.Micros { return r.Due + r.Response }
