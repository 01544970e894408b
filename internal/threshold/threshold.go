// Package threshold reads what must hold of a load test, and how much worse than another a run may be, and holds the former
// against the figures of a test.
package threshold

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/secret"
)

// everyGroup stands for each group of the column.
const everyGroup = "*"

// Threshold is a condition on the figures of a load test, such as p99<250ms. Parse makes one; the zero value is none. It
// is not changed after, so it can be used concurrently.
type Threshold struct {
	text     string // as it was given, without secrets
	group    string // whose figures it is about; empty: those of the whole
	metric   *metric
	operator string  // < <= > >=
	limit    float64 // microseconds, percent, events a second, or a number
	share    bool    // the limit is in percent of a whole
}

// Parse reads [GROUP:]METRIC OPERATOR VALUE, with spaces between them if one likes: p99<250ms, ok>99.9%, rate>900/s,
// checkout:p95<=1.5s. A group that is a URL is known without its secrets, by the rules. An error says what is wrong with it
// and what to write.
func Parse(text string, rules *secret.Rules) (Threshold, error) {
	t := Threshold{text: text}
	if err := t.parse(rules); err != nil {
		return Threshold{}, err
	}
	return t, nil
}

func (t *Threshold) parse(rules *secret.Rules) error {
	// The last one, as the name of a group may have others.
	i := strings.LastIndexAny(t.text, "<>")
	if i < 0 {
		return errors.New("it has no <, <=, > or >=; write one such as 'p99<250ms', in quotes, since a shell takes < and > for itself")
	}
	left, value := t.text[:i], t.text[i+1:]
	t.operator = t.text[i : i+1]
	if after, ok := strings.CutPrefix(value, "="); ok {
		t.operator, value = t.operator+"=", after
	}
	if i := strings.LastIndexByte(left, ':'); i >= 0 {
		t.group, left = strings.TrimSpace(left[:i]), left[i+1:]
		if t.group == "" {
			return errors.New("there is no group before the ':'; write its name there, or leave the ':' out for the whole")
		}
		// Groups are called by their masked URLs, and nothing repeats a secret.
		if masked := rules.MaskURL(t.group); masked != t.group && strings.Contains(t.group, "://") {
			t.text = strings.Replace(t.text, t.group, masked, 1)
			t.group = masked
		}
	}
	var err error
	if t.metric, err = metricOf(strings.TrimSpace(left)); err != nil {
		return err
	}
	if t.group != "" && t.metric.wholeOnly {
		return fmt.Errorf("%s is known of the whole only, not of a group; leave '%s:' out", t.metric.name, t.group)
	}
	if t.limit, t.share, err = t.metric.kind.limit(strings.TrimSpace(value)); err != nil {
		return fmt.Errorf("%s is %w", t.metric.name, err)
	}
	switch { // what no run can meet, which would be seen only when it is over
	case t.operator == "<" && t.limit == 0:
		return fmt.Errorf("nothing is less than 0; write '%s<=0'", t.metric.name)
	case t.share && (t.limit > 100 || t.limit == 100 && t.operator == ">"):
		return fmt.Errorf("a share is at most 100 %%; write '%s>=100%%' for all", t.metric.name)
	}
	return nil
}

// String is the threshold as it was given, without secrets.
func (t Threshold) String() string { return t.text }

// Group is the name of the group whose figures the threshold is about, "*" for each of the column's; empty: the whole.
func (t Threshold) Group() string { return t.group }

// OfColumn reports whether the threshold is about every group of the column, so that one has to be asked for.
func (t Threshold) OfColumn() bool { return t.group == everyGroup }

// Fails reports whether its failures make a run fail: any of them, or, where one of the thresholds is about the ok or the
// failed of the whole, and so decides what is too much, only if nothing succeeded.
func Fails(s *measure.LoadSummary, thresholds []Threshold) bool {
	return s.OK == 0 || s.Failed > 0 && !judges(thresholds, "ok", "failed")
}

// Unfinished reports whether a run is unfinished: at a rate something was due and never sent, or not all users could start,
// and none of the thresholds is about what was not started, and so decides how much is too much. That users wait for a
// connection when the time is over is no wonder where there are fewer connections than users.
func Unfinished(s *measure.LoadSummary, thresholds []Threshold) bool {
	unsent := s.Asked.Model == measure.ModelOpen && s.Unsent > 0 || s.ShortOfUsers()
	return unsent && !judges(thresholds, "not_started")
}

// judges reports whether one of the thresholds is about one of these figures of the whole.
func judges(thresholds []Threshold, metrics ...string) bool {
	return slices.ContainsFunc(thresholds, func(t Threshold) bool {
		return t.group == "" && slices.Contains(metrics, t.metric.name)
	})
}

// holds compares as it is asked.
func (t *Threshold) holds(measured float64) bool {
	if measured == t.limit {
		return len(t.operator) == 2
	}
	return measured < t.limit == t.upper()
}

// upper reports whether the limit is one from above.
func (t *Threshold) upper() bool { return t.operator[0] == '<' }

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
