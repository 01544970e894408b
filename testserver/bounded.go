package testserver

import "sync"

const (
	maxKeys   = 10_000
	maxKeyLen = 1 << 10 // longer keys are cut, which only makes them share a value
)

// bounded keeps a value for each of at most maxKeys keys: beyond them, the one that came first is forgotten. The zero
// value is ready. It is not safe for concurrent use.
type bounded[V any] struct {
	values map[string]*V
	order  []string // keys in order of arrival, a ring once it is full
	next   int      // the oldest of a full ring
}

// get gives the value of key, a new one if there is none.
func (b *bounded[V]) get(key string) *V {
	if len(key) > maxKeyLen {
		key = key[:maxKeyLen]
	}
	if v := b.values[key]; v != nil {
		return v
	}
	if b.values == nil {
		b.values = make(map[string]*V)
	}
	if len(b.order) < maxKeys {
		b.order = append(b.order, key)
	} else {
		delete(b.values, b.order[b.next])
		b.order[b.next] = key
		b.next = (b.next + 1) % maxKeys
	}
	v := new(V)
	b.values[key] = v
	return v
}

// counters count by key. The zero value is ready and is safe for concurrent use.
type counters struct {
	mu    sync.Mutex
	count bounded[int64]
}

// add counts one more visit of key and gives the number of visits, this one included.
func (c *counters) add(key string) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.count.get(key)
	*n++
	return *n
}

func (c *counters) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count = bounded[int64]{}
}
