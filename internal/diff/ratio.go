package diff

import (
	"math"
	"slices"
	"sort"
)

// ratio is the ratio of a quantile, B's to A's, estimated from two samples.
//
// Each side's quantile has a confidence distribution over the values (quantileRank). That of the ratio results
// from two draws, one from each side: independent ones, or, if the values come in pairs, correlated as much as
// the pairs are near the quantile. This is the limit of a bootstrap, of the values or of the pairs, with
// infinitely many resamples, but with confidences that are correct for few values. Beyond the largest value and
// below the least, anything is assumed possible.
type ratio struct {
	a, b   side
	points [2]float64 // the quantile of A and of B in milliseconds, by nearest rank
	// correlation is that of the two quantiles' scores: 0 for independent samples.
	correlation float64
}

// side is one side of a ratio.
type side struct {
	logs  []float64 // logarithms of the milliseconds, in order
	ranks *ranks
	nodes []node
}

// node is one of the places of a side's quantile that are summed over. Its value is between two bounds.
type node struct{ score, weight, least, most float64 }

// maxCorrelation keeps sums over widely spaced scores smooth.
const maxCorrelation = 0.98

// newRatio compares a percentile of two non-empty samples of sorted logarithms.
func newRatio(a, b []float64, percent float64, correlation float64, known knownRanks) *ratio {
	r := &ratio{a: newSide(a, percent, known), b: newSide(b, percent, known), correlation: correlation}
	r.points = [2]float64{math.Exp(a[nearestRank(len(a), percent)-1]), math.Exp(b[nearestRank(len(b), percent)-1])}
	return r
}

func newSide(logs []float64, percent float64, known knownRanks) side {
	s := side{logs: logs, ranks: known.of(quantileRank{len(logs), percent / 100}), nodes: make([]node, scores)}
	for i, rank := range s.ranks.ofScores {
		n := &s.nodes[i]
		n.score = float64(i)*scoreStep - lastScore
		n.weight = scoreStep * math.Exp(-n.score*n.score/2) / math.Sqrt(2*math.Pi)
		n.least, n.most = s.at(rank)
	}
	return s
}

// at returns the value at a rank; beyond the values one of its bounds is infinite.
func (s *side) at(rank float64) (least, most float64) {
	n := len(s.logs)
	switch {
	case rank < 1:
		return math.Inf(-1), s.logs[0]
	case rank > float64(n):
		return s.logs[n-1], math.Inf(1)
	}
	i := int(rank)
	if i == n {
		return s.logs[n-1], s.logs[n-1]
	}
	v := s.logs[i-1] + (rank-float64(i))*(s.logs[i]-s.logs[i-1])
	return v, v
}

// scale defines how two quantiles, as logarithms, are compared: above returns what is d above v, and increases
// with both; gap returns how much w is above v.
type scale struct {
	above func(v, d float64) float64
	gap   func(v, w float64) float64
}

var (
	byRatio = scale{ // the logarithm of a ratio
		above: func(v, d float64) float64 { return v + d },
		gap:   func(v, w float64) float64 { return w - v },
	}
	byDifference = scale{ // in milliseconds
		above: func(v, d float64) float64 { return math.Log(max(math.Exp(v)+d, 0)) },
		gap:   func(v, w float64) float64 { return math.Exp(w) - math.Exp(v) },
	}
)

// notAbove returns the minimum confidence that to's quantile is not more than d above from's: what is unknown
// counts against it.
func (r *ratio) notAbove(d float64, m scale, from, to *side) float64 {
	n, sum, k := len(to.logs), 0.0, 0
	spread := math.Sqrt(1 - r.correlation*r.correlation)
	for i := range from.nodes {
		f := &from.nodes[i]
		v := m.above(f.most, d)
		if v >= to.logs[n-1] {
			sum += f.weight
			continue
		}
		k = countUpTo(to.logs, v, k)
		rank := 1.0
		if k > 0 {
			rank = float64(k) + (v-to.logs[k-1])/(to.logs[k]-to.logs[k-1])
		}
		if r.correlation == 0 {
			sum += f.weight * to.ranks.confidence(rank)
			continue
		}
		z := to.ranks.score(rank)
		switch z = (z - r.correlation*f.score) / spread; {
		case z > 2*lastScore:
			sum += f.weight
		case z > -lastScore:
			sum += f.weight * normal(z)
		}
	}
	return sum
}

// countUpTo returns how many of the sorted values do not exceed v, if at least k do not.
func countUpTo(values []float64, v float64, k int) int {
	for range 8 { // most are near
		if k == len(values) || values[k] > v {
			return k
		}
		k++
	}
	return k + sort.Search(len(values)-k, func(i int) bool { return values[k+i] > v })
}

// lowest returns the minimum of notAbove for any values: the resolution of these sample sizes.
func (r *ratio) lowest(from, to *side) float64 {
	sinking := scale{above: func(v, _ float64) float64 { // below all values, but for what is infinite
		if math.IsInf(v, 1) {
			return v
		}
		return math.Inf(-1)
	}}
	return r.notAbove(0, sinking, from, to)
}

func (r *ratio) point() (log, gap float64) {
	return math.Log(r.points[1] / r.points[0]), r.points[1] - r.points[0]
}

func (r *ratio) chance() float64 {
	return min(1, 2*min(r.notAbove(0, byRatio, &r.a, &r.b), r.notAbove(0, byRatio, &r.b, &r.a)))
}

