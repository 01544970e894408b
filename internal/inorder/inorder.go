// Package inorder puts results in the order of what they are of.
package inorder

// Queue holds results back until those of everything before them are there. Make it with New.
type Queue[T any] struct {
	Next int64 // whose results go out now
	Held int   // results that are held back

	pending map[int64][]T
	settled map[int64]struct{}
}

// New makes a Queue that begins with 0.
func New[T any]() *Queue[T] {
	return &Queue[T]{pending: make(map[int64][]T), settled: make(map[int64]struct{})}
}

// Add takes a result in, and appends to the ones given what may go out now.
func (q *Queue[T]) Add(index int64, result T, to []T) []T {
	if index == q.Next {
		return append(to, result)
	}
	q.pending[index] = append(q.pending[index], result)
	q.Held++
	return to
}

// Settle says that index has no further results. It appends what may go out now, and tells for how many indexes that was
// the last.
func (q *Queue[T]) Settle(index int64, to []T) (out []T, settled int) {
	q.settled[index] = struct{}{}
	for {
		to = append(to, q.pending[q.Next]...)
		q.Held -= len(q.pending[q.Next])
		delete(q.pending, q.Next)
		if _, ok := q.settled[q.Next]; !ok {
			return to, settled
		}
		delete(q.settled, q.Next)
		q.Next++
		settled++
	}
}
