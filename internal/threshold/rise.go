package threshold

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// Rise is a limit on how much worse a run, B, may be than an earlier one, A. ParseRise returns one.
type Rise struct {
	Text    string  // as it was given
	Percent float64 // of the quantile; 0: the failures
	OK      bool    // of the latencies of successes, not of all
	Bound   float64 // a share of A's, milliseconds, failures, or the share of failed results of B
	Unit    string  // "%", "ms" or, for a number of failures, ""
}

var riseForm = regexp.MustCompile(`^ *([a-z0-9.]+) *> *\+? *([0-9]+(?:\.[0-9]+)?) *(%|ms|s|requests?|) *$`)

// ParseRise parses a limit: a percentile with a share of A's or a time (p95>+10%, p99.9.ok>+20ms), or failed, the
// new failures, with their number or share of B's results (failed>+0, failed>+5 requests, failed>+1%). The + may
// be omitted.
func ParseRise(s string) (Rise, error) {
	m := riseForm.FindStringSubmatch(s)
	if m == nil {
		return Rise{}, errors.New("write a percentile such as 'p95>+10%' or 'p95.ok>+20ms', or 'failed>+0' or 'failed>+1%'")
	}
	name, number, unit := m[1], m[2], m[3]
	r := Rise{Text: s, Unit: unit}
	r.Bound, _ = strconv.ParseFloat(number, 64) // a huge one becomes infinite, and is never crossed
	if name == failed {
		if err := r.ofFailures(number); err != nil {
			return Rise{}, err
		}
		return r, nil
	}
	figure, found := strings.CutSuffix(name, ".ok")
	if r.OK = found; !found {
		figure = strings.TrimSuffix(name, "."+all)
	}
	f, err := figureOf(figure)
	switch {
	case err != nil:
		return Rise{}, fmt.Errorf("%w; write one such as 'p95>+10%%'", err)
	case f == nil || f.Percent == 0:
		return Rise{}, fmt.Errorf("%q is neither failed nor a percentile; write 'failed>+0', or one such as 'p95>+10%%' or 'p95.ok>+10%%'", name)
	}
	r.Percent = f.Percent
	switch unit {
	case "%":
		r.Bound /= 100
	case "s":
		r.Bound *= 1000
		r.Unit = "ms"
	case "ms":
	default:
		return Rise{}, fmt.Errorf("say of what: '%s>+%s%%' or '%s>+%sms'", name, number, name, number)
	}
	return r, nil
}

// ofFailures makes it a limit on failures.
func (r *Rise) ofFailures(number string) error {
	switch meant := quantity.meant(number); {
	case r.Unit == "ms" || r.Unit == "s":
		return errors.New("failures have no time: write 'failed>+0' or 'failed>+1%'")
	case r.Unit == "" && meant != nil:
		return unitless("failed>+", meant)
	case r.Unit == "%":
		r.Bound /= 100
	case r.Bound != math.Trunc(r.Bound):
		return errors.New("there are no parts of a request: write 'failed>+0' or 'failed>+1%'")
	default:
		r.Unit = ""
	}
	return nil
}
