package measure

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/measure/whatif"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/sched"
)

func hostNumber(i int) string { return fmt.Sprintf("h%d.test:80", i) }

func TestSummaryOfSlowList(t *testing.T) {
	c := collect(Config{Slots: 10}, plain(slowList...))
	s := c.Summary(End{Wall: 900 * ms})
	if s.Requests != 10 || s.OK != 10 || s.Attempts != 10 || s.Hops != 10 || s.Hosts != 1 {
		t.Errorf("counts: %+v", s)
	}
	if s.Serial != micros(4400*ms) || s.SerialBasis != SerialEstimated {
		t.Errorf("serial time %d, %s", s.Serial, s.SerialBasis)
	}
	if s.Floor != micros(900*ms) || s.Bound != BoundLongest || s.Efficiency != 1 {
		t.Errorf("floor %d, bound %s, efficiency %v", s.Floor, s.Bound, s.Efficiency)
	}
	if s.Speedup < 4.88 || s.Speedup > 4.89 {
		t.Errorf("speedup %v", s.Speedup)
	}
	l := s.Latency.OK
	if *l.Min != 0 || *l.Mean != micros(440*ms) || *l.P50 != micros(400*ms) || *l.P90 != micros(700*ms) ||
		l.P95 != nil || l.P99 != nil || *l.Max != micros(900*ms) {
		t.Errorf("latency %v", plainLatency(l))
	}
}

func TestBounds(t *testing.T) {
	perSecond := func(n float64) []fetcher.Rate { return []fetcher.Rate{{Events: n, Per: time.Second}} }
	two := func(h string) (fetcher.Limit, bool) {
		return fetcher.Limit{InFlight: 2, Rates: perSecond(100)}, h == "a.test:80"
	}
	slow := func(h string) (fetcher.Limit, bool) { return fetcher.Limit{Rates: perSecond(2)}, h == "a.test:80" }
	for _, test := range []struct {
		config Config
		bound  string
		host   string
		floor  time.Duration
	}{
		{Config{}, BoundLongest, "", 900 * ms},
		{Config{Slots: 10}, BoundLongest, "", 900 * ms},
		{Config{Slots: 4}, BoundSlots, "", 1100 * ms},
		{Config{Slots: 9, Total: fetcher.Limit{InFlight: 4}}, BoundSlots, "", 1100 * ms},
		{Config{Slots: 4, Host: two}, BoundHostSlots, "a.test:80", 2200 * ms},
		{Config{Slots: 4, PerHost: fetcher.Limit{InFlight: 1}}, BoundHostSlots, "a.test:80", 4400 * ms},
		{Config{Slots: 4, Host: slow}, BoundHostRate, "a.test:80", 4500 * ms},
		{Config{Slots: 4, Total: fetcher.Limit{Rates: perSecond(1)}}, BoundRate, "", 9 * time.Second},
		{Config{Slots: 4, Total: fetcher.Limit{Rates: []fetcher.Rate{
			{Events: 5, Per: time.Second, Burst: 5}, {Events: 60, Per: time.Minute, Burst: 3}}}}, BoundRate, "", 7 * time.Second},
	} {
		s := collect(test.config, plain(slowList...)).Summary(End{Wall: 10 * time.Second})
		if off := micros(test.floor) - s.Floor; s.Bound != test.bound || s.BoundHost != test.host || off < 0 || off > 2 {
			t.Errorf("%+v: floor %d, bound %s %s; want %v, %s %s", test.config, s.Floor, s.Bound, s.BoundHost,
				test.floor, test.bound, test.host)
		}
	}
}

// Nothing that the scheduler does takes less than the floor.
func TestFloorIsNotOverWall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		jobs, config := drawJobs(t), drawConfig(t)
		wall := simulateUnder(jobs, config)
		s := collect(config, jobs).Summary(End{Wall: wall})
		if s.Floor > s.Wall || s.Efficiency > 1 {
			t.Fatalf("floor %d µs (%s %s) is over wall %d µs", s.Floor, s.Bound, s.BoundHost, s.Wall)
		}
		config.Slots, config.Total.InFlight = 1, 0
		if serial := simulateUnder(jobs, config); s.Serial > micros(serial)+1 {
			t.Fatalf("serial time %d µs is over %v, what one at a time takes", s.Serial, serial)
		}
	})
}

// Each leg of a resumed run begins with full buckets.
func TestFloorOfLegs(t *testing.T) {
	config := Config{Slots: 1, Total: fetcher.Limit{Rates: []fetcher.Rate{{Events: 1, Per: time.Second, Burst: 3}}}}
	c := collect(config, plain(0, 0, 0, 0, 0, 0, 0, 0))
	if s := c.Summary(End{Wall: time.Minute, Legs: 2}); s.Floor > micros(2*time.Second) || s.Floor < micros(2*time.Second)-2 {
		t.Errorf("floor of 8 hops in two legs with bursts of 3 is %d µs, want 2 s", s.Floor)
	}
}

