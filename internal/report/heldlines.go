package report

import (
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

// heldLines are the lines of a flat report that wait until the columns of values are settled. That is a second after the
// first value, though nothing else may come by then. What is taken from a journal goes by the same times.
type heldLines struct {
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
	at    int // where those belong
	value []byte
}

// add keeps a copy of a line, which may be a part of a whole line of a journal, and reports whether there is no room for
// more.
func (h *heldLines) add(cells []string, at int, value []byte) (full bool) {
	const perCell, perLine = 16, 64
	own := make([]string, len(cells))
	h.size += perLine + len(value)
	for i, cell := range cells {
		own[i] = strings.Clone(cell)
		h.size += perCell + len(cell)
	}
	h.lines = append(h.lines, heldLine{own, at, append([]byte(nil), value...)})
	return len(h.lines) >= maxHeld || h.size >= maxHeldSize
}

// result counts a result whose lines were added, and reports whether it was the last to wait for. With the first begins
// the time at whose end late is called, unless the lines are released before.
func (h *heldLines) result(r *record.Record, late func() error) (last bool) {
	if h.results++; h.results == 1 {
		h.until = ended(r) + record.Micros(heldTime.Microseconds())
		h.timer = time.AfterFunc(heldTime, func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			if h.timer != nil {
				h.err = late()
			}
		})
	}
	return h.results >= heldResults
}

// over reports whether a result ended after the time that lines wait.
func (h *heldLines) over(r *record.Record) bool { return h.timer != nil && ended(r) >= h.until }

// release gives all lines.
func (h *heldLines) release(yield func(heldLine)) {
	if h.timer != nil {
		h.timer.Stop()
		h.timer = nil
	}
	for _, line := range h.lines {
		yield(line)
	}
	h.lines = nil
}

// ended is when a result came, counted from the start of the run.
func ended(r *record.Record) record.Micros { return r.Due + r.Response }
