package report_test

import (
	"fmt"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/measure/lesson"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report"
)

func ms(n float64) record.Micros { return record.Micros(n * 1000) }

func msp(n float64) *record.Micros { m := ms(n); return &m }

var run = &report.Run{
	Version: "1.0.0", Started: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), Args: []string{"fetch", "-c", "10", "slow.txt"}, Concurrency: 10,
}

// rec is a record of one attempt with one hop, on which the tests build.
func rec(seq int64, name, url string, service float64) *record.Record {
	return &record.Record{
		Seq: seq, Page: 1, ID: fmt.Sprintf("%024x", seq), Name: name, Method: "GET", URL: url, FinalURL: url, Host: "127.0.0.1:8000",
		OK: true, Status: 200, Service: ms(service), Response: ms(service), Bytes: 19, WireBytes: 19, ContentType: "application/json",
		Attempts: []record.Attempt{{Status: 200, Hops: []record.Hop{{
			URL: url, Host: "127.0.0.1:8000", Status: 200, Proto: "HTTP/1.1", Remote: "127.0.0.1:8000",
			Phases: record.Phases{Connect: ms(0.25), Send: ms(0.05), Wait: ms(service - 0.4), Receive: ms(0.1)},
		}}}},
	}
}

func failed(r *record.Record, status int, class, text string) *record.Record {
	r.OK, r.Status, r.Class, r.Error = false, status, class, text
	a := &r.Attempts[len(r.Attempts)-1]
	a.Status, a.Class, a.Error = status, class, text
	a.Hops[0].Status = status
	return r
}

// slow is a run of ten requests that wait, in the order in which they end.
func slow() ([]*record.Record, *measure.Summary) {
	var rs []*record.Record
	for _, i := range []int{4, 7, 1, 3, 6, 8, 9, 2, 0, 5} {
		wait := []float64{7, 2, 6, 4, 0, 9, 4, 2, 5, 5}[i]
		rs = append(rs, rec(int64(i+1), "", fmt.Sprintf("http://127.0.0.1:8000/%g", wait), wait*1000+1.2))
	}
	s := &measure.Summary{
		Requests: 10, OK: 10, Hosts: 1, Attempts: 10, Hops: 10, Bytes: 190,
		Wall: ms(9003), Serial: ms(44012), SerialBasis: "estimated", Speedup: 44012.0 / 9003, Floor: ms(9001.2), Efficiency: 9001.2 / 9003, Bound: "longest_request",
		PerHost: []measure.Host{{Host: "127.0.0.1:8000", N: 10, OK: 10, Rate: 1.1, Last: ms(9003), Latency: measure.Brief{N: 10, P50: msp(4001)}}},
	}
	s.Latency.OK = measure.Brief{N: 10, Min: msp(1.2), Mean: msp(4401), P50: msp(4001.2), P90: msp(7001.2), Max: msp(9001.2)}
	return rs, s
}

// mixed is a run with names, retries, failures of several classes, and several hosts.
func mixed() ([]*record.Record, *measure.Summary) {
	retried := rec(1, "water", "http://pubchem.test/rest/pug/compound/name/water/property/MolecularWeight,MolecularFormula,IUPACName/JSON", 61)
	retried.Attempts = append([]record.Attempt{{Status: 503, Class: "rate_limited", Error: "503 Service Unavailable", Backoff: ms(1320)}}, retried.Attempts...)
	retried.Backoff, retried.Limiter, retried.Response = ms(1320), ms(200), ms(1581)
	paged := rec(2, "all pages", "http://api.test/page/2", 23)
	paged.Page = 2
	rs := []*record.Record{
		rec(3, "acetic acid", "http://pubchem.test/rest/pug/compound/name/acetic%20acid/property/MolecularWeight/JSON", 48),
		failed(rec(4, "nowhere", "http://no-such-host.invalid/", 3), 0, "dns", `Get "http://no-such-host.invalid/": dial tcp: lookup no-such-host.invalid: no such host`),
		failed(rec(5, "missing", "http://api.test/status/404?indicator_ids=1,2,3", 12), 404, "http_4xx", "404 Not Found"),
		paged, rec(2, "all pages", "http://api.test/page/1", 22), retried,
		failed(rec(6, "too slow", "http://api.test/delay/30", 1000), 0, "timeout_ttfb", "timeout ttfb"),
		failed(rec(7, "stopped", "http://api.test/delay/31", 700), 0, "canceled", "context canceled"),
	}
	rs[2].ErrorBody = "no such indicator: 3"
	for _, r := range rs {
		r.Row = fetcher.Row{{Column: "cid", Value: fmt.Sprint(700 + r.Seq)}, {Column: "url", Value: "=1+1"}}
	}
	s := &measure.Summary{
		Requests: 9, OK: 4, Failed: 3, Canceled: 1, NotStarted: 1, Skipped: 2, Hosts: 12, Attempts: 9, Hops: 8, Bytes: 4211,
		Wall: ms(1605), Serial: ms(1930), SerialBasis: "estimated", Speedup: 1.2025, Floor: ms(1581), Efficiency: 0.985, Bound: "host_rate", BoundHost: "pubchem.test:80",
		Classes: measure.Counts{"dns": 1, "http_4xx": 1, "timeout_ttfb": 1}, Retried: measure.Counts{"rate_limited": 1}, RetriedService: ms(4),
		Errors: measure.Errors{"http_4xx": "404 Not Found: no such indicator: 3"},
		Advice: "fetch retry run.journal goes on with the 3 that failed; with -c 20 nothing is gained, as the limit of pubchem.test holds it up",
	}
	s.Latency.OK = measure.Brief{N: 4, Min: msp(22), Mean: msp(38.5), P50: msp(23), Max: msp(61)}
	s.Latency.Failed = measure.Brief{N: 3, Min: msp(3), Mean: msp(338), P50: msp(12), Max: msp(1000)}
	s.Waited.Limiter, s.Waited.Backoff = ms(200), ms(1320)
	for i, h := range []string{"api.test:80", "pubchem.test:443", "no-such-host.invalid:80", "a.test:81", "b.test:82", "c.test:83", "d.test:84", "e.test:85", "f.test:86", "g.test:87", "(others)"} {
		host := measure.Host{Host: h, N: int64(20 - i), OK: int64(18 - i), Failed: 2, Rate: 12.5, Latency: measure.Brief{N: 2, P50: msp(22)}}
		if i == 1 {
			host.RateLimited = 1
		}
		s.PerHost = append(s.PerHost, host)
	}
	return rs, s
}

