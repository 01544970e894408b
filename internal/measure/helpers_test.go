package measure

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/measure/whatif"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/sched"
)

const ms = time.Millisecond

func micros(d time.Duration) record.Micros { return record.MicrosOf(d) }

// recordOf is the record that a job would have left: what a journal holds, less what a Summary does not read.
func recordOf(j whatif.Job) *record.Record {
	r := &record.Record{Seq: j.Seq, Page: j.Page, Due: micros(j.Due), OK: true, Method: "GET",
		URL: fmt.Sprintf("http://a.test/%d", j.Seq), Host: "a.test:80"}
	for i, s := range j.Steps {
		if i == 0 {
			r.Host = s.Host
		}
		if s.Class != sched.Redirect {
			r.Attempts = append(r.Attempts, record.Attempt{})
		}
		a := &r.Attempts[len(r.Attempts)-1]
		if s.Class == sched.Retry {
			before := &r.Attempts[len(r.Attempts)-2]
			before.Backoff, before.Class = micros(s.Backoff), "http_5xx"
			r.Backoff += micros(s.Backoff)
		}
		a.Hops = append(a.Hops, record.Hop{Host: s.Host, Phases: record.Phases{Wait: micros(s.Service)}})
		r.Service += micros(s.Service)
	}
	if n := len(r.Attempts); n > 0 {
		r.Attempts[n-1].Backoff = micros(j.Rest)
		r.Backoff += micros(j.Rest)
	}
	r.Response = r.Service + r.Backoff
	return r
}

// plain makes one job of one hop to a.test for each time, in tenths of a second.
func plain(tenths ...int) []whatif.Job {
	jobs := make([]whatif.Job, len(tenths))
	for i, n := range tenths {
		jobs[i] = whatif.Job{Seq: int64(i + 1), Page: 1,
			Steps: []whatif.Step{{Host: "a.test:80", Class: sched.First, Service: time.Duration(n) * 100 * ms}}}
	}
	return jobs
}

var slowList = []int{7, 2, 6, 4, 0, 9, 4, 2, 5, 5}

func collect(config Config, jobs []whatif.Job) *Collector {
	c := New(config)
	for _, j := range jobs {
		c.Add(recordOf(j))
	}
	return c
}

var hostNames = []string{"a.test:80", "b.test:80", "c.test:443"}

func drawJobs(t *rapid.T) []whatif.Job {
	jobs := make([]whatif.Job, rapid.IntRange(1, 40).Draw(t, "jobs"))
	seq := int64(0)
	page := 1
	for i := range jobs {
		j := &jobs[i]
		if page++; i == 0 || rapid.IntRange(0, 9).Draw(t, "page") > 0 {
			seq++
			page = 1
		}
		j.Seq, j.Page = seq, page
		host := rapid.SampledFrom(hostNames).Draw(t, "host")
		for n := range rapid.IntRange(1, 3).Draw(t, "steps") {
			s := whatif.Step{Host: host, Service: time.Duration(rapid.IntRange(0, 3_000_000).Draw(t, "service")) * time.Microsecond}
			switch {
			case n == 0:
				s.Class = sched.First
			case rapid.Bool().Draw(t, "retry"):
				s.Class = sched.Retry
				s.Backoff = time.Duration(rapid.IntRange(0, 2000).Draw(t, "backoff")) * ms
			default:
				s.Class = sched.Redirect
				s.Host = rapid.SampledFrom(hostNames).Draw(t, "redirected")
			}
			j.Steps = append(j.Steps, s)
		}
		if rapid.IntRange(0, 9).Draw(t, "rests") == 0 {
			j.Rest = time.Duration(rapid.IntRange(0, 2000).Draw(t, "rest")) * ms
		}
	}
	return jobs
}

func drawLimit(t *rapid.T, label string) fetcher.Limit {
	var l fetcher.Limit
	for range rapid.IntRange(0, 2).Draw(t, label+" rates") {
		l.Rates = append(l.Rates, fetcher.Rate{
			Events: rapid.Float64Range(0.5, 50).Draw(t, "events"),
			Per:    rapid.SampledFrom([]time.Duration{time.Second, 7 * time.Second, time.Minute}).Draw(t, "per"),
			Burst:  rapid.IntRange(0, 5).Draw(t, "burst"),
		})
	}
	if rapid.Bool().Draw(t, label+" has slots") {
		l.InFlight = rapid.IntRange(1, 5).Draw(t, label+" slots")
	}
	return l
}

func drawConfig(t *rapid.T) Config {
	one := drawLimit(t, "b.test")
	return Config{
		Slots:   rapid.IntRange(0, 8).Draw(t, "slots"),
		Total:   drawLimit(t, "total"),
		PerHost: drawLimit(t, "host"),
		Host:    func(h string) (fetcher.Limit, bool) { return one, h == "b.test:80" },
	}
}

func simulateUnder(jobs []whatif.Job, c Config) time.Duration {
	s := New(c).limits
	return s.Simulate(jobs)
}

func plainLatency(l Brief) (values [8]record.Micros) {
	values[0] = record.Micros(l.N)
	for i, p := range []*record.Micros{l.Min, l.Mean, l.P50, l.P90, l.P95, l.P99, l.Max} {
		values[i+1] = -1
		if p != nil {
			values[i+1] = *p
		}
	}
	return values
}
