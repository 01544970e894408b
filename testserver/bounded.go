package testserver

import "sync"

const (
	maxKeys   = 10_000
	maxKeyLen = 1 << 10 // longer keys are cut, which only makes them share a value
)

// bounded keeps a value for each of at most maxKeys keys: beyond that, the oldest one is forgotten. The zero
// value is ready to use. Look, change and reset are safe for concurrent use; get requires the lock.
type bounded[V any] struct {
	mu     sync.Mutex
	values map[string]*V
	order  []string // keys in order of arrival, a ring once it is full
	next   int      // the oldest of a full ring
}

// get returns the value of key, which is created if there is none.
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

// look returns the value of key and whether there is one. Unlike get it does not create a value.
func (b *bounded[V]) look(key string) (value V, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if v := b.values[key]; v != nil {
		return *v, true
	}
	return value, false
}

// change calls f with the value of key and returns the result. F runs under the lock.
func (b *bounded[V]) change(key string, f func(*V)) V {
	b.mu.Lock()
	defer b.mu.Unlock()
	v := b.get(key)
	f(v)
	return *v
}

func (b *bounded[V]) reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.values, b.order, b.next = nil, nil, 0
}

// counters count by key. The zero value is ready and is safe for concurrent use.
type counters struct{ bounded[int64] }

// add counts one more visit of key and gives the number of visits, this one included.
func (c *counters) add(key string) int64 { return c.change(key, func(n *int64) { *n++ }) }
