package measure

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

// steady is a request each 10 ms from an instant to another, each of which takes 50 ms.
func steady(from, to time.Duration) []*fetcher.Result {
	var results []*fetcher.Result
	for due := from; due < to; due += 10 * time.Millisecond {
		results = append(results, answered(due, 50*time.Millisecond, 49*time.Millisecond))
	}
	return results
}

func TestSummaryOfASteadyTest(t *testing.T) {
	var lines []Line
	config := LoadConfig{Beginning: begun(Asked{Model: ModelOpen, Rate: 100}), Line: func(l Line) { lines = append(lines, l) }}
	c := run(config, steady(0, 3*time.Second), 3045*time.Millisecond, func(now time.Duration) Gauges {
		return Gauges{Sent: int64(now / (10 * time.Millisecond)), InFlight: 5, CPU: 7*time.Second + now/10, Opened: int64(now / time.Second)}
	})
	s := c.Finish(Final{Planned: millis(3000)})

	if s.Due != 300 || s.Sent != 300 || s.OK != 300 || s.Failed+s.Cut+s.Unsent != 0 {
		t.Errorf("due %d, sent %d, ok %d, failed %d, canceled %d, not started %d", s.Due, s.Sent, s.OK, s.Failed, s.Cut, s.Unsent)
	}
	if s.Wall != millis(3040) || s.Rate.Due != 100 || s.Rate.Sent != 100 || fmt.Sprintf("%.2f", s.Rate.OK) != "98.68" {
		t.Errorf("wall %v, rates %+v", s.Wall.Duration(), s.Rate)
	}
	if *s.Response.OK.P99 != millis(50) || *s.Service.OK.P99 != millis(49) || s.Response.Failed.N != 0 {
		t.Errorf("response p99 %v, service p99 %v", *s.Response.OK.P99, *s.Service.OK.P99)
	}
	if s.Bytes != 300_000 || s.Wire != 150_000 || s.Reused != 300 || s.Opened != 3 || s.InFlight != 5 {
		t.Errorf("bytes %d, on the wire %d, reused %d, opened %d, in flight %d", s.Bytes, s.Wire, s.Reused, s.Opened, s.InFlight)
	}
	if diff := cmp.Diff(Counts{"200": 300}, s.Statuses); diff != "" {
		t.Error(diff)
	}
	if s.Client.CPU != millis(304.5) || s.Client.Share < 0.049 || s.Client.Share > 0.051 {
		t.Errorf("client: %+v; what was used before the run is not the run's", s.Client)
	}
	var phases []string
	for _, p := range s.Phases {
		phases = append(phases, p.Name)
	}
	if diff := cmp.Diff([]string{"send", "wait", "receive"}, phases); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"url http://one.test/: 300", "host one.test:80: 300"}, names(s)); diff != "" {
		t.Error(diff)
	}
	if len(s.Warnings) != 0 {
		t.Errorf("warnings of a clean test: %+v", s.Warnings)
	}

	type entry struct {
		From, To     record.Micros
		Sent, OK, In int64
	}
	var series []entry
	for _, second := range s.Seconds {
		series = append(series, entry{second.From, second.To, second.Sent, second.OK, second.InFlight})
	}
	// What is left after the third second is too short for an entry of its own.
	want := []entry{{0, millis(1000), 100, 95, 5}, {millis(1000), millis(2000), 100, 100, 5}, {millis(2000), millis(3045), 104, 105, 5}}
	if diff := cmp.Diff(want, series); diff != "" {
		t.Error(diff)
	}

	_, begins := lines[0].(*Beginning)
	if _, ends := lines[len(lines)-1].(*Final); !begins || !ends {
		t.Errorf("the first line is %+v, the last %+v", lines[0], lines[len(lines)-1])
	}
}

