package measure

import (
	"strings"
	"testing"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/measure/whatif"
	"example.com/fetch/internal/record"
)

// pageAt is the record of a page that was due at an instant and left at another; more says that there is a next one.
func pageAt(seq int64, page int, due, left, took time.Duration, more bool) *record.Record {
	job := plain(0)[0]
	job.Seq, job.Page, job.Due, job.Steps[0].Service = seq, page, due, took
	r := recordOf(job)
	r.More, r.Queue = more, micros(left-due)
	r.Response += r.Queue
	r.Attempts[0].Hops[0].Start = micros(left)
	return r
}

// A page is due when the one before it ended; under other settings that is another instant.
func TestAdviceOnPages(t *testing.T) {
	c := New(Config{Slots: 1}) // eight requests of 1 s, then eight pages of 100 ms
	now := time.Duration(0)
	for i := range int64(8) {
		c.Add(pageAt(i+1, 1, 0, now, time.Second, false))
		now += time.Second
	}
	for page := range 8 {
		due := now
		if page == 0 {
			due = 0
		}
		c.Add(pageAt(9, page+1, due, now, 100*ms, page < 7))
		now += 100 * ms
	}
	if got := c.Summary(End{Wall: now}).Advice; !strings.HasPrefix(got, "-c 2 would take 4.8 s if the server keeps up; ") {
		t.Errorf("-c 1 took %v: %q", now, got)
	}

	c = New(Config{Slots: 10, Total: fetcher.Limit{Rates: []fetcher.Rate{{Events: 10, Per: time.Second}}}})
	ends := map[int64]time.Duration{}
	for i := range 20 { // two chains of ten pages of 1 ms, in turn
		seq, at := int64(i%2+1), time.Duration(i)*100*ms
		c.Add(pageAt(seq, i/2+1, ends[seq], at, ms, i < 18))
		ends[seq] = at + ms
	}
	if got, want := c.Summary(End{Wall: 1901 * ms}).Advice, "the rate of 10/s holds it back, not -c: without it 0.01 s if the server keeps up; "+
		"then pages are fetched one after another"; got != want {
		t.Errorf("under a rate: %q", got)
	}
}

// The waits that pages ask for are in the serial time and in the floor, and no setting makes them shorter.
func TestWaitsOfPages(t *testing.T) {
	for _, order := range []string{"as they ended", "in the order of the list"} {
		c := New(Config{Slots: 2})
		var records []*record.Record
		for seq := range int64(2) {
			for page := range 5 {
				due := time.Duration(page) * 1100 * ms
				records = append(records, pageAt(seq+1, page+1, due, due, 100*ms, page < 4))
			}
		}
		for i := range records {
			if order == "as they ended" {
				i = i%2*5 + i/2
			}
			c.Add(records[i])
		}
		s := c.Summary(End{Wall: 4500 * ms})
		if s.Serial != micros(9*time.Second) || s.Speedup != 2 {
			t.Errorf("%s: serial %v, speedup %v; want 9 s and 2", order, s.Serial.Duration(), s.Speedup)
		}
		if s.Floor != micros(4500*ms) || s.Bound != BoundLongest || !s.BoundPages || s.Efficiency != 1 {
			t.Errorf("%s: floor %v, bound %s, pages %v, efficiency %v", order, s.Floor.Duration(), s.Bound, s.BoundPages, s.Efficiency)
		}
		if want := "more workers gain nothing: pages are fetched one after another, and most of their time is the wait requested " +
			"between them"; s.Advice != want {
			t.Errorf("%s: %q", order, s.Advice)
		}
		if len(c.paged) > 0 {
			t.Errorf("%s: %d requests are kept that have had their last page", order, len(c.paged))
		}
	}
}

// However pages come, the floor is not over the wall, and what is no page after another is no part of its chain.
func TestPagesThatDoNotFollow(t *testing.T) {
	for name, records := range map[string][]*record.Record{
		"begun again":       {pageAt(1, 1, 0, 0, time.Second, true), pageAt(1, 1, time.Second, time.Second, time.Second, true), pageAt(1, 2, 2*time.Second, 2*time.Second, time.Second, false)},
		"one is missing":    {pageAt(1, 1, 0, 0, time.Second, true), pageAt(1, 3, 2*time.Second, 2*time.Second, time.Second, false)},
		"before its time":   {pageAt(1, 1, 0, 0, 2*time.Second, true), pageAt(1, 2, time.Second, time.Second, 2*time.Second, false)},
		"the first is gone": {pageAt(1, 2, time.Second, time.Second, 2*time.Second, false)},
	} {
		c := New(Config{Slots: 2})
		for _, r := range records {
			c.Add(r)
		}
		if s := c.Summary(End{Wall: 3 * time.Second}); s.Floor > micros(2*time.Second) || s.Serial > micros(4*time.Second) {
			t.Errorf("%s: floor %v, serial %v", name, s.Floor.Duration(), s.Serial.Duration())
		}
	}
}

// TestAdviceOfServers: of servers that would not keep up more workers are not recommended, and the advice says why.
func TestAdviceOfServers(t *testing.T) {
	for _, test := range []struct {
		name     string
		work     work
		slots    int
		has, not string
	}{
		{"beyond the knee", work{requests: 60, lanes: 2, service: fixed(100 * ms)}, 10,
			"more workers gain nothing: h0.test is beyond its saturation point: a response took 0.10 s when few were in flight and 0.50 s with 10; -c 2 would do about the same", ""},
		{"at the knee of one of two", work{requests: 80, hosts: 2, lanes: 1, onlyHost: "h1.test", service: fixed(100 * ms)}, 8, "more workers gain nothing", "would take"},
		{"keeping up", work{requests: 60, service: fixed(100 * ms)}, 10, "-c 20 would take 0.34 s", "knee"},
		{"paused", work{requests: 60, quota: 20, window: 10 * time.Second, service: fixed(200 * ms)}, 2,
			"more workers gain nothing: requests to h0.test were paused for ", "--rate-host"},
		{"learned slots", work{requests: 200, slots: 4, service: fixed(200 * ms)}, 10, "--per-host h0.test=4", "would take"},
		{"learned slots, and one that keeps up", work{requests: 200, hosts: 2, slots: 3, onlyHost: "h1.test", service: fixed(200 * ms)}, 12, "--per-host h1.test=3", "would take"},
	} {
		c, wall := measured(t, test.work, whatif.Settings{Slots: test.slots})
		got := c.Summary(End{Wall: wall}).Advice
		if !strings.Contains(got, test.has) || test.not != "" && strings.Contains(got, test.not) {
			t.Errorf("%s: %q, want %q in it, and not %q", test.name, got, test.has, test.not)
		}
	}
}
