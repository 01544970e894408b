package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report"
)

var valueSamples = map[string]sample{"values": values, "batches": batches, "badvalues": hostileValues}

func TestTableWithValues(t *testing.T) {
	for name, sample := range valueSamples {
		for _, o := range []struct {
			name string
			o    report.Options
		}{
			{"80", report.Options{Width: 80, HasValues: true}}, {"200", report.Options{Width: 200, HasValues: true}}, {"piped", report.Options{HasValues: true}},
			{"color", report.Options{Width: 100, Color: true, HasValues: true}}, {"dropped", report.Options{Width: 80, BodiesDropped: true}},
			{"files", report.Options{Width: 120}},
		} {
			t.Run(name+"-"+o.name, func(t *testing.T) {
				rs, s := sample()
				got := render(t, "table", o.o, rs, s)
				if o.name != "color" {
					harmless(t, got)
				}
				if o.o.Width > 0 && !o.o.Color {
					narrow(t, got, o.o.Width)
				}
				golden(t, "table-"+name+"-"+o.name, got)
			})
		}
		rs, s := sample()
		for w := 40; w < 220; w++ {
			narrow(t, render(t, "table", report.Options{Width: w, HasValues: true}, rs, s), w)
		}
	}
}

// TestTableOfSelected: what is known to be selected has columns of its own, as many as there is room for; what has other
// values has one for all.
func TestTableOfSelected(t *testing.T) {
	columns := []string{"MolecularFormula", "MolecularWeight", "IUPACName"}
	sample := func() []*record.Record {
		rs, _ := values()
		rs = append(rs[:4], rs[6])
		rs[2].Values = raw(`{"MolecularFormula":"C40H56O"}`, `{"MolecularFormula":"C\u001b[2J\nO","MolecularWeight":1.50}`)
		return rs
	}
	for _, o := range []struct {
		name string
		o    report.Options
	}{
		{"80", report.Options{Width: 80}}, {"200", report.Options{Width: 200}}, {"piped", report.Options{BodiesDropped: true}},
	} {
		t.Run(o.name, func(t *testing.T) {
			rs := sample()
			o.o.HasValues, o.o.Values = true, columns
			got := render(t, "table", o.o, rs, summed(rs))
			harmless(t, got)
			golden(t, "table-selected-"+o.name, got)
		})
	}
	rs := sample()
	for w := 40; w < 220; w++ {
		narrow(t, render(t, "table", report.Options{Width: w, HasValues: true, Values: columns}, rs, summed(rs)), w)
	}
	for _, o := range []report.Options{{HasValues: true}, {HasValues: true, Values: columns}, {Values: columns}} {
		rs, s := values()
		got := render(t, "table", o, rs, s)
		if strings.Contains(got, "MolecularFormula  ") || strings.Contains(got, "VALUE") != o.HasValues {
			t.Errorf("of scalars and objects:\n%s", got)
		}
	}
}

// TestTableKeepsWhatWasAskedFor: on a terminal of 80 columns LATENCY and the URL go before a column of --select does, or a value.
func TestTableKeepsWhatWasAskedFor(t *testing.T) {
	columns := []string{"formula", "weight", "charge", "heavy", "complexity", "title"}
	selected := func(failure bool) (rs []*record.Record) {
		for i := range 3 {
			rs = append(rs, answered(int64(i+1), fmt.Sprint("compound ", i), `{"formula":"C9H8O4","weight":180.16,"charge":0,"heavy":13,
				"complexity":212,"title":"2-acetyloxybenzoic acid"}`))
		}
		if failure {
			failed(rs[1], 0, "timeout_ttfb", "no answer within 5 s")
			rs[1].Values = nil
		}
		return rs
	}
	heading := func(rs []*record.Record, width int, columns []string) string {
		got := render(t, "table", report.Options{Width: width, HasValues: true, Values: columns}, rs, summed(rs))
		narrow(t, got, width)
		if failed := !rs[1].OK; failed != strings.Contains(got, "timeout_ttfb") {
			t.Errorf("a failure %v:\n%s", failed, got)
		}
		line, _, _ := strings.Cut(got, "\n")
		return line
	}
	for width, want := range map[int]string{
		130: "SEQ NAME STATUS LATENCY SIZE formula weight charge heavy complexity title URL or error",
		80:  "SEQ NAME STATUS formula weight charge heavy complexity title",
		70:  "NAME STATUS formula weight charge heavy complex… title", 40: "STATUS formula weight charge heavy",
	} {
		if got := strings.Join(strings.Fields(heading(selected(false), width, columns)), " "); got != want {
			t.Errorf("%d: %s, want %s", width, got, want)
		}
	}
	if got := heading(selected(true), 80, columns); !strings.Contains(got, " title") || strings.Contains(got, "LATENCY") {
		t.Errorf("with a failure: %s", got)
	}
	scalar := []*record.Record{answered(1, "a rather long name", `"a rather long value"`), answered(2, "b", `2`)}
	if got := heading(scalar, 40, nil); !strings.Contains(got, "VALUE") || strings.Contains(got, "LATENCY") {
		t.Errorf("a scalar: %s", got)
	}
}

