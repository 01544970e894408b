package diff

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report/layout"
	"example.com/fetch/internal/threshold"
	"example.com/fetch/internal/units"
)

// result makes a record of the request n, and edits it.
func result(n int, edit func(*record.Record)) *record.Record {
	r := success(1, n, int64(n), 100)
	if edit != nil {
		edit(r)
	}
	return r
}

func fails(status int, class string) func(*record.Record) {
	return func(r *record.Record) { r.OK, r.Status, r.Class, r.Error = false, status, class, "it failed" }
}

func compared(t *testing.T, a, b Run) *Comparison {
	t.Helper()
	c, err := Compare(a, b, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestChanges: each kind of change is counted as that one and no other, and told with what it was and is.
func TestChanges(t *testing.T) {
	sum := func(s string) func(*record.Record) {
		return func(r *record.Record) { r.SHA256 = strings.Repeat(s, 32) }
	}
	all := func(edits ...func(*record.Record)) func(*record.Record) {
		return func(r *record.Record) {
			for _, e := range edits {
				e(r)
			}
		}
	}
	size := func(n int64) func(*record.Record) { return func(r *record.Record) { r.Bytes = n } }
	etag := func(s string) func(*record.Record) { return func(r *record.Record) { r.ETag = s } }
	one := func(edit func(*record.Record)) []*record.Record { return []*record.Record{result(1, edit)} }
	digest := func(s string) func(*record.Record) {
		return func(r *record.Record) { r.Digest = "xxh64:" + strings.Repeat(s, 8) }
	}
	values := func(all ...string) func(*record.Record) {
		return func(r *record.Record) {
			for _, v := range all {
				r.Values = append(r.Values, json.RawMessage(v))
			}
		}
	}
	batch := func(all ...string) func(*record.Record) {
		return func(r *record.Record) {
			for _, v := range all {
				a := record.Answer{OK: v != ""}
				if a.OK {
					a.Values = []json.RawMessage{json.RawMessage(v)}
				}
				r.Rows = append(r.Rows, a)
			}
		}
	}
	for _, c := range []struct {
		name string
		a, b []*record.Record
		want string // new failures, fixed, statuses, values, bodies, ETags, only A, only B
	}{
		{"the same", one(nil), one(nil), "0 0 0 0 0 0 0 0"},
		{"fails", one(nil), one(fails(500, "http_5xx")), "1 0 0 0 0 0 0 0"},
		{"fixed", one(fails(0, "dns")), one(nil), "0 1 0 0 0 0 0 0"},
		{"fails as before", one(fails(0, "dns")), one(fails(0, "dns")), "0 0 0 0 0 0 0 0"},
		{"fails otherwise", one(fails(0, "dns")), one(fails(0, "connect")), "0 0 1 0 0 0 0 0"},
		{"another status", one(nil), one(func(r *record.Record) { r.Status = 206 }), "0 0 1 0 0 0 0 0"},
		{"another content", one(sum("ab")), one(sum("cd")), "0 0 0 0 1 0 0 0"},
		{"the same content", one(all(sum("ab"), etag("1"))), one(all(sum("ab"), etag("2"))), "0 0 0 0 0 1 0 0"},
		{"another size", one(size(1)), one(size(2)), "0 0 0 0 1 0 0 0"},
		{"another size, content known on one side", one(all(size(1), sum("ab"))), one(size(2)), "0 0 0 0 1 0 0 0"},
		{"the same ETag", one(all(size(1), etag("x"))), one(all(size(2), etag("x"))), "0 0 0 0 0 0 0 0"},
		{"another ETag, the same size", one(etag(`W/"v1"`)), one(etag(`W/"v2"`)), "0 0 0 0 0 1 0 0"},
		{"no ETag any more", one(etag("x")), one(nil), "0 0 0 0 0 1 0 0"},
		{"another digest", one(digest("01")), one(digest("02")), "0 0 0 0 1 0 0 0"},
		{"another digest, the same ETag", one(all(digest("01"), etag("x"))), one(all(digest("02"), etag("x"))), "0 0 0 0 1 0 0 0"},
		{"another digest and another ETag", one(all(digest("01"), etag("x"))), one(all(digest("02"), etag("y"))), "0 0 0 0 1 0 0 0"},
		{"the same digest, another ETag", one(all(digest("01"), etag("x"))), one(all(digest("01"), etag("y"))), "0 0 0 0 0 1 0 0"},
		{"digest and SHA-256 of a version without digests", one(all(digest("01"), sum("ab"))), one(sum("ab")), "0 0 0 0 0 0 0 0"},
		{"a digest on one side", one(digest("01")), one(nil), "0 0 0 0 0 0 0 0"},
		{"a digest on one side, another size", one(all(digest("01"), size(1))), one(size(0)), "0 0 0 0 1 0 0 0"},
		{"a digest that is not known here", one(func(r *record.Record) { r.Digest = "new:0123456789abcdef" }), one(digest("01")), "0 0 0 0 0 0 0 0"},
		{"another value", one(values("2")), one(values("3")), "0 0 0 1 0 0 0 0"},
		{"another value and another body", one(all(values("2"), digest("01"))), one(all(values("3"), digest("02"))), "0 0 0 1 0 0 0 0"},
		{"the same value and another body", one(all(values("2"), digest("01"))), one(all(values("2"), digest("02"))), "0 0 0 0 1 0 0 0"},
		{"another number of values", one(values("2")), one(values("2", "2")), "0 0 0 1 0 0 0 0"},
		{"one value of two", one(values("1", "2")), one(values("1", "3")), "0 0 0 1 0 0 0 0"},
		{"values that look alike in a row", one(values("1", "23")), one(values("12", "3")), "0 0 0 1 0 0 0 0"},
		{"values were not taken in A", one(nil), one(values("3")), "0 0 0 0 0 0 0 0"},
		{"a value that is not there any more", []*record.Record{result(1, values("2")), result(2, values("5"))},
			[]*record.Record{result(1, nil), result(2, values("5"))}, "0 0 0 1 0 0 0 0"},
		{"another value of a row of a batch", one(batch("1", "2")), one(batch("1", "3")), "0 0 0 1 0 0 0 0"},
		{"a row of a batch without an answer", one(batch("1", "2")), one(batch("1", "")), "0 0 0 1 0 0 0 0"},
		{"a row without a value that has no answer", one(all(batch("1", ""), func(r *record.Record) { r.Rows[1].OK = true })), one(batch("1", "")), "0 0 0 1 0 0 0 0"},
		{"the same batch", one(batch("1", "")), one(batch("1", "")), "0 0 0 0 0 0 0 0"},
		{"values that are the same in another order of requests with one id, and ETags of their own",
			[]*record.Record{result(1, all(digest("01"), etag("1"))), result(1, all(digest("02"), etag("2")))},
			[]*record.Record{result(1, all(digest("02"), etag("3"))), result(1, all(digest("01"), etag("4")))}, "0 0 0 0 0 2 0 0"},
		{"another size by 2^32", one(size(1)), one(size(1 + 1<<32)), "0 0 0 0 1 0 0 0"},
		{"a body of a failure", one(fails(500, "http_5xx")), one(all(fails(500, "http_5xx"), size(99))), "0 0 0 0 0 0 0 0"},
		{"only A", one(nil), nil, "0 0 0 0 0 0 1 0"},
		{"only B", nil, one(nil), "0 0 0 0 0 0 0 1"},
		{"cut off in B", one(nil), one(fails(0, "canceled")), "0 0 0 0 0 0 1 0"},
		{"cut off in A", one(fails(0, "deadline")), one(nil), "0 0 0 0 0 0 0 1"},
		{"two of the same, in another order",
			[]*record.Record{result(1, nil), result(1, fails(500, "http_5xx"))},
			[]*record.Record{result(1, fails(500, "http_5xx")), result(1, nil)}, "0 0 0 0 0 0 0 0"},
		{"one of three more fails",
			[]*record.Record{result(1, nil), result(1, fails(500, "http_5xx")), result(1, nil)},
			[]*record.Record{result(1, fails(500, "http_5xx")), result(1, nil), result(1, fails(503, "rate_limited"))}, "1 0 0 0 0 0 0 0"},
		{"contents that are the same but for one",
			[]*record.Record{result(1, sum("aa")), result(1, sum("bb")), result(1, sum("cc"))},
			[]*record.Record{result(1, sum("bb")), result(1, sum("cc")), result(1, sum("dd"))}, "0 0 0 0 1 0 0 0"},
		{"more of the same", one(nil), []*record.Record{result(1, nil), result(1, nil)}, "0 0 0 0 0 0 0 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := compared(t, runOf(c.a...), runOf(c.b...))
			var counts []string
			for _, changed := range got.Changes.all() {
				counts = append(counts, fmt.Sprint(changed.N))
				if int(changed.N) != len(changed.Examples) {
					t.Errorf("%d changes, %d examples", changed.N, len(changed.Examples))
				}
			}
			if s := strings.Join(counts, " "); s != c.want {
				t.Errorf("new failures, fixed, statuses, values, bodies, ETags, only A, only B: %s, want %s", s, c.want)
			}
		})
	}
}

// TestExamples: the first 20, in their order, with both sides.
func TestExamples(t *testing.T) {
	var a, b []*record.Record
	for n := 50; n > 0; n-- { // the journal's order is not that of the list
		a = append(a, result(n, nil))
		b = append(b, result(n, fails(503, "rate_limited")))
	}
	got := compared(t, runOf(a...), runOf(b...)).Changes.NewFailures
	if got.N != 50 || len(got.Examples) != maxExamples {
		t.Fatalf("%d failures, %d examples", got.N, len(got.Examples))
	}
	if !slices.IsSortedFunc(got.Examples, func(x, y Change) int { return int(x.B.Seq - y.B.Seq) }) {
		t.Error("the examples are not in the order of the list")
	}
	e := got.Examples[0]
	want := Change{
		Method: "GET", URL: fmt.Sprintf("http://h1.test:80/%d", e.B.Seq),
		A:       &Outcome{Seq: e.B.Seq, Page: 1, OK: true, Status: 200, Bytes: 10},
		B:       &Outcome{Seq: e.B.Seq, Page: 1, Status: 503, Class: "rate_limited", Error: "it failed", Bytes: 10},
		Changed: []string{"status", "class"},
	}
	if d := cmp.Diff(want, e); d != "" {
		t.Error(d)
	}
}

// TestPairs: values are paired by id where each is there once on each side; else each side is taken by itself.
func TestPairs(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	half := func(r Run, from, to int) Run {
		return Run{Records: func(yield func(*record.Record, error) bool) {
			n := 0
			for rec, err := range r.Records {
				if n >= from && n < to && !yield(rec, err) {
					return
				}
				n++
			}
		}}
	}
	list := shape{"", 1, 100, 1, 1}
	for _, c := range []struct {
		name   string
		a, b   Run
		paired bool
		nA, nB int
	}{
		{"one list", list.run(rng, 1), list.run(rng, 1), true, 100, 100},
		{"most of it", list.run(rng, 1), half(list.run(rng, 1), 20, 90), true, 70, 70},
		{"the lesser part", half(list.run(rng, 1), 0, 60), half(list.run(rng, 1), 40, 100), false, 60, 60},
		{"one URL", shape{"", 1, 1, 100, 0}.run(rng, 1), shape{"", 1, 1, 80, 0}.run(rng, 1), false, 100, 80},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := compared(t, c.a, c.b).Latency.Overall
			if g.Paired != c.paired || g.A != c.nA || g.B != c.nB {
				t.Errorf("paired %v, %d and %d; want %v, %d and %d", g.Paired, g.A, g.B, c.paired, c.nA, c.nB)
			}
		})
	}
}

