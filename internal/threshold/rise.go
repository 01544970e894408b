package threshold

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
)

// Rise is a bound on how much worse a run, B, may be than one before, A. ParseRise makes one.
type Rise struct {
	Text    string  // as it was given
	Percent int     // of the quantile; 0: the failures
	Bound   float64 // a share of A's, milliseconds, failures, or a share of B's results that fail
	Unit    string  // "%", "ms" or, for a number of failures, ""
}

var riseForm = regexp.MustCompile(`^ *(p50|p90|p95|p99|failed) *> *\+? *([0-9]+(?:\.[0-9]+)?) *(%|ms|s|) *$`)

// ParseRise reads a bound: p50, p90, p95 or p99 with a share of A's or a time (p95>+10%, p99>+20ms), or failed, the new
// failures, with their number or share of B's results (failed>+0, failed>+1%). The + may be left out.
func ParseRise(s string) (Rise, error) {
	m := riseForm.FindStringSubmatch(s)
	if m == nil {
		return Rise{}, errors.New("write p50, p90, p95 or p99 such as 'p95>+10%' or 'p95>+20ms', or 'failed>+0' or 'failed>+1%'")
	}
	r := Rise{Text: s, Unit: m[3]}
	r.Bound, _ = strconv.ParseFloat(m[2], 64) // a huge one becomes infinite, and is never crossed
	if m[1] == "failed" {
		if r.Unit == "ms" || r.Unit == "s" {
			return Rise{}, errors.New("failures have no time: write 'failed>+0' or 'failed>+1%'")
		}
	} else {
		r.Percent, _ = strconv.Atoi(m[1][1:])
	}
	switch {
	case r.Unit == "%":
		r.Bound /= 100
	case r.Unit == "s":
		r.Bound *= 1000
		r.Unit = "ms"
	case r.Unit == "" && r.Percent > 0:
		return Rise{}, fmt.Errorf("say of what: '%s>+%s%%' or '%s>+%sms'", m[1], m[2], m[1], m[2])
	}
	return r, nil
}
