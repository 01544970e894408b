package diff

import (
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"testing"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

// on makes the record of a request to a server. Its id, as that of every request, is of the server too.
func on(server, target string, seq int, row fetcher.Row, edit func(*record.Record)) *record.Record {
	r := result(seq, nil)
	r.Seq, r.URL, r.Row, r.Host = int64(seq), server+target, row, "a.test:80"
	if edit != nil {
		edit(r)
	}
	r.ID = fmt.Sprintf("%x", sha256.Sum256([]byte(server+target+fmt.Sprint(row, r.Method, r.ContentType))))[:24]
	return r
}

// TestIgnoreHost: what is paired with what, shown by what has changed.
func TestIgnoreHost(t *testing.T) {
	const a, b = "http://a.test", "https://b.test:8443"
	hostB := func(r *record.Record) { r.Host = "b.test:8443" }
	row := func(cells ...string) (row fetcher.Row) {
		for i := 0; i < len(cells); i += 2 {
			row = append(row, fetcher.Cell{Column: cells[i], Value: cells[i+1]})
		}
		return row
	}
	post := func(body string) func(*record.Record) { // what is no part of a record stands in its id
		return func(r *record.Record) { r.Method, r.ContentType = "POST", body }
	}
	sized := func(n int64, edit func(*record.Record)) func(*record.Record) {
		return func(r *record.Record) {
			r.Bytes = n
			if edit != nil {
				edit(r)
			}
		}
	}
	type records = []*record.Record
	for _, c := range []struct {
		name   string
		a, b   records
		paired int64
		bodies []int64 // the places in B's list of those with other bodies
	}{
		{"paths and queries", records{on(a, "/1?x=1", 1, nil, nil), on(a, "/1?x=2", 2, nil, nil), on(a, "", 3, nil, nil)},
			records{on(b, "/1?x=2", 1, nil, nil), on(b, "/1?x=3", 2, nil, nil), on(b, "/", 3, nil, nil)}, 2, nil},
		{"methods", records{on(a, "/1", 1, nil, nil)}, records{on(b, "/1", 1, nil, post(""))}, 0, nil},
		{"userinfo", records{on("http://***@a.test", "/1", 1, nil, nil)}, records{on(b, "/1@x", 1, nil, nil), on(b, "/1", 2, nil, nil)}, 1, nil},
		{"rows", records{on(a, "/", 1, row("cid", "1"), sized(1, nil)), on(a, "/", 2, row("cid", "2"), sized(2, nil))},
			records{on(b, "/", 1, row("cid", "2"), sized(2, nil)), on(b, "/", 2, row("cid", "1"), sized(9, nil))}, 2, []int64{2}},
		{"a row more", records{on(a, "/", 1, row("cid", "1"), nil)},
			records{on(b, "/", 1, row("cid", "0"), sized(7, nil)), on(b, "/", 2, row("cid", "1"), nil)}, 1, nil},
		{"a column for the environment", records{on(a, "/", 1, row("env", "staging", "cid", "1"), nil), on(a, "/", 2, row("env", "staging", "cid", "2"), nil)},
			records{on(b, "/", 1, row("env", "prod", "cid", "1"), nil), on(b, "/", 2, row("env", "prod", "cid", "2"), nil)}, 2, nil},
		{"columns with hosts", records{on(a, "/", 1, row("base", "http://A.test/v1", "h", "a.test"), nil), on(a, "/", 2, row("base", "http://a.test/v2", "h", "other.test"), nil)},
			records{on(b, "/", 1, row("base", "https://b.test:8443/v1", "h", "b.test:8443"), hostB), on(b, "/", 2, row("base", "https://b.test:8443/v2", "h", "other.test"), hostB)}, 2, nil},
		{"bodies, by their order", records{on(a, "/", 2, nil, sized(2, post("y"))), on(a, "/", 1, nil, sized(1, post("x")))},
			records{on(b, "/", 1, nil, sized(2, post("x"))), on(b, "/", 2, nil, sized(1, post("y")))}, 2, []int64{1, 2}},
		{"the same twice", records{on(a, "/", 1, nil, sized(1, nil)), on(a, "/", 2, nil, sized(2, nil))},
			records{on(b, "/", 1, nil, sized(2, nil)), on(b, "/", 2, nil, sized(1, nil))}, 2, nil},
		{"no URL", records{on("", "::", 1, nil, nil)}, records{on("", "::", 1, nil, nil)}, 1, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Compare(runOf(c.a...), runOf(c.b...), Options{IgnoreHost: true})
			if err != nil {
				t.Fatal(err)
			}
			var bodies []int64
			for _, e := range got.Changes.Bodies.Examples {
				bodies = append(bodies, e.B.Seq)
			}
			if got.Changes.Paired != c.paired || !slices.Equal(bodies, c.bodies) {
				t.Errorf("%d pairs with other bodies at %v, want %d and %v", got.Changes.Paired, bodies, c.paired, c.bodies)
			}
			same, err := Compare(runOf(c.a...), runOf(c.a...), Options{IgnoreHost: true})
			if err != nil || same.Changes.Paired != int64(len(c.a)) || same.Changes.Bodies.N > 0 {
				t.Errorf("a run and itself: %+v, %v", same.Changes, err)
			}
			if usual := compared(t, runOf(c.a...), runOf(c.b...)); c.name != "no URL" && usual.Changes.Paired != 0 {
				t.Errorf("%d are paired by their ids", usual.Changes.Paired)
			}
		})
	}
	bad := Run{Records: sequence(nil, io.ErrUnexpectedEOF)}
	if _, err := Compare(runOf(), bad, Options{IgnoreHost: true}); err != io.ErrUnexpectedEOF {
		t.Error(err)
	}
}