// TestPairsSeeMore: where URLs differ much more than their answers vary, pairs show what the sides by themselves do not.
func TestPairsSeeMore(t *testing.T) {
	rng := rand.New(rand.NewPCG(10, 10))
	list := shape{"", 1, 400, 1, 1.5}
	c := compared(t, list.run(rng, 1), list.run(rng, 1.3))
	if c.Latency.Verdict != VerdictDifferent {
		t.Error("not seen in pairs")
	}
	c.overall.pairs = [2][]float64{}
	if p := c.overall.ratio(50, knownRanks{}).chance(); p < 0.05 {
		t.Errorf("chance %v without pairs", p)
	}
}

// TestGroups: hosts and URLs have parts of their own where they are not all there is, and URLs from 10 results up.
func TestGroups(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 11))
	var mixed []*record.Record
	for r, err := range (shape{"", 2, 2, 10, 0}).run(rng, 1).Records {
		if err != nil {
			t.Fatal(err)
		}
		mixed = append(mixed, r)
	}
	mixed = slices.Delete(mixed, 12, 13) // a URL with 9
	l := compared(t, runOf(mixed...), runOf(mixed...)).Latency
	var names []string
	for _, g := range slices.Concat([]Group{l.Overall}, l.PerHost, l.PerURL) {
		names = append(names, fmt.Sprintf("%s %d", g.Name, g.A))
	}
	want := []string{" 39", "h0.test:80 19", "h1.test:80 20", "http://h0.test:80/0 10", "http://h1.test:80/0 10", "http://h1.test:80/1 10"}
	if d := cmp.Diff(want, names); d != "" {
		t.Error(d)
	}
	if n := len(l.Overall.Quantiles); n != 3 { // p99 from 100
		t.Errorf("%d quantiles of %d values", n, l.Overall.A)
	}
	one := compared(t, shape{"", 1, 1, 50, 0}.run(rng, 1), shape{"", 1, 1, 50, 0}.run(rng, 1)).Latency
	if len(one.PerHost) != 0 || len(one.PerURL) != 0 {
		t.Errorf("all is of one host and URL, and yet there are %d and %d", len(one.PerHost), len(one.PerURL))
	}
}

