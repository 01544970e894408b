package report_test

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
)

const (
	msec   = record.Micros(1000)
	second = 1000 * msec
)

func timesOf(values ...record.Micros) *measure.Distribution {
	var t measure.Distribution
	for _, v := range values {
		t.Add(v)
	}
	return &t
}

// spread is n times from least to most, most of them near the least.
func spread(n int, least, most record.Micros) *measure.Distribution {
	var t measure.Distribution
	for i := range n {
		part := math.Pow(float64(i)/float64(max(n-1, 1)), 8)
		t.Add(least + record.Micros(part*float64(most-least)))
	}
	return &t
}

func latencyOf(n int, least, most record.Micros) measure.Latency {
	return spread(n, least, most).Latency()
}

// sidesOf are the times of successes and failures, and both together.
func sidesOf(ok, failed *measure.Distribution) measure.Latencies {
	all := ok.Clone()
	all.Merge(failed)
	return measure.Latencies{All: all.Latency(), OK: ok.Latency(), Failed: failed.Latency()}
}

// secondsOf are n entries of a series that goes up and down a little.
func secondsOf(n int, each record.Micros) []measure.Second {
	all := make([]measure.Second, n)
	for i := range all {
		wave := int64(10 * math.Sin(float64(i)/5))
		all[i] = measure.Second{
			From: record.Micros(i) * each, To: record.Micros(i+1) * each, Sent: 500, OK: 490 + wave, InFlight: 10 + wave,
			P50: new(12*msec + record.Micros(wave)*100), P90: new(20 * msec), P99: new(40*msec + record.Micros(wave)*1000), Max: new(55 * msec),
		}
	}
	return all
}

// barsOf counts the values in bars between the bounds.
func barsOf(bounds []record.Micros, counts ...int64) *measure.Histogram {
	h := &measure.Histogram{}
	for i, n := range counts {
		h.Bars = append(h.Bars, measure.Bar{From: bounds[i], To: bounds[i+1], Count: n})
	}
	return h
}

// loadSample is a run of the open model that went well.
func loadSample() *measure.LoadSummary {
	return &measure.LoadSummary{
		Asked:   measure.Asked{Target: "http://127.0.0.1:8080/1k", Model: measure.ModelOpen, Arrivals: "constant", Rate: 500, MaxInFlight: 10_000, For: 10 * second},
		Started: time.Date(2024, 3, 1, 12, 0, 0, 250e6, time.UTC),
		Planned: 10 * second, Wall: 10*second + 13*msec, Due: 5000, Sent: 5000, OK: 5000,
		Rate:     measure.Rates{Due: 500, Sent: 500, Answered: 499.4, OK: 499.4},
		Response: sidesOf(spread(5000, 800, 55*msec), spread(0, 0, 0)),
		Service:  sidesOf(spread(5000, 790, 55*msec-10), spread(0, 0, 0)),
		Lag:      latencyOf(5000, 5, 210),
		Phases: []measure.Phase{
			{Name: "blocked", Latency: latencyOf(5000, 2, 300)}, {Name: "connect", Latency: latencyOf(12, 80, 300)},
			{Name: "send", Latency: latencyOf(5000, 10, 60)}, {Name: "wait", Latency: latencyOf(5000, 700, 54*msec)}, {Name: "receive", Latency: latencyOf(5000, 20, 900)},
		},
		Bytes: 5_120_000, Wire: 5_120_000, Opened: 12, Reused: 4988, InFlight: 12,
		Statuses: measure.Counts{"200": 5000},
		Client:   measure.Client{CPU: 1200 * msec, Cores: 2, Share: 0.127},
		Seconds:  secondsOf(10, second),
		Drawn:    barsOf([]record.Micros{750, msec, 1250, 1600, 2 * msec, 10 * msec, 25 * msec, 60 * msec}, 3000, 1200, 500, 250, 0, 1, 49),
	}
}

// loadSamples are runs of all kinds, by name.
func loadSamples() map[string]*measure.LoadSummary {
	return map[string]*measure.LoadSummary{
		"clean": loadSample(), "half-failed": halfFailedLoad(), "stopped": stoppedLoad(), "empty": emptyLoad(), "one": oneRequest(), "huge": hugeLoad(),
		"grouped": groupedLoad(), "hostile": hostileLoad(), "closed": closedLoad(), "stages": stagedLoad(),
	}
}