// TestIgnoreHostLatencies: they are those of pairs, by URL without its host, and not by host.
func TestIgnoreHostLatencies(t *testing.T) {
	var a, b []*record.Record
	for n := range 60 {
		target := fmt.Sprint("/", n%3)
		ofA, ofB := "a.test", "b.test"
		if n%2 == 0 {
			ofA, ofB = "common.test", "common.test"
		}
		a = append(a, on("http://"+ofA, target, n+1, nil, func(r *record.Record) { r.Host, r.Service = ofA+":80", record.Micros(100_000+n) }))
		b = append(b, on("http://"+ofB, target, n+1, nil, func(r *record.Record) { r.Host, r.Service = ofB+":80", record.Micros(200_000+n) }))
	}
	got, err := Compare(runOf(a...), runOf(b...), Options{IgnoreHost: true})
	if err != nil {
		t.Fatal(err)
	}
	l := got.Latency
	if l.Verdict != VerdictDifferent || len(l.PerHost) != 0 || len(l.PerURL) != 3 || l.PerURL[0].Name != "/0" {
		t.Errorf("%+v", l)
	}
}

// TestSecretsPair: where a secret counts for the id, which another run makes with another key, what is shown counts.
func TestSecretsPair(t *testing.T) {
	of := func(seq int64, id, pin string, status int) *record.Record {
		r := &record.Record{Seq: seq, Page: 1, ID: id, Method: "GET", URL: "http://h/1?p=***", Host: "h:80", OK: status == 200, Status: status}
		r.Row = fetcher.Row{{Column: "id", Value: "1"}, {Column: "pin", Value: pin}}
		return r
	}
	headerOnly := of(3, "0000000000000000000000ac", "1", 200)
	headerOnly.KeyedID, headerOnly.URL = true, "http://h/2"
	again := *headerOnly
	again.ID = "0000000000000000000000bc"
	a := runOf(headerOnly, of(1, "0000000000000000000000aa", "***", 200), of(2, "0000000000000000000000ab", "***", 200))
	b := runOf(&again, of(1, "0000000000000000000000ba", "***", 200), of(2, "0000000000000000000000bb", "***", 500))
	got, err := Compare(a, b, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if c := got.Changes; c.OnlyA.N+c.OnlyB.N != 0 || c.NewFailures.N != 1 {
		t.Errorf("%+v", c)
	}
}
