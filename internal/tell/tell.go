// Package tell passes events on, one at a time and in order, to a function that may take its time.
package tell

import (
	"slices"
	"sync"
)

// Queue holds events until they are told. Set the fields before the first use; then it is safe for concurrent use.
type Queue[T any] struct {
	Tell  func(T)      // is called by a goroutine of the Queue's own
	Most  int          // of events that wait; at least 2
	Merge func(T, T) T // makes one of the two that have waited longest, where there are too many

	mu      sync.Mutex
	waiting []T
	telling bool // a goroutine tells them
	told    sync.Cond
}

// Add has an event told. It does not wait.
func (q *Queue[T]) Add(event T) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) >= q.Most {
		q.waiting[1] = q.Merge(q.waiting[0], q.waiting[1])
		q.waiting = slices.Delete(q.waiting, 0, 1)
	}
	q.waiting = append(q.waiting, event)
	if !q.telling {
		q.telling = true
		go q.tell()
	}
}

// Wait waits until all events have been told.
func (q *Queue[T]) Wait() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.told.L = &q.mu; q.telling; {
		q.told.Wait()
	}
}

// tell tells events, in order, until there are none.
func (q *Queue[T]) tell() {
	q.mu.Lock()
	defer q.mu.Unlock()
	defer func() { // even if Tell has ended its goroutine, as a test that fails does
		if len(q.waiting) > 0 {
			go q.tell()
			return
		}
		q.telling = false
		q.told.Broadcast()
	}()
	for len(q.waiting) > 0 {
		event := q.waiting[0]
		q.waiting = q.waiting[1:]
		q.tellOne(event)
	}
}

// tellOne gives the lock back meanwhile.
func (q *Queue[T]) tellOne(event T) {
	q.mu.Unlock()
	defer q.mu.Lock()
	q.Tell(event)
}
