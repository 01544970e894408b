package measure

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/measure/lesson"
	"example.com/fetch/internal/measure/whatif"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
	"example.com/fetch/internal/web"
)

// advice says what would make the run faster, and what to do about requests that were refused; empty if there is
// nothing to say.
func (c *Collector) advice(end End, by holdUp) string {
	all := []string{c.faster(end, by), c.notAgain()}
	return strings.Join(slices.DeleteFunc(all, func(s string) bool { return s == "" }), "; ")
}

// faster says in a sentence what would make the run faster.
func (c *Collector) faster(end End, by holdUp) string {
	if text := c.afterwards(end); text != "" {
		return text
	}
	if len(c.jobs) < 2 || c.work.Hops == 0 || c.sum.OK == 0 {
		return ""
	}
	if text := cmp.Or(c.slowDown(end, by), c.waitedFor(end, by)); text != "" {
		return text
	}
	if c.sum.Failed > c.sum.OK || c.config.Auto { // speed is not the problem
		return ""
	}
	return whatif.Advise(inOnePart(c.jobs, end), c.limits, whatif.Run{Wall: end.Wall, Longest: c.longestName,
		Partly: c.sum.ended() > int64(len(c.jobs)), Refusing: c.refusing(), Stated: c.config.Stated})
}

// inOnePart returns jobs as if the run had never been interrupted: what was due at the start of a later part could have
// been sent at the start of the first.
func inOnePart(jobs []whatif.Job, end End) []whatif.Job {
	if end.Legs <= 1 {
		return jobs
	}
	jobs = slices.Clone(jobs)
	for i := range jobs {
		began := jobs[i].Due
		for _, offset := range end.Offsets {
			if offset.Duration() <= jobs[i].Due {
				began = offset.Duration()
			}
		}
		jobs[i].Due -= began
	}
	return jobs
}

// afterwards gives advice for runs that continued long after all responses had been fetched: no setting of the fetching
// would help.
func (c *Collector) afterwards(end End) string {
	fetched := c.last.Duration()
	if !end.Programs || end.Legs > 1 || fetched <= 0 || float64(fetched) >= 0.8*float64(end.Wall) {
		return ""
	}
	took, unit := fetched.Seconds(), "s"
	if took < 1 {
		took, unit = took*1000, "ms"
	}
	return fmt.Sprintf("everything was fetched after %.2g %s, and the rest is the programs of --exec: faster ones, or more at once (--exec-jobs), would help",
		took, unit)
}

// A host must have refused this share of its hops before it is advised on, and served so many others, because fewer
// give no reliable rate.
const (
	refusedShare = 0.05
	answeredHops = 5
)

// boundFor is the share of the time for which a host must have been used below the requested pace before that is
// advised on.
const boundFor = 0.2

// nearly is the share of its stated limit that a host must have served for the stated limit to have priority over the
// learned one.
const nearly = 0.8

// muchFewer is the share of the requested concurrency to which it must have fallen for the same: learning begins with
// one slot less.
const muchFewer = 0.75

// slowDown gives advice for runs that exceeded the limits of a host: more workers would make that worse. It names what
// was learned about the host that refused most, which the next run can begin with, unless pauses in succession took
// most of the time.
func (c *Collector) slowDown(end End, by holdUp) string {
	text, most := "", int64(-1)
	for _, h := range c.hosts.all {
		if n := h.refusals(); n > most {
			l := c.learned(h)
			if by.kind == BoundPause && by.host == h.name && by.held.Duration() > end.Wall/2 && (l == nil || l.Quota == nil && l.Pauses > 1) {
				continue
			}
			if advice := c.toGive(h); advice != "" {
				text, most = advice, n
			}
		}
	}
	if text != "" || !c.config.NoAdapt {
		return text
	}
	return c.guessed()
}

// bears returns the learned limit of a host, if it applied for much of the time in which the host was used; empty if
// there is none. Stated reports whether the host states the limit itself.
func (c *Collector) bears(h *host) (limit fetcher.Limit, stated bool) {
	l := c.learned(h)
	if l == nil {
		return limit, false
	}
	much := record.Micros(boundFor * float64(h.busy()))
	if b := l.Pace; b != nil && b.Last > 0 && b.Held >= much && b.Bears > 0 {
		limit.Rates = []fetcher.Rate{roundedRate(b.Bears)}
	}
	if b := l.Slots; b != nil && b.Last > 0 && b.Held >= much && b.Bears <= muchFewer*float64(c.asksAtOnce(h)) {
		limit.InFlight = max(1, int(b.Bears))
	}
	if q := l.Quota; c.keptTo(h, l) && q.Seconds > 0 && max(l.Paused, h.pace.Waited.Limiter) >= much {
		served := float64(h.Work.Hops-h.refusals()) / h.busy().Duration().Seconds()
		if limit.Rates == nil || served >= nearly*q.PerSecond() { // otherwise it sustains less than it states
			limit.Rates, stated = []fetcher.Rate{{Events: q.Requests, Per: lesson.Micros(q.Seconds).Duration()}}, true
		}
	}
	return limit, stated
}

