package measure

import (
	"math"
	"testing"
)

func TestDistinct(t *testing.T) {
	for _, n := range []int{0, 1, 1000, maxKept, 300_000} {
		var d distinct
		for round := range 2 {
			for i := range n {
				d.add(hostNumber(i))
			}
			if off := math.Abs(float64(d.count()) - float64(n)); n <= maxKept && off > 0 || off > 0.02*float64(n) {
				t.Errorf("round %d: %d strings count as %d", round, n, d.count())
			}
		}
		if len(d.kept) > maxKept {
			t.Errorf("%d are kept", len(d.kept))
		}
	}
}