// TestSmallDifferencesAreNone: certain, but too small to matter.
func TestSmallDifferencesAreNone(t *testing.T) {
	for _, c := range []struct {
		name    string
		a, b    float64 // milliseconds
		verdict string
	}{
		{"over 2 % and 1 ms", 100, 103, VerdictDifferent},
		{"faster", 103, 100, VerdictDifferent},
		{"under 2 %", 100, 101.9, VerdictNone},
		{"under 1 ms", 10, 10.9, VerdictNone},
		{"the same", 100, 100, VerdictNone},
	} {
		t.Run(c.name, func(t *testing.T) {
			var a, b []*record.Record
			for n := range 500 {
				a = append(a, success(1, n, int64(n+1), c.a+float64(n%7)/100))
				b = append(b, success(1, n, int64(n+1), c.b+float64(n%7)/100))
			}
			q := compared(t, runOf(a...), runOf(b...)).Latency.Overall.Quantiles[0]
			if q.Verdict != c.verdict {
				t.Errorf("%s: %+v", q.Verdict, q)
			}
			if (q.Visible != nil) != (c.verdict == VerdictNone) || q.Visible != nil && *q.Visible < leastRatio {
				t.Errorf("visible from %v", q.Visible)
			}
		})
	}
}

// TestVisible: a slowdown that is said to have been visible most likely is seen at least 4 times in 5, and not always.
func TestVisible(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 12))
	list := shape{"", 1, 300, 1, 0}
	visible, n := 0.0, 0
	for range 50 {
		if q := compared(t, list.run(rng, 1), list.run(rng, 1)).Latency.Overall.Quantiles[0]; q.Visible != nil {
			visible += math.Log(*q.Visible)
			n++
		}
	}
	// The half that lies off the estimate differs from run to run by the estimate itself; on the average it does not.
	slower := math.Exp(visible / float64(n))
	seen := 0
	for range 100 {
		if compared(t, list.run(rng, 1), list.run(rng, slower)).Latency.Overall.Quantiles[0].Verdict == VerdictDifferent {
			seen++
		}
	}
	t.Logf("a slowdown of %.3f is seen %d times of 100", slower, seen)
	if seen < 70 || seen > 95 {
		t.Errorf("a slowdown of %.3f is seen %d times of 100", slower, seen)
	}
}

