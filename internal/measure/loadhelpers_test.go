package measure

import (
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

// answered is a success that was due at an instant and took so long, of which the server took service.
func answered(due, response, service time.Duration) *fetcher.Result {
	return &fetcher.Result{
		Request: &fetcher.Request{URL: "http://one.test/"}, Due: due, Queue: response - service, Service: service, Response: response,
		Status: 200, Bytes: 1000, WireBytes: 500,
		Attempts: []fetcher.Attempt{{Start: due, Status: 200, Hops: []fetcher.Hop{{
			Host: "one.test:80", Status: 200, Remote: "127.0.0.1:80", Reused: true,
			Phases: fetcher.Phases{Send: time.Microsecond, Wait: service - 2*time.Microsecond, Receive: time.Microsecond},
		}}}},
	}
}

// failed is answered with an error.
func failed(due, response time.Duration, status int, kind fetcher.Kind) *fetcher.Result {
	r := answered(due, response, response)
	err := &fetcher.Error{Kind: kind}
	r.Status, r.Err = status, err
	a := &r.Attempts[0]
	a.Status, a.Err, a.Hops[0].Status = status, err, status
	return r
}

// begun is the beginning of a test whose client has 2 cores.
func begun(asked Asked) Beginning {
	return Beginning{Asked: asked, Started: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), Cores: 2}
}

// run gives results to a new collector as they end, with a Tick at each second and at the end. The gauges are those of
// gauge, which may be nil.
func run(config LoadConfig, results []*fetcher.Result, end time.Duration, gauge func(now time.Duration) Gauges) *LoadCollector {
	c := NewLoad(config)
	tick := func(now time.Duration) {
		g := Gauges{}
		if gauge != nil {
			g = gauge(now)
		}
		c.Tick(now, g)
	}
	tick(0)
	for now := time.Second; ; now += time.Second {
		for _, r := range results {
			if r.End() >= now-time.Second && r.End() < now {
				c.Add(r)
			}
		}
		if now >= end {
			break
		}
		tick(now)
	}
	tick(end)
	return c
}

func millis(n float64) record.Micros { return record.Micros(n * 1000) }