// TestFailuresAlone: with OnlyFailed the lines are those of failures, with DropFailed all others, and how many is known; a batch is
// taken apart, but for NDJSON, which has it whole.
func TestFailuresAlone(t *testing.T) {
	batch := answered(3, "c", `1`)
	batch.Rows = []record.Answer{{Row: fetcher.Row{{Column: "name", Value: "c"}}, OK: true}, {Row: fetcher.Row{{Column: "name", Value: "d"}}, Error: "none"}}
	batch.Row = nil
	rs := []*record.Record{answered(1, "a"), failed(answered(2, "b"), 404, "http_4xx", "404"), batch}
	for _, tt := range []struct {
		format string
		o      report.Options
		want   string
		left   int64
	}{
		{"csv", report.Options{}, "a b c d", 0}, {"csv", report.Options{OnlyFailed: true}, "b d", 0}, {"csv", report.Options{DropFailed: true}, "a c", 2},
		{"tsv", report.Options{DropFailed: true}, "a c", 2}, {"markdown", report.Options{DropFailed: true}, "a c", 2},
		{"ndjson", report.Options{DropFailed: true}, "a c d", 1},
	} {
		tt.o.Table, tt.o.RowColumns = true, []string{"name"}
		var out bytes.Buffer
		h, err := report.New(tt.format, &out, &report.Run{}, tt.o)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rs {
			h.Result(r)
		}
		h.End(summed(rs))
		var got []string
		text, _, _ := strings.Cut(out.String(), "##")
		for _, name := range []string{"a", "b", "c", "d"} {
			if strings.Contains(text, "\n"+name+"\n") || strings.Contains(text, "| "+name+" |") || strings.Contains(text, `"row":{"name":"`+name+`"}`) {
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != tt.want || h.(report.Dropper).Dropped().Failed != tt.left {
			t.Errorf("%s %+v: %s, %+v\n%s", tt.format, tt.o, got, h.(report.Dropper).Dropped(), text)
		}
	}
}

// TestHostForPeople: Markdown, which is for people, has a host without the port that its scheme has anyway; what programs read has it.
func TestHostForPeople(t *testing.T) {
	for _, tt := range []struct{ url, host, shown string }{
		{"http://h.test/", "h.test:80", "h.test"}, {"https://h.test/", "h.test:443", "h.test"}, {"http://h.test:443/", "h.test:443", "h.test:443"},
	} {
		r := rec(1, "a", tt.url, 5)
		r.Host = tt.host
		for format, want := range map[string]string{"markdown": "\n| " + tt.shown + " |\n", "csv": "\n" + tt.host + "\n", "tsv": "\n" + tt.host + "\n"} {
			got := render(t, format, report.Options{Table: true, Fields: []string{"host"}}, []*record.Record{r}, summed([]*record.Record{r}))
			if !strings.Contains(got, want) {
				t.Errorf("%s of %s: %s", format, tt.url, got)
			}
		}
	}
}

func TestFormatsWithValues(t *testing.T) {
	selected := []string{"MolecularFormula", "MolecularWeight"}
	for name, sample := range valueSamples {
		for _, o := range []struct {
			name string
			o    report.Options
		}{
			{"all", report.Options{HasValues: true}},
			{"rows", report.Options{HasValues: true, Table: true, Values: selected}},
			{"found", report.Options{HasValues: true, Table: true}},
			{"fields", report.Options{HasValues: true, Table: true, Fields: []string{"status", "latency", "file", "error"}}},
		} {
			for _, format := range []string{"csv", "tsv", "markdown", "json"} {
				if format != "csv" && o.name != "rows" {
					continue
				}
				t.Run(format+"-"+name+"-"+o.name, func(t *testing.T) {
					rs, s := sample()
					got := render(t, format, o.o, rs, s)
					if format == "markdown" || format == "json" {
						harmless(t, got)
					}
					golden(t, format+"-"+name+"-"+o.name, got)
				})
			}
		}
	}
}

// answered is a record of one row from whose answer values were taken.
func answered(seq int64, name string, values ...string) *record.Record {
	r := rec(seq, name, "http://h.test/"+name, 5)
	r.Row = fetcher.Row{{Column: "name", Value: name}}
	r.Values = raw(values...)
	return r
}

func TestValueColumns(t *testing.T) {
	interim := answered(2, "b")
	interim.Notes = []string{record.NoteInterim}
	unfit := answered(2, "b", "1")
	unfit = failed(unfit, 0, "expect", "no")
	for _, tt := range []struct {
		name string
		o    report.Options
		rs   []*record.Record
		want string
	}{
		{"nothing", report.Options{}, nil, "value\n"},
		{"nothing, known", report.Options{RowColumns: []string{"name"}, Values: []string{"x"}, Fields: []string{"url"}}, nil, "name,x,url\n"},
		{"no value at all", report.Options{}, []*record.Record{answered(1, "a"), unfit}, "name,value\na,\nb,\n"},
		{"scalars", report.Options{}, []*record.Record{answered(1, "a"), answered(2, "b", "1.50"), answered(3, "c", "true"), answered(4, "d", `"x"`), answered(5, "e", ` [1, "a b"] `),
			answered(6, "f", "null"), answered(7, "g", `{"k": 1}`)}, "name,value\na,\nb,1.50\nc,true\nd,x\ne,\"[1,\"\"a b\"\"]\"\nf,\ng,\"{\"\"k\"\":1}\"\n"},
		{"objects", report.Options{}, []*record.Record{answered(1, "a", "null"), answered(2, "b", "{}"), answered(3, "c", `{"z":1,"y":"é\u0041","z":2}`), answered(4, "d", `{"y":null,"x":1}`), answered(5, "e", "7")},
			"name,z,y,x,value\na,,,,\nb,,,,\nc,2,éA,,\nd,,,1,\ne,,,,7\n"},
		{"given", report.Options{Values: []string{"y", "value"}}, []*record.Record{answered(1, "a", `{"y":1}`), answered(2, "b", "7"), answered(3, "c", `{"value":{"a":[ ]}}`)},
			"name,y,value\na,1,\nb,,7\nc,,\"{\"\"a\"\":[]}\"\n"},
		{"several", report.Options{}, []*record.Record{answered(1, "a", "1", "2"), interim, answered(3, "c")}, "name,value\na,1\na,2\nc,\n"},
		{"names twice", report.Options{Fields: []string{"name", "status", "latency"}}, []*record.Record{answered(1, "a", `{"name":"x","value_name":2,"status":3}`)},
			"name,value_name,value_value_name,status,fetch_name,fetch_status,latency_ms\na,x,2,3,a,200,5\n"},
		{"other rows", report.Options{RowColumns: []string{"cid", "name"}}, []*record.Record{answered(1, "a", "1")}, "cid,name,value\n,a,1\n"},
		{"not JSON", report.Options{}, []*record.Record{answered(1, "a", "x\n{"), answered(2, "b", "")}, "name,value\na,\"x\n{\"\nb,\n"},
		{"formulas", report.Options{}, []*record.Record{answered(1, "a", `"=1+1"`), answered(2, "b", `-1.5`), answered(3, "c", `"-1x"`)}, "name,value\na,=1+1\nb,-1.5\nc,-1x\n"},
		{"formulas, safe", report.Options{SafeCells: true}, []*record.Record{answered(1, "a", `"=1+1"`), answered(2, "b", `-1.5`), answered(3, "c", `"-1x"`)}, "name,value\na,'=1+1\nb,-1.5\nc,'-1x\n"},
	} {
		tt.o.HasValues, tt.o.Table = true, true
		var out bytes.Buffer
		h, _ := report.New("csv", &out, run, tt.o)
		for _, r := range tt.rs {
			if err := h.Result(r); err != nil {
				t.Fatal(err)
			}
		}
		_ = h.End(&measure.Summary{})
		if diff := cmp.Diff(tt.want, out.String()); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
		if diff := cmp.Diff(report.Dropped{}, h.(report.Dropper).Dropped()); diff != "" {
			t.Errorf("%s: dropped %s", tt.name, diff)
		}
	}
}

// TestRowsWithOtherColumns: the first row settles the columns; what has none is counted, but for empty cells.
func TestRowsWithOtherColumns(t *testing.T) {
	var out bytes.Buffer
	h, _ := report.New("csv", &out, run, report.Options{Table: true})
	for i, row := range []fetcher.Row{{{Column: "a", Value: "1"}, {Column: "b", Value: "2"}}, {{Column: "b", Value: "3"}, {Column: "c", Value: ""}}, {{Column: "c", Value: "4"}}, nil} {
		r := rec(int64(i+1), "", "http://h.test/", 5)
		r.Row = row
		_ = h.Result(r)
	}
	_ = h.End(&measure.Summary{})
	if want := "a,b\n1,2\n,3\n,\n,\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
	if diff := cmp.Diff(report.Dropped{Rows: report.Counts{Names: []report.Count{{Name: "c", N: 1}}}}, h.(report.Dropper).Dropped()); diff != "" {
		t.Error(diff)
	}
}

// TestUsualColumnsWithValues: values come after what every result has.
func TestUsualColumnsWithValues(t *testing.T) {
	out := render(t, "csv", report.Options{HasValues: true}, []*record.Record{answered(1, "a"), answered(2, "b", `{"url":5,"k":6}`)}, &measure.Summary{})
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatal(rows, err)
	}
	for i, want := range []string{"notes value_url k", "  ", " 5 6"} {
		if got := strings.Join(rows[i][len(rows[i])-3:], " "); got != want {
			t.Errorf("line %d ends in %q, want %q", i, got, want)
		}
	}
}

// TestBatchedOrNot: the same rows and values give the same files, whether they were asked for one by one or together.
func TestBatchedOrNot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{"", "a", "=1", "a\tb", "|", "Ünï", "\"q\""})
		var single []*record.Record
		for i := range rapid.IntRange(1, 12).Draw(t, "rows") {
			r := rec(int64(i+1), "", "http://h.test/", 5)
			r.Row = fetcher.Row{{Column: "cid", Value: strconv.Itoa(i)}, {Column: "value", Value: text.Draw(t, "cell")}}
			for range rapid.SampledFrom([]int{1, 1, 0, 2}).Draw(t, "values") {
				r.Values = append(r.Values, raw(rapid.SampledFrom([]string{`{"a":1,"b":"x"}`, `{"b":2}`, `null`, `7`, `{"c":[1, 2]}`}).Draw(t, "value"))...)
			}
			if rapid.IntRange(0, 4).Draw(t, "fails") == 0 {
				failed(r, 404, "expect", "no answer")
			}
			single = append(single, r)
		}
		var batched []*record.Record
		for rest := single; len(rest) > 0; {
			n := min(len(rest), rapid.IntRange(1, 5).Draw(t, "batch"))
			b := rec(int64(len(batched)+1), "", "http://h.test/", 7)
			for _, r := range rest[:n] {
				b.Rows = append(b.Rows, r.Answers()...)
			}
			batched, rest = append(batched, b), rest[n:]
		}
		o := report.Options{HasValues: true, Table: true, NoResults: false}
		if rapid.Bool().Draw(t, "known") {
			o.Values, o.RowColumns = []string{"a", "b"}, []string{"cid", "value"}
		}
		for _, format := range []string{"csv", "tsv"} {
			var files [2]strings.Builder
			for i, rs := range [][]*record.Record{single, batched} {
				h, _ := report.New(format, &files[i], run, o)
				for _, r := range rs {
					_ = h.Result(r)
				}
				_ = h.End(&measure.Summary{})
			}
			if files[0].String() != files[1].String() {
				t.Fatalf("%s\nnot batched:\n%s\nbatched:\n%s", format, &files[0], &files[1])
			}
		}
	})
}