func TestLimits(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 13))
	list := shape{"", 1, 400, 1, 0}
	slow := compared(t, list.run(rng, 1), list.run(rng, 1.5))
	few := compared(t, shape{"", 1, 30, 1, 0}.run(rng, 1), shape{"", 1, 30, 1, 0}.run(rng, 3))
	bad := compared(t, runOf(result(1, nil), result(2, nil), result(3, fails(0, "dns"))),
		runOf(result(1, fails(0, "dns")), result(2, nil), result(3, nil), result(4, fails(0, "dns"))))
	failing := func(every int, class string, took record.Micros) Run {
		var all []*record.Record
		for r, err := range list.run(rng, 1).Records {
			if err != nil {
				t.Fatal(err)
			}
			if len(all)%every == 0 {
				fails(0, class)(r)
				r.Service = took
			}
			all = append(all, r)
		}
		run := runOf(all...)
		run.Timeout = 30_000_000
		return run
	}
	late := compared(t, list.run(rng, 1), failing(5, "timeout_connect", 1_000_000))
	down := compared(t, list.run(rng, 1), failing(1, "connect", 100))
	silent := compared(t, list.run(rng, 1), failing(1, "timeout_attempt", 30_000_000))
	gone := compared(t, list.run(rng, 1), runOf())
	begun, begunBad := runOf(result(1, nil)), runOf(result(1, fails(0, "dns")))
	begun.Cut, begunBad.Cut = true, true
	cut := compared(t, runOf(result(1, nil), result(2, nil)), begun)
	cutBad := compared(t, runOf(result(1, nil), result(2, nil)), begunBad)
	stopped := compared(t, runOf(result(1, nil), result(2, nil)), runOf(result(1, nil), result(2, fails(0, "canceled"))))
	for _, c := range []struct {
		c          *Comparison
		expression string
		state      string
	}{
		{slow, "p50>+10%", "crossed"},
		{slow, "p50>+20ms", "crossed"},
		{slow, "p50>0.02s", "crossed"},
		{slow, "p95>10%", "crossed"},
		{slow, "p50>+48%", "not"}, // the interval has it
		{slow, "p50>+60%", "not"},
		{slow, "p50>+49ms", "not"},
		{slow, "p50>+1s", "not"},
		{slow, "failed>+0", "not"},
		{few, "p50>+10%", "crossed"},
		{few, "p90>+10%", "undecided"}, // nothing bounds A's p90
		{few, "p99>+10%", "undecided"},
		{bad, "failed>+0", "crossed"},
		{bad, "failed>+1 request", "crossed"},
		{bad, "failed>+2 requests", "not"}, // what was put right does not count against it
		{bad, "failed>+49%", "crossed"},
		{bad, "failed>+50%", "not"},
		{bad, "p50>+10%", "undecided"},
		{slow, "p75>10%", "crossed"},
		{slow, "p99.9>10%", "undecided"}, // of 400
		// One request in five times out: successes are as quick as before.
		{late, "p95>+10%", "crossed"},
		{late, "p95.all>+10%", "crossed"},
		{late, "p95.ok>+10%", "not"},
		{late, "p50>+10%", "not"},
		{late, "p95>+29s", "crossed"}, // though each took a second
		// What all fails at once is not quick.
		{down, "p50>+10%", "undecided"},
		{down, "p50.ok>+10%", "undecided"},
		{down, "failed>+0", "crossed"},
		{silent, "p50>+10%", "crossed"},
		{silent, "p50.ok>+10%", "undecided"},
		// What is not there has not passed.
		{gone, "failed>+0", "undecided"},
		{gone, "p50>+10%", "undecided"},
		{cut, "failed>+0", "undecided"},
		{cutBad, "failed>+0", "crossed"},
		{stopped, "failed>+0", "undecided"},
	} {
		l, err := threshold.ParseRise(c.expression)
		if err != nil {
			t.Error(err)
			continue
		}
		c.c.Thresholds = nil
		c.c.Check([]threshold.Rise{l})
		got := c.c.Thresholds[0]
		state := "not"
		switch {
		case got.Crossed && got.Undecided:
			state = "both"
		case got.Crossed:
			state = "crossed"
		case got.Undecided:
			state = "undecided"
		}
		if state != c.state || got.Words == "" || got.Expression != c.expression {
			t.Errorf("%s: %s, want %s: %s", c.expression, state, c.state, got.Words)
		}
	}
}

