package diff

import (
	"cmp"
	"math"
	"slices"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
)

const (
	// risk is the probability that anything in a whole comparison is called different if nothing is (the
	// family-wise error rate).
	risk = 0.05
	// A smaller difference is irrelevant in practice.
	leastRatio = 1.02
	leastGap   = 1.0 // milliseconds
)

// The shares of the risk. Most of it goes to the primary question, so that it does not lose power with every URL.
// Unused shares go to the others.
const (
	shareOverall = 0.5
	shareHosts   = 0.25
	shareURLs    = 0.25
)

func percents() []int { return []int{50, 90, 95, 99} }

// carries reports whether n values are enough for a percentile, as everywhere: 2 for the median, 100 for the
// 99th.
func carries(n int, percent float64) bool { return int64(n) >= measure.Percentile(percent).Enough() }

// estimate is an estimated ratio of latencies: *ratio, *pairRatio.
type estimate interface {
	// point returns the logarithm of the ratio, and the difference B - A in milliseconds.
	point() (log, gap float64)
	// chance returns the two-sided p-value.
	chance() float64
	// leastChance returns the smallest p-value that is possible with these numbers of values.
	leastChance() float64
	// within returns the interval of the logarithm with the error probability alpha, half of it on either side; an
	// end is infinite if there are too few values.
	within(alpha float64) (low, high float64)
}

// question is one ratio of a group that needs a verdict.
type question struct {
	group   *grouped
	percent int // of the quantile; 0: each pair
	to      *Compared
	chance  float64 // p-value
	weight  float64 // its share of the risk; those of all questions need not sum to 1
	level   float64 // set by holm: different if chance does not exceed it
}

// comparer makes a Latency.
type comparer struct {
	samples   *samples
	ranks     knownRanks
	questions []*question
}

// latencies compares the latencies of two runs.
func latencies(s *samples, names *names) Latency {
	c := &comparer{samples: s, ranks: knownRanks{}}
	levels := [...][]*grouped{
		{s.whole(false)},
		s.split(1, names.hosts.all, func(e *entry) uint16 { return e.host }),
		s.split(minPerURL, names.urls.all, func(e *entry) uint16 { return e.url }),
	}
	for n, whole := range []float64{shareOverall, shareHosts, shareURLs} {
		first := len(c.questions)
		for _, g := range levels[n] {
			c.ask(g)
		}
		share(c.questions[first:], whole)
	}
	c.decide()
	l := Latency{Of: ofService, Overall: levels[0][0].Group, PerHost: groupsOf(levels[1]), PerURL: groupsOf(levels[2])}
	l.judge()
	for i := range s.b {
		if s.b[i].host == maxHosts {
			l.BeyondHosts++
		}
		if s.b[i].url == maxURLs {
			l.BeyondURLs++
		}
	}
	return l
}

// judge sets the overall verdict.
func (l *Latency) judge() {
	l.Verdict = VerdictTooFew
	switch asked, different := l.asked(); {
	case different > 0:
		l.Verdict = VerdictDifferent
	case asked > 0:
		l.Verdict = VerdictNone
	}
}

// share assigns weights to questions. In each group the most powerful one, which varies least, gets as much as
// three others: the pairs, or if there are none the median.
func share(questions []*question, whole float64) {
	sum := 0.0
	for _, q := range questions {
		q.weight = 1
		if q.percent == 0 || q.percent == 50 && !q.group.Paired {
			q.weight = 3
		}
		sum += q.weight
	}
	for _, q := range questions {
		q.weight *= whole / sum
	}
}

func groupsOf(all []*grouped) []Group {
	groups := make([]Group, len(all))
	for i, g := range all {
		groups[i] = g.Group
	}
	return groups
}

// ask computes each ratio of g by itself.
func (c *comparer) ask(g *grouped) {
	v := c.samples.values(g)
	g.Paired = v.pairs[0] != nil
	g.A, g.B = v.counts()
	if g.Paired && g.A > 1 {
		g.Each = new(Compared)
		c.add(g, 0, v.pairRatio(c.ranks), g.Each)
	}
	for _, percent := range percents() {
		if carries(min(g.A, g.B), float64(percent)) {
			g.Quantiles = append(g.Quantiles, Quantile{Percent: percent})
		}
	}
	for i := range g.Quantiles {
		q := &g.Quantiles[i]
		r := v.ratio(float64(q.Percent), c.ranks)
		q.A, q.B = microsOf(r.points[0]), microsOf(r.points[1])
		c.add(g, q.Percent, r, &q.Compared)
	}
}