// halfFailedLoad is a run that got 503 every other time.
func halfFailedLoad() *measure.LoadSummary {
	s := loadSample()
	s.OK, s.Failed = 2500, 2500
	s.Response = sidesOf(spread(2500, 40*msec, 300*msec), spread(2500, 400, 6*msec))
	s.Service = sidesOf(spread(2500, 40*msec, 300*msec), spread(2500, 390, 6*msec))
	s.Statuses = measure.Counts{"200": 2500, "503": 2500}
	s.Classes = measure.Counts{"http_5xx": 2490, "timeout_ttfb": 10}
	s.Retried = measure.Counts{"http_5xx": 30, "conn_reset": 4}
	s.Rate.OK = 249.7
	s.Wire = 2_100_000
	for i := range s.Seconds {
		s.Seconds[i].OK, s.Seconds[i].Failed = 250, 250
	}
	s.Checks = []measure.Check{
		{Threshold: "p99<400ms", OK: true, Measured: "254ms"},
		{Threshold: "ok>99.9%", Measured: "50.0 %"},
		{Threshold: "checkout:p99.9<1s", Measured: "there is no group \"checkout\""},
	}
	return s
}

// stoppedLoad is a run whose server stood still for 2 s of it.
func stoppedLoad() *measure.LoadSummary {
	s := loadSample()
	s.Response.OK = latencyOf(5000, msec, 2*second)
	s.Service.OK = latencyOf(5000, msec, 55*msec)
	s.InFlight = 1000
	for i := range s.Seconds {
		e := &s.Seconds[i]
		switch {
		case i == 4 || i == 5:
			e.OK, e.InFlight, e.Waiting, e.P50, e.P90, e.P99, e.Max = 0, int64(i-3)*500, 4, nil, nil, nil, nil
		case i == 6:
			e.OK, e.P50, e.P90, e.P99, e.Max = 1500, new(600*msec), new(1800*msec), new(1980*msec), new(2*second)
		}
	}
	s.Warnings = []measure.Warning{{Code: "response", Text: "Requests waited before they could be sent: one in a hundred was answered 1.9s after it was due " +
		"or later (p99 of response time), while the exchange itself took 55ms (p99 of service time). Service time alone would hide what users see: judge by response time."}}
	return s
}

// emptyLoad is a run of which nothing came.
func emptyLoad() *measure.LoadSummary {
	return &measure.LoadSummary{Asked: measure.Asked{Target: "http://127.0.0.1:8080/", Model: measure.ModelClosed, Concurrency: 10, For: 10 * second}}
}

// oneRequest is a run of one request.
func oneRequest() *measure.LoadSummary {
	l := timesOf(120 * msec).Latency()
	return &measure.LoadSummary{
		Asked: measure.Asked{Target: "http://127.0.0.1:8080/", Model: measure.ModelClosed, Concurrency: 1, Requests: 1},
		Wall:  120 * msec, Due: 1, Sent: 1, OK: 1, Rate: measure.Rates{Answered: 8.3, OK: 8.3},
		Response: measure.Latencies{All: l, OK: l}, Service: measure.Latencies{All: l, OK: l}, Bytes: 310, Wire: 310, Opened: 1, InFlight: 1,
		Statuses: measure.Counts{"200": 1}, Seconds: secondsOf(1, 120*msec), Drawn: barsOf([]record.Micros{100 * msec, 125 * msec}, 1),
	}
}

// hugeLoad is a run of a day with numbers as long as they get.
func hugeLoad() *measure.LoadSummary {
	s := halfFailedLoad()
	s.Asked.Rate, s.Asked.For, s.Asked.WarmUp, s.Asked.Arrivals, s.Asked.Seed = 123456, 24*3600*second, 90*second, "poisson", math.MaxUint64
	s.Wall = 24*3600*second + 3
	s.Sent, s.OK, s.Failed, s.Cut, s.Unsent = 10_666_598_400, 10_666_000_000, 598_400, 1234567, 7654321
	s.Rate = measure.Rates{Due: 123456, Sent: 123450, Answered: 123444.4, OK: 123440.1}
	s.WarmUp = measure.WarmUp{For: 90 * second, Requests: 11_111_040, Failed: 12}
	for _, l := range []*measure.Latency{&s.Response.All, &s.Response.OK, &s.Service.All, &s.Service.OK, &s.Response.Failed} {
		l.N, l.Max = 10_666_000_000, new(3*3600*second)
	}
	s.Bytes, s.Wire = 123_456_789_012_345, 98_765_432_109_876
	s.Opened, s.Reused, s.InFlight = 12_345_678, 10_654_000_000, 10_000
	s.Client = measure.Client{CPU: 48 * 3600 * second, Cores: 128, Share: 1}
	s.Seconds = secondsOf(3600, 24*second)
	for i := 1800; i < 1900; i++ {
		s.Seconds[i].Failed = 100_000_000
		s.Seconds[i].P99 = new(3 * 3600 * second)
	}
	s.Drawn = barsOf([]record.Micros{0, 1, 3 * 3600 * second}, 1, 10_666_000_000)
	return s
}

