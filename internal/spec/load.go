package spec

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/cli/value"
	"example.com/fetch/internal/load"
	"example.com/fetch/internal/load/knee"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/secret"
	"example.com/fetch/internal/threshold"
)

// Load is a load test: the plan, and what of a run means the same here.
type Load struct {
	Run Spec

	Rate            value.ArrivalRate
	Arrivals        string
	Count           int64
	Length, Warm    value.Seconds
	Think           value.Span
	Stages          string
	MaxInFlight     int
	Random          bool
	Weight, GroupBy string
	Seed            uint64

	Connections Connections
	Compressed  bool

	Thresholds  []string
	AbortOnFail bool
	Records     bool

	Planned load.Plan             // what they ask for; set by check
	Limits  []threshold.Threshold // of thresholds; set by check
}

// The models of arrivals.
const (
	ConstantArrivals = "constant"
	poissonArrivals  = "poisson"
)

const (
	DefaultLoad     = 10 * time.Second // how long a load test lasts that does not say it
	defaultInFlight = 10_000
)

// Connections says on which connections a load test sends.
type Connections struct {
	Most   int  // to each host; 0: as many as it takes
	Always bool // a new one for each request

	Shared bool // they carry several requests at a time: HTTP/2. Set by connect
}

// Check finds what is wrong with the flags together, and makes the plan that they ask for.
func (f *Load) Check() error {
	if f.Run.Location && !f.Run.gives("max-redirects") {
		f.Run.MaxRedirects = fetcher.DefaultMaxRedirects
	}
	if f.Run.Auto() {
		return errors.New("-c auto: a load test has the users that it is to have; fetch sweep finds how many a server bears")
	}
	if err := cmp.Or(f.checkGuesses(), f.Run.Check(), f.checkFlags()); err != nil {
		return err
	}
	plan, err := f.plan()
	if err == nil {
		err = plan.Check()
	}
	if err != nil {
		return err
	}
	f.Planned = plan
	f.Run.Concurrency = f.Wanted()
	f.Limits, err = ParseThresholds(f.Thresholds, f.Run.Secrets())
	if f.GroupBy == "" && slices.ContainsFunc(f.Limits, threshold.Threshold.OfColumn) {
		return errors.New("--threshold '*:…' is about each group of a column: name it with --group-by")
	}
	return err
}

// ParseThresholds reads limits. What is secret in them is not shown in an error.
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

// plan is the plan that the flags ask for.
func (f *Load) plan() (load.Plan, error) {
	p := load.Plan{
		Poisson: f.Arrivals == poissonArrivals, Seed: f.Seed, Count: f.Count,
		For: time.Duration(f.Length), WarmUp: time.Duration(f.Warm),
		Think: load.Think{Least: time.Duration(f.Think.Least), Most: time.Duration(f.Think.Most)},
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
	if _, ends := p.End(); !ends && p.Count == 0 {
		p.For = DefaultLoad
	}
	return p, cmp.Or(
		when(p.Open && f.Think.Most > 0, "--think is the pause of a user: say with -c how many there are, and leave out the rate"),
		when(!p.Open && p.Poisson, "--arrivals poisson is for requests that come by themselves: say how many with --rate"),
		when(!p.Open && f.MaxInFlight > 0, "--max-inflight is for a --rate: of users, each has one request in flight"),
	)
}

// Wanted is how many requests may be in flight, if the system lets them.
func (f *Load) Wanted() int {
	switch {
	case !f.Planned.Open:
		return f.Planned.MostUsers()
	case f.MaxInFlight > 0:
		return f.MaxInFlight
	}
	return defaultInFlight
}

// Sweep is `fetch sweep`: a load test with several loads in the place of one.
type Sweep struct {
	Load        Load
	Concurrency string // "1,2,4"
	Rate        string // "100/s,200/s"

	Steps []knee.Step // without figures; set by check
}

// What flags of a sweep have that are not given.
const (
	DefaultStep      = value.Seconds(5 * time.Second)
	DefaultSweep     = "1,2,4,8,16,32"
	DefaultSweepWarm = value.Seconds(time.Second)
)

// Check finds what is wrong with the flags, and makes the steps.
func (f *Sweep) Check() error {
	if f.Concurrency != "" && f.Rate != "" {
		return errors.New("-c sweeps over users, --rate over rates: choose one")
	}
	if !slices.Contains([]string{"table", "json", "csv"}, f.Load.Run.Format) {
		return fmt.Errorf("sweep -f %s: table, json or csv", f.Load.Run.Format)
	}
	flag, text := "-c", cmp.Or(f.Concurrency, DefaultSweep)
	if f.Rate != "" {
		flag, text = "--rate", f.Rate
	}
	var err error
	f.Steps, err = parseSteps(flag, text)
	for _, step := range f.Steps {
		if err == nil {
			err = f.OfStep(step).Check()
		}
	}
	return err
}

// parseSteps reads the loads of a sweep, which have to rise.
func parseSteps(flag, text string) ([]knee.Step, error) {
	var steps []knee.Step
	for part := range strings.SplitSeq(text, ",") {
		var step knee.Step
		var err error
		if one := strings.TrimSpace(part); flag == "-c" {
			users, bad := value.ParseNumber(one)
			step.Users = int(users)
			err = when(bad != nil || users < 1, "write whole numbers from 1, such as 1,2,4,8")
		} else if rate, bad := value.ParseRate(one); bad != nil {
			err = bad
		} else {
			step.Rate = rate.PerSecond()
		}
		if err != nil {
			return nil, fmt.Errorf("%s %q: %w", flag, part, err)
		}
		if n := len(steps); n > 0 && (step.Users < steps[n-1].Users || step.Rate < steps[n-1].Rate || step == steps[n-1]) {
			return nil, fmt.Errorf("%s %s: name the loads from the least to the greatest, each once", flag, text)
		}
		steps = append(steps, step)
	}
	return steps, when(len(steps) < 2, "%s %s: name two loads or more, such as 1,2,4,8", flag, text)
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
