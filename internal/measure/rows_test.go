package measure

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

func cid(n int) fetcher.Row { return fetcher.Row{{Column: "cid", Value: fmt.Sprint(n)}} }

func single(seq int64, page int, class string, notes ...string) *record.Record {
	return &record.Record{Seq: seq, Page: page, Row: cid(int(seq)), OK: class == "", Class: class, Notes: notes}
}

// batch has n rows, of which those in missing have no answer.
func batch(seq int64, n int, missing ...int) *record.Record {
	r := &record.Record{Seq: seq, Page: 1, OK: true}
	for i := range n {
		r.Rows = append(r.Rows, record.Answer{Row: cid(int(seq)*1000 + i), OK: true})
	}
	for _, i := range missing {
		r.Rows[i].OK, r.Rows[i].Error = false, "no result for "+r.Rows[i].Row[0].Value
	}
	return r
}

func ended(r *record.Record, page int, class string) *record.Record {
	r.Page, r.OK, r.Class = page, class == "", class
	for i := range r.Rows {
		r.Rows[i].OK = r.OK
	}
	return r
}

func TestRows(t *testing.T) {
	interim := record.NoteInterim
	for _, test := range []struct {
		name    string
		records []*record.Record
		want    RowCounts
	}{
		{"none", []*record.Record{{Seq: 1, Page: 1, OK: true}}, RowCounts{}},
		{"one a request", []*record.Record{single(1, 1, ""), single(2, 1, "http_4xx"), single(3, 1, "canceled"), single(4, 1, "", record.NoteMissing)},
			RowCounts{Rows: 4, RowsOK: 2, RowsFailed: 1, RowsUndone: 1, RowClasses: Counts{"http_4xx": 1}}},
		{"pages count once", []*record.Record{single(1, 1, ""), single(2, 1, ""), single(1, 2, ""), single(2, 2, "timeout_ttfb"), single(1, 3, "")},
			RowCounts{Rows: 2, RowsOK: 1, RowsFailed: 1, RowClasses: Counts{"timeout_ttfb": 1}}},
		{"a later page is canceled", []*record.Record{single(1, 1, ""), single(1, 2, "deadline")}, RowCounts{Rows: 1, RowsUndone: 1}},
		{"told to wait", []*record.Record{single(1, 1, "", interim), single(2, 1, "", interim), single(3, 1, "", interim), single(1, 2, "", interim), single(1, 3, ""),
			single(2, 2, "http_5xx"), single(1, 4, "", interim)},
			RowCounts{Rows: 3, RowsOK: 1, RowsFailed: 1, RowsUndone: 1, RowClasses: Counts{"http_5xx": 1}}},
		{"a batch", []*record.Record{batch(1, 100), batch(2, 3, 0, 2)},
			RowCounts{Rows: 103, RowsOK: 101, RowsFailed: 2, RowClasses: Counts{"expect": 2}, FailedRows: []FailedRow{
				{2, "cid 2000", "no result for 2000"}, {2, "cid 2002", "no result for 2002"}}}},
		{"a batch that failed", []*record.Record{ended(batch(1, 5), 1, "http_5xx"), ended(batch(2, 4), 1, "canceled")},
			RowCounts{Rows: 9, RowsFailed: 5, RowsUndone: 4, RowClasses: Counts{"http_5xx": 5}}},
		{"a batch whose second page failed", []*record.Record{batch(1, 5), batch(2, 4, 1), ended(batch(2, 4), 2, "connect"), ended(batch(1, 5), 2, "")},
			RowCounts{Rows: 9, RowsOK: 5, RowsFailed: 4, RowClasses: Counts{"expect": 1, "connect": 3}, FailedRows: []FailedRow{{2, "cid 2001", "no result for 2001"}}}},
		{"a page without its first", []*record.Record{single(1, 2, "http_5xx"), single(2, 1, "")}, RowCounts{Rows: 1, RowsOK: 1}},
	} {
		c := New(Config{})
		for _, r := range test.records {
			c.Add(r)
		}
		s := c.Summary(End{})
		var got RowCounts
		if s.RowCounts != nil {
			got = *s.RowCounts
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
		if diff := cmp.Diff(s, c.Summary(End{})); diff != "" {
			t.Errorf("%s, asked twice: %s", test.name, diff)
		}
		data, err := json.Marshal(s)
		if err != nil || strings.Contains(string(data), "rows_ok") != (test.want.Rows > 0) {
			t.Errorf("%s: %v: %s", test.name, err, data)
		}
		back := &Summary{}
		if err := json.Unmarshal(data, back); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(s, back, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s, read again: %s", test.name, diff)
		}
	}
}

// TestFailedRows: the first in the order of the list are named, whatever the order in which they come.
func TestFailedRows(t *testing.T) {
	var all []*record.Record
	for seq := range int64(30) {
		all = append(all, batch(seq+1, 4, 1, 3))
	}
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	c := New(Config{})
	for _, r := range all {
		c.Add(r)
	}
	got := c.Summary(End{})
	if got.RowsFailed != 60 || len(got.FailedRows) != maxFailedRows {
		t.Fatalf("%d failed, %d named", got.RowsFailed, len(got.FailedRows))
	}
	for i, row := range got.FailedRows {
		if want := fmt.Sprintf("cid %d", (i/2+1)*1000+i%2*2+1); row.Row != want || row.Seq != int64(i/2+1) {
			t.Errorf("%d: %+v, want %s", i, row, want)
		}
	}
}

func TestFailedRowsAreNamed(t *testing.T) {
	long := strings.Repeat("é", 1000)
	r := &record.Record{Seq: 1, Page: 1, OK: true, Rows: []record.Answer{
		{Row: fetcher.Row{{Column: "cid", Value: "1"}, {Column: "name", Value: "ethanol"}}, Error: long}, {Row: nil, Error: "x"},
		{Row: fetcher.Row{{Column: "smiles", Value: "a" + long}}},
	}}
	c := New(Config{})
	c.Add(r)
	rows := c.Summary(End{}).FailedRows
	if rows[0].Row != "ethanol" || rows[1].Row != "" || !strings.HasPrefix(rows[2].Row, "smiles aéé") {
		t.Errorf("%+v", rows)
	}
	for _, text := range []string{rows[0].Error, rows[2].Row} {
		if len(text) > maxExcerpt+len("…") || strings.ToValidUTF8(text, "?") != text {
			t.Errorf("%d bytes: %q", len(text), text)
		}
	}
}

func TestDuplicatesMissingAndFiles(t *testing.T) {
	c := New(Config{})
	c.Add(&record.Record{Seq: 1, Page: 1, OK: true, File: "a"})
	c.Add(&record.Record{Seq: 2, Page: 1, OK: true, Notes: []string{record.NoteMissing}})
	if s := c.Summary(End{Duplicates: 3}); s.Duplicates != 3 || s.Missing != 1 || s.Files != 1 || s.Requests != 2 {
		t.Errorf("%+v", s)
	}
}

func TestWaitingIsBounded(t *testing.T) {
	c := New(Config{})
	const all = maxWaiting + 10
	for seq := range int64(all) {
		c.Add(single(seq+1, 1, "", record.NoteInterim))
	}
	if s := c.Summary(End{}); s.RowsUndone != maxWaiting || s.RowsOK != 10 {
		t.Errorf("%+v", s.RowCounts)
	}
	for seq := range int64(all) {
		c.Add(single(seq+1, 2, ""))
	}
	if s := c.Summary(End{}); s.RowsOK != all || len(c.rows.waiting) != 0 {
		t.Errorf("%+v", s.RowCounts)
	}
}
