package diff

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestCoverage: how often an interval of 95 % has the true ratio in it, for sides that are alike and not, few values and
// many, extreme quantiles, and pairs that go together more or less. Never is it less often than 95 %, but for chance.
func TestCoverage(t *testing.T) {
	const rounds = 600
	atLeast := 0.95 - 3*math.Sqrt(0.95*0.05/rounds)
	for _, c := range []struct {
		name           string
		nA, nB         int
		sigmaA, sigmaB float64
		correlation    float64 // of the logarithms in pairs; less than 0: no pairs
		percents       []int
	}{
		{"few", 10, 10, 0.3, 0.3, -1, []int{50, 90}},
		{"20", 20, 20, 0.3, 0.3, -1, []int{50, 90, 95}},
		{"200", 200, 200, 0.3, 0.3, -1, []int{50, 90, 95, 99}},
		{"many", 2000, 2000, 0.3, 0.3, -1, []int{50, 99}},
		{"other spreads", 100, 100, 0.1, 1, -1, []int{50, 90, 95}},
		{"other spreads, the other way", 100, 100, 1, 0.1, -1, []int{50, 90, 95}},
		{"other numbers", 20, 500, 1, 0.3, -1, []int{50, 90}},
		{"few with other spreads", 10, 10, 0.1, 1, -1, []int{50, 90}},
		{"20 with other spreads", 20, 20, 0.1, 1, -1, []int{95}},
		{"100 with other spreads", 100, 100, 0.1, 1, -1, []int{99}},
		{"few pairs", 10, 10, 0.3, 0.3, 0.5, []int{50}},
		{"pairs of nothing in common", 200, 200, 0.3, 0.3, 0, []int{50, 90, 95}},
		{"pairs", 200, 200, 0.5, 0.5, 0.9, []int{50, 90, 95, 99}},
		{"pairs with other spreads", 100, 100, 0.3, 1, 0.7, []int{50, 90}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(1, uint64(c.nA*1000+c.nB)))
			known := knownRanks{}
			hits := map[int]int{}
			for range rounds {
				v := pairedValues(rng, c.nA, c.nB, c.sigmaA, c.sigmaB, c.correlation)
				for _, percent := range c.percents {
					truth := (c.sigmaB - c.sigmaA) * normalScore(float64(percent)/100)
					low, high := v.ratio(float64(percent), known).interval(0.05, byRatio)
					if low <= truth && truth <= high {
						hits[percent]++
					}
				}
			}
			for _, percent := range c.percents {
				t.Logf("p%d: %.1f %%", percent, 100*float64(hits[percent])/rounds)
				if float64(hits[percent])/rounds < atLeast {
					t.Errorf("p%d: the interval has the ratio in it %d times of %d", percent, hits[percent], rounds)
				}
			}
		})
	}
}

// TestEachPair: the median of the ratios of pairs, whatever the requests and their answers are like.
func TestEachPair(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for _, n := range []int{6, 10, 31, 500} {
		const rounds = 1000
		hits, alarms := 0, 0
		for range rounds {
			v := pairedValues(rng, n, n, 0.5, 0.5, 0.8)
			p := v.pairRatio(knownRanks{})
			low, high := p.within(0.05)
			if low <= 0 && 0 <= high {
				hits++
			}
			if p.chance() < 0.05 {
				alarms++
			}
			if off := low > 0 || high < 0; off != (p.chance() < 0.05) && math.Abs(p.chance()-0.05) > 0.002 {
				t.Errorf("n %d: chance %v, interval %v to %v", n, p.chance(), low, high)
			}
		}
		t.Logf("n %d: %d of %d, false alarms %d", n, hits, rounds, alarms)
		if hits < rounds*930/1000 || alarms > rounds*70/1000 {
			t.Errorf("n %d: %d of %d, false alarms %d", n, hits, rounds, alarms)
		}
	}
	same := (&values{a: []float64{1, 1, 1}, b: []float64{1, 1, 1}, pairs: [2][]float64{{1, 1, 1}, {1, 1, 1}}}).pairRatio(knownRanks{})
	if log, gap := same.point(); log != 0 || gap != 0 || same.chance() != 1 {
		t.Errorf("the same: %v, %v, chance %v", log, gap, same.chance())
	}
}

func pairedValues(rng *rand.Rand, nA, nB int, sigmaA, sigmaB, correlation float64) *values {
	v := &values{}
	common := math.Sqrt(max(correlation, 0))
	own := math.Sqrt(1 - common*common)
	for i := range max(nA, nB) {
		z := rng.NormFloat64()
		if i < nA {
			v.a = append(v.a, sigmaA*(common*z+own*rng.NormFloat64()))
		}
		if i < nB {
			v.b = append(v.b, sigmaB*(common*z+own*rng.NormFloat64()))
		}
	}
	if correlation >= 0 {
		v.pairs = [2][]float64{slices.Clone(v.a), slices.Clone(v.b)}
	}
	slices.Sort(v.a)
	slices.Sort(v.b)
	return v
}