// TestValuesFromStored: a report from a stored run is the same as the live one.
func TestValuesFromStored(t *testing.T) {
	for name, sample := range valueSamples {
		live, s := sample()
		var stored []*record.Record
		for _, r := range live {
			var again record.Record
			if err := json.Unmarshal(record.AppendLine(nil, r), &again); err != nil {
				t.Fatal(err)
			}
			stored = append(stored, &again)
		}
		for _, format := range report.Formats() {
			for _, o := range []report.Options{{HasValues: true}, {HasValues: true, Table: true}, {Width: 90, HasValues: true}} {
				if diff := cmp.Diff(render(t, format, o, live, s), render(t, format, o, stored, s)); diff != "" {
					t.Errorf("%s, %s: %s", name, format, diff)
				}
			}
		}
	}
}

func TestFields(t *testing.T) {
	if err := report.CheckFields(report.FieldNames()); err != nil {
		t.Error(err)
	}
	for names, want := range map[string]string{
		"stauts": `did you mean status?`, "service": "did you mean service_ms?", "sha": "did you mean sha256?", "": "no field", "latencyms": "latency_ms?",
		"url,url": "twice", "latency,latency_ms": "twice", strings.Repeat("x", 1000): "no field",
	} {
		if err := report.CheckFields(strings.Split(names, ",")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", names, err, want)
		}
	}
	// Each has a cell of its own.
	r := full()
	r.Backoff, r.Queue, r.Limiter, r.Due, r.FinalURL, r.ErrorBody = 1, 2, 3, 4, "f", "b"
	out := render(t, "csv", report.Options{Table: true, Fields: report.FieldNames()}, []*record.Record{r}, &measure.Summary{})
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range rows[0] {
		if rows[1][i] == "" && !slices.Contains([]string{"class", "error"}, name) {
			t.Errorf("%s is empty", name)
		}
	}
}

