package load_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"example.com/fetch/internal/load"
)

// always is a target that holds all the time.
func always(target float64) []load.Stage { return []load.Stage{{To: target}} }

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		plan load.Plan
		want string
	}{
		{load.Plan{}, "the plan has no target; give a rate"},
		{load.Plan{Stages: always(0)}, "the target is 0 all the time"},
		{load.Plan{Stages: []load.Stage{{0, 5}, {0, 0}}}, "the target is 0 all the time"},
		{load.Plan{Stages: always(2.5)}, "2.5 users cannot be"},
		{load.Plan{Stages: always(math.Inf(1)), Open: true}, "more than any client can send"},
		{load.Plan{Stages: []load.Stage{{1, 5}, {1, math.NaN()}}}, "stage 2: the target is NaN"},
		{load.Plan{Stages: []load.Stage{{1, 5}, {-1, 5}}}, "stage 2 lasts -1ns; give 0 or more"},
		{load.Plan{Stages: []load.Stage{{math.MaxInt64, 5}, {1, 5}}}, "more than 292 years"},
		{load.Plan{Stages: always(5), For: math.MaxInt64, WarmUp: 1}, "more than 292 years"},
		{load.Plan{Stages: []load.Stage{{time.Second, 5}, {0, 20}}}, "stage 2 lasts no time, so that its target of 20 would have none"},
		{load.Plan{Stages: []load.Stage{{time.Second, 5}, {0, 20}, {0, 20}}}, "stage 3 lasts no time"},
		{load.Plan{Stages: []load.Stage{{time.Second, 5}, {0, 20}, {0, 5}}}, ""},
		{load.Plan{Stages: []load.Stage{{0, 5}, {0, 20}}}, ""},
		{load.Plan{Stages: always(load.MaxRate), Open: true}, ""},
		{load.Plan{Stages: always(load.MaxRate + 1), Open: true}, "1.000001e+06 requests a second are more than any client can send; write 1000000 at most"},
		{load.Plan{Stages: always(5), Count: -1}, "-1 requests cannot be"},
		{load.Plan{Stages: always(5), For: -1}, "give times of 0 or more"},
		{load.Plan{Stages: always(5), Think: load.Think{Least: 2, Most: 1}}, "give the shorter time first"},
		{load.Plan{Stages: always(5), WarmUp: -1}, "give times of 0 or more"},
		{load.Plan{Stages: always(5), Think: load.Think{Least: -1}}, "give times of 0 or more"},
		{load.Plan{Stages: always(5), Poisson: true}, "give a rate for Poisson arrivals"},
		{load.Plan{Stages: always(5), Open: true, Think: thinking(1)}, "only users think"},
		{load.Plan{Stages: always(5), Think: thinking(1), Count: 5, For: 5, WarmUp: 5}, ""},
		{load.Plan{Stages: always(0.5), Open: true, Poisson: true}, ""},
	} {
		switch err := c.plan.Check(); {
		case c.want == "" && err != nil:
			t.Errorf("%+v: %v", c.plan, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%+v: %v; want %s", c.plan, err, c.want)
		}
		if _, err := load.New(c.plan, nil); (err != nil) != (c.want != "") {
			t.Errorf("%+v: New: %v", c.plan, err)
		}
	}
}

func TestEnd(t *testing.T) {
	ramp := []load.Stage{{10 * time.Second, 50}, {20 * time.Second, 8}}
	for _, c := range []struct {
		plan  load.Plan
		end   time.Duration
		ends  bool
		users int
	}{
		{load.Plan{Stages: always(5), WarmUp: time.Second}, time.Second, false, 5},
		{load.Plan{Stages: always(5), For: time.Minute}, time.Minute, true, 5},
		{load.Plan{Stages: ramp, WarmUp: time.Second}, 31 * time.Second, true, 50},
		{load.Plan{Stages: ramp, For: 12 * time.Second}, 12 * time.Second, true, 50},
		{load.Plan{Stages: ramp, For: time.Hour}, 30 * time.Second, true, 50},
		{load.Plan{Stages: ramp, Open: true}, 30 * time.Second, true, 0},
		{load.Plan{Stages: []load.Stage{{0, 80}, {10 * time.Second, 0}}}, 10 * time.Second, true, 80},
	} {
		end, ends := c.plan.End()
		if ends != c.ends || ends && end != c.end {
			t.Errorf("%+v: ends at %v, %v", c.plan, end, ends)
		}
		if users := c.plan.MostUsers(); users != c.users {
			t.Errorf("%+v: %d users", c.plan, users)
		}
	}
}

func TestTarget(t *testing.T) {
	ramps := load.Plan{Open: true, WarmUp: 2 * time.Second, Stages: []load.Stage{{For: 10 * time.Second, To: 100}, {To: 50}, {For: 10 * time.Second, To: 0}}}
	steady := load.Plan{Stages: []load.Stage{{To: 7}}, For: time.Minute}
	for _, test := range []struct {
		plan *load.Plan
		at   time.Duration
		want float64
	}{
		{&ramps, 0, 100}, {&ramps, 2 * time.Second, 0}, {&ramps, 7 * time.Second, 50}, {&ramps, 12 * time.Second, 50},
		{&ramps, 17 * time.Second, 25}, {&ramps, 22 * time.Second, 0}, {&ramps, -1, 0}, {&ramps, time.Hour, 0},
		{&steady, 0, 7}, {&steady, 59 * time.Second, 7}, {&steady, time.Minute, 0},
	} {
		if got := test.plan.Target(test.at); got != test.want {
			t.Errorf("at %v: %v, want %v", test.at, got, test.want)
		}
	}
}

// Where a plan is among its stages: jumps are none, nor is the warm-up, nor what is after the last.
func TestCourse(t *testing.T) {
	p := load.Plan{Open: true, WarmUp: time.Second, Stages: []load.Stage{{To: 5}, {For: 2 * time.Second, To: 9}, {To: 3}, {For: time.Second, To: 3}}}
	for at, want := range map[time.Duration]load.Course{
		0: {}, time.Second: {N: 1, Of: 2, Stage: p.Stages[1]}, 2500 * ms: {N: 1, Of: 2, Past: 1500 * ms, Stage: p.Stages[1]},
		3 * time.Second: {N: 2, Of: 2, Stage: p.Stages[3]}, 4 * time.Second: {},
	} {
		if got := p.At(at); got != want {
			t.Errorf("at %v: %+v, want %+v", at, got, want)
		}
	}
	if got := (&load.Plan{Stages: always(5)}).At(time.Second); got != (load.Course{}) {
		t.Errorf("without stages: %+v", got)
	}
}
