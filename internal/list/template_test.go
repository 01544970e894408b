package list

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/list/table"
	"example.com/fetch/internal/list/template"
)

// fillIn fills one template in with one row.
// TestAnyValue: what is filled in for a part of the path is that part, and changes nothing else.
// TestAgainstAnother: where the library that others use is right, which is in ASCII, we say the same.
func TestRowsAndTemplates(t *testing.T) {
	inDir(t, map[string]string{
		"c.csv":  "CID,Name\n702,ethanol\n176,\"acetic acid\"\n",
		"l.txt":  "weights http://h/{CID}\n# more\n{Name}-cas http://i/?n={Name}\n",
		"l.json": `{"url":"http://j/{CID}","method":"PUT","header":{"X-Name":"<{Name}> {x}"},"body":{"n":"{Name}"},"timeout":3,"row":{"a":1}}` + "\n",
	})
	o := Options{Rows: "c.csv", Template: fetcher.Request{Header: http.Header{"Accept": {"*/*"}}}}
	l := mustOpen(t, nil, o, "http://h/{Name}", "l.txt")
	want := []string{
		"1 ethanol http://h/ethanol", "2 weights ethanol http://h/702", "3 ethanol-cas http://i/?n=ethanol",
		"4 acetic acid http://h/acetic%20acid", "5 weights acetic acid http://h/176", "6 acetic acid-cas http://i/?n=acetic%20acid",
	}
	wantRequests(t, l, want...)
	wantRequests(t, l, want...)
	if n, known := l.Total(); n != 6 || !known || l.Templates() != 3 || !gocmp.Equal(l.Columns(), []string{"CID", "Name"}) {
		t.Errorf("%d, %v, %d templates, columns %q", n, known, l.Templates(), l.Columns())
	}

	for req, err := range mustOpen(t, nil, o, "l.json").Requests(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		name := req.Row[1].Value
		if req.Method != "PUT" || req.Timeout != 3*time.Second || req.Header.Get("X-Name") != "<"+name+"> {x}" || req.Header.Get("Accept") != "*/*" ||
			contentOf(t, req) != `{"n":"`+name+`"}` || len(req.Row) != 2 || req.Row[0].Column != "CID" {
			t.Errorf("%+v", req)
		}
	}
	if len(o.Template.Header) != 1 {
		t.Errorf("the template's header is now %v", o.Template.Header)
	}
}

func contentOf(t *testing.T, req *fetcher.Request) string {
	t.Helper()
	if req.Body == nil {
		return ""
	}
	var got string
	for range 2 { // it can be read for each attempt
		r, err := req.Body()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil || int64(len(b)) != req.Length {
			t.Errorf("%d bytes, %v; length %d", len(b), err, req.Length)
		}
		got = string(b)
	}
	return got
}

func TestBodiesAndHeaders(t *testing.T) {
	inDir(t, map[string]string{"c.csv": "id,text\n1,\"say \"\"ü\"\" & \\\n\tx=y\"\n"})
	const form, js = "application/x-www-form-urlencoded", "application/vnd.x+json; charset=utf-8"
	for _, tt := range []struct{ kind, body, want string }{
		{"", `{"q": "{text}", "n": {id}, "{other}": {}}`, `{"q": "say \"ü\" & \\\u000a\u0009x=y", "n": 1, "{other}": {}}`},
		{form, ` ["{text}"]`, ` ["say \"ü\" & \\\u000a\u0009x=y"]`},
		{js, `"{text}"`, `"say \"ü\" & \\\u000a\u0009x=y"`},
		{form, "a={text}&b={id}", "a=say+%22%C3%BC%22+%26+%5C%0A%09x%3Dy&b=1"},
		{form, "{id}={text}", "1=say+%22%C3%BC%22+%26+%5C%0A%09x%3Dy"},
		{"text/plain", "<{text}>{id", "<say \"ü\" & \\\n\tx=y>{id"},
		{"", "{{id}}", "{1}"},
		{form, "constant", "constant"},
	} {
		o := Options{Rows: "c.csv", Template: fetcher.Request{Header: http.Header{}}}
		if tt.kind != "" {
			o.Template.Header.Set("Content-Type", tt.kind)
		}
		o.Template.Body = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(tt.body)), nil }
		o.Template.Length = int64(len(tt.body))
		for req, err := range mustOpen(t, nil, o, "http://h/").Requests(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if got := contentOf(t, req); got != tt.want {
				t.Errorf("%s as %q:\n got %s\nwant %s", tt.body, tt.kind, got, tt.want)
			}
		}
	}

	l := mustOpen(t, nil, Options{Rows: "c.csv", Template: fetcher.Request{Header: http.Header{"X-Text": {"{text}"}}}}, "http://h/")
	for req, err := range l.Requests(t.Context()) {
		if err != nil || req.Header != nil {
			t.Error(err, req.Header)
		}
		wantError(t, req.Err, `c.csv:2: "http://h/": the column text contains a line end or another character that is not allowed in the header field X-Text; `+
			"correct it, or remove the row")
	}
	for body, bad := range map[string]bool{strings.Repeat("x", 1<<20+1): false, "{id}" + strings.Repeat("x", 1<<20): true} {
		o := Options{Rows: "c.csv", Template: fetcher.Request{Body: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(body)), nil }}}
		_, err := Open(t.Context(), []string{"http://h/"}, nil, o)
		if bad {
			wantError(t, err, "the body is longer than 1 MiB and has a column in braces; columns are only filled into bodies of up to 1 MiB")
		} else if err != nil {
			t.Error(err)
		}
	}
}

