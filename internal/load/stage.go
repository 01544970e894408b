package load

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Stage is a part of a plan: during For the target goes in a straight line from that of the stage before, 0 at the
// start, to To. A For of 0 is a jump. To is in requests a second (open model) or in users (closed model).
type Stage struct {
	For time.Duration
	To  float64
}

// ParseStages reads stages such as "10s:100/s,30s:1000/s,10s:0", which are rates, or "10s:50,1m:50", which are users.
// Rates may also be per minute, per hour, or per any time: 6000/m, 500/10s. A time without a unit is in seconds. A target
// of 0 is a rate or no users, as the others are.
func ParseStages(text string) (stages []Stage, rate bool, err error) {
	users := false
	for i, part := range strings.Split(text, ",") {
		part = strings.TrimSpace(part)
		stage, isRate, err := parseStage(part)
		if err != nil {
			return nil, false, fmt.Errorf("stage %d, %q: %w", i+1, part, err)
		}
		rate = rate || isRate
		users = users || !isRate && stage.To > 0
		if rate && users {
			return nil, false, fmt.Errorf("stage %d, %q: stages are all rates or all users; write each target like 100/s, or each like 100", i+1, part)
		}
		stages = append(stages, stage)
	}
	return stages, rate, nil
}

func parseStage(part string) (stage Stage, rate bool, err error) {
	length, target, ok := strings.Cut(part, ":")
	if !ok {
		return stage, false, errors.New("a time and a target are needed; write 30s:1000/s for a rate, or 30s:50 for users")
	}
	if stage.For, err = parseLength(strings.TrimSpace(length)); err != nil {
		return stage, false, err
	}
	target, per, rate := strings.Cut(target, "/")
	target = strings.TrimSpace(target)
	if stage.To, err = strconv.ParseFloat(target, 64); err != nil {
		return stage, rate, fmt.Errorf("%q is no number; write a rate like 1000/s, or a number of users like 50", target)
	}
	if rate {
		period, ok := Period(per)
		if !ok {
			return stage, rate, errors.New("a rate is so many in a time; write it like 1000/s, 6000/m or 500/10s")
		}
		stage.To /= period.Seconds()
	}
	return stage, rate, checkTarget(stage.To, rate)
}

// parseLength reads how long a stage lasts.
func parseLength(text string) (time.Duration, error) {
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		text = strconv.FormatFloat(seconds, 'f', -1, 64) + "s"
	}
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is no time; write how long the stage lasts, like 30s, 1.5m, or 0s for a jump", text)
	case d < 0:
		return 0, fmt.Errorf("a stage cannot last %s; write 0s for a jump", text)
	}
	return d, nil
}

// Period reads what stands behind the stroke of a rate: a time, or a unit of time.
func Period(text string) (time.Duration, bool) {
	text = strings.TrimSpace(text)
	if text != "" && (text[0] < '0' || text[0] > '9') {
		text = "1" + text
	}
	d, err := time.ParseDuration(text)
	return d, err == nil && d > 0
}

// What a plan may ask for at most.
const (
	MaxRate  = 1_000_000 // requests a second
	MaxUsers = 1_000_000 // each takes memory
)

// checkTarget tells what is wrong with a target, a rate or a number of users.
func checkTarget(to float64, rate bool) error {
	switch {
	case math.IsNaN(to) || to < 0:
		return fmt.Errorf("the target is %g; write 0 or more", to)
	case rate && to > MaxRate:
		return fmt.Errorf("%g requests a second are more than any client can send; write %d at most", to, MaxRate)
	case !rate && to > MaxUsers:
		return fmt.Errorf("%g users are too many; write %d at most", to, MaxUsers)
	case !rate && to != math.Trunc(to):
		return fmt.Errorf("%g users cannot be: write a whole number, or a rate like %g/s", to, to)
	}
	return nil
}
