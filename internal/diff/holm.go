package diff

import (
	"cmp"
	"slices"
)

// test is one of several questions that are asked together.
type test struct {
	chance float64 // of what was seen, if there is no difference
	weight float64 // its share of the risk; those of all tests need not sum to 1
	// level is set by holm: the test rejects if chance is not above it.
	level float64
}

// holm sets the levels of tests so that the chance that any of them rejects what is true is at most alpha, whatever they
// have to do with each other: Holm (1979), with weights. The levels of those that do not reject are that of
// the step at which it stopped.
func holm(tests []*test, alpha float64) {
	order := slices.Clone(tests)
	slices.SortStableFunc(order, func(a, b *test) int { return cmp.Compare(a.chance/a.weight, b.chance/b.weight) })
	left := 0.0
	for _, t := range order {
		left += t.weight
	}
	stopped := false
	for _, t := range order {
		t.level = alpha * t.weight / left
		stopped = stopped || t.chance > t.level
		if !stopped {
			left = max(left-t.weight, t.weight*1e-9)
		}
	}
}
