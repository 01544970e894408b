package diff

import "math"

// Confidence intervals for a quantile from a sample of n values: whatever the distribution is, the number of
// values below the quantile p is binomial. So the quantile is below the value of rank r with the confidence
// P(Bin(n,p) < r), which is the textbook interval of order statistics (David and Nagaraja, Order Statistics,
// section 7.1). It needs no resampling, and is correct for few values and extreme quantiles, too, where a plain
// bootstrap knows nothing beyond the largest observed value.

// quantileRank is the confidence distribution of the rank of a quantile.
type quantileRank struct {
	n int     // values
	p float64 // of the quantile, more than 0 and less than 1
}

// score is like that of quantileRank, but linear between whole ranks if there is a table.
func (q quantileRank) score(r float64) float64 {
	n, p := float64(q.n), q.p
	below, above := r-0.5, n-r+0.5
	d := below + 1.0/6 - (n+1.0/3)*p
	d += 0.02 * ((1-p)/(below+0.5) - p/(above+0.5) + (0.5-p)/(n+1))
	return d * math.Sqrt((1+(1-p)*pratt(below/(n*p))+p*pratt(above/(n*(1-p))))/((n+1.0/6)*p*(1-p)))
}

// pratt returns the function g of Peizer and Pratt.
func pratt(x float64) float64 {
	d := 1 - x
	if math.Abs(d) < 1e-4 {
		return d / 3 // (1 - x² + 2x·ln x) / (1-x)² about 1
	}
	return (1 - x*x + 2*x*math.Log(x)) / (d * d)
}

// rankOf returns the rank with the score z; less than 1 or more than n (as 0 and n+1) if there is none.
func (q quantileRank) rankOf(z float64) float64 {
	low, high := 1.0, float64(q.n)
	switch {
	case z < q.score(low):
		return 0
	case z > q.score(high):
		return high + 1
	}
	score := func(r float64) float64 { return q.score(r) - z }
	return zero(score, low, high, score(low), score(high), 1e-6*high)
}

// zero finds the zero of an increasing function that is f at low and g at high: regula falsi in the Illinois
// variant, with occasional bisection for functions with steps. The function is at most 0 at the result.
func zero(of func(float64) float64, low, high, f, g, exact float64) float64 {
	side := 0
	for i := range 100 {
		if high-low < exact {
			break
		}
		x := (low*g - high*f) / (g - f)
		if i%4 == 3 || !(x > low && x < high) {
			x = (low + high) / 2
		}
		if v := of(x); v <= 0 {
			low, f = x, v
			if side < 0 {
				g /= 2
			}
			side = -1
		} else {
			high, g = x, v
			if side > 0 {
				f /= 2
			}
			side = 1
		}
	}
	return low
}

// nearestRank returns the rank that reports show as the quantile: the least that p of the values do not exceed.
func nearestRank(n int, percent float64) int {
	const whole = 1_000_000 // so that percentiles of 4 decimals are whole numbers
	return (n*int(math.Round(percent*whole/100)) + whole - 1) / whole
}

// normal returns the distribution function of the standard normal distribution.
func normal(z float64) float64 { return 0.5 * math.Erfc(-z/math.Sqrt2) }

// normalScore returns its inverse.
func normalScore(p float64) float64 { return -math.Sqrt2 * math.Erfcinv(2*p) }

// The scores over which sums run. Less than one in 10^11 is beyond.
const (
	lastScore = 7.0
	scoreStep = 0.2
	scores    = 2*35 + 1
)

// ranks is a quantileRank with cached values.
type ranks struct {
	quantileRank
	ofScores [scores]float64 // the ranks of the scores
	// At whole ranks, from 1; nil for many values, for which a table would be large.
	scoreAt, confidenceAt []float64
}

// maxTable is the maximum number of values for which there is a table.
const maxTable = 500

// score is as quantileRank's, but linear between whole ranks where there is a table.
func (r *ranks) score(rank float64) float64 {
	if r.scoreAt == nil {
		return r.quantileRank.score(rank)
	}
	return between(r.scoreAt, rank)
}

// confidence returns the confidence that the quantile is less than the value at rank.
func (r *ranks) confidence(rank float64) float64 {
	if r.confidenceAt == nil {
		return normal(r.quantileRank.score(rank))
	}
	return between(r.confidenceAt, rank)
}

// between interpolates in a table that begins with rank 1.
func between(table []float64, rank float64) float64 {
	i := int(rank)
	if i >= len(table) {
		return table[len(table)-1]
	}
	return table[i-1] + (rank-float64(i))*(table[i]-table[i-1])
}

// knownRanks caches what depends only on the number of values, for groups of the same size.
type knownRanks map[quantileRank]*ranks

// maxKnown limits the cache: some 9 KB for each entry at most.
const maxKnown = 1000

func (known knownRanks) of(q quantileRank) *ranks {
	if r := known[q]; r != nil {
		return r
	}
	r := &ranks{quantileRank: q}
	for i := range r.ofScores {
		r.ofScores[i] = q.rankOf(float64(i)*scoreStep - lastScore)
	}
	if q.n <= maxTable {
		for rank := 1; rank <= q.n; rank++ {
			z := q.score(float64(rank))
			r.scoreAt = append(r.scoreAt, z)
			r.confidenceAt = append(r.confidenceAt, normal(z))
		}
	}
	if len(known) == maxKnown {
		clear(known)
	}
	known[q] = r
	return r
}
