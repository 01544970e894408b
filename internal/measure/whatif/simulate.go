package whatif

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/heap"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/sched"
)

// Job is one request as it was measured, to be replayed in virtual time.
type Job struct {
	Seq   int64
	Page  int           // a page after the first begins after the page before it, if that is among the jobs
	Due   time.Duration // the instant before which it did not begin; ignored for such a page
	Wait  time.Duration // the requested wait between the end of the page before it and its beginning
	Steps []Step
	Rest  time.Duration // back-off after the last step
	Kind  uint64        // hash of comparable requests: 0, or requests of the same folder of a host
}

// Step is one hop of a Job. It begins when the one before it has ended.
type Step struct {
	Host    string
	Class   sched.Class
	Backoff time.Duration // slept before it
	Service time.Duration // the hop time
	Failed  sched.Kind    // the failure as a signal about its host; 0 if there was none
	Pause   time.Duration // for how long its host then asked all clients to pause
	Open    time.Duration // for how long the host had served by then, since its first hop or its last pause; 0: irrelevant

	// For detecting a knee, if the hop was served: when it was sent, and the hop time without connecting. Took is 0
	// otherwise.
	Start, Took time.Duration
}

// JobOf extracts from a record what a simulation needs, except for Wait and Kind. Named returns the name of a host as a
// string that outlives the record.
func JobOf(r *record.Record, named func(host string) string) Job {
	job := Job{Seq: r.Seq, Page: r.Page, Due: r.Due.Duration()}
	for i := range r.Attempts {
		a := &r.Attempts[i]
		for j := range a.Hops {
			hop := &a.Hops[j]
			step := Step{Host: named(hop.Host), Class: sched.Redirect, Backoff: job.Rest, Service: hop.Time().Duration(), Start: hop.Start.Duration()}
			if a.Class == "" && hop.Status > 0 {
				step.Took = step.Service - (hop.Phases.DNS + hop.Phases.Connect + hop.Phases.TLS).Duration()
			}
			if j == len(a.Hops)-1 {
				step.Failed = failure(a)
				if a.Status == http.StatusTooManyRequests {
					step.Pause = a.RetryAfter.Duration()
				}
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

// KindOf returns Job.Kind: a hash of the method, and of the URL up to the last segment of its path, without numbers.
func KindOf(r *record.Record) uint64 {
	path, _, _ := strings.Cut(r.URL, "?")
	folder := path[:strings.LastIndexByte(path, '/')+1]
	h := xxhash.New()
	_, _ = h.WriteString(r.Method)
	for part := range strings.FieldsFuncSeq(folder, func(c rune) bool { return '0' <= c && c <= '9' }) {
		_, _ = h.WriteString(part)
	}
	return h.Sum64()
}

// HostFailures are the classes of failures after which a host may be sent less, if they accumulate.
var HostFailures = map[string]sched.Kind{
	fetcher.KindTimeoutConnect.String(): sched.TimedOut, fetcher.KindTimeoutFirstByte.String(): sched.TimedOut,
	fetcher.KindTimeoutStall.String(): sched.TimedOut, fetcher.KindTimeoutAttempt.String(): sched.TimedOut,
	fetcher.KindConnReset.String(): sched.Failed, fetcher.KindBodyTruncated.String(): sched.Failed, fetcher.KindHTTP5xx.String(): sched.Failed,
	fetcher.KindProtocol.String(): sched.Failed, fetcher.KindDecode.String(): sched.Failed,
}

// failure returns the signal of a failed attempt about its host; 0 if it did not fail.
func failure(a *record.Attempt) sched.Kind {
	if a.Class != fetcher.KindHTTP5xx.String() || a.Status == http.StatusInternalServerError || a.Status == http.StatusBadGateway ||
		a.Status == http.StatusGatewayTimeout {
		return HostFailures[a.Class]
	}
	return 0
}

// Simulate runs jobs through the scheduler under the settings, in virtual time, with the measured duration of each hop,
// and returns when the last job ended. The jobs are added in the order of Seq; they are not changed.
func (settings *Settings) Simulate(jobs []Job) time.Duration {
	endsBefore := func(a, b *activity) bool { return a.ends < b.ends || a.ends == b.ends && a.job.Seq < b.job.Seq }
	s := &simulation{sched: sched.New(settings.scheduler()), adapts: settings.Adapt, hosts: make(map[string]*served), running: heap.Heap[*activity]{Less: endsBefore}}
	s.now, s.end = epoch, epoch
	s.start(jobs)
	for {
		s.grant()
		at, ok := s.sched.Wake(s.now)
		if s.running.Len() > 0 && (!ok || s.running.Top().ends <= at) {
			at, ok = s.running.Top().ends, true
		}
		if !ok {
			return s.end - epoch
		}
		s.now = at
		for s.running.Len() > 0 && s.running.Top().ends <= s.now {
			a := s.running.Pop()
			s.done(a)
		}
	}
}

// openings sets Open of the hops to a host, in the order in which they were sent. The host may serve in a window what
// it serves from one pause to the next; but if it asks for the same pause however long it was open before, the duration
// of the pause is decisive.
func openings(steps []departure) {
	const cut = time.Millisecond // times are cut, which must not matter
	var pauses, windows []time.Duration
	var open, until time.Duration
	for i, s := range steps {
		if i == 0 || open < until && until <= s.Start+cut {
			open = s.Start
		}
		if end := s.Start + s.Service; s.Pause > 0 {
			s.Open = end - open
			until = max(until, end+s.Pause)
			pauses, windows = append(pauses, s.Pause), append(windows, s.Open+s.Pause)
		}
	}
	if spread := func(d []time.Duration) time.Duration { return slices.Max(d) - slices.Min(d) }; len(pauses) > 0 &&
		spread(windows) > spread(pauses)+time.Second { // a Retry-After is in whole seconds
		for _, s := range steps {
			s.Open = 0
		}
	}
}

// epoch is when a simulation begins: for a scheduler, an instant of 0 means never.
const epoch = 1

type simulation struct {
	sched   *sched.Scheduler
	adapts  bool
	hosts   map[string]*served
	now     time.Duration
	end     time.Duration        // of the last job so far
	running heap.Heap[*activity] // whose hop is in flight
}

// grant sends what the scheduler allows.
func (s *simulation) grant() {
	for hop := s.sched.Next(s.now); hop != nil; hop = s.sched.Next(s.now) {
		a := hop.Payload.(*activity)
		a.ends = s.now + a.job.Steps[a.step].Service
		s.running.Put(a)
		if h := s.hosts[hop.Host]; h == nil {
			s.hosts[hop.Host] = &served{open: s.now}
		} else if h.open < h.until && h.until <= s.now {
			h.open = s.now
		}
	}
}

// served is the state of the hops to a host so far.
type served struct {
	well  bool          // it has served one
	open  time.Duration // its first hop, or the first after its last pause
	until time.Duration // end of that pause
}

// done ends the present step of a job. Its host fails as it did if it has served something before, and its pauses end
// when they did, by the time for which it is open: it does not serve more in a window if it is sent requests faster.
// Its refusals and learned limits are in the settings.
func (s *simulation) done(a *activity) {
	step, h := &a.job.Steps[a.step], s.hosts[a.hop.Host]
	kind, wait := sched.Served, time.Duration(0)
	if s.adapts {
		if step.Failed != 0 && h.well {
			kind = step.Failed
		}
		if wait = step.Pause; wait > 0 && step.Open > 0 {
			wait = max(0, h.open+step.Open+step.Pause-s.now)
		}
	}
	h.well = h.well || step.Failed == 0
	s.sched.Done(s.now, &a.hop, sched.Signal{Kind: kind})
	if wait > 0 {
		s.sched.Pause(s.now, step.Host, wait)
		h.until = max(h.until, s.now+wait)
	}
	a.step++
	a.less = 0
	if s.adapts {
		a.less = step.Pause - wait
	}
	s.grant() // before its request continues, as in the engine
	s.proceed(a, s.now)
}

// activity is a job in progress.
type activity struct {
	job  *Job
	step int // the one that waits or runs
	ends time.Duration
	less time.Duration // when measured, the previous step asked for a pause longer by this
	next *activity     // the next page of the same request
	hop  sched.Hop     // of the present step
}

// start adds the jobs, each page after the one before it.
func (s *simulation) start(jobs []Job) {
	all := make([]activity, len(jobs))
	for i := range jobs {
		all[i].job = &jobs[i]
	}
	slices.SortStableFunc(all, func(a, b activity) int { return inOrder(a.job, b.job) })
	for i := range all {
		if i > 0 && all[i].job.follows(all[i-1].job) {
			all[i-1].next = &all[i]
			continue
		}
		s.proceed(&all[i], epoch+all[i].job.Due)
	}
}

// inOrder compares jobs by their place in the list.
func inOrder(a, b *Job) int {
	return cmp.Or(cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.Page, b.Page))
}

// follows reports whether j is the page after another job, which precedes it in order.
func (j *Job) follows(before *Job) bool { return j.Seq == before.Seq && j.Page > before.Page }

// proceed adds the present step of a job, which may begin at an instant; after the last step, the next page.
func (s *simulation) proceed(a *activity, begin time.Duration) {
	for a.step == len(a.job.Steps) {
		begin += a.job.Rest
		if len(a.job.Steps) > 0 {
			s.end = max(s.end, begin)
		}
		if a.next == nil {
			return
		}
		a = a.next
		begin += a.job.Wait
	}
	step := &a.job.Steps[a.step]
	due := begin + max(0, step.Backoff-a.less)
	a.less = 0
	a.hop = sched.Hop{Seq: a.job.Seq, Page: a.job.Page, Class: step.Class, Host: step.Host, Due: due, Payload: a}
	if step.Class == sched.Retry {
		s.sched.Away(s.now, step.Host)
	}
	s.sched.Add(s.now, &a.hop)
}
