package diff

import (
	"math"
	"slices"
	"sort"
)

// pairRatio is the median of the ratios of pairs: how each request compares with itself. Where requests differ more than
// one differs from time to time, it shows much smaller changes than the quantiles of all do. Its chance is that of the
// sign test, but between the values it goes on evenly.
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
	low, high := 1.0, 1.0 // the confidence that the median is not above 0, and that it is not below
	if notAbove < n {
		low = p.confidence(p.rankOfZero(notAbove))
	}
	if below > 0 {
		high = 1 - p.confidence(p.rankOfZero(below))
	}
	return min(1, 2*min(low, high))
}

// confidence is that in the median being less than the value at rank.
func (p *pairRatio) confidence(rank float64) float64 { return normal(p.ranks.quantileRank.score(rank)) }

// rankOfZero is the rank that 0 would have after the first k values; 1 if it is before them all, and the last after them.
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
