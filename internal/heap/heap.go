// Package heap implements a binary min-heap. Members may know their own index in it.
package heap

// Heap is a binary heap, ready to use when Less, and perhaps Place, are set. It is not safe for concurrent use.
type Heap[T any] struct {
	Less func(a, b T) bool

	// Place returns where a member stores its index plus one; 0 means that it is not in the heap. With it, any
	// member can be moved or removed in O(log n); a member is then in at most one heap of each kind. It may be
	// nil.
	Place func(T) *int

	items []T
}

func (h *Heap[T]) Len() int { return len(h.items) }

// Top returns the least member of a non-empty heap.
func (h *Heap[T]) Top() T { return h.items[0] }

// Items returns all members, the least first and the others in no order. They belong to the heap.
func (h *Heap[T]) Items() []T { return h.items }

// Put adds x, or moves it to its new place if the heap has places and already contains it.
func (h *Heap[T]) Put(x T) {
	i := len(h.items)
	if h.Place != nil && *h.Place(x) > 0 {
		i = *h.Place(x) - 1
	} else {
		h.items = append(h.items, x)
	}
	h.sift(i, x)
}

// Pop removes the least member from a non-empty heap.
func (h *Heap[T]) Pop() T {
	least := h.items[0]
	h.remove(0)
	return least
}

// Take removes x from a heap with places; it does nothing if x is not in the heap.
func (h *Heap[T]) Take(x T) {
	if place := *h.Place(x); place > 0 {
		h.remove(place - 1)
	}
}

func (h *Heap[T]) remove(i int) {
	if h.Place != nil {
		*h.Place(h.items[i]) = 0
	}
	var none T
	last := len(h.items) - 1
	x := h.items[last]
	h.items[last] = none
	h.items = h.items[:last]
	if i < last {
		h.sift(i, x)
	}
}

// sift puts x where it belongs: at i, whose member is overwritten, or above or below it.
func (h *Heap[T]) sift(i int, x T) {
	for i > 0 {
		parent := (i - 1) / 2
		if !h.Less(x, h.items[parent]) {
			break
		}
		h.set(i, h.items[parent])
		i = parent
	}
	for {
		child := 2*i + 1
		if child >= len(h.items) {
			break
		}
		if right := child + 1; right < len(h.items) && h.Less(h.items[right], h.items[child]) {
			child = right
		}
		if !h.Less(h.items[child], x) {
			break
		}
		h.set(i, h.items[child])
		i = child
	}
	h.set(i, x)
}

func (h *Heap[T]) set(i int, x T) {
	h.items[i] = x
	if h.Place != nil {
		*h.Place(x) = i + 1
	}
}
