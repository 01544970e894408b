package measure

import (
	"runtime"
	"strings"
	"testing"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

// What a Collector keeps does not grow with the number of records, whatever is different in each of them.
func TestCollectorMemory(t *testing.T) {
	first, all := 250_000, 1_000_000
	if underRace {
		first, all = first/5, all/5
	}
	use := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	c := New(Config{Slots: 10, PerHost: fetcher.Limit{InFlight: 2}})
	before := int64(0)
	line := []byte("h0000000.test:80 " + strings.Repeat("x", 200))
	for i := range int64(all) { // the line's number is that of the record
		for n, at := i, 7; at > 0; at-- {
			line[at] = byte('0' + n%10)
			n /= 10
		}
		c.Add(recordOfLine(i, string(line)))
		if i == int64(first) {
			before = use()
		}
	}
	growth := use() - before
	if growth > 4<<20 {
		t.Errorf("%d records more take %d KB", all-first, growth>>10)
	}
	if s := c.Summary(End{}); s.Requests != int64(all) || len(s.PerHost) != maxLines+1 || len(s.Classes) != maxCounts+1 || len(s.Notes) != maxCounts+1 {
		t.Errorf("%d requests, %d lines for hosts, %d classes, %d notes", s.Requests, len(s.PerHost), len(s.Classes), len(s.Notes))
	}
}

// recordOfLine is a record of which all strings are parts of one line, as record.Parse makes it, and different from those of
// every other.
func recordOfLine(i int64, line string) *record.Record {
	host, unlike := line[:16], line[1:8]
	r := &record.Record{
		Seq: i + 1, Page: 1, Name: unlike, URL: line, Host: host, OK: i%3 == 0, Row: fetcher.Row{{Column: "name", Value: unlike}},
		Service: record.Micros(i), Response: record.Micros(i), Notes: []string{unlike},
		Attempts: []record.Attempt{{Class: unlike}, {Hops: []record.Hop{{Host: host, Status: 200, Phases: record.Phases{Wait: record.Micros(i)}}}}},
	}
	switch {
	case r.OK && i%2 == 0:
		r.Rows = []record.Answer{{Row: r.Row, Error: unlike}} // a row that failed by itself
	case !r.OK:
		r.Class, r.Error = unlike, unlike
	case i%5 == 0:
		r.Notes = []string{record.NoteInterim}
	}
	return r
}