// TestIntervalAndChanceAgree: 1 lies in the interval of a level exactly if the chance is above it.
func TestIntervalAndChanceAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for i := range 300 {
		n := 10 + rng.IntN(600)
		v := pairedValues(rng, n, n, 0.3, 0.3, float64(i%3-1)*0.8)
		shift := 0.2 * rng.NormFloat64()
		for k := range v.b {
			v.b[k] += shift
		}
		if v.pairs[1] != nil {
			for k := range v.pairs[1] {
				v.pairs[1][k] += shift
			}
		}
		for _, percent := range percents() {
			if !carries(n, float64(percent)) {
				continue
			}
			r := v.ratio(float64(percent), knownRanks{})
			chance := r.chance()
			for _, level := range []float64{0.05, 0.001, 1e-6} {
				if math.Abs(math.Log(chance/level)) < 0.02 {
					continue // too near to say
				}
				low, high := r.interval(level, byRatio)
				if off := low > 0 || high < 0; off != (chance < level) {
					t.Errorf("n %d p%d: chance %v, interval of %v %v to %v", n, percent, chance, level, low, high)
				}
				less, more := r.interval(level, byDifference)
				if off := less > 0 || more < 0; off != (chance < level) {
					t.Errorf("n %d p%d: chance %v, interval of %v %vms to %vms", n, percent, chance, level, less, more)
				}
			}
		}
	}
}

// TestMirror: B against A tells the same as A against B.
func TestMirror(t *testing.T) {
	v := pairedValues(rand.New(rand.NewPCG(5, 5)), 150, 100, 0.3, 0.6, -1)
	for _, percent := range percents() {
		r := newRatio(v.a, v.b, float64(percent), 0, knownRanks{})
		s := newRatio(v.b, v.a, float64(percent), 0, knownRanks{})
		low, high := r.interval(0.05, byRatio)
		less, more := s.interval(0.05, byRatio)
		if math.Abs(r.chance()-s.chance()) > 1e-9 || !near(low, -more) || !near(high, -less) {
			t.Errorf("p%d: %v to %v, and mirrored %v to %v", percent, low, high, less, more)
		}
	}
}

func near(a, b float64) bool { return a == b || math.Abs(a-b) < 1e-4 }

// TestTies: latencies that are all the same, or of two kinds, are compared without fuss.
func TestTies(t *testing.T) {
	same := func(n int, values ...float64) []float64 {
		var all []float64
		for i := range n {
			all = append(all, values[i*len(values)/n])
		}
		return all
	}
	for _, percent := range percents() {
		r := newRatio(same(500, 1), same(500, 1), float64(percent), 0, knownRanks{})
		if low, high := r.interval(0.05, byRatio); low > 0 || high < 0 || r.chance() < 0.99 {
			t.Errorf("p%d of the same: %v to %v, chance %v", percent, low, high, r.chance())
		}
		r = newRatio(same(500, 1), same(500, 2), float64(percent), 0, knownRanks{})
		if low, high := r.interval(0.05, byRatio); !near(low, 1) || !(high > 0.99) || r.chance() > 0.02 {
			t.Errorf("p%d of 1 and 2: %v to %v, chance %v", percent, low, high, r.chance())
		}
	}
}

func TestHolm(t *testing.T) {
	for _, c := range []struct {
		chances, weights []float64
		rejects          []bool
	}{
		{[]float64{0.01, 0.04, 0.03}, []float64{1, 1, 1}, []bool{true, false, false}},
		{[]float64{0.01, 0.02, 0.03}, []float64{1, 1, 1}, []bool{true, true, true}},
		{[]float64{0.02, 0.001, 0.9}, []float64{1, 1, 1}, []bool{true, true, false}},
		{[]float64{0.03, 0.9}, []float64{3, 1}, []bool{true, false}}, // 0.05 · 3/4
		{[]float64{0.03, 0.9}, []float64{1, 1}, []bool{false, false}},
		{nil, nil, nil},
	} {
		var tests []*question
		for i := range c.chances {
			tests = append(tests, &question{chance: c.chances[i], weight: c.weights[i]})
		}
		holm(tests, 0.05)
		for i, one := range tests {
			if got := one.chance <= one.level; got != c.rejects[i] {
				t.Errorf("%v: %d is rejected: %v, level %v", c.chances, i, got, one.level)
			}
		}
	}
}

func BenchmarkRatio(b *testing.B) {
	for _, c := range []struct {
		name        string
		n           int
		correlation float64
	}{{"100", 100, -1}, {"100 pairs", 100, 0.5}, {"100000", 100_000, -1}} {
		b.Run(c.name, func(b *testing.B) {
			v := pairedValues(rand.New(rand.NewPCG(1, 1)), c.n, c.n, 0.3, 0.3, c.correlation)
			known := knownRanks{}
			for b.Loop() {
				r := v.ratio(90, known)
				r.chance()
				r.interval(0.05, byRatio)
			}
		})
	}
}
