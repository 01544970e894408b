// Package threshold parses conditions on a load test, and limits on how much worse than another a run may be, and
// evaluates the former on the figures of a test.
package threshold

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/secret"
)

// everyGroup stands for each group of the column.
const everyGroup = "*"

// Threshold is a condition on the figures of a load test, such as p99<250ms. Parse returns one; the zero value is
// none. It is immutable, and so safe for concurrent use.
type Threshold struct {
	text     string // as it was given, without secrets
	group    string // group of the figures; empty: the whole
	metric   *metric
	operator string  // < <= > >=
	limit    float64 // microseconds, percent, events per second, or a number
	share    bool    // the limit is a percentage
}

// Parse parses [GROUP:]METRIC OPERATOR VALUE, optionally with spaces between them: p99<250ms, ok>99.9%, failed<5
// requests, rate>900/s, checkout:p95.ok<=1.5s. A group that is a URL is masked by the rules. An error says what
// is wrong and what to write.
func Parse(text string, rules *secret.Rules) (Threshold, error) { return parse(text, rules, false) }

// ParseStored parses a threshold of a journal, which may be of a version that accepted numbers without a unit:
// seconds and counts.
func ParseStored(text string) (Threshold, error) { return parse(text, nil, true) }

func parse(text string, rules *secret.Rules, bare bool) (Threshold, error) {
	t := Threshold{text: text}
	if err := t.parse(rules, bare); err != nil {
		return Threshold{}, err
	}
	return t, nil
}

func (t *Threshold) parse(rules *secret.Rules, bare bool) error {
	// The last one, because the name of a group may contain others.
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
		// Groups are named by their masked URLs, so that no secret is shown.
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
	if meant := t.metric.kind.meant(strings.TrimSpace(value)); meant != nil && !bare {
		return unitless(strings.TrimSuffix(t.text, value), meant)
	}
	if t.limit, t.share, err = t.metric.kind.limit(strings.TrimSpace(value)); err != nil {
		return fmt.Errorf("%s is %w", t.metric.name, err)
	}
	switch { // impossible limits, which would be noticed only at the end
	case t.operator == "<" && t.limit == 0:
		return fmt.Errorf("nothing is less than 0; write '%s<=0'", t.metric.name)
	case t.share && (t.limit > 100 || t.limit == 100 && t.operator == ">"):
		return fmt.Errorf("a share is at most 100 %%; write '%s>=100%%' for all", t.metric.name)
	}
	return nil
}

// unitless returns the error of a number without a unit, with its possible meanings.
func unitless(before string, meant []string) error {
	for i, value := range meant {
		meant[i] = "'" + strings.TrimSpace(before) + value + "'"
	}
	k6 := ""
	if strings.HasSuffix(meant[0], "ms'") {
		k6 = ", which is what k6 means,"
	}
	return errors.New("the number has no unit; write " + strings.Join(meant, k6+" or "))
}

// String returns the threshold as given, without secrets.
func (t Threshold) String() string { return t.text }

// Group returns the name of the group that the threshold refers to, "*" for each of the column's; empty: the
// whole.
func (t Threshold) Group() string { return t.group }

// OfColumn reports whether the threshold refers to every group of the column, so that a column is required.
func (t Threshold) OfColumn() bool { return t.group == everyGroup }

// Fails reports whether failures make a run fail: any failure, or, if one of the thresholds is about ok or failed
// of the whole, and so defines what is acceptable, only if nothing succeeded.
func Fails(s *measure.LoadSummary, thresholds []Threshold) bool {
	return s.OK == 0 || s.Failed > 0 && !judges(thresholds, "ok", "failed")
}

// Unfinished reports whether a run is unfinished: requests that were due at a rate were never sent, or not all
// users could start, and none of the thresholds is about what was not started, and so defines what is acceptable.
// Users who wait for a connection at the end are normal if there are fewer connections than users.
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

// holds compares a value with the limit.
func (t *Threshold) holds(measured float64) bool {
	if measured == t.limit {
		return len(t.operator) == 2
	}
	return measured < t.limit == t.upper()
}

// upper reports whether the limit is an upper one.
func (t *Threshold) upper() bool { return t.operator[0] == '<' }
