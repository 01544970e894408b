package whatif

import (
	"cmp"
	"slices"
	"time"

	"example.com/fetch/internal/heap"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/sched"
)

// Job is one request as it was measured, to be run again in virtual time.
type Job struct {
	Seq   int64
	Page  int // a page after the first begins when the one before it has ended, if that is among the jobs
	Due   time.Duration
	Steps []Step
	Rest  time.Duration // slept after the last step
}

// Step is one hop of a Job. It begins when the one before it has ended.
type Step struct {
	Host    string
	Class   sched.Class
	Backoff time.Duration // slept before it
	Service time.Duration // the hop time
}

// JobOf keeps of a record what a simulation needs. Named gives the name of a host, which outlives the record.
func JobOf(r *record.Record, named func(host string) string) Job {
	job := Job{Seq: r.Seq, Page: r.Page, Due: r.Due.Duration()}
	for i := range r.Attempts {
		a := &r.Attempts[i]
		for j := range a.Hops {
			hop := &a.Hops[j]
			step := Step{Host: named(hop.Host), Class: sched.Redirect, Backoff: job.Rest, Service: hop.Time().Duration()}
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

// Simulate runs jobs through the scheduler under the settings, in virtual time, each hop taking as long as it was measured to
// take, and tells when the last job ended. The jobs are added in the order of Seq; they are not changed.
func (settings *Settings) Simulate(jobs []Job) time.Duration {
	endsBefore := func(a, b *activity) bool { return a.ends < b.ends || a.ends == b.ends && a.job.Seq < b.job.Seq }
	s := &simulation{sched: sched.New(settings.scheduler()), running: heap.Heap[*activity]{Less: endsBefore}}
	s.start(jobs)
	for {
		for hop := s.sched.Next(s.now); hop != nil; hop = s.sched.Next(s.now) {
			a := hop.Payload.(*activity)
			a.ends = s.now + a.job.Steps[a.step].Service
			s.running.Put(a)
		}
		at, ok := s.sched.Wake(s.now)
		if s.running.Len() > 0 && (!ok || s.running.Top().ends <= at) {
			at, ok = s.running.Top().ends, true
		}
		if !ok {
			return s.end
		}
		s.now = at
		for s.running.Len() > 0 && s.running.Top().ends <= s.now {
			a := s.running.Pop()
			s.sched.Done(s.now, &a.hop, sched.Signal{Kind: sched.Served})
			a.step++
			s.proceed(a)
		}
	}
}

type simulation struct {
	sched   *sched.Scheduler
	now     time.Duration
	end     time.Duration        // of the last job so far
	running heap.Heap[*activity] // whose hop is in flight
}

// activity is a job under way.
type activity struct {
	job  *Job
	step int // the one that waits or runs
	ends time.Duration
	next *activity // the next page of the same request
	hop  sched.Hop // of the present step
}

// start adds the jobs, each page behind the one before it.
func (s *simulation) start(jobs []Job) {
	all := make([]activity, len(jobs))
	for i := range jobs {
		all[i].job = &jobs[i]
	}
	slices.SortStableFunc(all, func(a, b activity) int {
		return cmp.Or(cmp.Compare(a.job.Seq, b.job.Seq), cmp.Compare(a.job.Page, b.job.Page))
	})
	for i := range all {
		if i > 0 && all[i].job.Seq == all[i-1].job.Seq && all[i].job.Page > all[i-1].job.Page {
			all[i-1].next = &all[i]
			continue
		}
		s.proceed(&all[i])
	}
}

// proceed adds the present step of a job; after the last one, the next page.
func (s *simulation) proceed(a *activity) {
	begin := max(s.now, a.job.Due)
	for a.step == len(a.job.Steps) {
		begin += a.job.Rest
		if len(a.job.Steps) > 0 {
			s.end = max(s.end, begin)
		}
		if a.next == nil {
			return
		}
		a = a.next
		begin = max(begin, a.job.Due)
	}
	step := &a.job.Steps[a.step]
	due := begin + step.Backoff
	a.hop = sched.Hop{Seq: a.job.Seq, Page: a.job.Page, Class: step.Class, Host: step.Host, Due: due, Payload: a}
	if step.Class == sched.Retry {
		s.sched.Away(s.now, step.Host)
	}
	s.sched.Add(s.now, &a.hop)
}
