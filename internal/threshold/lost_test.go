package threshold_test

import (
	"testing"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/threshold"
)

// A threshold is lost where nothing that may still come makes it hold: 100 answers of 100 ms, 10 of them failures, and so many
// more in 10 s in all. What is not known as yet is not lost.
func TestLost(t *testing.T) {
	collector := measure.NewLoad(measure.LoadConfig{Beginning: measure.Begin(measure.Asked{Model: measure.ModelOpen}, time.Unix(0, 0))})
	collector.Tick(0, measure.Gauges{})
	for i := range 100 {
		r := &fetcher.Result{Request: &fetcher.Request{URL: "http://a.test/"}, Due: time.Duration(i) * 9 * time.Millisecond,
			Service: 100 * time.Millisecond, Response: 100 * time.Millisecond}
		if i%10 == 0 {
			r.Err = &fetcher.Error{Kind: fetcher.KindConnect}
		}
		collector.Add(r)
	}
	collector.Tick(time.Second, measure.Gauges{Sent: 100})
	for text, lostUntil := range map[string]int64{ // with that many still to come it is lost, and with one more it is not
		"failed<5 requests": 1 << 20, "failed<=9 requests": 1 << 20, "failed<=10 requests": -1,
		"failed<=1%": 899, "failed<1%": 900, "ok>99%": 900, "ok>=99%": 899, "ok<80%": 12, "ok>=80%": -1,
		"p90.ok<100ms": 809, "max.ok<100ms": 1 << 20, "max.ok<=100ms": -1, "min.ok>100ms": 1 << 20, "mean.ok<10ms": 810, "p95.ok<1ms": 1709, "p99.ok<1ms": -1, "p99.ok>1s": -1,
		"p95<1ms": 1899, "max<=100ms": -1, "p95>1s": 5,
		"p50.ok>1s": 90, "failed.max<1ms": 1 << 20, "failed.p50<1ms": 9,
		"ok_rate>100/s": 910, "rate>=100/s": -1, "rate>100/s": 900, "requests>=1000": 899, "not_started<1 request": -1,
		"http://a.test/:failed<1%": 900, "http://b.test/:p50<1ms": -1,
	} {
		limit, err := threshold.Parse(text, nil)
		if err != nil {
			t.Fatal(err)
		}
		lost := func(rest int64) bool {
			return limit.Lost(collector.Futures(measure.Future{Requests: rest, Planned: 10 * time.Second}, limit.Group() != ""))
		}
		if lostUntil >= 0 && !lost(lostUntil) {
			t.Errorf("%s is not lost with %d to come", text, lostUntil)
		}
		if lostUntil < 1<<20 && lost(lostUntil+1) {
			t.Errorf("%s is lost with %d to come", text, lostUntil+1)
		}
	}
	slow, _ := threshold.Parse("rate<50/s", nil) // until now it is 100/s; if nothing more comes, 10/s
	if slow.Lost(collector.Futures(measure.Future{Requests: 1000, Planned: 10 * time.Second}, false)) {
		t.Error("a rate that may still fall is lost")
	}
	few := measure.NewLoad(measure.LoadConfig{})
	few.Tick(0, measure.Gauges{})
	limit, _ := threshold.Parse("p99<1ms", nil)
	if limit.Lost(few.Futures(measure.Future{}, false)) {
		t.Error("what nothing is known of is lost")
	}
}
