package load

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Plan says when requests are due. It ends with the first of these: Count requests, For, the end of the stages;
// without any of them, when its reader stops.
//
// The warm-up comes first: it lasts WarmUp, at the first target above 0, and what is due in it is not counted.
// The stages begin after it, with their first from 0.
type Plan struct {
	// Stages are the course of the rate (open model) or of the number of users (closed model). Stages of no
	// duration, such as a single one of {0, X}, mean the last target all the time.
	Stages  []Stage
	Open    bool   // requests are due at a rate; otherwise when a user comes free
	Poisson bool   // open model: arrivals at random, independent of each other; otherwise evenly
	Seed    uint64 // seed of the random arrivals

	Count  int64         // how many requests are due after the warm-up; 0: no limit
	For    time.Duration // nothing is due this long after the warm-up, or later; 0: no limit
	WarmUp time.Duration // 0: none
	Think  Think         // closed model: between the end of a user's request and the next being due
}

// Think is the think time of users: constant, or uniformly distributed between two times. The zero value means
// none. Users who would begin at the same instant are spread over the mean think time, as they would be later.
type Think struct{ Least, Most time.Duration }

// mean returns the mean think time.
func (t Think) mean() time.Duration { return t.Least + (t.Most-t.Least)/2 }

// after returns the think time of a user after a number of requests. It depends only on these and the seed, not
// on the order of responses.
func (t Think) after(seed uint64, user, requests int32) time.Duration {
	if t.Most == t.Least {
		return t.Least
	}
	random := newRandom(seed, thinkStream<<62|uint64(user)<<32|uint64(uint32(requests)))
	return t.Least + time.Duration(random.Int64N(int64(t.Most-t.Least)+1))
}

// Check returns an error if the plan is invalid.
func (p *Plan) Check() error {
	if len(p.Stages) == 0 {
		return errors.New("the plan has no target; give a rate, a number of users, or stages")
	}
	total, lasting := time.Duration(0), 0.0 // the target of the last stage with a duration
	for i, s := range p.Stages {
		err := checkTarget(s.To, p.Open)
		switch {
		case err != nil && len(p.Stages) > 1:
			return fmt.Errorf("stage %d: %w", i+1, err)
		case err != nil:
			return err
		case s.For < 0:
			return fmt.Errorf("stage %d lasts %v; give 0 or more", i+1, s.For)
		case s.For > math.MaxInt64-total:
			return errors.New("the stages last more than 292 years together; give shorter ones")
		}
		if total += s.For; s.For > 0 {
			lasting = s.To
		}
	}
	last := len(p.Stages) - 1
	switch {
	case total > 0 && p.Stages[last].To != lasting:
		return fmt.Errorf("stage %d lasts no time, so that its target of %g would have none; give it some, or leave it out", last+1, p.Stages[last].To)
	case p.Count < 0:
		return fmt.Errorf("%d requests cannot be; give 0 for no bound, or more", p.Count)
	case p.For < 0 || p.WarmUp < 0 || p.Think.Least < 0:
		return fmt.Errorf("a plan for %v, with a warm-up of %v and %v to think, cannot be; give times of 0 or more", p.For, p.WarmUp, p.Think.Least)
	case p.Think.Most < p.Think.Least:
		return fmt.Errorf("nobody thinks for %v to %v; give the shorter time first", p.Think.Least, p.Think.Most)
	case max(total, p.For) > math.MaxInt64-p.WarmUp:
		return errors.New("the warm-up and the plan last more than 292 years together; give shorter ones")
	case p.Poisson && !p.Open:
		return errors.New("users do not arrive at random: each sends after the previous response; give a rate for Poisson arrivals")
	case p.Think.Most > 0 && p.Open:
		return errors.New("only users think; give a number of users in place of the rate, or no time to think")
	case p.highest() == 0:
		return errors.New("the target is 0 all the time, so that nothing would be sent; give one above 0")
	}
	return nil
}

// End returns when the plan ends by itself, from the start of the run, warm-up included: nothing is due then or
// later. It returns false if only Count limits it, or nothing does.
func (p *Plan) End() (time.Duration, bool) {
	length := p.length()
	if p.For > 0 && (length == 0 || p.For < length) {
		length = p.For
	}
	return p.WarmUp + length, length > 0
}

// forever is the end of a plan without one.
const forever = time.Duration(math.MaxInt64)

// end returns End, or forever.
func (p *Plan) end() time.Duration {
	if end, ok := p.End(); ok {
		return end
	}
	return forever
}

// length returns the total duration of the stages; 0: the last target applies all the time.
func (p *Plan) length() (d time.Duration) {
	for _, s := range p.Stages {
		d += s.For
	}
	return d
}

// MostUsers returns the largest number of users at once, and so of requests in flight; 0 in the open model.
func (p *Plan) MostUsers() int {
	if p.Open {
		return 0
	}
	return int(p.highest())
}

// highest returns the highest target of the plan.
func (p *Plan) highest() (most float64) {
	for _, s := range p.segments() {
		most = max(most, s.from, s.to)
	}
	return most
}

// Target returns the rate, in requests per second, or the number of users at an instant of the run; 0 after its
// end.
func (p *Plan) Target(at time.Duration) float64 {
	if at < 0 || at >= p.end() {
		return 0
	}
	for _, s := range slices.Backward(p.segments()) {
		if at >= s.start {
			return s.at(at)
		}
	}
	return 0
}

