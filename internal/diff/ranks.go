package diff

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