// toGive suggests the flag for a host about which something was learned.
func (c *Collector) toGive(h *host) string {
	limit, stated := c.bears(h)
	name := web.ShownHost(h.name)
	bore, give := "", ""
	switch {
	case len(limit.Rates) > 0 && (limit.InFlight == 0 || h.pace.Waited.Limiter >= h.pace.Waited.Queue):
		rate := units.Rate(limit.Rates[0].Events, limit.Rates[0].Per)
		bore, give = rate, fmt.Sprintf("--rate-host %s=%s", name, rate)
		if stated {
			return fmt.Sprintf("%s states a limit of %s; %s would keep to it from the start", name, c.learned(h).Quota.Words(), give)
		}
	case limit.InFlight > 0:
		bore, give = fmt.Sprintf("%d at once", limit.InFlight), fmt.Sprintf("--per-host %s=%d", name, limit.InFlight)
	default:
		return ""
	}
	times := ""
	if n := h.refusals(); n > 0 {
		times = " after " + counted(n, "refusal", "refusals")
	}
	return fmt.Sprintf("%s was found to sustain %s%s; %s would apply that from the start", name, bore, times, give)
}

// notAgain gives advice about requests that were refused and are not safe to retry.
func (c *Collector) notAgain() string {
	if c.unsafe == 0 {
		return ""
	}
	return counted(c.unsafe, "refused request was not retried, because its method is not safe to repeat; --retry-unsafe would retry it",
		"refused requests were not retried, because their method is not safe to repeat; --retry-unsafe would retry them")
}

// waitedFor explains a run that was held up by a host, if no flag would help; "" if it was not.
func (c *Collector) waitedFor(end End, by holdUp) string {
	name, of := web.ShownHost(by.host), whatif.Seconds(by.held.Duration())+" of "+whatif.Seconds(end.Wall)
	why := ""
	switch by.kind {
	case BoundPause:
		why = "requests to " + name + " were paused for "
	case BoundOutage:
		why = name + " was unreachable for "
	case BoundStated:
		why = name + " states a limit of " + c.learned(c.hosts.get(by.host)).Quota.Words() + ", which delayed the run for "
	case BoundLearnedRate, BoundLearnedSlots:
		why = "the learned limit of " + name + " delayed the run for "
	default:
		return ""
	}
	return "more workers gain nothing: " + why + of
}

func counted(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.FormatInt(n, 10) + " " + many
}

// roundedRate rounds a rate down to two significant digits.
func roundedRate(perSecond float64) fetcher.Rate {
	per := time.Second
	for _, longer := range []time.Duration{time.Minute, time.Hour} {
		if perSecond*per.Seconds() < 1 {
			per = longer
		}
	}
	events := perSecond * per.Seconds()
	scale := math.Pow(10, math.Floor(math.Log10(events))-1)
	if digits := math.Floor(events/scale + 1e-9); digits > 0 {
		events = digits * scale
	}
	events, _ = strconv.ParseFloat(strconv.FormatFloat(events, 'g', 2, 64), 64)
	return fetcher.Rate{Events: events, Per: per}
}

// guessed gives advice for runs that were not to learn about hosts. The rate that a host served is its estimated limit;
// a fifth less leaves a margin.
func (c *Collector) guessed() string {
	var worst *host
	for _, h := range c.hosts.all {
		told := h.line.RateLimited > 0 && float64(h.line.RateLimited) >= refusedShare*float64(h.Work.Hops)
		if told && h.Work.Hops-h.line.RateLimited >= answeredHops && (worst == nil || h.line.RateLimited > worst.line.RateLimited) {
			worst = h
		}
	}
	if worst == nil || worst.busy() <= 0 {
		return ""
	}
	name := web.ShownHost(worst.name)
	times := "once"
	if n := worst.line.RateLimited; n > 1 {
		times = fmt.Sprintf("%d times", n)
	}
	if c.sum.Notes[fetcher.NoteBlocked] > 0 { // the rate between two blocks is no guide
		return name + " blocked this client, for too many requests; leave out --no-adapt and --no-presets, or ask for less with --rate-host"
	}
	text := fmt.Sprintf("%s said %s to slow down", name, times)
	answered, per := 0.8*float64(worst.Work.Hops-worst.line.RateLimited)/worst.busy().Duration().Seconds(), "s"
	if answered < 1 {
		answered, per = answered*60, "m"
	}
	if answered >= 1 {
		text += fmt.Sprintf("; --rate-host %s=%d/%s would send no faster than it served", name, int(answered), per)
	}
	return text
}

// refusing returns the hosts that refused something, with their limits for the simulation: no more concurrency than was
// used, whatever -c is, and no more than the learned limit. The pauses that they asked for are in the simulation, with
// their effect on the pace.
func (c *Collector) refusing() map[string]fetcher.Limit {
	limits := make(map[string]fetcher.Limit)
	for _, h := range c.hosts.all {
		bears, _ := c.bears(h)
		if len(h.asks) > 0 {
			bears = fetcher.Limit{}
		}
		if h.refusals() > 0 || bears.InFlight > 0 || len(bears.Rates) > 0 {
			limits[h.name] = fetcher.Limit{Rates: slices.Concat(h.limit.Rates, bears.Rates), InFlight: cmp.Or(bears.InFlight, c.asksAtOnce(h))}
		}
	}
	return limits
}