// FuzzValues: whatever a value is, reports are harmless, and JSON keeps what CSV shows.
func FuzzValues(f *testing.F) {
	for _, s := range []string{`{"a":1}`, `{"a":"\u001b","b":[ ],"a":{}}`, `"\ud800"`, `[1,"]",{"x":"\\\""}]`, `1e400`, `{"a`, "\x00\xff", ` { "a" : { "b" : 1 } , "c" : null } `} {
		f.Add(s, `{"b":2}`)
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		rs := []*record.Record{answered(1, "a", first), answered(2, "b", second)}
		var back []*record.Record
		for _, r := range rs {
			var again record.Record
			if err := json.Unmarshal(record.AppendLine(nil, r), &again); err != nil {
				t.Fatal(err)
			}
			back = append(back, &again)
		}
		for _, format := range report.Formats() {
			for _, o := range []report.Options{{HasValues: true, Table: true, Terminal: true}, {HasValues: true, Width: 80, Terminal: true}} {
				out := render(t, format, o, rs, &measure.Summary{})
				if strings.ContainsFunc(strings.NewReplacer("\n", "", "\t", "").Replace(out), record.IsControl) {
					t.Errorf("%s: %q", format, out)
				}
				if again := render(t, format, o, back, &measure.Summary{}); again != out && !strings.HasSuffix(format, "json") {
					t.Errorf("%s:\n%q\nwhen stored:\n%q", format, out, again)
				}
			}
		}
		object := map[string]any{}
		if json.Unmarshal([]byte(first), &object) != nil || len(object) == 0 {
			return
		}
		rows, err := csv.NewReader(strings.NewReader(render(t, "csv", report.Options{HasValues: true, Table: true}, rs[:1], &measure.Summary{}))).ReadAll()
		if err != nil || len(rows) != 2 || len(rows[0]) != 1+min(len(object), 1000) {
			t.Errorf("%q: %q, %v", first, rows, err)
		}
	})
}

// BenchmarkValues is what a row costs with two selected columns in a CSV file.
func BenchmarkValues(b *testing.B) {
	value := `{"MolecularFormula":"C2H6O","MolecularWeight":"46.07"}`
	batch := rec(1, "", "http://h.test/", 5)
	for i := range 100 {
		batch.Rows = append(batch.Rows, record.Answer{Row: fetcher.Row{{Column: "cid", Value: strconv.Itoa(i)}, {Column: "name", Value: "ethanol"}}, OK: true, Values: raw(value)})
	}
	one := answered(1, "ethanol", value)
	one.Row = batch.Rows[0].Row
	for _, bench := range []struct {
		name string
		r    *record.Record
		o    report.Options
	}{
		{"without", one, report.Options{Table: true}}, {"with", one, report.Options{Table: true, HasValues: true}}, {"batch of 100", batch, report.Options{Table: true, HasValues: true}},
	} {
		b.Run(fmt.Sprint(bench.name), func(b *testing.B) {
			h, _ := report.New("csv", &discard{}, run, bench.o)
			b.ReportAllocs()
			for b.Loop() {
				_ = h.Result(bench.r)
			}
		})
	}
}
