package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/fetch/internal/load/knee"
)

// sweepFlags are the flags of `fetch sweep`: those of a load test, with several loads in the place of one.
type sweepFlags struct {
	load        loadFlags
	concurrency string // "1,2,4"
	rate        string // "100/s,200/s"

	steps []knee.Step // without figures; set by check
}

const (
	defaultStep      = 5 * time.Second
	defaultSweep     = "1,2,4,8,16,32"
	defaultSweepWarm = time.Second
)

// check finds what is wrong with the flags, and makes the steps.
func (f *sweepFlags) check() error {
	if f.concurrency != "" && f.rate != "" {
		return errors.New("-c sweeps over users, --rate over rates: choose one")
	}
	if !f.load.run.gives("duration") {
		f.load.length = seconds(defaultStep)
	}
	if !f.load.run.gives("warm-up") {
		f.load.warm = seconds(defaultSweepWarm)
	}
	if !slices.Contains([]string{"table", "json", "csv"}, f.load.run.format) {
		return fmt.Errorf("sweep -f %s: table, json or csv", f.load.run.format)
	}
	var err error
	if f.rate != "" {
		f.steps, err = parseSteps("--rate", f.rate, func(text string) (knee.Step, error) {
			rate, err := parseRate(text)
			if err != nil {
				return knee.Step{}, err
			}
			return knee.Step{Rate: rate.PerSecond()}, nil
		})
	} else {
		if f.concurrency == "" {
			f.concurrency = defaultSweep
		}
		f.steps, err = parseSteps("-c", f.concurrency, func(text string) (knee.Step, error) {
			n, err := strconv.Atoi(text)
			if err != nil || n < 1 {
				return knee.Step{}, errors.New("write whole numbers from 1, such as 1,2,4,8")
			}
			return knee.Step{Users: n}, nil
		})
	}
	if err != nil {
		return err
	}
	for _, step := range f.steps {
		if err := f.ofStep(step).check(); err != nil {
			return err
		}
	}
	return nil
}

// parseSteps reads the loads of a sweep, which have to rise.
func parseSteps(flag, text string, parse func(string) (knee.Step, error)) ([]knee.Step, error) {
	var steps []knee.Step
	for part := range strings.SplitSeq(text, ",") {
		step, err := parse(strings.TrimSpace(part))
		if err != nil {
			return nil, fmt.Errorf("%s %q: %w", flag, part, err)
		}
		if n := len(steps); n > 0 && (step.Users < steps[n-1].Users || step.Rate < steps[n-1].Rate || step == steps[n-1]) {
			return nil, fmt.Errorf("%s %s: name the loads from the least to the greatest, each once", flag, text)
		}
		steps = append(steps, step)
	}
	if len(steps) < 2 {
		return nil, fmt.Errorf("%s %s: name two loads or more, such as 1,2,4,8", flag, text)
	}
	return steps, nil
}

// ofStep are the flags of the load test that is one step.
func (f *sweepFlags) ofStep(step knee.Step) *loadFlags {
	one := f.load
	one.rate = arrivalRate{}
	if step.Rate > 0 {
		one.rate = arrivalRate{text: f.rate, perSecond: step.Rate}
	} else {
		one.run.concurrency = step.Users
	}
	one.run.perHost.every = slices.Clone(one.run.perHost.every)
	return &one
}
