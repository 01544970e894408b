package compare

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"

	"example.com/fetch/internal/units"
)

// Limit is a bound on how much worse B may be than A. See ParseLimit.
type Limit struct {
	expression string
	percent    int     // of the quantile; 0: the failures
	bound      float64 // a share of A's, milliseconds, failures, or a share of B's results that fail
	unit       string  // "%", "ms" or, for a number of failures, ""
}

var limitForm = regexp.MustCompile(`^ *(p50|p90|p95|p99|failed) *> *\+? *([0-9]+(?:\.[0-9]+)?) *(%|ms|s|) *$`)

// ParseLimit reads a limit: p50, p90, p95 or p99 with a share of A's or a time (p95>+10%, p99>+20ms), or failed, the new
// failures, with their number or share of B's results (failed>+0, failed>+1%). The + may be left out.
func ParseLimit(s string) (Limit, error) {
	m := limitForm.FindStringSubmatch(s)
	if m == nil {
		return Limit{}, errors.New("write p50, p90, p95 or p99 such as 'p95>+10%' or 'p95>+20ms', or 'failed>+0' or 'failed>+1%'")
	}
	l := Limit{expression: s, unit: m[3]}
	l.bound, _ = strconv.ParseFloat(m[2], 64) // a huge one becomes infinite, and is never crossed
	if m[1] == "failed" {
		if l.unit == "ms" || l.unit == "s" {
			return Limit{}, errors.New("failures have no time: write 'failed>+0' or 'failed>+1%'")
		}
	} else {
		l.percent, _ = strconv.Atoi(m[1][1:])
	}
	switch {
	case l.unit == "%":
		l.bound /= 100
	case l.unit == "s":
		l.bound *= 1000
		l.unit = "ms"
	case l.unit == "" && l.percent > 0:
		return Limit{}, fmt.Errorf("say of what: '%s>+%s%%' or '%s>+%sms'", m[1], m[2], m[1], m[2])
	}
	return l, nil
}

// Threshold is what has come of a Limit.
type Threshold struct {
	Expression string `json:"expression"` // as it was given
	Crossed    bool   `json:"crossed"`
	Undecided  bool   `json:"undecided"` // too few results; it does not count as crossed
	Words      string `json:"words"`     // what was measured
}

// Check holds limits against the comparison, and keeps what comes of them in Thresholds. A limit on a latency is crossed
// only if the whole interval of 95 % is beyond it.
func (c *Comparison) Check(limits []Limit) {
	for _, l := range limits {
		t := Threshold{Expression: l.expression}
		if l.percent == 0 {
			c.checkFailures(l, &t)
		} else {
			c.checkLatency(l, &t)
		}
		c.Thresholds = append(c.Thresholds, t)
	}
}

func (c *Comparison) checkFailures(l Limit, t *Threshold) {
	measured := float64(c.newFailures)
	words := units.Counted(c.newFailures, "request has", "requests have") + " failed that had not failed in A"
	if l.unit == "%" {
		measured /= float64(max(1, c.B.Results))
		words += fmt.Sprintf(": %.3g %% of %s", 100*measured, units.Counted(c.B.Results, "result", "results"))
	}
	t.Crossed = measured > l.bound
	t.Words = words
}

func (c *Comparison) checkLatency(l Limit, t *Threshold) {
	name := "p" + strconv.Itoa(l.percent)
	v := c.overall
	n := min(len(v.a), len(v.b))
	if n == 0 || !carries(n, l.percent) {
		t.Undecided = true
		t.Words = fmt.Sprintf("too few successes to tell %s: %s in A, %s in B; it takes %d in each",
			name, units.Count(int64(len(v.a))), units.Count(int64(len(v.b))), enough(l.percent))
		return
	}
	r := v.ratio(l.percent, knownRanks{})
	var low, high, measured float64
	var words func(float64) string
	if l.unit == "%" {
		low, high = r.interval(risk, byRatio())
		low, high = math.Expm1(low), math.Expm1(high)
		measured = r.points[1]/r.points[0] - 1
		words = func(f float64) string { return fmt.Sprintf("%+.1f %%", 100*f) }
	} else {
		low, high = r.interval(risk, byDifference())
		measured = r.points[1] - r.points[0]
		words = func(f float64) string { return fmt.Sprintf("%+.3gms", f) }
	}
	bounds := [2]string{"?", "?"}
	for i, f := range [2]float64{low, high} {
		if !math.IsInf(f, 0) && !(l.unit == "%" && f == -1) {
			bounds[i] = words(f)
		}
	}
	t.Crossed = low > l.bound
	t.Words = fmt.Sprintf("%s went from %s to %s: %s, with 95 %% confidence from %s to %s", name,
		units.SecondsCompared(microsOf(r.points[0])), units.SecondsCompared(microsOf(r.points[1])), words(measured), bounds[0], bounds[1])
	if bounds[0] == "?" {
		t.Undecided = true
		t.Words += fmt.Sprintf("; it takes %d successes in each run to tell", enough(l.percent))
	}
}

// enough is how many values on each side can show that a quantile has risen.
func enough(percent int) int {
	for n := 2; ; n++ {
		q := quantileRank{n, float64(percent) / 100}
		if carries(n, percent) && normal(-q.score(float64(n)))+normal(q.score(1)) <= risk/2 {
			return n
		}
	}
}
