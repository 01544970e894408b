package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/load"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report"
	"example.com/fetch/internal/secret"
	"example.com/fetch/internal/threshold"
	"example.com/fetch/internal/web"
)

// check finds what is wrong with the flags together, and makes the plan that they ask for.
func (f *loadFlags) check() error {
	f.seeWhatLocationMeans()
	if err := cmp.Or(f.run.check(), f.checkModel(), f.connections.check(), f.checkOutput()); err != nil {
		return err
	}
	plan, err := f.plan()
	if err != nil {
		return err
	}
	if err := plan.Check(); err != nil {
		return err
	}
	f.planned = plan
	f.run.concurrency = f.mostInFlight()
	f.limits, err = parseThresholds(f.thresholds, f.run.secrets())
	if f.groupBy == "" && slices.ContainsFunc(f.limits, threshold.Threshold.OfColumn) {
		return errors.New("--threshold '*:…' is about each group of a column: name it with --group-by")
	}
	return err
}

// textsOf are the thresholds as they were given, without secrets.
func textsOf(limits []threshold.Threshold) []string {
	var texts []string
	for _, limit := range limits {
		texts = append(texts, limit.String())
	}
	return texts
}

func parseThresholds(texts []string, rules *secret.Rules) ([]threshold.Threshold, error) {
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
func (f *loadFlags) seeWhatLocationMeans() {
	if f.run.location && !f.redirectsGiven() {
		f.run.maxRedirects = fetcher.DefaultMaxRedirects
	}
}

func (f *loadFlags) checkModel() error {
	open := f.rate.text != ""
	switch {
	case open && f.stages != "":
		return errors.New("--rate and --stages both say how the load goes: choose one; --stages '0s:100/s,1m:100/s,1m:500/s' begins at a rate")
	case open && f.concurrencyGiven():
		return errors.New("-c is for users who wait for their answers, --rate for requests that come whatever the server does: choose one; --max-inflight bounds what is in flight at a --rate")
	case f.stages != "" && f.concurrencyGiven():
		return errors.New("--stages say how many users there are, or which rate: leave out -c")
	case f.stages != "" && f.length > 0:
		return errors.New("--stages say how long the test lasts: leave out -z")
	case f.count < 0 || f.count == 0 && f.planGiven("requests"):
		return fmt.Errorf("-n %d: write a number from 1", f.count)
	case f.length == 0 && f.planGiven("duration"):
		return errors.New("-z 0: write how long the test lasts, such as 30s; without -z it is 10s, or as long as -n requests take")
	case f.maxInFlight < 0 || f.maxInFlight == 0 && f.planGiven("max-inflight"):
		return fmt.Errorf("--max-inflight %d: write a number from 1", f.maxInFlight)
	case f.arrivals != constantArrivals && f.arrivals != poissonArrivals:
		return fmt.Errorf("--arrivals %q: constant or poisson", f.arrivals)
	}
	return nil
}

func (f *loadFlags) checkOutput() error {
	switch {
	case !slices.Contains(report.LoadFormats(), f.run.format):
		return fmt.Errorf("-f %s: a load test is reported as %s", f.run.format, strings.Join(report.LoadFormats(), ", "))
	case f.records && f.run.journal == "":
		return errors.New("--records are kept in a journal: name it with -j FILE")
	}
	return nil
}

// plan is the plan that the flags ask for.
func (f *loadFlags) plan() (load.Plan, error) {
	p := load.Plan{
		Poisson: f.arrivals == poissonArrivals, Seed: f.seed, Count: f.count,
		For: time.Duration(f.length), WarmUp: time.Duration(f.warm), Think: time.Duration(f.think),
	}
	switch {
	case f.stages != "":
		stages, rate, err := load.ParseStages(f.stages)
		if err != nil {
			return p, fmt.Errorf("--stages: %w", err)
		}
		p.Stages, p.Open = stages, rate
	case f.rate.text != "":
		p.Stages, p.Open = []load.Stage{{To: f.rate.perSecond}}, true
	default:
		p.Stages = []load.Stage{{To: float64(f.run.concurrency)}}
	}
	switch {
	case p.Open && f.think > 0:
		return p, errors.New("--think is the pause of a user: say with -c how many there are, and leave out the rate")
	case !p.Open && p.Poisson:
		return p, errors.New("--arrivals poisson is for requests that come by themselves: say how many with --rate")
	case !p.Open && f.maxInFlight > 0:
		return p, errors.New("--max-inflight is for a --rate: of users, each has one request in flight")
	}
	if _, ends := p.End(); !ends && p.Count == 0 {
		p.For = defaultLoad
	}
	return p, nil
}

// mostInFlight is how many requests may be in flight.
func (f *loadFlags) mostInFlight() int {
	switch {
	case !f.planned.Open:
		return f.planned.MostUsers()
	case f.maxInFlight > 0:
		return f.maxInFlight
	}
	room := openFiles() - otherFiles
	if f.run.testserver == ownTestserver { // whose ends of the connections are ours, too
		room /= 2
	}
	return max(1, min(defaultInFlight, room))
}

// otherFiles is how many open files are needed for other things than connections.
const otherFiles = 64

// asked is the plan as reports have it.
func (f *loadFlags) asked(target string) measure.Asked {
	a := measure.Asked{
		Target: target, Model: measure.ModelClosed, MaxInFlight: f.mostInFlight(), Stages: f.stages, Requests: f.count,
		For: record.MicrosOf(f.planned.For), WarmUp: record.MicrosOf(f.planned.WarmUp), Think: record.MicrosOf(f.planned.Think), GroupBy: f.groupBy, Thresholds: textsOf(f.limits),
	}
	if f.planned.Open {
		a.Model, a.Arrivals, a.Rate = measure.ModelOpen, f.arrivals, f.rate.perSecond
	} else if f.stages == "" {
		a.Concurrency = f.planned.MostUsers()
	}
	if f.random || f.planned.Poisson {
		a.Seed = f.seed
	}
	return a
}

// checkGroups makes sure that each threshold of a group is about one that the list has.
func (f *loadFlags) checkGroups(mix *load.Mix) error {
	for _, limit := range f.limits {
		group := limit.Group()
		if group == "" || limit.OfColumn() {
			continue
		}
		host, notHost := web.ParseHostSpec(group)
		known := false
		for i := 0; i < mix.Len() && !known; i++ {
			req := mix.At(i)
			value, ok := req.Row.Get(f.groupBy)
			known = ok && value == group || !ok && group == measure.None || nameOfRequest(req) == group || notHost == nil && host.Matches(web.HostOf(req.URL))
		}
		if !known {
			return fmt.Errorf("--threshold %s: there is no such group among the URLs, the hosts and the values of --group-by", record.Printable(limit.String()))
		}
	}
	return nil
}

// checkGroupBy makes sure that there is such a column in one of the requests.
func checkGroupBy(column string, mix *load.Mix) error {
	if column == "" {
		return nil
	}
	for i := range mix.Len() {
		if _, ok := mix.At(i).Row.Get(column); ok {
			return nil
		}
	}
	var columns []string
	for _, cell := range mix.At(0).Row {
		columns = append(columns, cell.Column)
	}
	if len(columns) == 0 {
		return fmt.Errorf("--group-by %s: the list has no columns; give a table, or --rows FILE", record.Printable(column))
	}
	return fmt.Errorf("--group-by %s: there is no such column; there are %s", record.Printable(column), record.Printable(strings.Join(columns, ", ")))
}
