package sched

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

type member struct{ key, place int }

// The heap against a plain set: the top is the least, whatever is put, moved and taken.
func TestHeap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := heap[*member]{
			less:  func(a, b *member) bool { return a.key < b.key },
			place: func(m *member) *int { return &m.place },
		}
		members := make([]*member, 50)
		for i := range members {
			members[i] = new(member)
		}
		var in []*member
		for range rapid.IntRange(0, 200).Draw(t, "steps") {
			m := rapid.SampledFrom(members).Draw(t, "member")
			i := slices.Index(in, m)
			if rapid.IntRange(0, 4).Draw(t, "put") > 0 {
				m.key = rapid.IntRange(0, 99).Draw(t, "key")
				h.put(m)
				if i < 0 {
					in = append(in, m)
				}
			} else {
				h.take(m)
				if i >= 0 {
					in = slices.Delete(in, i, i+1)
				}
			}
			if h.len() != len(in) {
				t.Fatalf("%d in the heap, want %d", h.len(), len(in))
			}
			for _, m := range members {
				if (m.place > 0) != slices.Contains(in, m) || m.place > 0 && h.items[m.place-1] != m {
					t.Fatalf("a member does not know its place %d", m.place)
				}
			}
			for i := 1; i < h.len(); i++ {
				if h.less(h.items[i], h.items[(i-1)/2]) {
					t.Fatalf("the member at %d is less than its parent", i)
				}
			}
			if len(in) > 0 {
				least := slices.MinFunc(in, func(a, b *member) int { return a.key - b.key })
				if h.top().key != least.key {
					t.Fatalf("the top is %d, the least %d", h.top().key, least.key)
				}
			}
		}
	})
}
