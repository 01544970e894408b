// Package whatif computes the least time that limits allow a run, the time that it would have taken under others, and
// thereby what would make it faster. It never looks at a clock: runs are simulated in virtual time.
package whatif

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
	"example.com/fetch/internal/web"
)

// nothing is the share of a time by which it must get shorter to count as a gain; hardly is that share if requests
// queue in a server, where a simulation is less reliable.
const (
	nothing = 0.01
	hardly  = 0.05
)

// whatIf simulates the measured jobs of a run under other settings.
type whatIf struct {
	Run
	jobs    []Job // in list order
	config  Settings
	demand  Demand            // what the jobs ask of servers, with hosts in order of arrival
	full    map[string]string // hosts that must not be sent more at once than they were, and why
	knees   map[string]knee   // of full, those beyond their knee
	longest chain             // the longest by itself
	paused  bool              // a host asked for a pause
	now     time.Duration     // simulated with the present settings

	inSeconds bool // the simulation matches the run, so simulated times may be shown as times
}

// chain is a request with its pages, one after another.
type chain struct {
	whole   time.Duration
	backoff time.Duration // of that
	waits   time.Duration // likewise, the requested waits between pages
	pages   int
}

func (c *chain) add(j *Job) {
	backoff := j.Rest
	for _, step := range j.Steps {
		backoff += step.Backoff
		c.whole += step.Service
	}
	c.whole += backoff + j.Wait
	c.backoff += backoff
	c.waits += j.Wait
	c.pages++
}

func newWhatIf(jobs []Job, config Settings, run Run) *whatIf {
	w := &whatIf{Run: run, jobs: slices.Clone(jobs), demand: Demand{Legs: 1}, full: make(map[string]string), knees: make(map[string]knee)}
	slices.SortStableFunc(w.jobs, func(a, b Job) int { return inOrder(&a, &b) })
	d := &w.demand
	places := make(map[string]int) // of hosts
	var c chain
	for i := range w.jobs {
		j := &w.jobs[i]
		if i == 0 || !j.follows(&w.jobs[i-1]) {
			c, j.Wait = chain{}, 0
		}
		if c.add(j); c.whole > w.longest.whole {
			w.longest = c
		}
		for _, step := range j.Steps {
			place, known := places[step.Host]
			if !known {
				place = len(d.Hosts)
				places[step.Host] = place
				d.Hosts = append(d.Hosts, Host{Name: step.Host})
			}
			d.Hosts[place].Add(record.MicrosOf(step.Service), false)
			d.Total.Add(record.MicrosOf(step.Service), false)
			w.paused = w.paused || config.Adapt && step.Pause > 0
		}
	}
	for host, steps := range byHost(w.jobs) {
		if k, ok := kneeOf(steps); ok {
			k.host = host
			w.knees[host] = k
		}
		if w.paused {
			openings(steps)
		}
	}
	d.Longest = record.MicrosOf(w.longest.whole)
	w.config = config.WithLimits(w.asItIs(config))
	w.now = w.config.Simulate(w.jobs)
	off := math.Abs(float64(run.Wall - w.now))
	w.inSeconds = !run.Partly && off <= 0.05*float64(w.now)+float64(20*time.Millisecond)
	return w
}

// asItIs returns the limits of the hosts that must not be sent more than they were.
func (w *whatIf) asItIs(config Settings) map[string]fetcher.Limit {
	limits := make(map[string]fetcher.Limit)
	for host, k := range w.knees {
		limit := config.LimitOf(host)
		if limit.InFlight == 0 || k.peak < limit.InFlight {
			limit.InFlight = k.peak
		}
		limits[host], w.full[host] = limit, k.words()
	}
	for host, limit := range w.Refusing {
		delete(w.knees, host)
		limits[host], w.full[host] = limit, web.ShownHost(host)+" already refuses requests at this load"
	}
	for i := range w.demand.Hosts {
		host := w.demand.Hosts[i].Name
		if w.Stated != nil && w.Stated(host) != "" {
			w.full[host] = web.ShownHost(host) + " is already used up to its limit, as stated by " + w.Stated(host)
		}
	}
	return limits
}

