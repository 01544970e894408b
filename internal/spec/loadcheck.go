package spec

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/load"
	"example.com/fetch/internal/process"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report"
	"example.com/fetch/internal/secret"
	"example.com/fetch/internal/threshold"
)

// Check finds what is wrong with the flags together, and makes the plan that they ask for.
func (f *Load) Check() error {
	f.seeWhatLocationMeans()
	if err := cmp.Or(f.Run.Check(), f.checkModel(), f.Connections.check(), f.checkOutput()); err != nil {
		return err
	}
	plan, err := f.plan()
	if err != nil {
		return err
	}
	if err := plan.Check(); err != nil {
		return err
	}
	f.Planned = plan
	f.Run.Concurrency = f.MostInFlight()
	f.Limits, err = ParseThresholds(f.Thresholds, f.Run.Secrets())
	if f.GroupBy == "" && slices.ContainsFunc(f.Limits, threshold.Threshold.OfColumn) {
		return errors.New("--threshold '*:…' is about each group of a column: name it with --group-by")
	}
	return err
}

func ParseThresholds(texts []string, rules *secret.Rules) ([]threshold.Threshold, error) {
	var limits []threshold.Threshold
	for _, text := range texts {
		limit, err := threshold.Parse(text, rules)
		if err != nil {
			return nil, fmt.Errorf("--threshold %s: %s", record.Printable(rules.MaskURL(text)), rules.MaskURL(err.Error()))
		}
		limits = append(limits, limit)
	}
	return limits, nil
}

// seeWhatLocationMeans follows redirects if -L asks for that.
func (f *Load) seeWhatLocationMeans() {
	if f.Run.Location && !f.Run.gives("max-redirects") {
		f.Run.MaxRedirects = fetcher.DefaultMaxRedirects
	}
}

func (f *Load) checkModel() error {
	open := f.Rate.Text != ""
	switch {
	case open && f.Stages != "":
		return errors.New("--rate and --stages both say how the load goes: choose one; --stages '0s:100/s,1m:100/s,1m:500/s' begins at a rate")
	case open && f.Run.gives("concurrency"):
		return errors.New("-c is for users who wait for their answers, --rate for requests that come whatever the server does: choose one; --max-inflight bounds what is in flight at a --rate")
	case f.Stages != "" && f.Run.gives("concurrency"):
		return errors.New("--stages say how many users there are, or which rate: leave out -c")
	case f.Stages != "" && f.Length > 0:
		return errors.New("--stages say how long the test lasts: leave out -z")
	case f.Count < 0 || f.Count == 0 && f.Run.gives("requests"):
		return fmt.Errorf("-n %d: write a number from 1", f.Count)
	case f.Length == 0 && f.Run.gives("duration"):
		return errors.New("-z 0: write how long the test lasts, such as 30s; without -z it is 10s, or as long as -n requests take")
	case f.MaxInFlight < 0 || f.MaxInFlight == 0 && f.Run.gives("max-inflight"):
		return fmt.Errorf("--max-inflight %d: write a number from 1", f.MaxInFlight)
	case f.Arrivals != ConstantArrivals && f.Arrivals != poissonArrivals:
		return fmt.Errorf("--arrivals %q: constant or poisson", f.Arrivals)
	}
	return nil
}

func (f *Load) checkOutput() error {
	switch {
	case !slices.Contains(report.LoadFormats(), f.Run.Format):
		return fmt.Errorf("-f %s: a load test is reported as %s", f.Run.Format, strings.Join(report.LoadFormats(), ", "))
	case f.Records && f.Run.Journal == "":
		return errors.New("--records are kept in a journal: name it with -j FILE")
	}
	return nil
}

// plan is the plan that the flags ask for.
func (f *Load) plan() (load.Plan, error) {
	p := load.Plan{
		Poisson: f.Arrivals == poissonArrivals, Seed: f.Seed, Count: f.Count,
		For: time.Duration(f.Length), WarmUp: time.Duration(f.Warm), Think: time.Duration(f.Think),
	}
	switch {
	case f.Stages != "":
		stages, rate, err := load.ParseStages(f.Stages)
		if err != nil {
			return p, fmt.Errorf("--stages: %w", err)
		}
		p.Stages, p.Open = stages, rate
	case f.Rate.Text != "":
		p.Stages, p.Open = []load.Stage{{To: f.Rate.PerSecond}}, true
	default:
		p.Stages = []load.Stage{{To: float64(f.Run.Concurrency)}}
	}
	switch {
	case p.Open && f.Think > 0:
		return p, errors.New("--think is the pause of a user: say with -c how many there are, and leave out the rate")
	case !p.Open && p.Poisson:
		return p, errors.New("--arrivals poisson is for requests that come by themselves: say how many with --rate")
	case !p.Open && f.MaxInFlight > 0:
		return p, errors.New("--max-inflight is for a --rate: of users, each has one request in flight")
	}
	if _, ends := p.End(); !ends && p.Count == 0 {
		p.For = DefaultLoad
	}
	return p, nil
}

// MostInFlight is how many requests may be in flight.
func (f *Load) MostInFlight() int {
	switch {
	case !f.Planned.Open:
		return f.Planned.MostUsers()
	case f.MaxInFlight > 0:
		return f.MaxInFlight
	}
	room := process.OpenFiles() - otherFiles
	if f.Run.Testserver == OwnTestserver { // whose ends of the connections are ours, too
		room /= 2
	}
	return max(1, min(defaultInFlight, room))
}

// otherFiles is how many open files are needed for other things than connections.
const otherFiles = 64
