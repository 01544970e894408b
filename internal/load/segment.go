package load

import (
	"math"
	"slices"
	"time"
)

// segment is a part of a plan in which the target goes in one straight line.
type segment struct {
	start    time.Duration // from the start of the run
	length   float64       // in seconds, more than 0
	from, to float64       // the target at its two ends
	before   float64       // the integral of the target over all segments before, in targets times seconds
}

// segments are the parts of the plan that last, the warm-up first.
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
	if i := slices.IndexFunc(p.Stages, func(s Stage) bool { return s.To > 0 }); i >= 0 { // Check refuses a plan without
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

// area is the integral of the target over the segment.
func (s *segment) area() float64 { return (s.from + s.to) / 2 * s.length }

// after is the integral over all segments up to the end of this one.
func (s *segment) after() float64 { return s.before + s.area() }

// at is the target at an instant of the segment.
func (s *segment) at(t time.Duration) float64 {
	return s.from + (s.to-s.from)*((t-s.start).Seconds()/s.length)
}

// instant is the time so many seconds after the segment's start.
func (s *segment) instant(seconds float64) time.Duration {
	nanoseconds := math.Round(seconds * float64(time.Second))
	if nanoseconds >= float64(forever-s.start) {
		return forever
	}
	return s.start + time.Duration(nanoseconds)
}

// reaches is when the integral comes to a value between before and after.
func (s *segment) reaches(integral float64) time.Duration {
	x := min(max(integral-s.before, 0), s.area())
	if s.to < s.from { // looked at from its end it rises, too
		return s.instant(s.length - rising(s.to, s.from, s.length, s.area()-x))
	}
	return s.instant(rising(s.from, s.to, s.length, x))
}

// from are the segments from the one in which the integral comes to a value; none, if it never does.
func from(all []segment, integral float64) []segment {
	for len(all) > 0 && integral >= all[0].after() {
		all = all[1:]
	}
	return all
}

// rising is how long it takes until the integral of a line that rises within length comes to x. It is that root of the
// quadratic equation which no difference of nearly equal numbers goes into, be the line as flat as it may.
func rising(from, to, length, x float64) float64 {
	if x <= 0 {
		return 0
	}
	return 2 * x / (from + math.Sqrt(from*from+2*(to-from)/length*x))
}

// reaching is the first instant, not before the given one, at which the target is at least so high; false if there is
// none.
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
