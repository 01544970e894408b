package measure

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/web"
)

// advice says what would make the run faster, as a sentence; empty if there is nothing to say. All of it is simulated:
// that a server answers as fast when it is asked more is an assumption, and is said.
func (c *Collector) advice(end End, by bound) string {
	if text := c.afterwards(end); text != "" {
		return text
	}
	if len(c.jobs) < 2 || c.work.hops == 0 || c.ok == 0 {
		return ""
	}
	if text := c.slowDown(); text != "" {
		return text
	}
	if text := c.waitedFor(end, by); text != "" {
		return text
	}
	if c.failed > c.ok { // speed is not what is amiss
		return ""
	}
	config, refusing := c.ofRefusing()
	a := &adviser{whatIf: newWhatIf(inOneLeg(c.jobs, end), config), name: c.longestName, refusing: refusing}
	done := c.ok + c.failed + c.canceled
	a.partial = done > int64(len(c.jobs))
	off := math.Abs(float64(end.Wall - a.now))
	a.inSeconds = !a.partial && off <= 0.05*float64(a.now)+float64(20*time.Millisecond)
	text := a.sentence()
	if a.partial && text != "" {
		text = fmt.Sprintf("by the first %d requests: %s", len(c.jobs), text)
	}
	return text
}

// inOneLeg are jobs as if the run had never been broken off: what was due at the beginning of a later leg could have been
// sent at that of the first.
func inOneLeg(jobs []Job, end End) []Job {
	if end.Legs <= 1 {
		return jobs
	}
	jobs = slices.Clone(jobs)
	for i := range jobs {
		due := &jobs[i].Due
		began := *due
		if len(end.Offsets) > 0 {
			began = 0
		}
		for _, offset := range end.Offsets {
			if offset.Duration() > *due {
				break
			}
			began = offset.Duration()
		}
		*due -= began
	}
	return jobs
}

// afterwards is for runs that went on for long when all had been fetched: no setting of the fetching would help.
func (c *Collector) afterwards(end End) string {
	fetched := c.last.Duration()
	if !end.Programs || end.Legs > 1 || fetched <= 0 || float64(fetched) >= 0.8*float64(end.Wall) {
		return ""
	}
	return fmt.Sprintf("all was fetched after %s, and the rest is the programs of --exec: quicker ones, or more at once (--exec-jobs), would help",
		shortTime(fetched))
}

// shortTime is a time with the digits that matter.
func shortTime(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%.2g ms", float64(d)/float64(time.Millisecond))
	}
	return fmt.Sprintf("%.2g s", d.Seconds())
}

type adviser struct {
	*whatIf
	name      string // of the longest request of the whole run
	partial   bool   // there were more requests than the jobs
	inSeconds bool   // the run took about as long as its simulation, so simulated times may be told as times

	refusing map[string]bool // hosts that refused something: no more is to be asked of them
}

const ifServer = "if the server keeps up"

func (a *adviser) sentence() string {
	if a.now <= 0 {
		return ""
	}
	slots := a.config.slots()
	if slots > 0 {
		if best := a.withSlots(0); a.gains(best) {
			return a.moreSlots(slots, best)
		}
	}
	b := a.bound(a.config.withSlots(0))
	switch b.kind {
	case BoundRate, BoundHostRate, BoundHostSlots:
		if !a.refusing[b.host] {
			return a.lifted(b)
		}
	}
	for _, limit := range a.limits() {
		if a.refusing[limit.host] {
			continue
		}
		if config, _ := a.config.lift(limit); a.gains(a.simulate(config)) {
			return a.lifted(limit)
		}
	}
	text := "more workers gain nothing: " + a.reason(b, a.now)
	if slots > 1 && !a.refusing[b.host] {
		if fewer := a.fewest(a.now, slots); fewer < slots {
			text += fmt.Sprintf("; -c %d would do the same", fewer)
		}
	}
	return text
}

// gains reports whether a time is shorter than that with the present settings.
func (a *adviser) gains(t time.Duration) bool { return float64(t) < (1-nothing)*float64(a.now) }

