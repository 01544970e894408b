package journal

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seqs := rapid.OneOf(
			rapid.Int64Range(-2, 20), rapid.Int64Range(4090, 4100), rapid.Int64Range(-4100, -4090), rapid.Int64(),
			rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64, 1 << 62}),
		)
		var set Set
		model := map[int64]bool{}
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			seq := seqs.Draw(t, "seq")
			if set.Has(seq) != model[seq] {
				t.Fatalf("Has(%d) is %v", seq, !model[seq])
			}
			if rapid.Bool().Draw(t, "add") {
				if set.Add(seq) == model[seq] {
					t.Fatalf("Add(%d) is %v", seq, model[seq])
				}
				model[seq] = true
			}
			if set.Len() != int64(len(model)) {
				t.Fatalf("Len is %d of %d", set.Len(), len(model))
			}
		}
		for seq := range model {
			if !set.Has(seq) {
				t.Fatalf("%d is lost", seq)
			}
		}
	})
}

// What a set takes must not depend on what the seqs are by more than some hundred bytes each.
func TestSetIsSmall(t *testing.T) {
	for _, test := range []struct {
		name  string
		seq   func(i int) int64
		n     int
		bytes float64 // for each seq, at most
	}{
		{"a list", func(i int) int64 { return int64(i + 1) }, 200_000, 0.3},
		{"nonsense", func(i int) int64 { return int64(i) * 1e12 }, 10_000, 700},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := heap()
			var set Set
			for i := range test.n {
				set.Add(test.seq(i))
			}
			if each := float64(heap()-before) / float64(test.n); each > test.bytes {
				t.Errorf("%.2f bytes each, more than %v", each, test.bytes)
			}
			if set.Len() != int64(test.n) {
				t.Errorf("Len is %d", set.Len())
			}
		})
	}
}

func BenchmarkSet(b *testing.B) {
	var set Set
	seq := int64(0)
	for b.Loop() {
		seq++
		set.Add(seq)
		set.Has(seq - 1)
	}
}
