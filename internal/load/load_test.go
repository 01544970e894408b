package load_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/bubble"
	"example.com/fetch/internal/load"
)

// In the open model requests are due at the arrivals, whatever the server does, and response times count from then.
func TestOpenModel(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		p := load.Plan{Stages: always(100), Open: true, For: 2 * time.Second}
		l, results := run(t, p, &fetcher.Fetcher{Workers: 10, LookAhead: 10, Transport: takes(200 * ms)}) // half of what would be needed
		if !slices.Equal(dues(results), slices.Collect(p.Arrivals())) {
			t.Error("requests are not due at the arrivals")
		}
		if last := results[len(results)-1]; len(results) != 200 || last.Response != 2100*ms {
			t.Errorf("%d requests, the last with a response time of %v", len(results), last.Response)
		}
		for _, c := range []struct {
			at   time.Duration
			want int64
		}{{0, 1}, {5 * ms, 1}, {10 * ms, 2}, {time.Second, 101}, {time.Hour, 200}, {500 * ms, 51}} {
			if measured := l.Due(c.at); measured != c.want {
				t.Errorf("%d were due by %v, want %d", measured, c.at, c.want)
			}
		}
	})
}

func TestTheWarmUpDoesNotCount(t *testing.T) {
	p := load.Plan{Stages: always(100), Open: true, Poisson: true, Seed: 3, Count: 50, WarmUp: time.Second}
	l, err := load.New(p, again("http://a.test/"))
	if err != nil {
		t.Fatal(err)
	}
	all := slices.Collect(p.Arrivals())
	if measured := l.Due(time.Hour); measured != 50 || len(all) < 110 {
		t.Errorf("%d of %d", measured, len(all))
	}
	if measured := l.Due(time.Second - 1); measured != 0 {
		t.Errorf("%d at the end of the warm-up", measured)
	}
}

// Templates are shared: what is sent is a copy.
func TestTemplatesAreLeftAsTheyAre(t *testing.T) {
	template := fetcher.Request{URL: "http://a.test/", Seq: 5, Due: time.Hour, Row: fetcher.Row{{Column: "a", Value: "b"}}}
	source := func(yield func(*fetcher.Request, error) bool) {
		for yield(&template, nil) {
		}
	}
	l, err := load.New(load.Plan{Stages: always(100), Open: true, Count: 3}, source)
	if err != nil {
		t.Fatal(err)
	}
	seq := int64(0)
	for r, err := range l.Requests(t.Context()) {
		seq++
		if err != nil || r == &template || r.Seq != seq || r.Due != time.Duration(seq-1)*10*ms || r.Row[0].Value != "b" {
			t.Errorf("%+v, %v", r, err)
		}
	}
	if seq != 3 || template.Seq != 5 || template.Due != time.Hour {
		t.Errorf("%d requests; the template is now %+v", seq, template)
	}
}

// The load ends with its templates, and with their first error.
func TestTemplatesEnd(t *testing.T) {
	broken := errors.New("broken")
	for _, open := range []bool{true, false} {
		source := func(yield func(*fetcher.Request, error) bool) {
			if yield(&fetcher.Request{URL: "http://a.test/1"}, nil) && yield(&fetcher.Request{URL: "http://a.test/2"}, nil) {
				yield(nil, broken)
			}
		}
		l, err := load.New(load.Plan{Stages: always(100), Open: open}, source)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		var last error
		for _, last = range l.Requests(t.Context()) {
			n++
		}
		if n != 3 || last != broken {
			t.Errorf("open %v: %d requests, then %v", open, n-1, last)
		}
	}
}