func TestBadRows(t *testing.T) {
	const some = "cid,key\n1,a\n,s3cret\n3\n4,b\n"
	inDir(t, map[string]string{
		"s.csv": some,
		"c.csv": some + strings.Repeat("x\n", 30),
		"e.csv": "cid\n",
		"b.csv": "cid,cid\n",
		"l.txt": "http://h/{cid}\nhttp://h/{kid}\nhttp://h/{kee}?x\n",
	})
	// A row that cannot be read ends the list, and all of them are told at once. One whose values make no request does not.
	_, err := Open(t.Context(), []string{"http://h/{cid}?k={key}"}, nil, Options{Rows: "c.csv"})
	all, ok := errors.AsType[*format.BadLinesError](err)
	if !ok || all.Count != 31 || len(all.First) != 20 {
		t.Fatal(err)
	}
	wantError(t, all.First[0], "c.csv:4: the row has 1 cells, the heading 2; add the cells that are missing; they may be empty")

	o := Options{Rows: "s.csv", SkipBad: true}
	want := []string{
		"1 1 http://h/1", "2 1 http://i/?1", "3 http://h/ ! FILE 3", "4 http://i/?", "5 ! FILE 4", "6 4 http://h/4", "7 4 http://i/?4",
	}
	for _, rows := range []string{"s.csv", "-"} {
		o.Rows = rows
		l := mustOpen(t, strings.NewReader(some), o, "http://h/{cid}", "http://i/?{cid}")
		name := map[string]string{"s.csv": "s.csv", "-": "standard input"}[rows]
		var wanted []string
		for _, w := range want {
			wanted = append(wanted, strings.ReplaceAll(w, "FILE", name))
		}
		wantRequests(t, l, wanted...)
		n, known := l.Total()
		if known && n != 7 || known != (rows != "-") {
			t.Errorf("%d requests, known: %v", n, known)
		}
		if !known {
			_, err = read(l)
			wantError(t, err, "standard input: has been read already, and cannot be read again")
		}
	}
	for req, err := range mustOpen(t, nil, Options{Rows: "s.csv", SkipBad: true}, "http://h/{cid}?k={key}").Requests(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		switch req.Seq {
		case 2:
			wantError(t, req.Err, `s.csv:3: "http://h/{cid}?…": the column cid is empty, and the URL needs it before its query; correct it, or remove the row`)
			if row := fmt.Sprint(req.Row); row != "[{cid } {key s3cret}]" || req.URL != "http://h/?k=s3cret" {
				t.Errorf("%s, %s", row, req.URL)
			}
		case 3:
			if row := fmt.Sprint(req.Row); row != "[{cid 3} {key }]" || req.Err == nil {
				t.Errorf("%s, %v", row, req.Err)
			}
		}
	}
	got, err := read(mustOpen(t, strings.NewReader(some), Options{Rows: "-"}, "http://h/{cid}"))
	wantError(t, err, `standard input, line 4: the row has 1 cells, the heading 2; add the cells that are missing; they may be empty`)
	if len(got) != 2 {
		t.Error(got)
	}

	for _, tt := range []struct {
		o    Options
		args string
		want string
	}{
		{Options{Rows: "e.csv"}, "http://h/{cid}", "e.csv: there is no row in it; write rows below the heading"},
		{Options{Rows: "b.csv"}, "http://h/{cid}", `b.csv: line 1: columns 1 and 2 are both named "cid"; give each its own name`},
		{Options{Rows: "none.csv"}, "http://h/{cid}", "none.csv: no such file; look at its name and at the folder that it is in"},
		{Options{Rows: "http://h/x.csv"}, "http://h/{cid}", "--rows: is a URL, not a file; fetch it first, and name the file"},
		{Options{Rows: "-"}, "-", "-: standard input is named twice; write - once, for the list or for --rows"},
		{Options{Rows: "c.csv"}, "l.txt", `l.txt:2: "http://h/{kid}": {kid} is neither a column nor the name of a --set; did you mean {cid}? there are cid, key` + "\n" +
			`l.txt:3: "http://h/{kee}?…": {kee} is neither a column nor the name of a --set; did you mean {key}? there are cid, key`},
		{Options{Rows: "c.csv", Set: []string{"key=1"}}, "http://h/{cid}", "--set: the name key is a column of the table, too; choose another name"},
		{Options{Set: []string{"a=1", "a=2"}}, "http://h/{a}", "--set: the name a is in another --set, too; choose another name"},
		{Options{Rows: "c.csv", Batch: template.Batch{Column: "kid", Size: 3}}, "http://h/{cid}", "--batch: {kid} is neither a column nor the name of a --set; did you mean {cid}? there are cid, key"},
		{Options{Rows: "c.csv", Batch: template.Batch{Column: "key", Size: 3}}, "http://h/{cid}", `argument 1: the template "http://h/{cid}" has no {key}, which --batch makes a list; write {key} where the list belongs`},
	} {
		_, err := Open(t.Context(), strings.Fields(tt.args), strings.NewReader(""), tt.o)
		wantError(t, err, tt.want)
	}
}

