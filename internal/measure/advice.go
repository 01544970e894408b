package measure

import (
	"fmt"
	"slices"
	"time"

	"example.com/fetch/internal/measure/whatif"
)

// advice says what would make the run faster, as a sentence; empty if there is nothing to say.
func (c *Collector) advice(end End, by holdUp) string {
	if text := c.afterwards(end); text != "" {
		return text
	}
	if len(c.jobs) < 2 || c.work.Hops == 0 || c.sum.OK == 0 {
		return ""
	}
	if text := c.slowDown(); text != "" {
		return text
	}
	if text := c.waitedFor(end, by); text != "" {
		return text
	}
	if c.sum.Failed > c.sum.OK { // speed is not what is amiss
		return ""
	}
	return whatif.Advise(inOneLeg(c.jobs, end), c.limits, whatif.Run{Wall: end.Wall, Longest: c.longestName,
		Partly: c.sum.ended() > int64(len(c.jobs)), Refusing: c.refusing()})
}

// inOneLeg are jobs as if the run had never been broken off: what was due at the beginning of a later leg could have been
// sent at that of the first.
func inOneLeg(jobs []whatif.Job, end End) []whatif.Job {
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