// groupedLoad is a run of a list, by its kinds of request.
func groupedLoad() *measure.LoadSummary {
	s := loadSample()
	s.Asked.Target, s.Asked.GroupBy = "30 requests of list.csv", "kind"
	group := func(by, name string, ok, failed int) {
		s.Groups = append(s.Groups, measure.Group{By: by, Name: name, OK: int64(ok), Failed: int64(failed), Bytes: int64(ok) * 1024,
			Response: sidesOf(spread(ok, msec, 80*msec), spread(failed, msec, 2*msec)),
			Service:  sidesOf(spread(ok, msec, 70*msec), spread(failed, msec, 2*msec))})
	}
	for i := range 30 {
		group("url", fmt.Sprintf("http://127.0.0.1:8080/a/rather/long/path/to/number/%d", i+1), 300-i, i%2)
	}
	group("host", "127.0.0.1:8080", 4000, 15)
	group("host", "shop.test:443", 985, 0)
	group("kind", "search", 4500, 15)
	group("kind", "checkout", 480, 0)
	group("kind", "(none)", 5, 0)
	return s
}

// hostileLoad is a run with names that would do harm.
func hostileLoad() *measure.LoadSummary {
	s := halfFailedLoad()
	evil := "\x1b[31m=cmd|' /C calc'!A0\r\n\t\u202e<script>,\"`*[x](y)\xff" + string(rune(0x85))
	s.Asked.Target, s.Asked.Stages, s.Asked.Arrivals, s.Asked.GroupBy = evil, evil, evil, evil
	s.Statuses = measure.Counts{evil: 3}
	s.Classes = measure.Counts{evil: 4}
	s.Notes = measure.Counts{evil: 5}
	s.Phases[0].Name = evil
	s.Warnings = []measure.Warning{{Code: evil, Text: evil}}
	s.Checks = []measure.Check{{Threshold: evil, Measured: evil}, {Threshold: "@x", Measured: "y"}}
	s.Groups = []measure.Group{{By: evil, Name: evil, OK: 1}, {By: evil, Name: "=1+1", OK: 1}, {By: evil, Name: "日本語の名前", OK: 1}}
	return s
}

// closedLoad is a run of users, long enough that its course is drawn.
func closedLoad() *measure.LoadSummary {
	s := loadSample()
	s.Asked = measure.Asked{Target: "http://127.0.0.1:8080/1k", Model: measure.ModelClosed, Concurrency: 50, Requests: 30_000}
	s.Seconds = secondsOf(60, second)
	s.Seconds[20].P99 = new(1400 * msec)
	return s
}

// stagedLoad is a run whose rate goes up, and fails at its height.
func stagedLoad() *measure.LoadSummary {
	s := halfFailedLoad()
	s.Asked.Rate, s.Asked.Stages, s.Asked.For, s.Asked.Think = 0, "10s:100/s,30s:1000/s,10s:0", 0, 1500*msec
	s.Seconds = append(secondsOf(200, second), measure.Second{From: 200 * second, To: 200*second + 2*msec, OK: 9})
	for i := range s.Seconds {
		s.Seconds[i].OK = int64(100 - max(i-100, 100-i))
		if i > 90 && i < 110 {
			s.Seconds[i].Failed = 3
		}
	}
	return s
}

// intervals are those of two seconds of warm-up and three seconds of a run.
func intervals() iter.Seq[*measure.Interval] {
	var all []*measure.Interval
	for i := range record.Micros(5) {
		all = append(all, &measure.Interval{
			From: i * second, To: (i + 1) * second, WarmUp: i < 2,
			Times: measure.Times{Response: *spread(100, msec, 50*msec), Service: *spread(100, msec, 40*msec)}, Lag: *timesOf(10, 20),
		})
	}
	all[3].FailedResponse, all[3].FailedService = *timesOf(5*msec, 6*msec), *timesOf(4*msec, 5*msec)
	all[4].Response, all[4].Service, all[4].Lag = measure.Distribution{}, measure.Distribution{}, measure.Distribution{}
	return slices.Values(all)
}
