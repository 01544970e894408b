package diff

import "math"

// What is known of the quantile of a distribution from a sample of n of its values: whatever the distribution is, the
// number of values below the quantile p is binomial. So the quantile lies below the value of rank r with the confidence
// P(Bin(n,p) < r), which is the interval of order statistics that textbooks have (David and Nagaraja, Order Statistics,
// section 7.1). It needs no resampling, and is right for few values and extreme quantiles too, where a plain bootstrap
// knows nothing beyond the largest value that it has seen.

// quantileRank is the confidence in where a quantile lies among the ranks of a sample.
type quantileRank struct {
	n int     // values
	p float64 // of the quantile, more than 0 and less than 1
}

// score is the standard normal score of the confidence that the quantile is less than the value of rank r, from 1 to n.
// Between whole ranks it interpolates. It is the approximation of Peizer and Pratt (1968): the confidence is off by less
// than 0.005 for the largest value, by much less elsewhere, and far out by less than a tenth of what is left to certainty.
func (q quantileRank) score(r float64) float64 {
	n, p := float64(q.n), q.p
	below, above := r-0.5, n-r+0.5
	d := below + 1.0/6 - (n+1.0/3)*p
	d += 0.02 * ((1-p)/(below+0.5) - p/(above+0.5) + (0.5-p)/(n+1))
	return d * math.Sqrt((1+(1-p)*pratt(below/(n*p))+p*pratt(above/(n*(1-p))))/((n+1.0/6)*p*(1-p)))
}

// pratt is the function g of Peizer and Pratt.
func pratt(x float64) float64 {
	d := 1 - x
	if math.Abs(d) < 1e-4 {
		return d / 3 // (1 - x² + 2x·ln x) / (1-x)² about 1
	}
	return (1 - x*x + 2*x*math.Log(x)) / (d * d)
}

// rankOf is the rank whose score is z; less than 1 or more than n (as 0 and n+1) if none is.
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

// zero finds where a function that grows, and is f at low and g at high, passes 0: regula falsi in the version of
// Illinois, with a halving now and then for functions with steps. The result is at most 0 there.
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

// nearestRank is the rank that a report shows as the quantile: the least that p of the values do not exceed.
func nearestRank(n int, percent float64) int {
	const whole = 1_000_000 // so that percentiles of 4 decimals are whole numbers
	return (n*int(math.Round(percent*whole/100)) + whole - 1) / whole
}

// normal is the distribution function of the standard normal distribution.
func normal(z float64) float64 { return 0.5 * math.Erfc(-z/math.Sqrt2) }

// normalScore is its inverse.
func normalScore(p float64) float64 { return -math.Sqrt2 * math.Erfcinv(2*p) }

// The scores that are summed over. Less than one in 10^11 lies beyond.
const (
	lastScore = 7.0
	scoreStep = 0.2
	scores    = 2*35 + 1
)

// ranks is a quantileRank with what is asked of it again and again.
type ranks struct {
	quantileRank
	ofScores [scores]float64 // the ranks of the scores
	// At whole ranks, from 1; nil for many values, where a table would be large.
	scoreAt, confidenceAt []float64
}

// maxTable is the most values for which there is a table.
const maxTable = 500

// score is as quantileRank's, but linear between whole ranks where there is a table.
func (r *ranks) score(rank float64) float64 {
	if r.scoreAt == nil {
		return r.quantileRank.score(rank)
	}
	return between(r.scoreAt, rank)
}

// confidence is that in the quantile being less than the value at rank.
func (r *ranks) confidence(rank float64) float64 {
	if r.confidenceAt == nil {
		return normal(r.quantileRank.score(rank))
	}
	return between(r.confidenceAt, rank)
}

// between takes a value from a table that begins with that of rank 1.
func between(table []float64, rank float64) float64 {
	i := int(rank)
	if i >= len(table) {
		return table[len(table)-1]
	}
	return table[i-1] + (rank-float64(i))*(table[i]-table[i-1])
}

// knownRanks remembers what depends only on the number of values, for groups that have as many as others.
type knownRanks map[quantileRank]*ranks

// maxKnown bounds it: some 9 KB each at the most.
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
