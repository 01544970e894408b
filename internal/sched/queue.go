package sched

import "example.com/fetch/internal/heap"

// queue holds the hops that wait for one host, in the order of before. Nearly all come in that order, and stand in a
// plain line; those that do not, retries and redirects, are in a heap beside it.
type queue struct {
	line    []*Hop // nil where one was taken from the middle; never at head
	head    int    // of line; what is before it has left
	left    int64  // how many places have left line for good, so that a place in it stays the same number
	inLine  int    // hops in line
	outside heap.Heap[*Hop]
	retries int // hops of class Retry
}

func (q *queue) len() int { return q.inLine + q.outside.Len() }

// top is the first hop; there must be one.
func (q *queue) top() *Hop {
	switch {
	case q.inLine == 0:
		return q.outside.Top()
	case q.outside.Len() == 0 || before(q.line[q.head], q.outside.Top()):
		return q.line[q.head]
	}
	return q.outside.Top()
}

// fresh is the first hop of class First, as far as those are in line; nil: there is none.
func (q *queue) fresh() *Hop {
	if q.inLine == 0 || q.line[q.head].Class != First {
		return nil
	}
	return q.line[q.head]
}

func (q *queue) put(h *Hop) {
	if h.Class == Retry {
		q.retries++
	}
	if q.inLine > 0 && before(h, q.last()) {
		q.outside.Put(h)
		return
	}
	q.line = append(q.line, h)
	q.inLine++
	h.inLine = q.left + int64(len(q.line))
}

// last is the last hop of the line, which is not empty. Places at its end whose hops have been taken are dropped.
func (q *queue) last() *Hop {
	for q.line[len(q.line)-1] == nil {
		q.line = q.line[:len(q.line)-1]
	}
	return q.line[len(q.line)-1]
}

// take removes a hop that is in the queue.
func (q *queue) take(h *Hop) {
	if h.Class == Retry {
		q.retries--
	}
	if h.inHeap > 0 {
		q.outside.Take(h)
		return
	}
	q.line[h.inLine-q.left-1] = nil
	h.inLine = 0
	q.inLine--
	for q.head < len(q.line) && q.line[q.head] == nil {
		q.head++
	}
	if q.inLine == 0 || q.head > 64 && q.head > len(q.line)/2 {
		n := copy(q.line, q.line[q.head:])
		clear(q.line[n:])
		q.line = q.line[:n]
		q.left += int64(q.head)
		q.head = 0
	}
}

// all calls yield with each hop, in no order.
func (q *queue) all(yield func(*Hop) bool) {
	for _, h := range q.line[q.head:] {
		if h != nil && !yield(h) {
			return
		}
	}
	for _, h := range q.outside.Items() {
		if !yield(h) {
			return
		}
	}
}
