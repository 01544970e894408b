package diff

import (
	"fmt"
	"math"
	"strconv"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/threshold"
	"example.com/fetch/internal/units"
)

// Threshold is the outcome of a threshold.
type Threshold struct {
	Expression string `json:"expression"` // as given
	Crossed    bool   `json:"crossed"`
	Undecided  bool   `json:"undecided"` // too few results: an undecided threshold has not passed
	Words      string `json:"words"`     // what was measured
}

// Check evaluates thresholds on the comparison, and stores the outcomes in Thresholds. One on a latency is
// crossed only if the whole 95 % interval is beyond it.
func (c *Comparison) Check(limits []threshold.Rise) {
	for _, l := range limits {
		check := c.checkLatency
		if l.Percent == 0 {
			check = c.checkFailures
		}
		t := check(l)
		t.Expression = l.Text
		c.Thresholds = append(c.Thresholds, t)
	}
}

func (c *Comparison) checkFailures(l threshold.Rise) Threshold {
	measured := float64(c.newFailures)
	words := units.Counted(c.newFailures, "request has", "requests have") + " failed that had not failed in A"
	switch {
	case c.Histograms:
		measured, words = c.moreFailures(l.Unit == "%")
	case l.Unit == "%":
		measured /= float64(max(1, c.B.Results))
		words += fmt.Sprintf(": %.3g %% of %s", 100*measured, units.Counted(c.B.Results, "result", "results"))
	}
	t := Threshold{Crossed: measured > l.Bound, Words: words}
	switch {
	case t.Crossed:
	case c.B.OK+c.B.Failed == 0:
		t.Undecided, t.Words = true, "no request of B has ended"
	case c.cut || c.B.Unfinished > 0:
		t.Undecided, t.Words = true, words+", but B was interrupted, and the rest is unknown"
	}
	return t
}

func (c *Comparison) checkLatency(l threshold.Rise) Threshold {
	name, v := "p"+strconv.FormatFloat(l.Percent, 'f', -1, 64), c.everything
	if l.OK {
		name, v = name+".ok", c.overall
	}
	// Failures may be quick, and how long their success would have taken is unknown.
	a, b := c.overall.counts()
	few := fmt.Sprintf("too few successes to tell %s: %s in A, %s in B; it takes %s in each",
		name, units.Count(int64(a)), units.Count(int64(b)), units.Count(int64(enough(l.Percent))))
	if n := min(v.counts()); n == 0 || !carries(n, l.Percent) {
		return Threshold{Undecided: true, Words: few}
	}
	r := v.ratio(l.Percent, knownRanks{})
	low, high := r.interval(risk, byDifference)
	measured, format := r.points[1]-r.points[0], "%+.3gms"
	if l.Unit == "%" {
		low, high = r.interval(risk, byRatio)
		low, high = math.Expm1(low), math.Expm1(high)
		measured, format = r.points[1]/r.points[0]-1, "%+.1f %%"
	}
	words := func(f float64) string {
		switch {
		case math.IsInf(f, 0) || l.Unit == "%" && f == -1:
			return "?"
		case l.Unit == "%":
			f *= 100
		}
		return fmt.Sprintf(format, f)
	}
	t := Threshold{Crossed: low > l.Bound}
	t.Words = fmt.Sprintf("%s went from %s to %s: %s, with 95 %% confidence from %s to %s", name,
		units.SecondsCompared(microsOf(r.points[0])), units.SecondsCompared(microsOf(r.points[1])), words(measured), words(low), words(high))
	switch {
	case t.Crossed:
	case !carries(min(a, b), l.Percent):
		t.Undecided, t.Words = true, few
	case words(low) == "?":
		t.Undecided = true
		t.Words += fmt.Sprintf("; it takes %s successes in each run to tell", units.Count(int64(enough(l.Percent))))
	}
	return t
}

// enough returns how many values are needed on each side to show that a quantile has risen.
func enough(percent float64) int {
	for n := int(measure.Percentile(percent).Enough()); ; n++ {
		q := quantileRank{n, percent / 100}
		if normal(-q.score(float64(n)))+normal(q.score(1)) <= risk/2 {
			return n
		}
	}
}