func TestSuccessesAndFailuresAreApart(t *testing.T) {
	results := []*fetcher.Result{
		answered(0, 100*time.Millisecond, 90*time.Millisecond),
		failed(0, time.Millisecond, 503, fetcher.KindHTTP5xx),
		failed(0, 2*time.Second, 0, fetcher.KindTimeoutAttempt),
		failed(0, 1500*time.Millisecond, 0, fetcher.KindCanceled),
		failed(0, 1500*time.Millisecond, 0, fetcher.KindDeadline),
	}
	results[2].Err = errors.Join(results[2].Err) // found wherever it is
	results[1].Notes = []string{fetcher.NoteTransportRetry}
	s := run(LoadConfig{Beginning: begun(Asked{})}, results, 2100*time.Millisecond, nil).Finish(Final{NotStarted: 2})
	if s.OK != 1 || s.Failed != 2 || s.Cut != 2 || s.Sent != 5 || s.Due != 7 || s.Unsent != 2 {
		t.Errorf("ok %d, failed %d, canceled %d, sent %d, due %d", s.OK, s.Failed, s.Cut, s.Sent, s.Due)
	}
	if *s.Response.OK.Max != millis(100) || *s.Response.Failed.Min != millis(1) || *s.Response.Failed.Max != millis(2000) {
		t.Errorf("response %+v", s.Response)
	}
	if diff := cmp.Diff(Counts{"http_5xx": 1, "timeout_attempt": 1}, s.Classes); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(Counts{"200": 1, "503": 1}, s.Statuses); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(Counts{fetcher.NoteTransportRetry: 1}, s.Notes); diff != "" {
		t.Error(diff)
	}
	if s.Bytes != 3000 || s.Lag.N != 3 {
		t.Errorf("those that were given up count: %d bytes, %d lags", s.Bytes, s.Lag.N)
	}
}

func TestWarmUpIsLeftOut(t *testing.T) {
	for _, warmUp := range []time.Duration{2 * time.Second, 1500 * time.Millisecond} {
		results := steady(0, 4*time.Second)
		slow := answered(warmUp-time.Millisecond, 1400*time.Millisecond, time.Millisecond) // due in it, and ends after it
		results = append(results, slow, failed(time.Second, time.Millisecond, 500, fetcher.KindHTTP5xx))
		asked := Asked{WarmUp: record.MicrosOf(warmUp)}
		c := run(LoadConfig{Beginning: begun(asked)}, results, 4050*time.Millisecond, func(now time.Duration) Gauges {
			return Gauges{CPU: now, Sent: int64(now / time.Millisecond)}
		})
		live := c.Snapshot()
		s := c.Finish(Final{})

		left := int64(warmUp / (10 * time.Millisecond))
		want := WarmUp{For: asked.WarmUp, Requests: left + 2, Failed: 1}
		if s.WarmUp != want || live.WarmUp != want {
			t.Errorf("%v: %+v, live %+v, want %+v", warmUp, s.WarmUp, live.WarmUp, want)
		}
		if s.OK != 400-left || s.Failed != 0 || *s.Response.OK.Max != millis(50) || live.OK != s.OK {
			t.Errorf("%v: ok %d (live %d), failed %d, max %v", warmUp, s.OK, live.OK, s.Failed, *s.Response.OK.Max)
		}
		if s.Started != begun(asked).Started.Add(warmUp) || s.Seconds[0].From != 0 {
			t.Errorf("%v: started %v, series from %v", warmUp, s.Started, s.Seconds[0].From)
		}
		if s.Wall != record.MicrosOf(4040*time.Millisecond-warmUp) {
			t.Errorf("%v: wall %v", warmUp, s.Wall.Duration())
		}
		measured := 4050*time.Millisecond - warmUp
		if last := s.Seconds[len(s.Seconds)-1]; last.To != record.MicrosOf(measured) || s.Client.CPU != record.MicrosOf(measured) || s.Client.Share > 0.51 {
			t.Errorf("%v: series to %v, client %+v", warmUp, last.To, s.Client)
		}
		var sent int64
		for _, second := range s.Seconds {
			sent += second.Sent
		}
		if sent != int64(measured/time.Millisecond) {
			t.Errorf("%v: %d sent in the series, want %d", warmUp, sent, measured/time.Millisecond)
		}
	}
}

