package sched

// heap is a binary heap whose members know their own place in it, so that one from the middle can be moved or taken
// out in O(log n). A member is in one heap of each kind at most.
type heap[T any] struct {
	items []T
	less  func(a, b T) bool
	place func(T) *int // where a member keeps its index plus one; 0 means that it is not in the heap
}

func (h *heap[T]) len() int { return len(h.items) }

func (h *heap[T]) top() T { return h.items[0] }

// put adds x, or moves it to its new place if it is in the heap already.
func (h *heap[T]) put(x T) {
	i := *h.place(x) - 1
	if i < 0 {
		i = len(h.items)
		h.items = append(h.items, x)
		*h.place(x) = i + 1
	}
	h.down(h.up(i))
}

// take removes x; it does nothing if x is not in the heap.
func (h *heap[T]) take(x T) {
	i := *h.place(x) - 1
	if i < 0 {
		return
	}
	last := len(h.items) - 1
	h.swap(i, last)
	var none T
	h.items[last] = none
	h.items = h.items[:last]
	*h.place(x) = 0
	if i < last {
		h.down(h.up(i))
	}
}

func (h *heap[T]) swap(i, j int) {
	h.items[i], h.items[j] = h.items[j], h.items[i]
	*h.place(h.items[i]) = i + 1
	*h.place(h.items[j]) = j + 1
}

func (h *heap[T]) up(i int) int {
	for i > 0 {
		parent := (i - 1) / 2
		if !h.less(h.items[i], h.items[parent]) {
			break
		}
		h.swap(i, parent)
		i = parent
	}
	return i
}

func (h *heap[T]) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(h.items) {
			return
		}
		if right := child + 1; right < len(h.items) && h.less(h.items[right], h.items[child]) {
			child = right
		}
		if !h.less(h.items[child], h.items[i]) {
			return
		}
		h.swap(i, child)
		i = child
	}
}