// TestErrors: that of a sequence ends the comparison, in the first reading and in the second.
func TestErrors(t *testing.T) {
	bad := Run{Records: sequence([]*record.Record{result(1, nil)}, io.ErrUnexpectedEOF)}
	good := runOf(result(1, fails(0, "dns")))
	for _, runs := range [][2]Run{{bad, good}, {good, bad}} {
		if _, err := Compare(runs[0], runs[1], Options{}); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Error(err)
		}
	}
	times := 0
	once := Run{Records: func(yield func(*record.Record, error) bool) {
		if times++; times > 1 {
			yield(nil, io.ErrUnexpectedEOF)
			return
		}
		yield(result(1, nil), nil)
	}}
	if _, err := Compare(once, good, Options{}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}

// TestHostileRecords: nothing in a journal can break the comparison, its JSON form or the terminal.
func TestHostileRecords(t *testing.T) {
	nasty := "\x1b]0;x\a\u202e\xff\n\r" + strings.Repeat("長", 300)
	var a, b []*record.Record
	for n := range 30 {
		edit := func(r *record.Record) {
			r.ID, r.URL, r.Host, r.Method, r.Name, r.SHA256, r.ETag = nasty, nasty, nasty, nasty, nasty, nasty, nasty
			r.Seq, r.Page, r.Status = math.MinInt64, math.MinInt, math.MaxInt
			r.Service, r.Bytes = record.Micros(math.MinInt64), math.MinInt64
			r.Digest, r.Values = "xxh64:"+nasty, []json.RawMessage{json.RawMessage(nasty)}
		}
		a = append(a, result(n, edit))
		b = append(b, result(n, func(r *record.Record) {
			edit(r)
			fails(math.MinInt, nasty)(r)
			r.Service = math.MaxInt64
			r.Values = []json.RawMessage{json.RawMessage(nasty + fmt.Sprint(n))}
			if n%2 == 0 {
				r.ID, r.Host, r.OK = fmt.Sprint(n), "", true
			}
			if n%3 == 0 {
				r.ID = strings.Repeat("ab", 32) // longer than ours
			}
		}))
	}
	c := compared(t, Run{Name: nasty, Records: runOf(a...).Records, Count: -1}, Run{Name: nasty, Records: runOf(b...).Records, Count: math.MaxInt64})
	if text := c.AppendJSON(nil); !json.Valid(text) || bytes.ContainsAny(text, "\x1b\x07") {
		t.Errorf("%q", text)
	}
	checkText(t, c)
}

