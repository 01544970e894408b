package whatif

import (
	"math"
	"time"

	"example.com/fetch/internal/record"
)

// nothing is the part of a time by which it must get shorter to be called a gain.
const nothing = 0.01

// whatIf runs the measured jobs of a run again under other settings.
type whatIf struct {
	Run
	jobs    []Job
	config  Settings
	demand  Demand        // what the jobs ask of servers, of the hosts in the order of their coming
	longest time.Duration // the longest job by itself
	rest    time.Duration // of that, its back-off
	now     time.Duration // simulated with the settings as they are

	inSeconds bool // the run took about as long as its simulation, so simulated times may be told as times
}

func newWhatIf(jobs []Job, config Settings, run Run) *whatIf {
	w := &whatIf{Run: run, jobs: jobs, config: config, demand: Demand{Legs: 1}}
	d := &w.demand
	places := make(map[string]int) // of hosts
	for i := range jobs {
		whole, backoff := jobs[i].Rest, jobs[i].Rest
		for _, step := range jobs[i].Steps {
			whole += step.Backoff + step.Service
			place, known := places[step.Host]
			if !known {
				place = len(d.Hosts)
				places[step.Host] = place
				d.Hosts = append(d.Hosts, Host{Name: step.Host})
			}
			d.Hosts[place].Add(record.MicrosOf(step.Service), false)
			d.Total.Add(record.MicrosOf(step.Service), false)
			backoff += step.Backoff
		}
		if whole > w.longest {
			w.longest, w.rest = whole, backoff
		}
	}
	d.Longest = record.MicrosOf(w.longest)
	w.now = config.Simulate(jobs)
	off := math.Abs(float64(run.Wall - w.now))
	w.inSeconds = !run.Partly && off <= 0.05*float64(w.now)+float64(20*time.Millisecond)
	return w
}

// withSlots is what the jobs would take with so many slots; 0 means no bound.
func (w *whatIf) withSlots(n int) time.Duration {
	config := w.config.withSlots(n)
	return config.Simulate(w.jobs)
}

// bound is the largest floor of the jobs under some settings.
func (w *whatIf) bound(config Settings) Bound { return config.Largest(w.under(config)) }

// under is the demand with the limits of its hosts.
func (w *whatIf) under(config Settings) *Demand {
	for i := range w.demand.Hosts {
		h := &w.demand.Hosts[i]
		h.Limit = config.LimitOf(h.Name)
	}
	return &w.demand
}

// limits are the limits that may hold jobs back without being the largest floor: those asked for in total, and those of
// the first few hosts.
func (w *whatIf) limits() (all []Bound) {
	const hosts = 3
	d := *w.under(w.config)
	d.Hosts = d.Hosts[:min(hosts, len(d.Hosts))]
	w.config.floors(&d, func(b Bound) {
		if b.ofLimit() {
			all = append(all, b)
		}
	})
	return all
}

// fewest is the least number of slots with which the jobs take no more than nothing longer than target, up to most,
// with which they do; within 2 % where it is large, since each try is a simulation. With one of fewer slots than are
// found here, the jobs may now and then do as well: list scheduling is not quite monotonic.
func (w *whatIf) fewest(target time.Duration, most int) int {
	enough := time.Duration(float64(target) * (1 + nothing))
	if enough <= 0 {
		return 1
	}
	// With fewer than low, the slots' floor is over it. Go up from there in growing steps, then halve the last one.
	low := min(max(1, int(w.demand.Total.Service.Duration()/enough)), most)
	below, high := low-1, low
	for step := max(1, low/16); high < most && w.withSlots(high) > enough; step *= 2 {
		below, high = high, min(high+step, most)
	}
	for high-below > 1+high/50 {
		if middle := (below + high) / 2; w.withSlots(middle) <= enough {
			high = middle
		} else {
			below = middle
		}
	}
	return high
}