// TestHeadingOfOneWord: a table with one value a line has a heading if that is what the templates name.
func TestHeadingOfOneWord(t *testing.T) {
	const text, quoted = "name\nacetic acid\n1,10-x\n", "\"na\"\"me\"\n\"a, b\"\n\n c\n"
	inDir(t, map[string]string{"t.txt": text, "t": text, "q": quoted, "long.txt": strings.Repeat("x", table.MaxRow+1) + "\nname\n"})
	for _, rows := range []string{"t.txt", "t", "-"} {
		l := mustOpen(t, strings.NewReader(text), Options{Rows: rows}, "http://h/{value}")
		wantRequests(t, l, "1 name http://h/name", "2 acetic acid http://h/acetic%20acid", "3 1,10-x http://h/1%2C10-x")
		o := Options{Rows: rows, SkipBad: true, Template: fetcher.Request{Header: http.Header{"X": {"{name}"}}}}
		l = mustOpen(t, strings.NewReader(text), o, "http://h/{?name}")
		where := cmp.Or(strings.Trim(rows, "-"), "standard input")
		wantRequests(t, l, "1 acetic acid http://h/?name=acetic%20acid", "2 1 ! "+where+" 3")
		if c := l.Columns(); len(c) != 1 || c[0] != "name" {
			t.Error(c)
		}
		_, err := Open(t.Context(), []string{"http://h/{name}/{value}"}, strings.NewReader(text), Options{Rows: rows})
		wantError(t, err, where+": its first line is a heading for {name}, but not for {value}; use one of them")
		_, err = Open(t.Context(), []string{"http://h/{nam}"}, strings.NewReader(text), Options{Rows: rows})
		wantError(t, err, `argument 1: "http://h/{nam}": {nam} is neither a column nor the name of a --set; the table has one value a line, which is {value}, or what its first line says`)
	}
	wantRequests(t, mustOpen(t, nil, Options{Rows: "q"}, `http://h/{na"me}`), "1 a, b http://h/a%2C%20b", "2 c http://h/%20c")
	l := mustOpen(t, nil, Options{Rows: "long.txt", SkipBad: true}, "http://h/{value}")
	wantRequests(t, l, "1 ! long.txt 1", "2 name http://h/name")
	wantRequests(t, mustOpen(t, strings.NewReader(text), Options{Rows: "-", Batch: template.Batch{Column: "name", Size: 5}, SkipBad: true}, "http://h/{name}"),
		"1 name acetic acid http://h/acetic%20acid", "2 1 ! standard input 3")
}