func checkText(t *testing.T, c *Comparison) string {
	t.Helper()
	text := string(c.AppendText(nil, false))
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if units.Width(line) > layout.UsualWidth || !utf8.ValidString(line) || record.Printable(line) != line || strings.HasSuffix(line, " ") {
			t.Errorf("line %q of %d columns", line, units.Width(line))
		}
	}
	return text
}

// TestEmpty: runs without results, or without successes, are compared as far as that goes.
func TestEmpty(t *testing.T) {
	for _, c := range []*Comparison{
		compared(t, runOf(), runOf()),
		compared(t, runOf(result(1, nil)), runOf()),
		compared(t, runOf(result(1, fails(0, "dns"))), runOf(result(1, fails(0, "dns")))),
		compared(t, runOf(result(1, nil)), runOf(result(1, nil))),
	} {
		if c.Latency.Verdict != VerdictTooFew {
			t.Errorf("verdict %s", c.Latency.Verdict)
		}
		if text := checkText(t, c); !strings.Contains(text, "too few") {
			t.Error(text)
		}
		if text := c.AppendJSON(nil); bytes.Contains(text, []byte(`"per_url":null`)) || bytes.Contains(text, []byte(`"quantiles":null`)) {
			t.Errorf("%s", text)
		}
	}
}

// TestSameEveryTime: nothing is drawn, and nothing depends on the order of a map. The JSON form holds all, and comes back.
func TestSameEveryTime(t *testing.T) {
	rng := rand.New(rand.NewPCG(14, 14))
	s := shape{"", 3, 4, 30, 0.5}
	a, b := s.run(rng, 1), s.run(rng, 1.2)
	first := compared(t, a, b)
	for range 3 {
		again := compared(t, a, b)
		if !bytes.Equal(first.AppendJSON(nil), again.AppendJSON(nil)) || !bytes.Equal(first.AppendText(nil, true), again.AppendText(nil, true)) {
			t.Fatal("not the same")
		}
	}
	var back Comparison
	if err := json.Unmarshal(first.AppendJSON(nil), &back); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.AppendJSON(nil), back.AppendJSON(nil)) {
		t.Error("it does not come back")
	}
}
