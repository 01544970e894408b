package diff

import (
	"math"
	"testing"
)

// binomialBelow is P(Bin(n,p) < k), by summing.
func binomialBelow(n int, p float64, k int) float64 {
	sum := 0.0
	for i := range k {
		top, _ := math.Lgamma(float64(n + 1))
		a, _ := math.Lgamma(float64(i + 1))
		b, _ := math.Lgamma(float64(n - i + 1))
		sum += math.Exp(top - a - b + float64(i)*math.Log(p) + float64(n-i)*math.Log(1-p))
	}
	return sum
}

// TestScoreIsBinomial: the approximation is as good as it says, far out too.
func TestScoreIsBinomial(t *testing.T) {
	for _, n := range []int{2, 5, 10, 20, 50, 100, 400, 1000} {
		for _, percent := range percents() {
			p := float64(percent) / 100
			if !carries(n, float64(percent)) {
				continue
			}
			for k := 1; k <= n; k++ {
				want := binomialBelow(n, p, k)
				got := normal(quantileRank{n, p}.score(float64(k)))
				if math.Abs(got-want) > 0.005 {
					t.Errorf("n %d p%d rank %d: confidence %.5f, want %.5f", n, percent, k, got, want)
				}
				if want > 1e-6 && want < 0.05 && math.Abs(math.Log(got/want)) > 0.1 {
					t.Errorf("n %d p%d rank %d: confidence %.3g, want %.3g", n, percent, k, got, want)
				}
			}
		}
	}
}

// TestRankOfScore: it is the inverse, and says where there is none.
func TestRankOfScore(t *testing.T) {
	for _, q := range []quantileRank{{2, 0.5}, {10, 0.5}, {10, 0.9}, {100, 0.99}, {100_000, 0.5}, {1_000_000, 0.99}} {
		for z := -7.0; z <= 7; z += 0.5 {
			rank := q.rankOf(z)
			switch {
			case rank == 0:
				if q.score(1) <= z {
					t.Errorf("%v: no rank for %v, but rank 1 has %v", q, z, q.score(1))
				}
			case rank == float64(q.n+1):
				if q.score(float64(q.n)) >= z {
					t.Errorf("%v: no rank for %v, but the last has %v", q, z, q.score(float64(q.n)))
				}
			case math.Abs(q.score(rank)-z) > 1e-3:
				t.Errorf("%v: rank %v has score %v, want %v", q, rank, q.score(rank), z)
			}
		}
	}
}

func TestEnough(t *testing.T) {
	for percent, want := range map[int]int{50: 7, 90: 35, 95: 72, 99: 365} {
		if n := enough(float64(percent)); n != want {
			t.Errorf("p%d: %d, want %d", percent, n, want)
		}
	}
}
