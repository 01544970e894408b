package list

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/template"
)

func TestParseBatch(t *testing.T) {
	for text, want := range map[string]template.Batch{"cid:100": {Column: "cid", Size: 100}, "a:b:1": {Column: "a:b", Size: 1}, "CAS number:100000": {Column: "CAS number", Size: 100_000}} {
		if got, err := template.ParseBatch(text); err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for text, problem := range map[string]string{
		"cid": "there is no COLUMN:SIZE", ":3": "there is no COLUMN:SIZE", "cid:0": "the size is not a number from 1 to 100000",
		"cid:x": "the size is not a number from 1 to 100000", "cid:100001": "the size is not a number from 1 to 100000",
	} {
		_, err := template.ParseBatch(text)
		wantError(t, err, "--batch: "+problem+"; write it like cid:100")
	}
}

func TestBatches(t *testing.T) {
	const text = "cid,kind,name\n1,a,x\n2,a,y\n\"3,\",a,z\n4,b,x\n5,b,x\n"
	for _, tt := range []struct {
		name     string
		template string
		batch    string
		sets     []string
		want     []string // each request, and how many rows it has
	}{
		{"several", "http://h/{cid}/x", "cid:3", nil, []string{"cid 1 to 3, http://h/1,2,3%2C/x 3", "cid 4 to 5 http://h/4,5/x 2"}},
		{"just full", "http://h/{cid}", "cid:5", nil, []string{"cid 1 to 5 http://h/1,2,3%2C,4,5 5"}},
		{"alone", "http://h/{cid}", "cid:1", nil, []string{
			"cid 1 http://h/1 1", "cid 2 http://h/2 1", "cid 3, http://h/3%2C 1", "cid 4 http://h/4 1", "cid 5 http://h/5 1",
		}},
		{"exploded", "http://h/{?cid*}", "cid:2", nil, []string{
			"cid 1 to 2 http://h/?cid=1&cid=2 2", "cid 3, to 4 http://h/?cid=3%2C&cid=4 2", "cid 5 http://h/?cid=5 1",
		}},
		{"ended by another column", "http://h/{kind}/{cid}", "cid:100", nil, []string{"cid 1 to 3, http://h/a/1,2,3%2C 3", "cid 4 to 5 http://h/b/4,5 2"}},
		{"with a set", "http://h/{v}/{cid}", "cid:3", []string{"v=p,q"}, []string{
			"cid 1 to 3, http://h/p/1,2,3%2C 3", "cid 1 to 3, http://h/q/1,2,3%2C 3", "cid 4 to 5 http://h/p/4,5 2", "cid 4 to 5 http://h/q/4,5 2",
		}},
		{"of a set", "http://h/{kind}/{n}", "n:2", []string{"n=1..3"}, []string{
			"n 1 to 2 http://h/a/1,2 2", "n 3 to 1 http://h/a/3,1 2", "n 2 to 3 http://h/a/2,3 2", "n 1 to 2 http://h/a/1,2 2", "n 3 http://h/a/3 1",
			"n 1 to 2 http://h/b/1,2 2", "n 3 to 1 http://h/b/3,1 2", "n 2 to 3 http://h/b/2,3 2",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inDir(t, map[string]string{"c.csv": text})
			b, err := template.ParseBatch(tt.batch)
			if err != nil {
				t.Fatal(err)
			}
			for _, rows := range []string{"c.csv", "-"} {
				l := mustOpen(t, strings.NewReader(text), Options{Rows: rows, Batch: b, Set: tt.sets}, tt.template)
				var got []string
				for req, err := range l.Requests(t.Context()) {
					if err != nil {
						t.Fatal(err)
					}
					if req.Row != nil || req.Seq != int64(len(got))+1 {
						t.Errorf("%+v", req)
					}
					got = append(got, fmt.Sprint(req.Name, " ", req.URL, " ", len(req.Rows)))
				}
				if d := cmp.Diff(tt.want, got); d != "" {
					t.Error(d)
				}
				total, known := l.Total()
				if known && total != int64(len(tt.want)) {
					t.Errorf("%d requests", total)
				}
			}
		})
	}
}

func TestBatchesInBodiesAndBadRows(t *testing.T) {
	inDir(t, map[string]string{"c.csv": "cid\n1\n\"\"\n\"a,b&\"\n..\n2\nx,y\n3\n"})
	o := Options{Rows: "c.csv", Batch: template.Batch{Column: "cid", Size: 10}, Template: fetcher.Request{Method: "POST"}, SkipBad: true}
	o.Template.Body = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(`{"ids": "{cid}"}`)), nil }
	got := func(template string) (got []string) {
		l := mustOpen(t, nil, o, template)
		for req, err := range l.Requests(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			text := fmt.Sprint(req.Rows, " ", contentOf(t, req))
			if req.Err != nil {
				text += " ! " + req.Err.Error()
			}
			got = append(got, text)
		}
		total, _ := l.Total()
		if total != int64(len(got)) {
			t.Errorf("%s: %d requests were counted, %d came", template, total, len(got))
		}
		return got
	}
	const two = " ! c.csv:7: the row has 2 cells, the heading 1; put a cell that holds a ',' in quotes, \"like this\""
	const empty = `[[{cid }]]  ! c.csv:3: "http://h/": the column cid is empty, and the batch needs it; correct it, or remove the row`
	if d := cmp.Diff([]string{
		`[[{cid 1}]] {"ids": "1"}`, empty, `[[{cid a,b&}] [{cid ..}] [{cid 2}]] {"ids": "a,b&,..,2"}`, `[[{cid x}]] ` + two, `[[{cid 3}]] {"ids": "3"}`,
	}, got("http://h/")); d != "" {
		t.Error(d)
	}
	const dots = `[[{cid ..}]]  ! c.csv:5: "http://h/{cid}/": the column cid is . or .., which would change the folder; ` +
		`such a name can be sent in a query`
	if d := cmp.Diff([]string{
		`[[{cid 1}]] {"ids": "1"}`, strings.ReplaceAll(empty, "http://h/", "http://h/{cid}/"), `[[{cid a,b&}]] {"ids": "a,b&"}`, dots, `[[{cid 2}]] {"ids": "2"}`,
		`[[{cid x}]] ` + two, `[[{cid 3}]] {"ids": "3"}`,
	}, got("http://h/{cid}/")); d != "" {
		t.Error(d)
	}
}