// Course is a position in the stages of a plan.
type Course struct {
	N, Of int           // the stage, from 1, and the number of stages with a duration; 0: none, or before or after them
	Past  time.Duration // since its beginning
	Stage
}

// At returns the position of the plan at an instant of the run.
func (p *Plan) At(instant time.Duration) (c Course) {
	at := instant - p.WarmUp
	if at < 0 || at >= p.length() {
		return c
	}
	found := Course{}
	for _, s := range p.Stages {
		if s.For == 0 {
			continue
		}
		c.Of++
		if found.N == 0 && at < s.For {
			found = Course{N: c.Of, Past: at, Stage: s}
		}
		at -= s.For
	}
	found.Of = c.Of
	return found
}

// segment is a part of a plan in which the target is linear in time.
type segment struct {
	start    time.Duration // from the start of the run
	length   float64       // in seconds, more than 0
	from, to float64       // the target at its two ends
	before   float64       // the integral of the target over all segments before, in targets times seconds
}

// segments returns the parts of the plan with a duration, the warm-up first.
func (p *Plan) segments() []segment {
	var all []segment
	at, before := time.Duration(0), 0.0
	add := func(length time.Duration, from, to float64) {
		if length > 0 {
			s := segment{start: at, length: length.Seconds(), from: from, to: to, before: before}
			all = append(all, s)
			at += length
			before = s.after()
		}
	}
	if i := slices.IndexFunc(p.Stages, func(s Stage) bool { return s.To > 0 }); i >= 0 { // Check rejects plans without one
		add(p.WarmUp, p.Stages[i].To, p.Stages[i].To)
	}
	target := 0.0
	for _, s := range p.Stages {
		add(s.For, target, s.To)
		target = s.To
	}
	if p.length() == 0 {
		add(forever-at, target, target)
	}
	return all
}

// area returns the integral of the target over the segment.
func (s *segment) area() float64 { return (s.from + s.to) / 2 * s.length }

// after returns the integral over all segments up to the end of this one.
func (s *segment) after() float64 { return s.before + s.area() }

// at returns the target at an instant of the segment.
func (s *segment) at(t time.Duration) float64 {
	return s.from + (s.to-s.from)*((t-s.start).Seconds()/s.length)
}

// instant returns the time a number of seconds after the segment's start.
func (s *segment) instant(seconds float64) time.Duration {
	nanoseconds := math.Round(seconds * float64(time.Second))
	if nanoseconds >= float64(forever-s.start) {
		return forever
	}
	return s.start + time.Duration(nanoseconds)
}

// reaches returns when the integral reaches a value between before and after.
func (s *segment) reaches(integral float64) time.Duration {
	x := min(max(integral-s.before, 0), s.area())
	if s.to < s.from { // reversed it rises, too
		return s.instant(s.length - rising(s.to, s.from, s.length, s.area()-x))
	}
	return s.instant(rising(s.from, s.to, s.length, x))
}

// from returns the segments from the one in which the integral reaches a value; none, if it never does.
func from(all []segment, integral float64) []segment {
	for len(all) > 0 && integral >= all[0].after() {
		all = all[1:]
	}
	return all
}

// rising returns how long it takes until the integral of a line that rises within length reaches x. It is the
// root of the quadratic equation that avoids cancellation, however flat the line is.
func rising(from, to, length, x float64) float64 {
	if x <= 0 {
		return 0
	}
	return 2 * x / (from + math.Sqrt(from*from+2*(to-from)/length*x))
}

// reaching returns the first instant, not before the given one, at which the target is at least that high; false
// if there is none.
func reaching(all []segment, target float64, at time.Duration) (time.Duration, bool) {
	for i := range all {
		s := &all[i]
		if s.instant(s.length) <= at {
			continue
		}
		at = max(at, s.start)
		if s.at(at) >= target {
			return at, true
		}
		if s.to >= target {
			return max(at, s.instant((target-s.from)/(s.to-s.from)*s.length)), true
		}
	}
	return 0, false
}

// Stage is a part of a plan: during For the target changes linearly from that of the previous stage, 0 at the
// start, to To. A For of 0 is a jump. To is in requests per second (open model) or in users (closed model).
type Stage struct {
	For time.Duration
	To  float64
}

// ParseStages parses stages such as "10s:100/s,30s:1000/s,10s:0", which are rates, or "10s:50,1m:50", which are
// users. Rates may also be per minute, per hour, or per any time: 6000/m, 500/10s. A time without a unit is in
// seconds. A target of 0 is a rate or no users, like the others.
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
		return stage, rate, fmt.Errorf("%q is not a number; write a rate like 1000/s, or a number of users like 50", target)
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

// parseLength parses the duration of a stage.
func parseLength(text string) (time.Duration, error) {
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		text = strconv.FormatFloat(seconds, 'f', -1, 64) + "s"
	}
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is not a time; write how long the stage lasts, like 30s, 1.5m, or 0s for a jump", text)
	case d < 0:
		return 0, fmt.Errorf("a stage cannot last %s; write 0s for a jump", text)
	}
	return d, nil
}

// Period parses what follows the slash of a rate: a time, or a unit of time.
func Period(text string) (time.Duration, bool) {
	text = strings.TrimSpace(text)
	if text != "" && (text[0] < '0' || text[0] > '9') {
		text = "1" + text
	}
	d, err := time.ParseDuration(text)
	return d, err == nil && d > 0
}

// Upper limits for a plan.
const (
	MaxRate  = 1_000_000 // requests per second
	MaxUsers = 1_000_000 // each takes memory
)

// checkTarget returns an error for an invalid rate or number of users.
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