// moreSlots is for runs that more workers make faster: twice as many, and where that ends.
func (a *adviser) moreSlots(slots int, best time.Duration) string {
	knee := a.fewest(best, len(a.jobs))
	reason := a.reason(a.bound(a.config.withSlots(0)), best)
	if knee <= 2*slots {
		return fmt.Sprintf("-c %d would take %s %s; beyond that nothing is gained: %s",
			knee, a.amount(a.withSlots(knee)), ifServer, reason)
	}
	return fmt.Sprintf("-c %d would take %s %s; beyond %d nothing is gained: %s",
		2*slots, a.amount(a.withSlots(2*slots)), ifServer, knee, reason)
}

// lifted is for runs that a limit holds back: what they would take without it, and what would bound them then.
func (a *adviser) lifted(b bound) string {
	config, everyHost := a.config.lift(b)
	limit := limitInWords(b)
	if everyHost {
		limit += ", as for every host,"
	}
	next := a.bound(config)
	if t := a.simulate(config); a.gains(t) {
		return fmt.Sprintf("%s holds it back, not -c: without it %s %s; then %s", limit, a.amount(t), ifServer,
			a.reason(next, t))
	}
	return fmt.Sprintf("%s holds it back, but lifting it alone gains nothing: %s", limit, a.reason(next, a.now))
}

// reason says why jobs that took so long in a simulation could not take less.
func (a *adviser) reason(b bound, took time.Duration) string {
	switch b.kind {
	case BoundSlots:
		return fmt.Sprintf("-c %d is the bound", b.slots)
	case BoundHostRate, BoundHostSlots:
		if a.refusing[b.host] {
			return web.ShownHost(b.host) + " refused some of what it was asked as it is"
		}
	}
	switch b.kind {
	case BoundRate, BoundHostRate, BoundHostSlots:
		return limitInWords(b) + " is the bound"
	}
	if a.longest < took-took/20 {
		due, pages := a.waits()
		switch {
		case due > took/2:
			return "the requests are due no sooner"
		case pages:
			return "pages are fetched one after another"
		}
	}
	name := ""
	if !a.partial && a.name != "" {
		name = " (" + shortened(a.name) + ")"
	}
	text := fmt.Sprintf("the longest request%s is %s", name, seconds(a.longest))
	if a.rest > a.longest/2 {
		text += ", most of it back-off"
	}
	return text
}

// waits tells what makes jobs wait besides limits: when the last is due, and whether some are further pages.
func (a *adviser) waits() (due time.Duration, pages bool) {
	for i := range a.jobs {
		due = max(due, a.jobs[i].Due)
		pages = pages || a.jobs[i].Page > 1
	}
	return due, pages
}

// amount tells a simulated time, or the part of the present one that it is.
func (a *adviser) amount(t time.Duration) string {
	if a.inSeconds {
		return seconds(t)
	}
	return fmt.Sprintf("%.0f %% of the time", 100*float64(t)/float64(a.now))
}

func limitInWords(b bound) string {
	switch b.kind {
	case BoundRate:
		return "the rate of " + rateInWords(b.rate)
	case BoundHostRate:
		return fmt.Sprintf("the rate of %s for %s", rateInWords(b.rate), web.ShownHost(b.host))
	}
	return fmt.Sprintf("the limit of %d at once for %s", b.slots, web.ShownHost(b.host))
}

func rateInWords(r fetcher.Rate) string {
	events := strconv.FormatFloat(r.Events, 'f', -1, 64)
	if len(events) > 6 && r.Events != math.Trunc(r.Events) {
		events = strconv.FormatFloat(r.Events, 'g', 4, 64)
	}
	switch r.Per {
	case time.Second:
		return events + "/s"
	case time.Minute:
		return events + "/m"
	case time.Hour:
		return events + "/h"
	}
	return events + "/" + bareTime(r.Per)
}

// bareTime is a time as a flag takes it, without parts that are 0.
func bareTime(d time.Duration) string {
	text := d.String()
	if short, ok := strings.CutSuffix(text, "m0s"); ok {
		text = short + "m"
	}
	if short, ok := strings.CutSuffix(text, "h0m"); ok {
		text = short + "h"
	}
	return text
}

// shortened bounds a name to what a sentence bears.
func shortened(name string) string {
	const most = 60
	if r := []rune(name); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return name
}

// seconds is a time to two or three digits: 4.6 s, 0.46 s, 4.6 ms, 2m5s.
func seconds(d time.Duration) string {
	switch {
	case d >= 100*time.Second:
		return bareTime(d.Round(time.Second))
	case d >= 995*time.Millisecond:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d >= 10*time.Millisecond:
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}
