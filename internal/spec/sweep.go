package spec

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/fetch/internal/cli/value"
	"example.com/fetch/internal/load/knee"
)

// Sweep are the flags of `fetch sweep`: those of a load test, with several loads in the place of one.
type Sweep struct {
	Load        Load
	Concurrency string // "1,2,4"
	Rate        string // "100/s,200/s"

	Steps []knee.Step // without figures; set by check
}

const (
	defaultStep      = 5 * time.Second
	DefaultSweep     = "1,2,4,8,16,32"
	defaultSweepWarm = time.Second
)

// Check finds what is wrong with the flags, and makes the steps.
func (f *Sweep) Check() error {
	if f.Concurrency != "" && f.Rate != "" {
		return errors.New("-c sweeps over users, --rate over rates: choose one")
	}
	if !f.Load.Run.gives("duration") {
		f.Load.Length = value.Seconds(defaultStep)
	}
	if !f.Load.Run.gives("warm-up") {
		f.Load.Warm = value.Seconds(defaultSweepWarm)
	}
	if !slices.Contains([]string{"table", "json", "csv"}, f.Load.Run.Format) {
		return fmt.Errorf("sweep -f %s: table, json or csv", f.Load.Run.Format)
	}
	var err error
	if f.Rate != "" {
		f.Steps, err = parseSteps("--rate", f.Rate, func(text string) (knee.Step, error) {
			rate, err := value.ParseRate(text)
			if err != nil {
				return knee.Step{}, err
			}
			return knee.Step{Rate: rate.PerSecond()}, nil
		})
	} else {
		if f.Concurrency == "" {
			f.Concurrency = DefaultSweep
		}
		f.Steps, err = parseSteps("-c", f.Concurrency, func(text string) (knee.Step, error) {
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
	for _, step := range f.Steps {
		if err := f.OfStep(step).Check(); err != nil {
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

// OfStep are the flags of the load test that is one step.
func (f *Sweep) OfStep(step knee.Step) *Load {
	one := f.Load
	one.Rate = value.ArrivalRate{}
	if step.Rate > 0 {
		one.Rate = value.ArrivalRate{Text: f.Rate, PerSecond: step.Rate}
	} else {
		one.Run.Concurrency = step.Users
	}
	one.Run.PerHost.Every = slices.Clone(one.Run.PerHost.Every)
	return &one
}
