package measure

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/measure/whatif"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/sched"
)

func TestAdvice(t *testing.T) {
	rate := func(n float64) fetcher.Limit {
		return fetcher.Limit{Rates: []fetcher.Rate{{Events: n, Per: time.Second}}}
	}
	only := func(l fetcher.Limit) func(string) (fetcher.Limit, bool) {
		return func(h string) (fetcher.Limit, bool) { return l, h == "a.test:80" }
	}
	times := func(n int, tenths int) []int {
		list := make([]int, n)
		for i := range list {
			list[i] = tenths
		}
		return list
	}
	pages := plain(5, 5, 5, 5)
	for i := range pages {
		pages[i].Seq, pages[i].Page = 1, i+1
	}
	due := plain(1, 1, 1)
	due[2].Due = 10 * time.Second

	for _, test := range []struct {
		name   string
		config Config
		jobs   []whatif.Job
		wall   time.Duration // 0: as simulated
		want   string
	}{
		{"slots, the knee is near", Config{Slots: 5}, plain(slowList...), 0,
			"-c 6 would take 0.90 s if the server keeps up; beyond that nothing is gained: " +
				"the longest request (http://a.test/6) is 0.90 s"},
		{"slots, the knee is far", Config{Slots: 2}, plain(times(100, 10)...), 0,
			"-c 4 would take 25.0 s if the server keeps up; beyond 100 nothing is gained: " +
				"the longest request (http://a.test/1) is 1.0 s"},
		{"wall is far over the simulation", Config{Slots: 2}, plain(times(100, 10)...), time.Minute + 30*time.Second,
			"-c 4 would take 50 % of the time if the server keeps up; beyond 100 nothing is gained: " +
				"the longest request (http://a.test/1) is 1.0 s"},
		{"slots, then the rate", Config{Slots: 1, Total: rate(2)}, plain(times(20, 10)...), 0,
			"-c 2 would take 10.5 s if the server keeps up; beyond that nothing is gained: the rate of 2/s is the bound"},
		{"the longest request", Config{Slots: 10}, plain(slowList...), 0,
			"more workers gain nothing: the longest request (http://a.test/6) is 0.90 s; -c 6 would do the same"},
		{"the longest request, no worker too many", Config{Slots: 6}, plain(slowList...), 0,
			"more workers gain nothing: the longest request (http://a.test/6) is 0.90 s"},
		{"the rate", Config{Slots: 10, Total: rate(5)}, plain(slowList...), 0,
			"the rate of 5/s holds it back, not -c: without it 0.90 s if the server keeps up; " +
				"then the longest request (http://a.test/6) is 0.90 s"},
		{"one host's rate", Config{Slots: 10, Host: only(rate(2))}, plain(slowList...), 0,
			"the rate of 2/s for a.test holds it back, not -c: without it 0.90 s if the server keeps up; " +
				"then the longest request (http://a.test/6) is 0.90 s"},
		{"one host's rate, as it states it", Config{Slots: 10, Host: only(rate(2)), Stated: func(string) string { return "preset x" }}, plain(slowList...), 0,
			"more workers gain nothing: a.test is already used up to its limit, as stated by preset x"},
		{"each host's rate, then slots", Config{Slots: 4, PerHost: rate(2)}, plain(times(40, 10)...), 0,
			"the rate of 2/s for a.test, as for every host, holds it back, not -c: without it 10.0 s if the server " +
				"keeps up; then -c 4 is the bound"},
		{"one host's slots", Config{Slots: 10, Host: only(fetcher.Limit{InFlight: 1})}, plain(times(10, 10)...), 0,
			"the limit of 1 at once for a.test holds it back, not -c: without it 1.0 s if the server keeps up; " +
				"then the longest request (http://a.test/1) is 1.0 s"},
		{"two limits hold alike", Config{Slots: 10, Total: rate(2), PerHost: rate(2)}, plain(times(10, 1)...), 0,
			"the rate of 2/s holds it back, but lifting it alone gains nothing: the rate of 2/s for a.test is the bound"},
		{"pages", Config{Slots: 1}, append(pages, plain(0, 1)[1]), 0,
			"-c 2 would take 2.0 s if the server keeps up; beyond that nothing is gained: pages are fetched one after another"},
		{"due", Config{Slots: 1}, due, 0, "more workers gain nothing: the requests are not due earlier"},
		{"one request", Config{Slots: 1}, plain(5), 0, ""},
		{"no hops", Config{Slots: 1}, []whatif.Job{{Seq: 1, Page: 1}, {Seq: 2, Page: 1}}, 0, ""},
		{"no time", Config{Slots: 1}, plain(0, 0, 0), 0, ""},
		{"unlimited", Config{}, plain(1, 2), 0, "more workers gain nothing: the longest request (http://a.test/2) is 0.20 s"},
		{"part of the list", Config{Slots: 2, WhatIf: 8}, plain(times(100, 10)...), 0,
			"by the first 8 requests: -c 4 would take 50 % of the time if the server keeps up; " +
				"beyond 8 nothing is gained: the longest request is 1.0 s"},
		{"not wanted", Config{Slots: 2, WhatIf: -1}, plain(slowList...), 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			wall := test.wall
			if wall == 0 {
				wall = simulateUnder(test.jobs, test.config)
			}
			got := collect(test.config, test.jobs).Summary(End{Wall: wall}).Advice
			if got != test.want {
				t.Errorf("\n got %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestAdviceShortensNames(t *testing.T) {
	c := New(Config{Slots: 5})
	for _, j := range plain(1, 2) {
		r := recordOf(j)
		r.Name = strings.Repeat("ä", 1000)
		c.Add(r)
	}
	if s := c.Summary(End{Wall: 200 * ms}); len(s.Advice) > 300 {
		t.Errorf("%d bytes of advice", len(s.Advice))
	}
}

// manyJobs is a list of 10,000 requests with times from 1 ms to 10 s, some retried, over 100 hosts.
func manyJobs() []whatif.Job {
	random := rand.New(rand.NewPCG(3, 4))
	jobs := make([]whatif.Job, DefaultWhatIf)
	for i := range jobs {
		took := time.Duration(random.ExpFloat64()*200) * ms
		jobs[i] = whatif.Job{Seq: int64(i + 1), Page: 1,
			Steps: []whatif.Step{{Host: hostNumber(random.IntN(100)), Class: sched.First, Service: took}}}
		if i%20 == 0 {
			again := jobs[i].Steps[0]
			again.Class, again.Backoff = sched.Retry, 500*ms
			jobs[i].Steps = append(jobs[i].Steps, again)
		}
	}
	return jobs
}

// What the advice costs at the end of a run: at most 200 ms.
func BenchmarkAdvice(b *testing.B) {
	perHost := fetcher.Limit{Rates: []fetcher.Rate{{Events: 1000, Per: time.Second}}}
	for name, config := range map[string]Config{
		"slots":     {Slots: 10},
		"slots+":    {Slots: 500},
		"longest":   {Slots: 5000},
		"rate":      {Slots: 100, Total: fetcher.Limit{Rates: []fetcher.Rate{{Events: 50, Per: time.Second}}}},
		"host_rate": {Slots: 10, PerHost: perHost},
	} {
		c := collect(config, manyJobs())
		wall := simulateUnder(c.jobs, config)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				c.advice(End{Wall: wall}, holdUp{})
			}
			b.Log(c.advice(End{Wall: wall}, holdUp{}))
		})
	}
}

// refused is a request to a host that answers it at second s, after so many refusals.
func refused(seq int64, host string, s, refusals int) *record.Record {
	at := record.MicrosOf(time.Duration(s) * time.Second)
	r := &record.Record{Seq: seq, Host: host, URL: "http://" + host + "/", OK: true, Service: 1000}
	for range refusals {
		r.Attempts = append(r.Attempts, record.Attempt{Status: 503, Class: rateLimited,
			Hops: []record.Hop{{Host: host, Status: 503, Start: at, Phases: record.Phases{Wait: 1000}}}})
	}
	r.Attempts = append(r.Attempts, record.Attempt{Status: 200,
		Hops: []record.Hop{{Host: host, Status: 200, Start: at, Phases: record.Phases{Wait: 1000}}}})
	return r
}

// Where nothing is learned, a host that refused much is what to slow down for; one refusal among a handful of hops says nothing of a rate, and
// where most requests failed, none would help.
func TestAdviceToSlowDown(t *testing.T) {
	advice := func(records ...*record.Record) string {
		c := New(Config{Slots: 5, NoAdapt: true})
		for _, r := range records {
			c.Add(r)
		}
		return c.Summary(End{Wall: 10 * time.Second}).Advice
	}
	var many []*record.Record
	for i := range 10 {
		many = append(many, refused(int64(i+1), "busy.test:80", i, 1))
	}
	if got, want := advice(many...), "busy.test said 10 times to slow down; --rate-host busy.test=53/m"; !strings.HasPrefix(got, want) {
		t.Errorf("advice %q, want it to begin with %q", got, want)
	}
	if got := advice(refused(1, "a.test:80", 0, 1), refused(2, "b.test:80", 0, 0), refused(3, "b.test:80", 4, 0)); strings.Contains(got, "slow down") {
		t.Errorf("one refusal, and the advice is %q", got)
	}
	for _, r := range many {
		r.OK, r.Class = false, "connect"
	}
	if got := advice(many...); got != "" {
		t.Errorf("all failed, and the advice is %q", got)
	}
}

// Where programs went on for long when all had been fetched, nothing about the fetching would help.
func TestAdviceOnPrograms(t *testing.T) {
	c := New(Config{Slots: 2})
	for seq := range int64(4) {
		c.Add(&record.Record{
			Seq: seq + 1, OK: true, Service: 1000, Response: 1000,
			Attempts: []record.Attempt{{Hops: []record.Hop{{Host: "a.test:80", Phases: record.Phases{Wait: 1000}}}}},
		})
	}
	for _, test := range []struct {
		end  End
		want bool
	}{
		{End{Wall: time.Second, Programs: true}, true},
		{End{Wall: time.Second}, false},
		{End{Wall: 1100 * time.Microsecond, Programs: true}, false},
	} {
		if got := strings.Contains(c.advice(test.end, holdUp{}), "--exec-jobs"); got != test.want {
			t.Errorf("%+v: %q", test.end, c.advice(test.end, holdUp{}))
		}
	}
}
