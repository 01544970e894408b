package load

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// Plan says when requests are due. It goes on until the first of these: Count requests, For, the end of the stages; with
// none of them, until its reader stops.
//
// The warm-up comes before all that: it lasts WarmUp, at the first target above 0, and what is due in it is not counted.
// The stages begin after it, with their first from 0.
type Plan struct {
	// Stages are the course of the rate (open model) or of the number of users (closed model). Stages that last no time at
	// all, such as a single one of {0, X}, mean the last target all the time.
	Stages  []Stage
	Open    bool   // requests are due at a rate; otherwise when a user comes free
	Poisson bool   // open model: arrivals at random, independent of each other; otherwise evenly
	Seed    uint64 // of the random arrivals: with the same they are the same

	Count  int64         // how many requests are due after the warm-up; 0: no bound
	For    time.Duration // nothing is due this long after the warm-up, or later; 0: no bound
	WarmUp time.Duration // 0: none
	Think  time.Duration // closed model: between the end of a user's request and the next being due
}

// Check tells what is wrong with a plan.
func (p *Plan) Check() error {
	if len(p.Stages) == 0 {
		return errors.New("the plan has no target; give a rate, a number of users, or stages")
	}
	total, lasting := time.Duration(0), 0.0 // the target of the last stage that lasts
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
	case p.For < 0 || p.WarmUp < 0 || p.Think < 0:
		return fmt.Errorf("a plan for %v, with a warm-up of %v and %v to think, cannot be; give times of 0 or more", p.For, p.WarmUp, p.Think)
	case max(total, p.For) > math.MaxInt64-p.WarmUp:
		return errors.New("the warm-up and the plan last more than 292 years together; give shorter ones")
	case p.Poisson && !p.Open:
		return errors.New("users do not arrive at random: each sends when the answer before has come; give a rate for Poisson arrivals")
	case p.Think > 0 && p.Open:
		return errors.New("only users think; give a number of users in place of the rate, or no time to think")
	case p.highest() == 0:
		return errors.New("the target is 0 all the time, so that nothing would be sent; give one above 0")
	}
	return nil
}

// End is when the plan ends by itself, from the start of the run, warm-up included: nothing is due then or later. It is
// false if only Count bounds it, or nothing does.
func (p *Plan) End() (time.Duration, bool) {
	length := p.length()
	if p.For > 0 && (length == 0 || p.For < length) {
		length = p.For
	}
	return p.WarmUp + length, length > 0
}

// forever stands for the end of a plan that has none.
const forever = time.Duration(math.MaxInt64)

// end is End, or forever.
func (p *Plan) end() time.Duration {
	if end, ok := p.End(); ok {
		return end
	}
	return forever
}

// length is how long the stages last; 0: the last target holds all the time.
func (p *Plan) length() (d time.Duration) {
	for _, s := range p.Stages {
		d += s.For
	}
	return d
}

// MostUsers is the largest number of users at once, and so of requests in flight; 0 in the open model.
func (p *Plan) MostUsers() int {
	if p.Open {
		return 0
	}
	return int(p.highest())
}

// highest is the highest target that the plan comes to.
func (p *Plan) highest() (most float64) {
	for _, s := range p.segments() {
		most = max(most, s.from, s.to)
	}
	return most
}

// Target is the rate, in requests a second, or the number of users that the plan asks for at an instant of the run; 0
// after its end.
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