// Predict returns the time that the jobs of a run would take under other settings. Hosts that refused something, or
// that are beyond their knee, do not use more than they did.
func Predict(jobs []Job, settings Settings, run Run) time.Duration {
	return newWhatIf(jobs, settings, run).now
}

// withSlots returns the time that the jobs would take with n slots; 0 means no limit.
func (w *whatIf) withSlots(n int) time.Duration {
	config := w.config.withSlots(n)
	return config.Simulate(w.jobs)
}

// bound returns the largest floor of the jobs under some settings.
func (w *whatIf) bound(config Settings) Bound { return config.Largest(w.under(config)) }

// under returns the demand with the limits of its hosts.
func (w *whatIf) under(config Settings) *Demand {
	for i := range w.demand.Hosts {
		h := &w.demand.Hosts[i]
		h.Limit = config.LimitOf(h.Name)
	}
	return &w.demand
}

// limits returns the limits that may delay jobs without being the largest floor: the requested total ones, and those of
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

// fewest returns the least number of slots, up to most, with which the jobs take no longer than target plus the
// tolerance; within 2 % if it is large, because each try is a simulation. Fewer slots may occasionally do as well,
// because list scheduling is not monotonic.
func (w *whatIf) fewest(target time.Duration, most int) int {
	enough := time.Duration(float64(target) * (1 + nothing))
	if enough <= 0 {
		return 1
	}
	// With fewer than low, the floor of the slots exceeds the target. Go up in growing steps, then bisect the last one.
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

// Run is what is known about a run besides its jobs and its settings.
type Run struct {
	Wall     time.Duration
	Longest  string                   // name of its longest request
	Partly   bool                     // there were more requests than the jobs
	Refusing map[string]fetcher.Limit // hosts that refused something, with their limits: no more may be sent to them
	Stated   func(host string) string // names the source of a host's stated limits, which must not be lifted; empty: there is none. May be nil
}

// Advise says in a sentence what would make a run faster; empty if there is nothing to say. All of it is simulated:
// that a server is as fast under more load is an assumption, which the sentence states.
func Advise(jobs []Job, settings Settings, run Run) string {
	a := newWhatIf(jobs, settings, run)
	text := a.sentence()
	if run.Partly && text != "" {
		text = fmt.Sprintf("by the first %d requests: %s", len(jobs), text)
	}
	return text
}

const ifServer = "if the server keeps up"

func (a *whatIf) sentence() string {
	if a.now <= 0 {
		return ""
	}
	slots := a.config.InFlight()
	if slots > 0 {
		if best := a.withSlots(0); a.gains(best) {
			return a.moreSlots(slots, best)
		}
	}
	b := a.bound(a.config.withSlots(0))
	if b.ofLimit() && a.full[b.Host] == "" {
		return a.lifted(b)
	}
	for _, limit := range a.limits() {
		if a.full[limit.Host] != "" {
			continue
		}
		if config, _ := a.config.lift(limit); a.gains(config.Simulate(a.jobs)) {
			return a.lifted(limit)
		}
	}
	text := "more workers gain nothing: " + a.reason(b, a.now)
	if k, beyond := a.knees[b.Host]; beyond {
		if k.enough > 0 && k.enough < slots && len(a.demand.Hosts) == 1 {
			text += fmt.Sprintf("; -c %d would do about the same", k.enough)
		}
	} else if slots > 1 && a.full[b.Host] == "" {
		if fewer := a.fewest(a.now, slots); fewer < slots {
			text += fmt.Sprintf("; -c %d would do the same", fewer)
		}
	}
	return text
}

// gains reports whether a time is significantly shorter than that with the present settings.
func (a *whatIf) gains(t time.Duration) bool {
	less := nothing
	if len(a.knees) > 0 {
		less = hardly
	}
	return float64(t) < (1-less)*float64(a.now)
}

// moreSlots gives advice for runs that more workers make faster: twice as many, and where the gain ends.
func (a *whatIf) moreSlots(slots int, best time.Duration) string {
	knee := a.fewest(best, len(a.jobs))
	reason := a.reason(a.bound(a.config.withSlots(0)), best)
	n, end := 2*slots, strconv.Itoa(knee)
	if knee <= n {
		n, end = knee, "that"
	}
	return fmt.Sprintf("-c %d would take %s %s; beyond %s nothing is gained: %s", n, a.amount(a.withSlots(n)), ifServer, end, reason)
}

// lifted gives advice for runs that are delayed by a limit: the time without it, and the next bound.
func (a *whatIf) lifted(b Bound) string {
	config, everyHost := a.config.lift(b)
	limit := limitInWords(b)
	if everyHost {
		limit += ", as for every host,"
	}
	next := a.bound(config)
	if t := config.Simulate(a.jobs); a.gains(t) {
		return fmt.Sprintf("%s holds it back, not -c: without it %s %s; then %s", limit, a.amount(t), ifServer,
			a.reason(next, t))
	}
	return fmt.Sprintf("%s holds it back, but lifting it alone gains nothing: %s", limit, a.reason(next, a.now))
}

// reason explains why jobs that took so long in a simulation could not take less.
func (a *whatIf) reason(b Bound, took time.Duration) string {
	switch {
	case b.Kind == BoundSlots:
		return fmt.Sprintf("-c %d is the bound", b.Slots)
	case b.ofLimit() && a.full[b.Host] != "": // a host's own limit
		return a.full[b.Host]
	case b.ofLimit():
		return limitInWords(b) + " is the bound"
	}
	if a.longest.whole < took-took/20 {
		var due time.Duration // of the last request
		for i := range a.jobs {
			if i == 0 || !a.jobs[i].follows(&a.jobs[i-1]) {
				due = max(due, a.jobs[i].Due)
			}
		}
		switch {
		case due > took/2:
			return "the requests are not due earlier"
		case a.paused:
			return "servers asked for pauses"
		}
	}
	if a.longest.pages > 1 {
		text := "pages are fetched one after another"
		if a.longest.waits > a.longest.whole/2 {
			text += ", and most of their time is the wait requested between them"
		}
		return text
	}
	name := ""
	if !a.Partly && a.Longest != "" {
		name = " (" + shortened(a.Longest) + ")"
	}
	text := fmt.Sprintf("the longest request%s is %s", name, Seconds(a.longest.whole))
	if a.longest.backoff > a.longest.whole/2 {
		text += ", most of it back-off"
	}
	return text
}

// amount formats a simulated time, or its share of the present one.
func (a *whatIf) amount(t time.Duration) string {
	if a.inSeconds {
		return Seconds(t)
	}
	return fmt.Sprintf("%.0f %% of the time", 100*float64(t)/float64(a.now))
}

func limitInWords(b Bound) string {
	switch b.Kind {
	case BoundRate:
		return "the rate of " + units.Rate(b.Rate.Events, b.Rate.Per)
	case BoundHostRate:
		return fmt.Sprintf("the rate of %s for %s", units.Rate(b.Rate.Events, b.Rate.Per), web.ShownHost(b.Host))
	}
	return fmt.Sprintf("the limit of %d at once for %s", b.Slots, web.ShownHost(b.Host))
}

// shortened limits a name to what fits into a sentence.
func shortened(name string) string {
	const most = 60
	if r := []rune(name); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return name
}

// Seconds formats a time with two or three digits: 4.6 s, 0.46 s, 4.6 ms, 2m5s.
func Seconds(d time.Duration) string {
	switch {
	case d >= 100*time.Second:
		return units.Bare(d.Round(time.Second))
	case d >= 995*time.Millisecond:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d >= 10*time.Millisecond:
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}
