package live

import (
	"math"
	"time"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
)

// open is the plan of the tests: 1,000/s for 30 s.
var open = Load{Asked: measure.Asked{Model: measure.ModelOpen, Rate: 1000}, End: 30 * time.Second}

// sample is a test in its 13th second: 12,000 answers, whose times are lognormal: p50 50 ms, p99 500 ms.
func sample() measure.Live {
	l := measure.Live{At: 12_000_000, Interval: measure.Interval{
		Sent: 12_062, InFlight: 50, OK: 11_988, Failed: 12, Bytes: 30_000_000, Wire: 12_300_000,
		Opened: 50, Reused: 11_950,
		Statuses: measure.Counts{"200": 11_988, "503": 10},
		Classes:  measure.Counts{"http_5xx": 10, "timeout_ttfb": 2},
		Retried:  measure.Counts{"conn_reset": 4},
	}}
	const times = 11_988
	for i := range times {
		rank := (float64(i) + 0.5) / times
		at := record.Micros(50_000 * math.Pow(10, math.Erfinv(2*rank-1)/math.Erfinv(0.98)))
		l.Response.Add(at)
		l.Service.Add(at - at/20)
		l.Lag.Add(100)
	}
	for i := range 12 {
		l.FailedResponse.Add(record.Micros(1000 * i))
		l.FailedService.Add(record.Micros(1000 * i))
	}
	for i := range 12 {
		second := measure.Second{From: record.Micros(i) * 1e6, To: record.Micros(i+1) * 1e6, Sent: 1000,
			OK: int64(880 + 10*i), P99: new(record.Micros(100_000 * (1 + i%4))), Max: new(record.Micros(900_000))}
		if i == 7 {
			second.Failed = 12
		}
		l.Seconds = append(l.Seconds, second)
	}
	l.Recent = measure.Interval{To: 10e6, OK: 9988, Failed: 12, Sent: 10_000, Times: l.Times}
	return l
}

// at is a look at a test in which so much had happened.
func (v Load) at(l measure.Live, elapsed time.Duration) *frame {
	return &frame{Load: &v, live: &l, elapsed: elapsed}
}

func (v Load) metrics(l measure.Live) string {
	v.Snapshot = func() measure.Live { return l }
	return v.Metrics()
}