func TestStallIsInTheSeries(t *testing.T) {
	results := steady(0, time.Second)
	results = append(results, answered(time.Second, 4*time.Second, time.Millisecond))
	s := run(LoadConfig{Beginning: begun(Asked{})}, results, 5100*time.Millisecond, func(time.Duration) Gauges {
		return Gauges{InFlight: 7, Waiting: 3}
	}).Finish(Final{})
	if len(s.Seconds) != 5 {
		t.Fatalf("%d seconds of 5", len(s.Seconds))
	}
	for _, second := range s.Seconds[2:4] {
		if second.OK != 0 || second.InFlight != 7 || second.Waiting != 3 || second.P50 != nil || second.Max != nil {
			t.Errorf("%+v", second)
		}
	}
}

func TestStragglersAreKept(t *testing.T) {
	c := NewLoad(LoadConfig{Beginning: begun(Asked{})})
	for now := time.Duration(0); now <= 10*time.Second; now += time.Second {
		c.Tick(now, Gauges{})
	}
	c.Add(answered(0, 50*time.Millisecond, 50*time.Millisecond)) // its second has been over for nine
	c.Add(answered(20*time.Second, 700*time.Millisecond, 50*time.Millisecond))
	s := c.Finish(Final{})
	if s.OK != 2 || len(s.Seconds) != 21 || s.Seconds[9].OK != 1 {
		t.Errorf("ok %d in %d seconds", s.OK, len(s.Seconds))
	}
}

func TestLateTicks(t *testing.T) {
	c := NewLoad(LoadConfig{Beginning: begun(Asked{})})
	c.Tick(0, Gauges{})
	c.Tick(1003*time.Millisecond, Gauges{Sent: 1003, InFlight: 1, CPU: 1003 * time.Millisecond})
	c.Tick(3000*time.Millisecond, Gauges{Sent: 3000, InFlight: 3, CPU: 3000 * time.Millisecond}) // 2 s has been slept through
	c.Tick(3000*time.Millisecond, Gauges{Sent: 3000, InFlight: 3, CPU: 3000 * time.Millisecond})
	s := c.Finish(Final{})
	var sent, in []int64
	for _, second := range s.Seconds {
		sent, in = append(sent, second.Sent), append(in, second.InFlight)
	}
	if diff := cmp.Diff([]int64{1000, 1000, 1000}, sent); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int64{1, 3, 3}, in); diff != "" {
		t.Error(diff)
	}
	if s.Client.Share != 0.5 {
		t.Errorf("the client used %v of its cores, want 0.5 in each second", s.Client.Share)
	}
}

func TestPeakInFlight(t *testing.T) {
	for _, test := range []struct{ inFlight, peak, want int64 }{{5, 0, 5}, {0, 50, 50}, {5, 50, 50}} {
		c := NewLoad(LoadConfig{Beginning: begun(Asked{})})
		c.Tick(0, Gauges{})
		c.Tick(400*time.Millisecond, Gauges{InFlight: test.inFlight, Peak: test.peak})
		if s := c.Finish(Final{}); s.InFlight != test.want {
			t.Errorf("%+v: peak %d", test, s.InFlight)
		}
	}
}

func TestNothingWasMeasured(t *testing.T) {
	s := NewLoad(LoadConfig{Beginning: begun(Asked{})}).Finish(Final{})
	if s.Sent != 0 || s.Rate != (Rates{}) || s.Drawn != nil || s.Seconds == nil || s.Groups == nil || s.Warnings == nil ||
		s.Checks == nil || s.Phases == nil || s.Statuses == nil || s.Classes == nil || s.Notes == nil {
		t.Errorf("%+v", s)
	}
}

