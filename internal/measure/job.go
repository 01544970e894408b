package measure

import (
	"strings"

	"example.com/fetch/internal/measure/whatif"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/sched"
)

// job keeps of a record what a simulation needs.
func (c *Collector) job(r *record.Record) whatif.Job {
	job := whatif.Job{Seq: r.Seq, Page: r.Page, Due: r.Due.Duration()}
	steps := 0
	for i := range r.Attempts {
		steps += len(r.Attempts[i].Hops)
	}
	job.Steps = make([]whatif.Step, 0, steps)
	for i := range r.Attempts {
		a := &r.Attempts[i]
		for j := range a.Hops {
			hop := &a.Hops[j]
			step := whatif.Step{Class: sched.Redirect, Backoff: job.Rest, Service: hop.Time().Duration()}
			if step.Host = c.hosts.get(hop.Host).name; step.Host == "" {
				step.Host = strings.Clone(hop.Host)
			}
			if j == 0 {
				step.Class = sched.Retry
			}
			if len(job.Steps) == 0 {
				step.Class, step.Backoff = sched.First, 0
			}
			job.Steps = append(job.Steps, step)
			job.Rest = 0
		}
		job.Rest += a.Backoff.Duration()
	}
	return job
}
