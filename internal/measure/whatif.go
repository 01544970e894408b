package measure

import (
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/sched"
)

// nothing is the part of a time by which it must get shorter to be called a gain.
const nothing = 0.01

// whatIf runs the measured jobs again under other settings.
type whatIf struct {
	jobs    []Job
	config  Config
	hosts   []*host // what the jobs ask of each host, in the order of their coming
	total   work
	longest time.Duration // the longest job by itself
	rest    time.Duration // of that, its back-off
	now     time.Duration // simulated with the settings as they are
}

func newWhatIf(jobs []Job, config Config) *whatIf {
	w := &whatIf{jobs: jobs, config: config}
	byName := make(map[string]*host)
	for i := range jobs {
		whole := jobs[i].Rest
		for _, step := range jobs[i].Steps {
			whole += step.Backoff + step.Service
			h := byName[step.Host]
			if h == nil {
				h = &host{name: step.Host}
				byName[step.Host] = h
				w.hosts = append(w.hosts, h)
			}
			h.work.add(record.MicrosOf(step.Service), false)
			w.total.add(record.MicrosOf(step.Service), false)
		}
		if whole > w.longest {
			w.longest, w.rest = whole, jobs[i].backoff()
		}
	}
	w.now = w.simulate(config)
	return w
}

func (w *whatIf) simulate(config Config) time.Duration {
	return Simulate(w.jobs, config.scheduler(sched.MaxAway(config.slots())))
}

// scheduler is what a scheduler is told.
func (c Config) scheduler(maxAway int) sched.Config {
	perHost := func(host string) sched.Limit { return scheduled(c.limitOf(host)) }
	return sched.Config{Slots: c.slots(), Total: scheduled(c.Total), PerHost: perHost, MaxAway: maxAway}
}

// scheduled is a limit as the scheduler knows it.
func scheduled(l fetcher.Limit) sched.Limit {
	own := sched.Limit{InFlight: l.InFlight}
	for _, r := range l.Rates {
		own.Rates = append(own.Rates, sched.Rate(r))
	}
	return own
}

// withSlots is what the jobs would take with so many slots; 0 means no bound.
func (w *whatIf) withSlots(n int) time.Duration { return w.simulate(w.config.withSlots(n)) }

func (c Config) withSlots(n int) Config {
	c.Slots, c.Total.InFlight = n, 0
	return c
}

// bound is the largest floor of the jobs under some settings.
func (w *whatIf) bound(config Config) bound {
	b := bounds{longest: record.MicrosOf(w.longest), total: w.total, slots: config.slots(), limit: config.Total, legs: 1}
	for _, h := range w.hosts {
		h.limit = config.limitOf(h.name)
	}
	return b.largest(w.hosts)
}

// limits are the limits that may hold jobs back without being the largest floor: those asked for in total, and those of
// the first few hosts.
func (w *whatIf) limits() []bound {
	const hosts = 3
	var all []bound
	for _, r := range w.config.Total.Rates {
		all = append(all, bound{kind: BoundRate, rate: r})
	}
	for _, h := range w.hosts[:min(hosts, len(w.hosts))] {
		limit := w.config.limitOf(h.name)
		for _, r := range limit.Rates {
			all = append(all, bound{kind: BoundHostRate, host: h.name, rate: r})
		}
		if limit.InFlight > 0 {
			all = append(all, bound{kind: BoundHostSlots, host: h.name, slots: limit.InFlight})
		}
	}
	return all
}

// lift gives the settings without the limit that makes b, and whether that is one limit for every host.
func (c Config) lift(b bound) (lifted Config, everyHost bool) {
	switch b.kind {
	case BoundRate:
		c.Total.Rates = without(c.Total.Rates, b.rate)
		return c, false
	case BoundHostRate, BoundHostSlots:
	default:
		return c, false
	}
	relax := func(l fetcher.Limit) fetcher.Limit {
		if b.kind == BoundHostRate {
			l.Rates = without(l.Rates, b.rate)
		} else {
			l.InFlight = 0
		}
		return l
	}
	if c.Host != nil {
		if limit, ok := c.Host(b.host); ok {
			before := c.Host
			c.Host = func(host string) (fetcher.Limit, bool) {
				if host == b.host {
					return relax(limit), true
				}
				return before(host)
			}
			return c, false
		}
	}
	c.PerHost = relax(c.PerHost)
	return c, true
}

func without(rates []fetcher.Rate, out fetcher.Rate) []fetcher.Rate {
	var kept []fetcher.Rate
	for _, r := range rates {
		if r != out {
			kept = append(kept, r)
		}
	}
	return kept
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
	low := min(max(1, int(w.total.service.Duration()/enough)), most)
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