func TestSerial(t *testing.T) {
	jobs := plain(slowList...)
	rate := fetcher.Limit{Rates: []fetcher.Rate{{Events: 1, Per: time.Second}}}
	for _, test := range []struct {
		name   string
		config Config
		end    End
		want   time.Duration
		basis  string
	}{
		{"estimated", Config{}, End{}, 4400 * ms, SerialEstimated},
		{"held by the rate", Config{Total: rate}, End{}, 9 * time.Second, SerialEstimated},
		{"held by a host's rate", Config{PerHost: rate}, End{}, 9 * time.Second, SerialEstimated},
		{"slots do not count", Config{Slots: 1, PerHost: fetcher.Limit{InFlight: 1}}, End{}, 4400 * ms, SerialEstimated},
		{"measured", Config{}, End{Serial: 5 * time.Second}, 5 * time.Second, SerialMeasured},
		{"the sample was all", Config{Sample: 10}, End{Serial: 5 * time.Second}, 5 * time.Second, SerialMeasured},
		{"sampled", Config{Sample: 3}, End{Serial: 3 * time.Second}, 8800 * ms, SerialSampled}, // 1.5 s of 4.4 s
	} {
		s := collect(test.config, jobs).Summary(test.end)
		if off := micros(test.want) - s.Serial; off < 0 || off > 2 || s.SerialBasis != test.basis {
			t.Errorf("%s: %d µs, %s; want %v, %s", test.name, s.Serial, s.SerialBasis, test.want, test.basis)
		}
	}
	instant := collect(Config{Sample: 2}, plain(0, 0, 1, 1)).Summary(End{Serial: time.Second})
	if instant.Serial != micros(2*time.Second) {
		t.Errorf("where the sample took no time in the run, the serial time is %d", instant.Serial)
	}
}

func TestFailuresRetriesAndCancels(t *testing.T) {
	c := New(Config{Slots: 2})
	hop := func(host string, start, took time.Duration) record.Hop {
		return record.Hop{Host: host, Start: micros(start), Phases: record.Phases{Wait: micros(took)}}
	}
	c.Add(&record.Record{Seq: 1, Host: "a.test:80", OK: true, Bytes: 10, Attempts: []record.Attempt{
		{Class: "rate_limited", Backoff: micros(time.Second), Hops: []record.Hop{hop("a.test:80", 0, 100*ms)}},
		{Hops: []record.Hop{hop("a.test:80", 1100*ms, 200*ms), hop("b.test:80", 1300*ms, 50*ms)}},
	}, Service: micros(350 * ms), Backoff: micros(time.Second), Queue: 5, Limiter: 7})
	c.Add(&record.Record{Seq: 2, Host: "a.test:80", Class: "timeout_ttfb", Attempts: []record.Attempt{
		{Class: "timeout_ttfb", Hops: []record.Hop{hop("a.test:80", 0, 1900*ms)}},
	}, Service: micros(1900 * ms)})
	c.Add(&record.Record{Seq: 3, Host: "b.test:80", Class: "canceled", Attempts: []record.Attempt{
		{Class: "canceled", Hops: []record.Hop{hop("b.test:80", 0, 300*ms)}},
	}, Service: micros(300 * ms)})
	c.Add(&record.Record{Seq: 4, Class: "input"})

	s := c.Summary(End{Wall: 2 * time.Second, NotStarted: 3, Skipped: 1})
	if s.Requests != 7 || s.OK != 1 || s.Failed != 2 || s.Canceled != 1 || s.NotStarted != 3 || s.Skipped != 1 {
		t.Errorf("counts: %+v", s)
	}
	if s.Hosts != 2 || s.Attempts != 4 || s.Hops != 5 || s.Bytes != 10 {
		t.Errorf("counts: %+v", s)
	}
	if diff := cmp.Diff(Counts{"timeout_ttfb": 1, "input": 1}, s.Classes); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(Counts{"rate_limited": 1}, s.Retried); diff != "" || s.RetriedService != micros(100*ms) {
		t.Error(diff, s.RetriedService)
	}
	if s.Latency.OK.N != 1 || s.Latency.Failed.N != 1 { // not of what was never sent
		t.Errorf("latencies: ok %d, failed %d", s.Latency.OK.N, s.Latency.Failed.N)
	}
	if s.Serial != micros(2550*ms) || s.Floor != micros(1900*ms) {
		t.Errorf("serial %d, floor %d: failed and cancelled hops count", s.Serial, s.Floor)
	}
	if s.Waited.Queue != 5 || s.Waited.Limiter != 7 || s.Waited.Backoff != micros(time.Second) {
		t.Errorf("waited: %+v", s.Waited)
	}
	if s.Advice != "" {
		t.Errorf("a run that was broken off gets the advice %q", s.Advice)
	}
	if len(s.PerHost) != 2 {
		t.Fatalf("%d hosts", len(s.PerHost))
	}
	a, b := s.PerHost[0], s.PerHost[1]
	if a.Host != "a.test:80" || a.N != 2 || a.OK != 1 || a.Failed != 1 || a.RateLimited != 1 || a.First != 0 ||
		a.Last != micros(1900*ms) || a.Rate < 1.57 || a.Rate > 1.58 || a.Latency.N != 1 {
		t.Errorf("%+v", a)
	}
	if b.Host != "b.test:80" || b.N != 1 || b.OK+b.Failed != 0 || b.Last != micros(1350*ms) {
		t.Errorf("%+v", b)
	}
}