func TestSnapshot(t *testing.T) {
	c := run(LoadConfig{Beginning: begun(Asked{})}, steady(0, 20*time.Second), 20*time.Second, func(now time.Duration) Gauges {
		return Gauges{Sent: int64(now / (10 * time.Millisecond)), InFlight: 5, Waiting: 1}
	})
	l := c.Snapshot()
	if l.At != millis(20_000) || l.Sent != 2000 || l.OK != 1995 || l.InFlight != 5 || l.Waiting != 1 || l.Response.N() != 1995 || l.Lag.N() != 1995 {
		t.Errorf("at %v: sent %d, ok %d, %d response times, %d lags", l.At.Duration(), l.Sent, l.OK, l.Response.N(), l.Lag.N())
	}
	if len(l.Seconds) != 20 || l.Seconds[19].OK != 100 || l.Seconds[19].To != millis(20_000) {
		t.Errorf("%d seconds", len(l.Seconds))
	}
	if r := l.Recent; r.To-r.From != millis(10_000) || r.OK != 1000 || r.Sent != 1000 || *r.Response.Latency().P99 != millis(50) || *r.Service.Latency().P99 != millis(49) {
		t.Errorf("%+v", r)
	}
	c.Tick(20*time.Second+100*time.Millisecond, Gauges{})
	if l := c.Snapshot(); len(l.Seconds) != 20 || l.At != millis(20_100) {
		t.Errorf("%d seconds are over at %v", len(l.Seconds), l.At.Duration())
	}
	c.Tick(21*time.Second, Gauges{})
	if l := c.Snapshot(); len(l.Seconds) != 21 {
		t.Errorf("%d seconds are over at %v", len(l.Seconds), l.At.Duration())
	}

	l.Response.Add(1)
	l.Statuses["200"] = 0
	l.Seconds[0].OK = 77
	again := c.Snapshot()
	if again.Response.N() != 1995 || again.Statuses["200"] != 1995 || again.Seconds[0].OK == 77 {
		t.Error("a snapshot shares something with the collector")
	}
}

func TestSnapshotBeforeAnything(t *testing.T) {
	l := NewLoad(LoadConfig{Beginning: begun(Asked{WarmUp: millis(1000)})}).Snapshot()
	if l.OK != 0 || len(l.Seconds) != 0 || l.Recent.To != 0 || l.Statuses == nil {
		t.Errorf("%+v", l)
	}
}

func TestSnapshotLooksBackAMinute(t *testing.T) {
	l := run(LoadConfig{Beginning: begun(Asked{WarmUp: millis(90_000)})}, steady(0, 100*time.Second), 100*time.Second, nil).Snapshot()
	if len(l.Seconds) != LiveSeconds || l.Seconds[0].From != millis(-50_000) || l.Seconds[0].OK != 100 {
		t.Errorf("%d seconds, the first %+v", len(l.Seconds), l.Seconds[0])
	}
	if second := l.Seconds[50]; second.From != 0 || second.OK != 100 { // of the warm-up 5, and 95 others
		t.Errorf("%+v", second)
	}
}

func TestConcurrentUse(t *testing.T) {
	c := NewLoad(LoadConfig{Beginning: begun(Asked{}), Line: func(l Line) {
		if _, err := AppendLine(nil, l); err != nil {
			t.Error(err)
		}
	}})
	var adding sync.WaitGroup
	for range 4 {
		adding.Go(func() {
			for due := time.Duration(0); due < 5*time.Second; due += time.Millisecond {
				c.Add(answered(due, 20*time.Millisecond, 10*time.Millisecond))
			}
		})
	}
	adding.Go(func() {
		for range 50 {
			l := c.Snapshot()
			l.Response.Latency()
		}
	})
	for now := time.Duration(0); now <= 5*time.Second; now += 100 * time.Millisecond {
		c.Tick(now, Gauges{Sent: int64(now / time.Millisecond)})
	}
	adding.Wait()
	if s := c.Finish(Final{}); s.OK != 20_000 || s.Response.OK.N != 20_000 {
		t.Errorf("ok %d", s.OK)
	}
}

func BenchmarkLoadAdd(b *testing.B) {
	for _, bench := range []struct {
		name string
		urls int
	}{{"one URL", 1}, {"100 URLs", 100}} {
		b.Run(bench.name, func(b *testing.B) {
			times := lognormal(1, 1<<12, 50*time.Millisecond, 0.3)
			results := make([]*fetcher.Result, len(times))
			for i, at := range times {
				results[i] = answered(0, at.Duration()+time.Millisecond, at.Duration())
				results[i].Request = &fetcher.Request{URL: fmt.Sprintf("http://one.test/%d", i%bench.urls)}
			}
			c := NewLoad(LoadConfig{Beginning: begun(Asked{})})
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				c.Add(results[i&(len(results)-1)])
				if i++; i%50_000 == 0 { // a second at 50,000/s
					c.Tick(c.now+time.Second, Gauges{})
				}
			}
		})
	}
}