// add computes an estimate, and registers a question if a verdict is possible.
func (c *comparer) add(g *grouped, percent int, e estimate, to *Compared) {
	log, _ := e.point()
	chance := e.chance()
	to.Ratio, to.Chance = rounded(math.Exp(log)), rounded(chance)
	to.Interval = newInterval(e.within(risk))
	to.Verdict = VerdictTooFew
	if e.leastChance() <= risk {
		c.questions = append(c.questions, &question{group: g, percent: percent, to: to, chance: chance})
	}
}

// decide sets the verdicts of all questions together.
func (c *comparer) decide() {
	holm(c.questions, risk)
	var v *values
	var of *grouped
	for _, q := range c.questions {
		if of != q.group { // the values are not kept, because there may be many URLs
			v, of = c.samples.values(q.group), q.group
		}
		if q.percent == 0 {
			q.settle(v.pairRatio(c.ranks))
		} else {
			q.settle(v.ratio(float64(q.percent), c.ranks))
		}
	}
}

// holm sets the levels of questions so that the probability of any false positive is at most alpha, whatever the
// dependence between them: Holm (1979), with weights. The levels of the negative ones are those of the step at
// which it stopped.
func holm(questions []*question, alpha float64) {
	order := slices.Clone(questions)
	slices.SortStableFunc(order, func(a, b *question) int { return cmp.Compare(a.chance/a.weight, b.chance/b.weight) })
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

// settle sets the verdict.
func (q *question) settle(e estimate) {
	c := q.to
	low, high := e.within(q.level)
	c.Corrected = newInterval(low, high)
	c.Level = rounded(q.level)
	log, gap := e.point()
	c.Verdict = VerdictNone
	if q.chance <= q.level && math.Abs(log) > math.Log(leastRatio) && math.Abs(gap) > leastGap {
		c.Verdict = VerdictDifferent
		return
	}
	if math.IsInf(low, -1) {
		return
	}
	// The interval would have been off 1 at this slowdown in half of all cases; in 4 of 5, at one that is more by 0.84
	// standard errors.
	z := normalScore(1 - q.level/2)
	seen := math.Exp((log - low) * (z + normalScore(0.8)) / z)
	if gap != 0 && log != 0 { // the ratio that corresponds to a millisecond
		seen = max(seen, 1+leastGap*math.Expm1(log)/gap)
	}
	c.Visible = new(rounded(max(seen, leastRatio)))
}

// asked counts the ratios with a possible verdict, and those of them that are different.
func (l *Latency) asked() (asked, different int64) {
	for _, groups := range [][]Group{{l.Overall}, l.PerHost, l.PerURL} {
		for i := range groups {
			for _, c := range groups[i].all() {
				if c.Verdict != VerdictTooFew {
					asked++
				}
				if c.Verdict == VerdictDifferent {
					different++
				}
			}
		}
	}
	return asked, different
}

// newInterval makes an interval of ratios of one of their logarithms.
func newInterval(low, high float64) (i Interval) {
	for n, end := range [2]float64{low, high} {
		if !math.IsInf(end, 0) {
			i[n] = new(rounded(math.Exp(end)))
		}
	}
	return i
}

// rounded rounds to 6 digits, more than the precision of the intervals, for short JSON.
func rounded(f float64) float64 {
	if f == 0 || math.IsInf(f, 0) || math.IsNaN(f) {
		return f
	}
	scale := math.Pow(10, 5-math.Floor(math.Log10(math.Abs(f))))
	if math.IsInf(scale, 0) {
		return 0 // indistinguishable from 0
	}
	return math.Round(f*scale) / scale
}

func microsOf(milliseconds float64) record.Micros {
	return record.Micros(math.Round(milliseconds * 1000))
}