// resumed is a run in three legs: one request was done again, and one was cut off between its pages.
func resumed() ([]*record.Record, *measure.Summary) {
	page := rec(1, "all pages", "http://api.test/page/1", 20)
	page.More = true
	last := rec(1, "all pages", "http://api.test/page/2", 30)
	last.Page = 2
	again := rec(2, "again", "http://api.test/again", 40)
	again.Due, again.EarlierAttempts = ms(55), 4
	again.Attempts[0].Start, again.Attempts[0].Hops[0].Start = ms(55), ms(55)
	s := &measure.Summary{
		Requests: 3, OK: 3, Hosts: 1, Attempts: 7, Hops: 3, Bytes: 57, Legs: 3,
		Wall: ms(96), Serial: ms(90), SerialBasis: "estimated", Speedup: 0.9375, Floor: ms(40), Efficiency: 40.0 / 96, Bound: "longest_request",
		PerHost: []measure.Host{{Host: "api.test:80", N: 3, OK: 3, Rate: 31.6, Last: ms(95), Latency: measure.Brief{N: 3, P50: msp(30)}}},
	}
	s.Latency.OK = measure.Brief{N: 3, Min: msp(20), Mean: msp(30), P50: msp(30), Max: msp(40)}
	return []*record.Record{page, last, again}, s
}

// paced is a run over hosts that did not bear all that was asked of them.
func paced() ([]*record.Record, *measure.Summary) {
	refused := rec(1, "", "http://pubchem.test/1", 61)
	refused.Host = "pubchem.test:80"
	refused.Attempts = append([]record.Attempt{{Status: 503, Class: "rate_limited", Error: "503 Service Unavailable", Backoff: ms(1320), RetryAfter: ms(1000), Requeued: true}},
		refused.Attempts...)
	refused.Backoff, refused.Response = ms(1320), ms(1381)
	s := &measure.Summary{
		Requests: 300, OK: 290, Failed: 10, Hosts: 4, Attempts: 330, Hops: 320, Wall: ms(66_000), Serial: ms(60_000), SerialBasis: "estimated", Speedup: 0.909,
		Floor: ms(6000), Efficiency: 6.0 / 66, Bound: measure.BoundLearnedRate, BoundHost: "pubchem.test:80",
		Classes: measure.Counts{"circuit_open": 10}, Retried: measure.Counts{"rate_limited": 30}, RetriedService: ms(60), Notes: measure.Counts{"retry_budget": 2},
		Advice: "pubchem.test was found to sustain 4.8/s after 12 refusals; --rate-host pubchem.test=4.8/s would apply that from the start",
	}
	s.Waited.Limiter, s.Waited.Backoff = ms(900_000), ms(41_000)
	learned := &lesson.Learned{
		Changes: 5, Quota: &lesson.Quota{Requests: 100, Seconds: 60, Kept: true}, Stated: 100.0 / 60, Pace: &lesson.Bearing{Bears: 4.86666666, Lowest: 2.4, Mean: 4.1, Last: 4.7, Held: ms(64_000)},
		Events: []record.HostEvent{{At: ms(300), Host: "pubchem.test:80", Change: "quota", To: 100, From: 60},
			{At: ms(2300), Host: "pubchem.test:80", Change: "pace", To: 4.7, Why: "7 × 503, Yellow"}},
	}
	pubchem := &measure.Pace{Learned: learned, Peak: 10, Refused: measure.Counts{"503": 12, "429": 2}, Requeued: 13, RetryAfter: &measure.Honoured{Asked: 14, Honoured: 14}}
	pubchem.Asked.Slots = 10
	pubchem.Waited.Limiter, pubchem.Waited.Backoff, pubchem.Waited.Requeued = ms(900_000), ms(17_100), ms(16_000)
	slots := &measure.Pace{Peak: 10, Refused: measure.Counts{"503": 3}, Requeued: 3,
		Learned: &lesson.Learned{Changes: 2, Slots: &lesson.Bearing{Bears: 3, Lowest: 3, Mean: 3, Held: ms(9000)}, Pauses: 2, Paused: ms(12_000),
			Events: []record.HostEvent{{At: ms(100), Host: "fingertips.test:80", Change: "slots", From: 10, To: 3, Why: "3 × 503"}}}}
	slots.Asked.Slots, slots.Asked.PerSecond = 10, 20
	down := &measure.Pace{Learned: &lesson.Learned{Changes: 1, GivenUp: 1,
		Events: []record.HostEvent{{At: ms(4000), Host: "dead.test:8080", Change: "circuit_open", Why: "connection refused"}}}}
	quota := &measure.Pace{Learned: &lesson.Learned{Changes: 1, Events: []record.HostEvent{{Host: "willing.test:80", Change: "quota", From: 60, To: 1000}}}}
	s.PerHost = append(s.PerHost,
		measure.Host{Host: "pubchem.test:80", N: 250, OK: 250, RateLimited: 14, Rate: 4.2, Pace: pubchem, Last: ms(66_000)},
		measure.Host{Host: "fingertips.test:80", N: 40, OK: 40, RateLimited: 3, Rate: 11, Pace: slots},
		measure.Host{Host: "dead.test:8080", N: 10, Failed: 10, Pace: down}, measure.Host{Host: "willing.test:80", N: 1, OK: 1, Pace: quota})
	return []*record.Record{refused}, s
}