func BenchmarkSnapshot(b *testing.B) {
	c := NewLoad(LoadConfig{Beginning: begun(Asked{})})
	for i, at := range lognormal(1, 100_000, 50*time.Millisecond, 0.5) {
		if i%10_000 == 0 {
			c.Tick(time.Duration(i/10_000)*time.Second, Gauges{})
		}
		c.Add(answered(time.Duration(i)*100*time.Microsecond, at.Duration()+time.Millisecond, at.Duration()))
	}
	b.ReportAllocs()
	for b.Loop() {
		c.Snapshot()
	}
}

// A request that was given up has been due, but its end says nothing of when there were answers.
func TestWallEndsWithTheLastThatWasNotGivenUp(t *testing.T) {
	results := append(steady(0, 2*time.Second), failed(1900*time.Millisecond, 3*time.Second, 0, fetcher.KindCanceled))
	c := run(LoadConfig{Beginning: begun(Asked{Model: ModelOpen})}, results, 5*time.Second, nil)
	s := c.Finish(Final{})
	if last := results[len(results)-2].End(); s.Wall != record.MicrosOf(last) || s.Cut != 1 {
		t.Errorf("wall %v, want %v; %d canceled", s.Wall.Duration(), last, s.Cut)
	}
}

// Users who send a number of requests are sent for as long as these take, and not only until the last is due.
func TestRatesOfANumberOfRequests(t *testing.T) {
	var results []*fetcher.Result
	for i := range 4 { // a user whose requests take 1 s each
		results = append(results, answered(time.Duration(i)*time.Second, time.Second, time.Second))
	}
	s := run(LoadConfig{Beginning: begun(Asked{Model: ModelClosed, Requests: 4})}, results, 5*time.Second, nil).Finish(Final{})
	if s.Rate.Sent != 1 || s.Rate.Due != 1 || s.Rate.OK != 1 || s.Planned != s.Wall {
		t.Errorf("%+v; planned %v, wall %v", s.Rate, s.Planned.Duration(), s.Wall.Duration())
	}
	s = run(LoadConfig{Beginning: begun(Asked{Model: ModelOpen, Requests: 4})}, results, 5*time.Second, nil).Finish(Final{})
	if s.Planned != millis(3000) {
		t.Errorf("in the open model the last was due at 3 s, not %v", s.Planned.Duration())
	}
}

// What has been sent cannot be taken back, whatever the gauges say.
func TestSentNeverFalls(t *testing.T) {
	sent := []int64{0, 100, 90, 200}
	c := run(LoadConfig{Beginning: begun(Asked{})}, steady(0, 3*time.Second), 3*time.Second, func(now time.Duration) Gauges {
		return Gauges{Sent: sent[now/time.Second]}
	})
	if l := c.Snapshot(); l.Sent != 200 {
		t.Errorf("%d sent", l.Sent)
	}
	s := c.Finish(Final{})
	for i, want := range []int64{100, 0, 100} {
		if got := s.Seconds[i].Sent; got != want {
			t.Errorf("%d sent in second %d, want %d", got, i, want)
		}
	}
}

// Adding results waits for nobody who makes something of those that are over.
func TestAddDoesNotWaitForThePast(t *testing.T) {
	c := run(LoadConfig{Beginning: begun(Asked{})}, steady(0, 3*time.Second), 3*time.Second, nil)
	before := c.Snapshot().OK
	c.past.Lock()
	c.Add(answered(3*time.Second, time.Millisecond, time.Millisecond))
	c.past.Unlock()
	if after := c.Snapshot().OK; after != before+1 {
		t.Errorf("%d ok, and %d before", after, before)
	}
}