func (r *ratio) leastChance() float64 {
	return min(1, 2*min(r.lowest(&r.a, &r.b), r.lowest(&r.b, &r.a)))
}

func (r *ratio) within(alpha float64) (low, high float64) { return r.interval(alpha, byRatio) }

// interval returns the confidence interval of the logarithm of the ratio, or of the difference in milliseconds,
// with the error probability alpha, half of it on either side. An end is infinite if there are too few values.
func (r *ratio) interval(alpha float64, m scale) (low, high float64) {
	return r.bound(alpha/2, m, &r.a, &r.b), -r.bound(alpha/2, m, &r.b, &r.a)
}

// bound returns the largest d whose notAbove is at most alpha.
func (r *ratio) bound(alpha float64, m scale, from, to *side) float64 {
	if r.lowest(from, to) > alpha {
		return math.Inf(-1)
	}
	target := normalScore(alpha)
	score := func(d float64) float64 {
		return normalScore(min(max(r.notAbove(d, m, from, to), 1e-15), 1-1e-15)) - target
	}
	// Start from the result for similar sides.
	guess := r.guess(target, m, from, to)
	step := max(0.02, 0.05*math.Abs(guess))
	low, high := guess-step, guess+step
	f, g := score(low), score(high)
	const most = 1e10 // milliseconds: a hundred days
	for ; f > 0 && low > -most; f = score(low) {
		high, g = low, f
		step *= 2
		low -= step
	}
	for ; g <= 0 && high < most; g = score(high) {
		low, f = high, g
		step *= 2
		high += step
	}
	return zero(score, low, high, f, g, 5e-5*max(1, math.Abs(low)))
}

// guess returns approximately where notAbove has this score: each side contributes a share.
func (r *ratio) guess(score float64, m scale, from, to *side) float64 {
	each := score * math.Sqrt((1-r.correlation)/2)
	at := func(s *side, score float64) float64 {
		i := int(math.Round((score + lastScore) / scoreStep))
		v, _ := s.at(min(max(s.ranks.ofScores[min(max(i, 0), scores-1)], 1), float64(len(s.logs))))
		return v
	}
	return m.gap(at(from, -each), at(to, each))
}

// pairCorrelation returns the correlation of the quantiles of both sides, if a and b are pairs, from how many
// pairs are on the same side of both.
func pairCorrelation(a, b []float64, r *ratio) float64 {
	n, k := len(a), nearestRank(len(a), r.a.ranks.p*100)
	if k == n {
		return 0
	}
	atA, atB, both := r.a.logs[k-1], r.b.logs[k-1], 0
	for i := range a {
		if a[i] <= atA && b[i] <= atB {
			both++
		}
	}
	p := float64(k) / float64(n)
	c := (float64(both)/float64(n) - p*p) / (p * (1 - p))
	return min(max(c, -maxCorrelation), maxCorrelation)
}

// pairRatio is the median of the ratios of pairs: each request compared with itself. If requests differ from each
// other more than from time to time, it detects much smaller changes than the quantiles of all do. Its p-value is
// that of the sign test, interpolated between the values.
type pairRatio struct {
	logs   []float64 // of the ratios, in order
	ranks  *ranks
	median float64 // of A's, in milliseconds
}

// pairRatio compares pairs, of which there must be at least 2.
func (v *values) pairRatio(known knownRanks) *pairRatio {
	p := &pairRatio{logs: make([]float64, len(v.pairs[0]))}
	for i := range p.logs {
		p.logs[i] = v.pairs[1][i] - v.pairs[0][i]
	}
	slices.Sort(p.logs)
	p.ranks = known.of(quantileRank{len(p.logs), 0.5})
	p.median = math.Exp(v.a[nearestRank(len(v.a), 50)-1])
	return p
}

func (p *pairRatio) point() (log, gap float64) {
	n := len(p.logs)
	log = (p.logs[(n-1)/2] + p.logs[n/2]) / 2
	return log, p.median * math.Expm1(log)
}

func (p *pairRatio) chance() float64 {
	n := len(p.logs)
	notAbove := sort.Search(n, func(i int) bool { return p.logs[i] > 0 })
	below := sort.SearchFloat64s(p.logs, 0)
	low, high := 1.0, 1.0 // confidence that the median is not above 0, and that it is not below
	if notAbove < n {
		low = p.confidence(p.rankOfZero(notAbove))
	}
	if below > 0 {
		high = 1 - p.confidence(p.rankOfZero(below))
	}
	return min(1, 2*min(low, high))
}

// confidence returns the confidence that the median is less than the value at rank.
func (p *pairRatio) confidence(rank float64) float64 { return normal(p.ranks.quantileRank.score(rank)) }

// rankOfZero returns the rank that 0 would have after the first k values; 1 if it is before them all, and the last
// after them.
func (p *pairRatio) rankOfZero(k int) float64 {
	switch {
	case k == 0:
		return 1
	case k == len(p.logs):
		return float64(k)
	}
	return float64(k) - p.logs[k-1]/(p.logs[k]-p.logs[k-1])
}

func (p *pairRatio) leastChance() float64 { return min(1, 2*p.confidence(1)) }

func (p *pairRatio) within(alpha float64) (low, high float64) {
	s := side{logs: p.logs}
	low, _ = s.at(p.ranks.rankOf(normalScore(alpha / 2)))
	_, high = s.at(p.ranks.rankOf(normalScore(1 - alpha/2)))
	return low, high
}
