package report_test

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report"
)

func heapInUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestMemory: what a report keeps does not grow with the number of records. Each has a copy of a whole line, of which its
// strings are parts, as record.Parse makes it: one that is kept holds the line.
func TestMemory(t *testing.T) {
	const first, all = 5_000, 20_000
	table := report.Options{HasValues: true, Values: []string{"a"}, Table: true, Fields: []string{"status", "url"}, RowColumns: []string{"cid"}}
	for _, test := range []struct {
		format string
		o      report.Options
	}{
		{"table", report.Options{}}, {"table", report.Options{NoResults: true}}, {"table", table}, {"json", report.Options{}}, {"ndjson", report.Options{}},
		{"csv", report.Options{}}, {"csv", table}, {"csv", report.Options{HasValues: true}}, {"markdown", report.Options{}}, {"markdown", table},
	} {
		h, err := report.New(test.format, io.Discard, run, test.o)
		if err != nil {
			t.Fatal(err)
		}
		before := int64(0)
		for i := range all {
			if err := h.Result(ofLine(int64(i))); err != nil {
				t.Fatal(err)
			}
			if i == first {
				before = heapInUse()
			}
		}
		if growth := heapInUse() - before; growth > 1<<20 {
			t.Errorf("%s %+v: %d records more take %d KB", test.format, test.o, all-first, growth>>10)
		}
		if err := h.End(&measure.Summary{}); err != nil {
			t.Fatal(err)
		}
	}
}

// ofLine is a record whose strings are parts of one line. Later ones are slower, and fail with classes of their own.
func ofLine(i int64) *record.Record {
	line := fmt.Sprintf("%010d http://127.0.0.1:8000/%s", i, strings.Repeat("x", 500))
	r := &record.Record{
		Seq: i + 1, Page: 1, ID: line[:10], Name: line[:8], Row: fetcher.Row{{Column: "cid", Value: line[2:8]}}, Method: "GET", URL: line[11:40], Host: line[18:32],
		OK: i%10 != 0, Status: 200, Service: record.Micros(i), Response: record.Micros(i),
		Attempts: []record.Attempt{{Status: 200, Hops: []record.Hop{{URL: line[11:40], Host: line[18:32], Status: 200, Phases: record.Phases{Wait: record.Micros(i)}}}}},
	}
	if !r.OK {
		r.Class, r.Error = line[:10], line[:20]
	}
	return r
}

// What the table keeps, and the lines that wait for the first value, do not hold the long lines that they are from.
func TestMemoryOfWhatIsKept(t *testing.T) {
	for format, o := range map[string]report.Options{"table": {}, "csv": {HasValues: true, RowColumns: []string{"cid"}}} {
		h, err := report.New(format, io.Discard, run, o)
		if err != nil {
			t.Fatal(err)
		}
		before := heapInUse()
		for i := range int64(1000) {
			r := ofLine(i)
			line := strings.Repeat("y", 16<<10)
			r.Name, r.URL = line[:10], line[:30]
			if err := h.Result(r); err != nil {
				t.Fatal(err)
			}
		}
		if growth := heapInUse() - before; growth > 4<<20 {
			t.Errorf("%s: what is kept of 1,000 records takes %d KB", format, growth>>10)
		}
		runtime.KeepAlive(h)
	}
}