// TestJSONArrayAsTable: read one element at a time, told by its entries.
func TestJSONArrayAsTable(t *testing.T) {
	const text = `[{"cid": 702, "x": 1.10}, {"x": null, "name": "y"}, {"cid": 12345678901234567890123}, 7]`
	inDir(t, map[string]string{"a.json": text, "a.jsonl": text, "b.json": text[:len(text)-4] + "]"})
	_, err := Open(t.Context(), []string{"http://h/{cid}"}, nil, Options{Rows: "a.json"})
	wantError(t, err, `a.json, entry 4: it is not a JSON object; write it like {"name": "water"}`)
	for _, rows := range []string{"a.json", "a.jsonl"} {
		l := mustOpen(t, nil, Options{Rows: rows, SkipBad: true}, "http://h/{cid}?{x}{name}")
		wantRequests(t, l, "1 702 http://h/702?1.10", "2 y http://h/?y ! "+rows+" 0", "3 12345678901234567890123 http://h/12345678901234567890123?", "4 ! "+rows+" 0")
		if n, known := l.Total(); n != 4 || !known {
			t.Error(n, known)
		}
		for req := range l.Requests(t.Context()) {
			if req.Seq == 2 {
				wantError(t, req.Err, rows+`, entry 2: "http://h/{cid}?…": the column cid is empty, and the URL needs it before its query; correct it, or remove the row`)
			}
		}
	}
	got, err := read(mustOpen(t, strings.NewReader(text), Options{Rows: "-"}, "http://h/?{cid}"))
	wantError(t, err, `standard input, entry 2: the key "name" is new: the first object does not have it; `+
		"write it there, with null if it has no value; a table in a file may have new keys anywhere")
	if len(got) != 1 {
		t.Error(got)
	}
}

func TestRowsFromAPipeComeAsTheyAreWritten(t *testing.T) {
	r, w := io.Pipe()
	defer r.Close()
	go func() {
		for _, text := range []string{"a\tb\n", "1\t2\n", "3\t4\n"} {
			if _, err := io.WriteString(w, text); err != nil {
				return
			}
		}
	}()
	l := mustOpen(t, r, Options{Rows: "-"}, "http://h/{a}")
	n := 0
	for req, err := range l.Requests(t.Context()) {
		if n++; err != nil || req.URL != []string{"http://h/1", "http://h/3"}[n-1] {
			t.Fatal(req, err)
		}
		if n == 2 {
			return
		}
	}
}

// TestVeryManyCombinations: the check does not go through all of what is only counted.
func TestVeryManyCombinations(t *testing.T) {
	inDir(t, map[string]string{"c.csv": "a\n1\n2\n3\n"})
	const many = 1_000_000_000
	for _, tt := range []struct {
		o     Options
		total int64
	}{
		{Options{Set: []string{"n=1..1000000000"}}, many},
		{Options{Set: []string{"n=1..1000000000", "m=1..1000"}}, 1000 * many},
		{Options{Rows: "c.csv", Set: []string{"n=1..1000000000"}}, 3 * many},
		{Options{Rows: "c.csv", Set: []string{"n=1..1000000000"}, Batch: template.Batch{Column: "a", Size: 2}}, 2 * many},
		{Options{Set: []string{"n=1..1000000001"}, Batch: template.Batch{Column: "n", Size: 100}}, many/100 + 1},
	} {
		template := "http://h/{n}"
		if tt.o.Batch.Column == "a" {
			template = "http://h/{a}/{n}"
		}
		l := mustOpen(t, nil, tt.o, template)
		total, _ := l.Total()
		if total != tt.total {
			t.Errorf("%+v: %d requests", tt.o, total)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		n := 0
		for _, err := range l.Requests(ctx) {
			if n++; n == 1 {
				cancel()
			} else if err != context.Canceled {
				t.Error(err)
			}
		}
		if n > 2 {
			t.Errorf("%d after the end", n)
		}
	}
}

func BenchmarkRows(b *testing.B) {
	const rows = 100_000
	var text strings.Builder
	text.WriteString("cid,name\n")
	for i := range rows {
		fmt.Fprintf(&text, "%d,acetic acid %d\n", i, i)
	}
	b.ReportAllocs()
	for b.Loop() {
		l, err := Open(b.Context(), []string{"http://h/rest/pug/compound/name/{name}/JSON?cid={cid}"}, strings.NewReader(text.String()), Options{Rows: "-"})
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for _, err := range l.Requests(context.Background()) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != rows {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
}

// TestDocument: the examples in docs/templates.md are true.