// hostile is a run whose every text came from someone who means ill, or who writes Chinese.
func hostile() ([]*record.Record, *measure.Summary) {
	bad := "\x1b]0;owned\x07\u009b31m\u202e\u2066\r\n\t\x00\x7f|`<b>[x](y)\"',=1+1"
	r := rec(1, bad, "http://h.test/"+bad, 5)
	r.Host, r.FinalURL, r.ContentType, r.Notes, r.ID = bad, bad, bad, []string{bad}, bad
	r.Row = fetcher.Row{{Column: "=" + bad, Value: bad}, {Column: "-5", Value: "-5"}, {Column: "d", Value: "\tx"}}
	f := failed(rec(2, "@SUM(A1)", "http://h.test/", 5), 500, "http_5xx", "500 "+bad)
	f.Row = fetcher.Row{{Column: "=" + bad, Value: "+44 20"}, {Column: "-5", Value: "-5+cmd|x"}, {Column: "d", Value: "\rx"}}
	wide := rec(3, "酢酸エチルとメタノールの混合物についての問い合わせ", "http://例え.test/検索/酢酸エチル", 5)
	bad += "\xff" // in a record there are no such bytes
	s := &measure.Summary{
		Requests: 3, OK: 2, Failed: 1, Hosts: 2, Attempts: 3, Hops: 3, Wall: ms(5), Serial: ms(15), SerialBasis: bad, Speedup: 3, Floor: ms(5), Efficiency: 1, Bound: "host_slots", BoundHost: bad,
		Classes: measure.Counts{bad: 1}, Retried: measure.Counts{bad: 1}, Advice: bad,
		PerHost: []measure.Host{{Host: bad, N: 2, Pace: &measure.Pace{Refused: measure.Counts{bad: 1},
			Learned: &lesson.Learned{Changes: 1, Pauses: 1, Events: []record.HostEvent{{Host: bad, Change: "pause", To: 5, Why: bad}}}}}, {Host: "例え.test:80", N: 1}},
	}
	return []*record.Record{r, f, wide}, s
}

// many is a run of n results, with failures of two classes.
func many(n int) ([]*record.Record, *measure.Summary) {
	var rs []*record.Record
	for i := range n {
		seq := int64((i*7919)%n + 1) // not in order
		r := rec(seq, "", fmt.Sprintf("http://127.0.0.1:8000/item/%d", seq), float64(seq%977)+0.5)
		switch {
		case seq%50 == 0:
			failed(r, 500, "http_5xx", "500 Internal Server Error")
		case seq%1000 == 1:
			failed(r, 0, "conn_reset", "EOF")
		}
		rs = append(rs, r)
	}
	_, s := slow()
	s.Requests, s.OK, s.Failed = int64(n), int64(n)-int64(n/50)-int64(n/1000), int64(n/50)+int64(n/1000)
	s.Classes = measure.Counts{"http_5xx": int64(n / 50), "conn_reset": int64(n / 1000)}
	return rs, s
}
