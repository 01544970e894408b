package threshold_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/threshold"
)

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                 "it has no <, <=, > or >=",
		"p99":              "it has no <, <=, > or >=; write one such as 'p99<250ms', in quotes",
		"p99=1s":           "it has no <",
		"p99==1s":          "it has no <",
		"<1s":              "it does not say of what",
		":p99<1s":          "there is no group before the ':'",
		"a:<1s":            "it does not say of what",
		"p999<1s":          "p999 is not a valid percentile: percentiles are above 0 and below 100, with at most 4 decimals; did you mean p99.9?",
		"service.p9995<1s": "did you mean p99.95?",
		"p100<1s":          "p100 is not a valid percentile: percentiles are above 0 and below 100, with at most 4 decimals, such as p99.9; the extremes are min and max",
		"p0<1s":            "p0 is not a valid percentile",
		"p0.0<1s":          "p0.0 is not a valid percentile",
		"p.5<1s":           "p.5 is not a valid percentile",
		"p99.<1s":          "p99. is not a valid percentile",
		"p99.99999<1s":     "p99.99999 is not a valid percentile",
		"p9e1<1s":          "p9e1 is not a valid percentile",
		"p99.5.5<1s":       `"p99.5.5" is not known`,
		"p99.5.okk<1s":     `"p99.5.okk" is not known`,
		"p99.ok.ok<1s":     `"p99.ok.ok" is not known`,
		"ok.p99<1s":        `"ok.p99" is not known; did you mean p99.ok?`,
		"failed.p99.ok<1s": `"failed.p99.ok" is not known; did you mean failed.p99?`,
		"lag.p99.ok<1s":    `"lag.p99.ok" is not known; did you mean lag.p99?`,
		"mxa.ok<1s":        `"mxa.ok" is not known; did you mean max.ok?`,
		"faild<1":          `"faild" is not known; did you mean failed?`,
		"avg<1s":           `"avg" is not known; did you mean mean?`,
		"service.med.ok<1": `"service.med.ok" is not known; did you mean service.p50.ok?`,
		"a:p(97.5)<200":    `"p(97.5)" is not known; did you mean p97.5?`,
		"error_rate<1%":    `"error_rate" is not known; did you mean failed?`,

		"p99<100":             "the number has no unit; write 'p99<100ms', which is what k6 means, or 'p99<100s'",
		"shop:p99.5.ok <= .5": "write 'shop:p99.5.ok <=0.5ms', which is what k6 means, or 'shop:p99.5.ok <=0.5s'",
		"max<=0":              "write 'max<=0ms'",
		"lag.p99<1e3":         "write 'lag.p99<1000ms'",
		"ok>99":               "the number has no unit; write 'ok>99%' or 'ok>99 requests'",
		"ok>99.9":             "the number has no unit; write 'ok>99.9%'",
		"ok>1000":             "the number has no unit; write 'ok>1000 requests'",
		"failed<0.01":         "the number has no unit; write 'failed<1%'",
		"*:failed<=1":         "write '*:failed<=1%' or '*:failed<=1 requests'",
		"canceled<3":          "write 'canceled<3%' or 'canceled<3 requests'",
		"not_started<7":       "write 'not_started<7%' or 'not_started<7 requests'",
		"failed<0.5 requests": "failed is a share or a count",
		"failed<requests":     "failed is a share or a count",
		"failed<5% requests":  "failed is a share or a count",
		"p99<5 requests":      "p99 is a time",
		"P99<1s":              `"P99" is not known; did you mean p99?`,
		"service.maxx<1s":     `"service.maxx" is not known; did you mean service.max?`,
		"latency<1s":          `"latency" is not known; there are ok, failed, canceled, not_started, requests, rate, ok_rate, p50`,
		"p99:checkout<1s":     `"checkout" is not known`,
		"other.p99<1s":        `"other.p99" is not known`,
		"p99=<1s":             `"p99=" is not known; did you mean p99?`,
		"service.ok<1":        `"service.ok" is not known`,
		"p99<":                "p99 is a time; write one such as 250ms or 1.5s",
		"p99<fast":            "p99 is a time",
		"p99<-1s":             "p99 is a time",
		"p99<250%":            "p99 is a time",
		"p99<1e300":           "p99 is a time",
		"p99<NaN":             "p99 is a time",
		"rate>900":            "rate is a rate; write one such as 900/s",
		"rate>/s":             "rate is a rate",
		"rate>1/":             "rate is a rate",
		"rate>1/0s":           "rate is a rate",
		"rate>1/fortnight":    "rate is a rate",
		"ok>all":              "ok is a share or a count; write one such as 99.9% or '5 requests'",
		"ok>%":                "ok is a share or a count",
		"requests>5%":         "requests is a number",
		"ok>100%":             "a share is at most 100 %; write 'ok>=100%'",
		"ok>=101%":            "a share is at most 100 %",
		"failed<0":            "nothing is less than 0; write 'failed<=0'",
		"p99<0ms":             "nothing is less than 0",
		"shop:lag.p99<1ms":    "lag.p99 is known of the whole only, not of a group; leave 'shop:' out",
		"*:not_started<=0":    "not_started is known of the whole only",
	} {
		if got, err := threshold.Parse(text, nil); err == nil || !strings.Contains(err.Error(), want) || got != (threshold.Threshold{}) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// ms gives times of so many milliseconds.
func ms(f float64) *record.Micros {
	m := record.Micros(f * 1000)
	return &m
}

// sides are the times of successes, and of failures which took no longer, so that of all the figures are those of successes.
func sides(ok, failed measure.Latency) measure.Latencies {
	all := ok
	all.N += failed.N
	return measure.Latencies{All: all, OK: ok, Failed: failed}
}

// example is a run of 10,000 requests in 10 s of which 50 failed.
func example() *measure.LoadSummary {
	times := func(n int64, factor float64) measure.Latency {
		return measure.Latency{
			N: n, Min: ms(5 * factor), Mean: ms(60 * factor), P50: ms(50 * factor), P75: ms(80 * factor), P90: ms(100 * factor),
			P95: ms(150 * factor), P99: ms(250 * factor), P999: ms(400 * factor), Max: ms(500 * factor),
		}
	}
	few := measure.Latency{N: 50, Min: ms(1), Mean: ms(2), P50: ms(2), P90: ms(3), P95: ms(4), Max: ms(9)}
	s := &measure.LoadSummary{
		Asked:   measure.Asked{Target: "http://shop.test/", GroupBy: "page"},
		Started: time.Date(2025, 1, 2, 3, 4, 5, 6e8, time.FixedZone("", 3600)), Wall: record.MicrosOf(10 * time.Second),
		Due: 10_010, Sent: 10_003, OK: 9_950, Failed: 50, Cut: 3, Unsent: 7,
		Rate:     measure.Rates{Due: 1001, Sent: 1000.3, Answered: 1000, OK: 995},
		Response: sides(times(9_950, 1), few),
		Service:  sides(times(9_950, 0.5), few),
		Lag:      measure.Latency{N: 10_000, P50: ms(0.1), P99: ms(1), Max: ms(4)},
		Classes:  measure.Counts{"http_5xx": 48, "timeout_ttfb": 2},
	}
	group := func(by, name string, ok, failed int64, factor float64) measure.Group {
		l := sides(times(ok, factor), measure.Latency{N: failed})
		return measure.Group{By: by, Name: name, OK: ok, Failed: failed, Response: l, Service: l}
	}
	s.Groups = []measure.Group{
		group("url", "http://shop.test:8080/?a<b:c", 6_000, 0, 0.5),
		group("url", "http://shop.test:8080/pay", 3_950, 50, 2),
		group("host", "shop.test:8080", 5_000, 0, 1),
		group("host", "shop.test:8081", 4_950, 50, 1.5),
		group("page", "home", 6_000, 0, 0.5),
		group("page", "pay", 3_000, 50, 2),
		group("page", "cart", 950, 0, 1),
		group("other", "cart", 10, 0, 9),
	}
	return s
}

func TestCheck(t *testing.T) {
	for text, want := range map[string]string{ // what is crossed begins with a !
		"p99<251ms": "250ms", "p99<250ms": "!250ms", "p99<=250ms": "250ms", "p99>250ms": "!250ms", "p99>=.25s": "250ms",
		" p99 < 0.3s ": "250ms", "p50<1s": "50ms", "p75<1s": "80ms", "p90<1s": "100ms", "p95<1s": "150ms", "p99.9<1s": "400ms",
		"mean<100ms": "60ms", "min<1s": "5.0ms", "max<1s": "500ms", "response.p99<1s": "250ms", "service.p99<1s": "125ms",
		"p99.99.ok<1h": "!too few to tell: 9,950, and p99.99 takes 10,000",
		"p99.all<1s":   "250ms", "p99.ok<1s": "250ms", "service.p99.ok<1s": "125ms", "service.p99.failed>1ms": "!too few to tell: 50, and p99 takes 100",
		"p95.failed<5ms": "4.0ms", "max.ok<1s": "500ms",
		"p99<249.9ms": "!250ms", "max<=499.9999ms": "!500ms", "p99<250.1ms": "250ms", "p99<250.00001ms": "250ms",

		"lag.p99<=1ms": "1.0ms", "lag.p90<1s": "!too few to tell: 10,000, and p90 takes 10",
		"failed.p95<5ms": "4.0ms", "failed.p99<10ms": "9.0ms (the maximum of 50 failures)", "failed.p99<9ms": "!9.0ms (the maximum of 50 failures)",
		"failed.p99>1ms": "!too few to tell: 50, and p99 takes 100",

		"ok>99%": "99.5 % (9,950 of 10,000)", "ok>99.5%": "!99.5 % (9,950 of 10,000)", "ok>=99.5 %": "99.5 % (9,950 of 10,000)",
		"failed>=0": "50 of 10,000", "failed<=0.5%": "0.5 % (50 of 10,000)", "failed<0.5%": "!0.5 % (50 of 10,000)", "failed<51 requests": "50 of 10,000", "failed<=0": "!50 of 10,000",
		"canceled<=3 requests": "3 of 10,010", "not_started < 7 requests": "!7 of 10,010", "not_started<1%": "0.1 % (7 of 10,010)", "requests>=10003": "10,003",
		"rate>900/s": "1,000/s", "rate>=60000/m": "1,000/s", "rate>1000/s": "!1,000/s", "rate > 3600000 / h": "!1,000/s", "rate>=10000/10s": "1,000/s",
		"rate<1000.2/s": "1000.000/s", "ok_rate>994/s": "995.0/s",

		"pay:p99<1s": "500ms", "pay:ok>99%": "!98.4 % (3,000 of 3,050)", "pay:rate>300/s": "305.0/s", "pay:ok_rate>=300/s": "300.0/s",
		"pay:requests>=3050": "3,050", " home : p50 < 30ms": "25ms", "home:failed.p99<1ms": "no request failed", "home:failed.p99>1ms": "!no request failed",
		"http://shop.test:8080/?a<b:c:p99<1s": "125ms",
		"shop.test:8081:p99<1s":               "375ms", "SHOP.test:8081:p99<1s": "375ms",
		"shop.test:p99<1s":    "in 2 groups, at worst shop.test:8081: 375ms",
		"shop.test:p99<300ms": "!1 of 2 groups: shop.test:8081: 375ms",
		"cart:p99<1s":         "!1 of 2 groups: cart: 2.2s",
		"*:p99<1s":            "in 3 groups, at worst pay: 500ms",
		"*:p99<200ms":         "!2 of 3 groups: pay: 500ms; cart: 250ms",
		"*:requests>900":      "in 3 groups, at worst cart: 950",
		"*:ok>=100%":          "!1 of 3 groups: pay: 98.4 % (3,000 of 3,050)",
		"payy:p99<1s":         "!there is no group payy; did you mean pay?",
		"nothing like:p99<1s": "!there is no group nothing like among the 8 there are, which the JSON form lists",
	} {
		parsed, err := threshold.Parse(text, nil)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		c := parsed.Check(example())
		got := c.Measured
		if !c.OK {
			got = "!" + got
		}
		if got != want || c.Threshold != text || parsed.String() != text {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func check(t *testing.T, text string, s *measure.LoadSummary) measure.Check {
	t.Helper()
	parsed, err := threshold.Parse(text, nil)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Check(s)
}

// TestExactShares: a share that is just the limit is not beyond it by rounding.
func TestExactShares(t *testing.T) {
	const all = 10_000
	for n := int64(1); n < all; n += 7 {
		s := &measure.LoadSummary{Sent: all, OK: n, Failed: all - n}
		percent := fmt.Sprintf("%d.%02d%%", n/100, n%100)
		for operator, want := range map[string]bool{">=": true, ">": false, "<=": true, "<": false} {
			if c := check(t, "ok"+operator+percent, s); c.OK != want {
				t.Fatalf("%+v", c)
			}
		}
	}
}

// TestMeasuredIsNotTheLimit: what is shown does not look like the limit where it is beyond it.
func TestMeasuredIsNotTheLimit(t *testing.T) {
	s := example()
	s.Response.All.P99, s.Rate.Answered = ms(250.4), 999.7
	for text, want := range map[string]string{"p99<250ms": "250.4ms", "p99<251ms": "250ms", "rate>1000/s": "999.700/s", "rate>1001/s": "1,000/s"} {
		if c := check(t, text, s); c.Measured != want {
			t.Errorf("%+v, want %s", c, want)
		}
	}
}

// TestWhatCannotBeToldIsCrossed: a run of which nothing is known has not passed.
func TestWhatCannotBeToldIsCrossed(t *testing.T) {
	all := []string{"p99<1h", "p97.5.ok<1h", "min<1h", "service.p50<1h", "failed.p99<1h", "lag.max<1h", "ok>=0%", "ok>=0", "failed<=100%", "failed<=9 requests", "rate>=0/s", "ok_rate<9/s"}
	counts := []string{"canceled<=9 requests", "not_started<=9requests", "not_started<=100%", "requests<=9"}
	for _, text := range append(all, counts...) {
		if c := check(t, text, &measure.LoadSummary{Due: 9, Unsent: 9}); c.OK || c.Measured != "nothing was sent" {
			t.Errorf("%+v", c)
		}
	}
	for _, text := range all {
		if c := check(t, text, &measure.LoadSummary{Due: 9, Sent: 3, Cut: 3}); c.OK || c.Measured != "there was no response" {
			t.Errorf("%+v", c)
		}
	}
	for _, text := range counts {
		if c := check(t, text, &measure.LoadSummary{Due: 9, Sent: 3, Cut: 3}); !c.OK {
			t.Errorf("%+v", c)
		}
	}
	failed := &measure.LoadSummary{Sent: 9, Failed: 9}
	for text, want := range map[string]string{
		"p99.ok<1h": "no request succeeded", "service.max.ok<1h": "no request succeeded", "p99<1h": "there was no response", "lag.p50<1h": "it was not measured",
		"home:p99<1h": "there is no group home: all requests have one URL and one host, and no --group-by was given",
		"*:p99<1h":    "there is no column to group by; name one with --group-by",
	} {
		if c := check(t, text, failed); c.OK || c.Measured != want {
			t.Errorf("%+v, want %s", c, want)
		}
	}
	failed.Asked.GroupBy = "page"
	if c := check(t, "*:p99<1h", failed); c.OK || c.Measured != "no request was in a group of the column page" {
		t.Errorf("%+v", c)
	}
}

// TestManyGroups: not all that are crossed are named, and no name does anything to a terminal.
func TestManyGroups(t *testing.T) {
	s := example()
	s.Groups = nil
	for _, name := range []string{"a\x1b[31m", "b", "c", "d", "e"} {
		s.Groups = append(s.Groups, measure.Group{By: "page", Name: name, OK: 1, Response: sides(measure.Latency{N: 1, Max: ms(9)}, measure.Latency{})})
	}
	s.Groups[4].Response = measure.Latencies{}
	if c := check(t, "*:max<1ms", s); c.OK || c.Measured != `5 of 5 groups: a\x1b[31m: 9.0ms; b: 9.0ms; c: 9.0ms; and 2 more` {
		t.Errorf("%+v", c)
	}
	if c := check(t, "*:max<1s", s); c.OK || c.Measured != "1 of 5 groups: e: there was no response" {
		t.Errorf("%+v", c)
	}
}

func TestFails(t *testing.T) {
	none, some, all := measure.LoadSummary{OK: 5, Sent: 5}, measure.LoadSummary{OK: 3, Failed: 2, Sent: 5}, measure.LoadSummary{Failed: 5, Sent: 5}
	for texts, judged := range map[string]bool{
		"": false, "p99<1s": false, "ok>9%": true, "p99<1s failed<5requests": true, "pay:ok>9%": false, "*:failed<5%": false, "p99.failed<1s": false, "p99.ok<1s": false, "failed.p99<1s": false, "ok_rate>1/s": false,
	} {
		var limits []threshold.Threshold
		for text := range strings.FieldsSeq(texts) {
			parsed, err := threshold.Parse(text, nil)
			if err != nil {
				t.Fatal(err)
			}
			limits = append(limits, parsed)
			if parsed.OfColumn() != strings.HasPrefix(text, "*:") {
				t.Error(text)
			}
		}
		if threshold.Fails(&none, limits) || threshold.Fails(&some, limits) == judged || !threshold.Fails(&all, limits) || !threshold.Fails(&measure.LoadSummary{}, limits) {
			t.Errorf("%q: without failures %t, with some %t, with nothing else %t, with nothing at all %t", texts,
				threshold.Fails(&none, limits), threshold.Fails(&some, limits), threshold.Fails(&all, limits), threshold.Fails(&measure.LoadSummary{}, limits))
		}
	}
}

// TestAnyPercentile is told from the times themselves, of the whole and of a group.
func TestAnyPercentile(t *testing.T) {
	var times measure.Distribution
	for n := range 1000 {
		times.Add(record.Micros(n+1) * 1000)
	}
	l := measure.Latencies{All: times.Latency()}
	l.All.Times = &times
	s := &measure.LoadSummary{Sent: 1000, OK: 1000, Response: l, Groups: []measure.Group{{Name: "a", By: "page", OK: 1000, Response: l}}}
	for text, want := range map[string]string{
		"p97<1s": "970ms", "p99.5<1s": "995ms", "a:p2.5<1s": "25ms", "p99.50.all<1s": "995ms", "p99.95<1s": "!too few to tell: 1,000, and p99.95 takes 2,000",
		"p99.93<1s": "!too few to tell: 1,000, and p99.93 takes 1,429", "p99.5.ok<1s": "!no request succeeded",
	} {
		c := check(t, text, s)
		if got := c.Measured; c.OK == strings.HasPrefix(want, "!") || got != strings.TrimPrefix(want, "!") {
			t.Errorf("%s: %+v, want %s", text, c, want)
		}
	}
}

// TestStored: what an older journal has, with numbers without units, can still be held against its figures.
func TestStored(t *testing.T) {
	for text, want := range map[string]bool{"p99<0.3": true, "p99<100": true, "p99<0.1": false, "failed<51": true, "ok>=9951": false, "p99<250ms": false} {
		limit, err := threshold.ParseStored(text)
		if err != nil || limit.String() != text {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if c := limit.Check(example()); c.OK != want {
			t.Errorf("%+v", c)
		}
	}
}

func TestThresholdKeepsNoSecret(t *testing.T) {
	parsed, err := threshold.Parse("http://u:pw@a.test/x?api_key=hush:p99<1s", nil)
	if err != nil {
		t.Fatal(err)
	}
	if text := parsed.String(); strings.Contains(text, "hush") || strings.Contains(text, "pw") || !strings.HasSuffix(text, ":p99<1s") {
		t.Error(text)
	}
}

// FuzzParse: what is taken can be held against any run, and is always crossed by one that sent nothing.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"p99<250ms", "checkout : p99.9 <= 1.5s", "p99.5.ok<1ms", "ok<5 requests", "p0.0001<1s", "ok>99.9%", "*:rate>=54000/m", "http://a/?<:max<1s", "failed<=0", "p99<1e300", "p99<1", "ok>99", "rate>0x1p-2/s", "lag.p99<-1s", "ok>\x00%"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := threshold.Parse(text, nil)
		if err != nil {
			if parsed != (threshold.Threshold{}) || err.Error() == "" {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		c := parsed.Check(example())
		if c.Threshold != parsed.String() || c.Measured == "" || record.Printable(c.Measured) != c.Measured {
			t.Fatalf("%q: %+v", text, c)
		}
		if c := parsed.Check(&measure.LoadSummary{}); c.OK {
			t.Fatalf("%q: %+v", text, c)
		}
	})
}