func TestManyHosts(t *testing.T) {
	limited := hostNumber(5000)
	c := New(Config{Host: func(h string) (fetcher.Limit, bool) {
		return fetcher.Limit{InFlight: 1}, h == limited
	}})
	const all = 30_000
	var jobs []whatif.Job
	for i := range all {
		jobs = append(jobs, whatif.Job{Seq: int64(i + 1), Page: 1,
			Steps: []whatif.Step{{Host: hostNumber(i), Class: sched.First, Service: ms}}})
	}
	for i := range 3 {
		jobs = append(jobs, whatif.Job{Seq: int64(all + i), Page: 1,
			Steps: []whatif.Step{{Host: limited, Class: sched.First, Service: time.Second}}})
	}
	for _, j := range jobs {
		c.Add(recordOf(j))
	}
	s := c.Summary(End{Wall: 4 * time.Second})
	if len(c.hosts.byName) != maxFloors || len(c.hosts.all) != maxFloors {
		t.Errorf("%d hosts known, %d listed", len(c.hosts.byName), len(c.hosts.all))
	}
	if s.Hosts != all {
		t.Errorf("%d hosts, want %d", s.Hosts, all)
	}
	if len(s.PerHost) != maxLines+1 {
		t.Fatalf("%d lines", len(s.PerHost))
	}
	rest := s.PerHost[maxLines]
	if rest.Host != others || rest.N != all-maxLines+3 || rest.Latency.N != rest.N {
		t.Errorf("the rest: %+v", rest)
	}
	if s.Bound != BoundHostSlots || s.BoundHost != limited || s.Floor != micros(3001*ms) {
		t.Errorf("floor %d, bound %s %s", s.Floor, s.Bound, s.BoundHost)
	}
}

func TestSummaryIsRepeatable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		jobs, config := drawJobs(t), drawConfig(t)
		end := End{Wall: simulateUnder(jobs, config)}
		c := collect(config, jobs)
		first := c.Summary(end)
		if diff := cmp.Diff(first, c.Summary(end)); diff != "" {
			t.Fatalf("asked twice: %s", diff)
		}
		if diff := cmp.Diff(first, collect(config, jobs).Summary(end)); diff != "" {
			t.Fatalf("replayed: %s", diff)
		}
	})
}

func TestUnknownClassesAreBounded(t *testing.T) {
	c := New(Config{})
	for i := range 2 * maxCounts {
		c.Add(&record.Record{Seq: int64(i), Host: "a.test:80", Class: fmt.Sprint("class", i)})
	}
	if s := c.Summary(End{}); len(s.Classes) != maxCounts+1 || s.Classes[others] != maxCounts {
		t.Errorf("%d classes, %d others", len(s.Classes), s.Classes[others])
	}
}

func BenchmarkAdd(b *testing.B) {
	for _, n := range []int{1, 1000, 100_000} {
		b.Run(fmt.Sprintf("hosts=%d", n), func(b *testing.B) {
			records := make([]*record.Record, n)
			for i := range records {
				records[i] = recordOf(whatif.Job{Seq: int64(i + 1), Page: 1,
					Steps: []whatif.Step{{Host: hostNumber(i), Class: sched.First, Service: time.Duration(i%977) * ms}}})
			}
			c := New(Config{})
			for i := range max(n, 2*DefaultWhatIf) {
				c.Add(records[i%n])
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				c.Add(records[i%n])
				i++
			}
		})
	}
}

// A hop that the transport sends again by itself takes its token afterwards, so it makes no floor.
func TestResentHopsMakeNoRateFloor(t *testing.T) {
	c := New(Config{Slots: 1, PerHost: fetcher.Limit{Rates: []fetcher.Rate{{Events: 1, Per: time.Second}}}})
	hop := func(status int) record.Hop {
		return record.Hop{Host: "a.test:80", Status: status, Phases: record.Phases{Wait: 1000}}
	}
	c.Add(&record.Record{Seq: 1, Host: "a.test:80", OK: true, Service: 3000, Response: 3000,
		Attempts: []record.Attempt{{Hops: []record.Hop{hop(0), hop(0), hop(200)}}}})
	s := c.Summary(End{Wall: 3 * time.Millisecond})
	if s.Hops != 3 || s.Floor > s.Wall {
		t.Errorf("%d hops, floor %v, wall %v: want 3 hops, and a floor within the wall", s.Hops, s.Floor.Duration(), s.Wall.Duration())
	}
}
