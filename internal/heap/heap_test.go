package heap

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

type member struct{ key, place int }

// The heap against a plain set: the top is the least, whatever is put, moved and taken.
func TestHeap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := Heap[*member]{
			Less:  func(a, b *member) bool { return a.key < b.key },
			Place: func(m *member) *int { return &m.place },
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
				h.Put(m)
				if i < 0 {
					in = append(in, m)
				}
			} else {
				h.Take(m)
				if i >= 0 {
					in = slices.Delete(in, i, i+1)
				}
			}
			if h.Len() != len(in) {
				t.Fatalf("%d in the heap, want %d", h.Len(), len(in))
			}
			for _, m := range members {
				if (m.place > 0) != slices.Contains(in, m) || m.place > 0 && h.items[m.place-1] != m {
					t.Fatalf("a member does not know its place %d", m.place)
				}
			}
			for i := 1; i < h.Len(); i++ {
				if h.Less(h.items[i], h.items[(i-1)/2]) {
					t.Fatalf("the member at %d is less than its parent", i)
				}
			}
			if len(in) > 0 {
				least := slices.MinFunc(in, func(a, b *member) int { return a.key - b.key })
				if h.Top().key != least.key {
					t.Fatalf("the top is %d, the least %d", h.Top().key, least.key)
				}
			}
		}
	})
}

// A heap without places gives what was put in ascending order.
func TestPop(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := Heap[int]{Less: func(a, b int) bool { return a < b }}
		in := rapid.SliceOf(rapid.IntRange(0, 99)).Draw(t, "in")
		for _, x := range in {
			h.Put(x)
		}
		var out []int
		for h.Len() > 0 {
			out = append(out, h.Pop())
		}
		slices.Sort(in)
		if !slices.Equal(out, in) {
			t.Fatalf("%v, want %v", out, in)
		}
	})
}
