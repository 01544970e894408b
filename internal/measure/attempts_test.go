package measure

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

// sentAgain makes a success of one whose connection ended twice before there was a response, so that the transport sent it again.
func sentAgain(r *fetcher.Result) *fetcher.Result {
	a := &r.Attempts[len(r.Attempts)-1]
	lost := a.Hops[0]
	lost.Status = 0
	a.Hops = []fetcher.Hop{lost, lost, a.Hops[0]}
	r.Notes = []string{fetcher.NoteTransportRetry}
	return r
}

// tried is a success after attempts that failed with these statuses, and a redirect.
func tried(statuses ...int) *fetcher.Result {
	r := answered(0, 100*time.Millisecond, 90*time.Millisecond)
	last := r.Attempts[0]
	moved := last.Hops[0]
	moved.Status = 302
	last.Hops = append([]fetcher.Hop{moved}, last.Hops...)
	r.Attempts = nil
	for _, status := range statuses {
		hop := moved
		hop.Status = status
		kind := fetcher.KindHTTP5xx
		if status == 0 {
			kind = fetcher.KindConnReset
		}
		r.Attempts = append(r.Attempts, fetcher.Attempt{Status: status, Err: &fetcher.Error{Kind: kind}, Hops: []fetcher.Hop{hop}})
	}
	r.Attempts = append(r.Attempts, last)
	return r
}

// Every response counts by its status, whatever became of its attempt; and each attempt that was tried again.
func TestRetriedAttempts(t *testing.T) {
	cut := tried(503)
	cut.Attempts[1].Err, cut.Err = &fetcher.Error{Kind: fetcher.KindCanceled}, &fetcher.Error{Kind: fetcher.KindCanceled}
	results := []*fetcher.Result{tried(), tried(503, 0, 500), cut}
	c := run(LoadConfig{Beginning: begun(Asked{}), Retries: 3}, results, time.Second, nil)
	live := c.Snapshot()
	s := c.Finish(Final{})
	if s.OK != 2 || s.Failed != 0 || s.Cut != 1 {
		t.Errorf("ok %d, failed %d, canceled %d", s.OK, s.Failed, s.Cut)
	}
	if diff := cmp.Diff(Counts{"200": 2, "302": 2, "503": 2, "500": 1}, s.Statuses); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(Counts{"http_5xx": 3, "conn_reset": 1}, s.Retried); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Counts{s.Statuses, s.Retried}, []Counts{live.Statuses, live.Retried}); diff != "" {
		t.Error(diff)
	}
}

// What the transport sends again by itself is a retry like any other: one that nobody allowed makes the request a failure.
func TestSentAgainByTheTransport(t *testing.T) {
	for _, c := range []struct {
		retries int
		result  *fetcher.Result
		ok      bool
		retried Counts
	}{
		{0, sentAgain(tried()), false, Counts{"conn_reset": 2}},
		{1, sentAgain(tried()), false, Counts{"conn_reset": 2}},
		{2, sentAgain(tried()), true, Counts{"conn_reset": 2}},
		{2, sentAgain(tried(503)), false, Counts{"conn_reset": 2, "http_5xx": 1}},
		{3, sentAgain(tried(503)), true, Counts{"conn_reset": 2, "http_5xx": 1}},
	} {
		s := run(LoadConfig{Beginning: begun(Asked{}), Retries: c.retries}, []*fetcher.Result{c.result}, time.Second, nil).Finish(Final{})
		want := Counts{}
		if !c.ok {
			want["conn_reset"] = 1
		}
		if diff := cmp.Diff([]Counts{want, c.retried}, []Counts{s.Classes, s.Retried}); diff != "" || s.OK+s.Failed != 1 || (s.OK == 1) != c.ok {
			t.Errorf("with %d retries: ok %d, failed %d: %s", c.retries, s.OK, s.Failed, diff)
		}
		if g := s.Groups[0]; (g.OK == 1) != c.ok || record.From(c.result).OK != c.ok {
			t.Errorf("with %d retries: %+v, and the record says %t", c.retries, g, record.From(c.result).OK)
		}
		if !c.ok && !strings.Contains(s.Errors["conn_reset"], "sent the request again by itself") {
			t.Errorf("%q", s.Errors)
		}
	}
	// In a run of a list nothing fails by it, but it counts.
	r := sentAgain(tried(503))
	list := New(Config{})
	list.Add(record.From(r))
	s := list.Summary(End{})
	if diff := cmp.Diff(Counts{"conn_reset": 2, "http_5xx": 1}, s.Retried); diff != "" || s.OK != 1 {
		t.Errorf("ok %d: %s", s.OK, diff)
	}
	if hop := record.MicrosOf(r.Attempts[0].Hops[0].Time()); s.RetriedService != 3*hop {
		t.Errorf("%d of 3 times %d", s.RetriedService, hop)
	}
}

// Among all a failure counts for what it took, and a time-out for what it was given at the least.
func TestAllTimes(t *testing.T) {
	const ms = time.Millisecond
	own := failed(0, 20*ms, 0, fetcher.KindTimeoutStall)
	own.Request = &fetcher.Request{URL: own.Request.URL, Timeout: 700 * ms}
	name := failed(0, 40*ms, 0, fetcher.KindDNS)
	name.Err = &fetcher.Error{Kind: fetcher.KindDNS, Err: &net.DNSError{IsTimeout: true}}
	results := []*fetcher.Result{
		answered(0, 100*ms, 90*ms), failed(0, 3*ms, 503, fetcher.KindHTTP5xx), failed(0, 10*ms, 0, fetcher.KindTimeoutConnect),
		failed(0, 800*ms, 0, fetcher.KindTimeoutTotal), own, name,
	}
	var lines []Line
	config := LoadConfig{Beginning: begun(Asked{}), Timeout: 500 * ms, Line: func(l Line) { lines = append(lines, l) }}
	s := run(config, results, time.Second, nil).Finish(Final{})
	for _, l := range []Latencies{s.Response, s.Groups[0].Response} {
		if l.All.N != 6 || *l.All.Min != millis(3) || *l.All.Max != millis(800) || *l.All.Mean != millis(100+3+500+800+700+500)/6 {
			t.Errorf("%+v", l.All)
		}
		if l.OK.N != 1 || l.Failed.N != 5 || *l.Failed.Mean != millis(3+10+800+20+40)/5 {
			t.Errorf("ok %+v, failed %+v", l.OK, l.Failed)
		}
	}
	if *s.Service.All.Mean != millis(90+3+500+800+700+500)/6 {
		t.Errorf("%+v", s.Service.All)
	}
	if p := Percentile(70).Of(&s.Response.All); p == nil || *p < millis(699) || *p > millis(701) {
		t.Errorf("p70 of all is %v", p)
	}
	// A line of an older version does not say for what failures count.
	totals := NewTotals(config.Beginning)
	for _, l := range lines {
		if i, ok := l.(*Interval); ok {
			text, err := AppendLine(nil, i)
			if err != nil {
				t.Fatal(err)
			}
			old := strings.NewReplacer(`"counted_response":`, `"was":`, `"counted_service":`, `"was2":`).Replace(string(text))
			parsed, err := ParseLine([]byte(old))
			if err != nil {
				t.Fatal(err)
			}
			totals.Add(parsed.(*Interval))
		}
	}
	if all := totals.Summary(Final{}).Response.All; all.N != 6 || *all.Mean != millis(100+3+10+800+20+40)/6 {
		t.Errorf("of an older journal: %+v", all)
	}
}
