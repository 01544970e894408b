package table_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/internal/list/table"
)

// readAll gives the heading and each row as "line|cell|cell", a bad row as its message, and the error that ended it.
func readAll(r *table.Reader) (got []string, err error) {
	columns, err := r.Columns()
	if err != nil {
		return nil, err
	}
	got = append(got, strings.Join(columns, "|"))
	for {
		row, err := r.Next()
		if bad, ok := errors.AsType[*table.Error](err); ok && !bad.Final {
			got = append(got, bad.Error())
			continue
		}
		if err != nil {
			return got, err
		}
		cells := []string{fmt.Sprint(r.Line())}
		for i, c := range row {
			if c.Column != columns[i] {
				return got, fmt.Errorf("cell %d is of column %q", i, c.Column)
			}
			cells = append(cells, c.Value)
		}
		got = append(got, strings.Join(cells, "|"))
	}
}

func TestTables(t *testing.T) {
	const notJSON = `: the line is not a JSON object; write one on each line, like {"name": "water"}`
	const newKey = `: the key "b" is new: the first object does not have it; write it there, with null if it has no value; a table in a file may have new keys anywhere`
	const twoCells = `; put a cell that holds a ',' in quotes, "like this"`
	for _, tt := range []struct {
		name   string
		format table.Format
		text   string
		want   []string
	}{
		{"csv", table.CSV, "cid,name\n702,ethanol\n962,water\n", []string{"cid|name", "2|702|ethanol", "3|962|water"}},
		{"csv with all of it", table.CSV, "\ufeffa,b\r\n\"x, y\",\"say \"\"hi\"\"\"\r\n\r\n\"two\r\nlines\",\r\n,\"\"\r\n", []string{
			"a|b", `2|x, y|say "hi"`, "4|two\r\nlines|", "6||",
		}},
		{"csv without an end of line", table.CSV, "a\nx", []string{"a", "2|x"}},
		{"csv, semicolons", table.CSV, "a;b\n1,5;x\n", []string{"a|b", "2|1,5|x"}},
		{"csv, semicolons and a comma in quotes", table.CSV, "\"a, b, c\";d\n1;2\n", []string{"a, b, c|d", "2|1|2"}},
		{"csv, tabs", table.CSV, "a\tb\n1,5\tx\n", []string{"a|b", "2|1,5|x"}},
		{"csv, sep=", table.CSV, "sep=;\r\na;b\r\n1;2\r\n", []string{"a|b", "3|1|2"}},
		{"csv, quotes inside", table.CSV, "a,b\n5\" pipe,2'-3\"-x\n", []string{"a|b", `2|5" pipe|2'-3"-x`}},
		{"csv, line ends as they are", table.CSV, "\"a\r\nb\"\n\"1\r\n2\n\r3\"\r\n\r\n4\n", []string{"a\r\nb", "3|1\r\n2\n\r3", "7|4"}},
		{"csv, columns without names", table.CSV, ",name,,column3,\"\"\n0,a,b,c,d\n", []string{"column1|name|column3_2|column3|column5", "2|0|a|b|c|d"}},
		{"csv, blanks", table.CSV, " a , b \n x , y\n", []string{" a | b ", "2| x | y"}},
		{"csv, bad rows", table.CSV, "a,b\n1\n1,2,3\n\"x\"y,2\n1,\xe9\n3,4\n", []string{
			"a|b", "line 2: the row has 1 cells, the heading 2; add the cells that are missing; they may be empty",
			"line 3: the row has 3 cells, the heading 2" + twoCells,
			`line 4: something follows the closing quote of a cell; write a quote in a quoted cell twice, "like ""this"""`,
			"line 5: the row is not UTF-8; save the table as UTF-8", "6|3|4",
		}},
		{"csv, long row", table.CSV, "a\n" + strings.Repeat("x", table.MaxRow+1) + "\ny\n", []string{"a", "line 2: the row is longer than 1 MiB", "3|y"}},
		{"tsv", table.TSV, "a\tb\r\nx, \"y\"\t\r\n\"in \"\"quotes\"\"\"\t\"not\"so\"\n", []string{"a|b", `2|x, "y"|`, `3|in "quotes"|"not"so"`}},
		{"tsv, escapes", table.TSV, "a\tb\n" + `a\tb\nc\rd\\e` + "\t" + `\\\\host` + "\n" + `"C/C=C\n1cccc1"` + "\t" + `"""\t"` + "\n" + `\\` + "\t" + `""` + "\n",
			[]string{"a|b", "2|a\tb\nc\rd\\e|" + `\\host`, "3|" + `C/C=C\n1cccc1` + "|\"\t", `4|\|`}},
		{"tsv, backslashes", table.TSV, "a\n" + `C:\new\dir` + "\n" + `\\host\x` + "\n" + `F/C=C\F` + "\n" + `x\` + "\n", []string{"a", `2|C:\new\dir`, `3|\\host\x`, `4|F/C=C\F`, `5|x\`}},
		{"csv, CR in a heading's quotes", table.CSV, "\"a\rb\",c\n1,2", []string{"a\rb|c", "2|1|2"}},
		{"jsonl", table.JSONL, `{"cid": 702, "name": "ethanol", "x": null}` + "\n\n" +
			`{"name":"a\u00fc\"b","x":[1, {"y": 2}],"cid":1.50e3}` + "\n" + `{"cid":true,"name":"","x":"}"}` + "\n" + `{"x":" \t"}` + "\n{}\n",
			[]string{"cid|name|x", "1|702|ethanol|", `3|1.50e3|aü"b|[1, {"y": 2}]`, "4|true||}", "5||| \t", "6|||"}},
		{"jsonl, numbers as they are written", table.JSONL, `{"":1.10,"b":1e400,"column1":"007"}` + "\n" +
			`{"b":12345678901234567890123,"":-0,"column1":1E+2}`, []string{"column1_2|b|column1", "1|1.10|1e400|007", "2|-0|12345678901234567890123|1E+2"}},
		{"array", table.JSONL, "\ufeff \n[ {\"a\": 1.10, \"b\": {\"c\": [1,  2]}} ,\n{\"b\":false},\n{\"a\":null}]\n", []string{"a|b", `1|1.10|{"c": [1,  2]}`, "2||false", "3||"}},
		{"told: array", 0, `[{"a":1},{"a":"x, y"}]`, []string{"a", "1|1", "2|x, y"}},
		{"told: no array", 0, "[13C]glucose\n[2H]water\n", []string{"value", "1|[13C]glucose", "2|[2H]water"}},
		{"array, bad rows", table.JSONL, `[{"a":1}, 7, [], {"b":1}, {"a":1,"a":2}, {"a":"` + "\xe9" + `"}, {"a":"` + strings.Repeat("x", table.MaxRow) + `"}, {"a":2}]`, []string{
			"a", "1|1", `entry 2: it is not a JSON object; write it like {"name": "water"}`, `entry 3: it is not a JSON object; write it like {"name": "water"}`,
			"entry 4" + newKey, `entry 5: the key "a" is there twice; write it once`, "entry 6: the row is not UTF-8; save the table as UTF-8",
			"entry 7: the row is longer than 1 MiB", "8|2",
		}},
		{"jsonl, broken rows", table.JSONL, `{"a":1}` + "\n{\"a\":}\n{\"a\"\n{\"a\":1,}\n{\"a\":[1}\n{\"a\":007}\n{\"a\":2} x\n{\"a\":3}", []string{
			"a", "1|1", "line 2" + notJSON, "line 3" + notJSON, "line 4" + notJSON, "line 5" + notJSON, "line 6" + notJSON, "line 7" + notJSON, "8|3",
		}},
		{"jsonl, bad rows", table.JSONL, `{"a":1}` + "\n[1]\n{\"b\":1}\n{\"a\":1,\"a\":2}\n{\"a\":\"\xe9\"}\n{\"a\":2}", []string{
			"a", "1|1", `line 2: the line is not a JSON object; write one on each line, like {"name": "water"}`,
			"line 3" + newKey,
			`line 4: the key "a" is there twice; write it once`, "line 5: the row is not UTF-8; save the table as UTF-8", "6|2",
		}},
		{"lines", table.Lines, "\ufeffwater\r\n\n acetic acid \n#1\nlast", []string{"value", "1|water", "3|acetic acid", "4|#1", "5|last"}},
		{"told: csv", 0, "a,b\n1,2\n", []string{"a|b", "2|1|2"}},
		{"told: tsv", 0, "a\tb\n1\t2\n", []string{"a|b", "2|1|2"}},
		{"told: jsonl", 0, "\n{\"a\":1}\n", []string{"a", "2|1"}},
		{"told: lines", 0, "\nwater\n", []string{"value", "2|water"}},
		{"heading alone", table.CSV, "a,b\n", []string{"a|b"}},
		{"nothing in lines", table.Lines, "", []string{"value"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(tt.text), packed(t, tt.text), iotest.DataErrReader(strings.NewReader(tt.text))} {
				got, err := readAll(table.NewReader(r, tt.format))
				if err != io.EOF {
					t.Errorf("ended by %v", err)
				}
				if d := cmp.Diff(tt.want, got); d != "" {
					t.Error(d)
				}
			}
		})
	}
}

// TestHeading: where all of a table can be read first, a later object may have a key of its own.
func TestHeading(t *testing.T) {
	for text, want := range map[string][]string{
		"{\"b\":1}\nbad\n{\"a\":2,\"b\":3}\n{\"\":4}": {"b|a|column3", "1|1||", `line 2: the line is not a JSON object; write one on each line, like {"name": "water"}`, "3|3|2|", "4|||4"},
		`[{"b":1},{"a":2,"b":3},{}]`:                  {"b|a", "1|1|", "2|3|2", "3||"},
		"a,b\n1,2\n":                                  {"a|b", "2|1|2"},
	} {
		first := table.NewReader(strings.NewReader(text), 0)
		if _, err := first.Heading(); err != nil {
			t.Fatal(err)
		}
		r := first.Again(strings.NewReader(text))
		got, err := readAll(r)
		if d := cmp.Diff(want, got); d != "" || err != io.EOF {
			t.Error(d, err)
		}
	}
	var many strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&many, "{\"k%d\":1}\n", i)
	}
	if _, err := table.NewReader(strings.NewReader(many.String()), 0).Heading(); err == nil || err.Error() != "its objects have more than 10000 different keys; is it a table?" {
		t.Error(err)
	}
	if _, err := table.NewReader(strings.NewReader(`[{"a":1},`), 0).Heading(); err == nil {
		t.Error("the heading of half an array")
	}
}

// TestArrayTakesLittleMemory: it is read row by row, and rows come as they are written.
func TestArrayTakesLittleMemory(t *testing.T) {
	in, out := io.Pipe()
	go func() {
		_, err := io.WriteString(out, `[{"a":"0"}`)
		row := []byte(`,{"a":"` + strings.Repeat("x", 1000) + `"}`)
		for range 20_000 {
			if err == nil {
				_, err = out.Write(row)
			}
		}
		if err == nil {
			_, err = io.WriteString(out, "]")
		}
		out.CloseWithError(err)
	}()
	r := table.NewReader(in, 0)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	peak := uint64(0)
	for n := 0; ; n++ {
		_, err := r.Next()
		if err == io.EOF && n == 20_001 {
			break
		}
		if err != nil {
			t.Fatal(n, err)
		}
		if n%5000 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&after)
			peak = max(peak, after.HeapAlloc)
		}
	}
	if peak > before.HeapAlloc+(4<<20) {
		t.Errorf("%d bytes for 20 MB", peak-before.HeapAlloc)
	}
}

func packed(t *testing.T, text string) io.Reader {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &b
}

func TestUnusable(t *testing.T) {
	broken := errors.New("broken")
	for _, tt := range []struct {
		format table.Format
		text   string
		want   string
	}{
		{table.CSV, "", "there is no row in it; the first line names the columns"},
		{table.CSV, "a\x00,\x00b\x00", "is a binary file, or encoded in UTF-16, and not a table; save it as UTF-8"},
		{table.CSV, "\na,b,a\n", `line 2: columns 1 and 3 are both named "a"; give each its own name`},
		{table.CSV, "a,\xe9\n", "line 1: the row is not UTF-8; save the table as UTF-8"},
		{table.CSV, "a\rb\rc", "line 1: there is a CR without LF in it; end lines with LF or CRLF"},
		{table.CSV, "a\n1\n\"2\n3\n", `line 3: the row opens a quote that is never closed; close it, or write the cell in quotes and its own quotes twice, "like ""this"""`},
		{table.CSV, "a\n\"" + strings.Repeat("x\n", table.MaxRow), `line 2: the row opens a quote that is not closed within 1 MiB; close it, or write the cell in quotes and its own quotes twice, "like ""this"""`},
		{table.TSV, "a\n" + `F/C=C\F` + "\n" + `C/C=N\n1cnnc1` + "\n", `line 3: the meaning of a backslash is ambiguous: line 3 has one before t, n, r or \, and line 2 before something else; ` +
			`write each that is meant as such twice, as \\, or save the table as CSV`},
		{table.TSV, "a\tb\rc", "line 1: there is a CR without LF in it; end lines with LF or CRLF"},
		{table.CSV, strings.Repeat("x", table.MaxRow+1) + "\na\n1", "line 1: the row is longer than 1 MiB"},
		{table.JSONL, "", "there is no row in it; write a JSON object on each line, or an array of them"},
		{table.JSONL, "{}", "line 1: the first object has no keys; its keys name the columns"},
		{table.JSONL, " [ ] ", "there is no row in it; write a JSON object on each line, or an array of them"},
		{table.JSONL, "[1]", `line 1: the line is not a JSON object; write one on each line, like {"name": "water"}`},
		{0, `["a"]`, `line 1: a JSON array, but not of objects; write rows like {"name": "water"}`},
		{0, `[{"a":1},{"a":2}`, "is not a valid JSON array at byte 17: the text ends too early; make or fetch the file again"},
		{0, `[{"a":1},{"a":2}] x`, "is not a valid JSON array at byte 19: more follows after the value; make or fetch the file again"},
		{0, `[{"a":1} {"a":2}]`, "is not a valid JSON array at byte 10: invalid character '{' after array element (expecting ',' or ']'); make or fetch the file again"},
		{0, `[{"a":1,"a":2}]`, `entry 1: columns 1 and 2 are both named "a"; give each its own name`},
		{table.JSONL, `{"a":1,"a":2}`, `line 1: columns 1 and 2 are both named "a"; give each its own name`},
		{0, "", "there is no row in it"},
		{0, "a\x00b", "is a binary file, not a table"},
		{table.CSV, "\xff\xfea\x00", "is encoded in UTF-16; save it as UTF-8, in Excel as CSV UTF-8"},
		{table.CSV, "PK\x03\x04", "is a spreadsheet or a zip file; save the sheet as CSV"},
		{table.Lines, "\x28\xb5\x2f\xfd", "is compressed; unpack it; only gzip is unpacked by itself"},
	} {
		r := table.NewReader(strings.NewReader(tt.text), tt.format)
		_, err := readAll(r)
		if err == nil || err.Error() != tt.want {
			t.Errorf("%.20q:\n got %v\nwant %s", tt.text, err, tt.want)
		}
		if bad, ok := errors.AsType[*table.Error](err); !ok || !bad.Final {
			t.Errorf("%.20q: a %T", tt.text, err)
		}
		if _, again := r.Next(); again == nil || again.Error() != tt.want {
			t.Errorf("%.20q: read on after it: %v", tt.text, again)
		}
	}
	r := table.NewReader(io.MultiReader(strings.NewReader("a\n1\n2"), iotest.ErrReader(broken)), table.CSV)
	if got, err := readAll(r); err != broken || len(got) != 2 {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestFormatOf(t *testing.T) {
	for name, want := range map[string]string{
		"x.csv": "a b|c", "x.TSV": "a b,c", "x.tab.gz": "a b,c", "x.txt": "value", "x": "a b|c",
	} {
		columns, err := table.NewReader(strings.NewReader("a b,c\n"), table.FormatOf(name)).Columns()
		if got := strings.Join(columns, "|"); err != nil || got != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for name, want := range map[string]table.Format{"a.jsonl": table.JSONL, "a.ndjson.gz": table.JSONL, "a": 0, "a.json": 0} {
		if got := table.FormatOf(name); got != want {
			t.Errorf("%s: %d", name, got)
		}
	}
}

// TestRowsComeAsTheyAreWritten: a row of a pipe is given before the next is there.
func TestRowsComeAsTheyAreWritten(t *testing.T) {
	r, w := io.Pipe()
	defer r.Close()
	asked := table.NewReader(r, table.CSV)
	go func() {
		for _, text := range []string{"a\n", "1\n", "2\n"} {
			if _, err := io.WriteString(w, text); err != nil {
				return
			}
		}
	}()
	for _, want := range []string{"1", "2"} {
		row, err := asked.Next() // a deadlock if it waits for more
		if err != nil || row[0].Value != want {
			t.Fatal(row, err)
		}
	}
}

func FuzzTable(f *testing.F) {
	for _, seed := range []string{
		"a,b\n1,2\n", "a;b\n\"x\"\"\n\";\n", "a\tb\n\"1\"\t2", `{"a":1,"b":[{}," "]}` + "\n" + `{"b":"\u00fc\\","a":null}`, "\ufeffx\r\n\r\ny", "\x1f\x8b\x08",
		"sep=;\na\n", `[{"a":1,"":2},{"b":[null]},1,`, "[]", "\"a", "{\"\":{}}", "a\n\"\n",
	} {
		for format := range byte(5) {
			f.Add(format, []byte(seed))
		}
	}
	f.Fuzz(func(t *testing.T, format byte, text []byte) {
		r := table.NewReader(bytes.NewReader(text), table.Format(format%5))
		columns, err := r.Columns()
		if err != nil {
			if _, again := r.Next(); again == nil {
				t.Error("there is a row without columns")
			}
			return
		}
		line := int64(0)
		for range len(text) + 1 {
			row, err := r.Next()
			if bad, ok := errors.AsType[*table.Error](err); ok && !bad.Final {
				if bad.Line <= line || bad.Problem == "" {
					t.Errorf("after line %d: %#v", line, bad)
				}
				line = bad.Line
				continue
			}
			if err != nil {
				return
			}
			if len(row) != len(columns) || r.Line() <= line {
				t.Fatalf("line %d after %d: %v of %v", r.Line(), line, row, columns)
			}
			line = r.Line()
			for i, c := range row {
				if c.Column != columns[i] || !utf8.ValidString(c.Value) {
					t.Errorf("%q", c)
				}
			}
		}
		t.Error("there are more rows than bytes")
	})
}

func BenchmarkCSV(b *testing.B) {
	benchmark(b, table.CSV, "cid,name,cas\n", "702,\"ethanol, pure\",64-17-5\n")
}

func BenchmarkJSONL(b *testing.B) {
	benchmark(b, table.JSONL, "", `{"cid":702,"name":"ethanol, pure","cas":"64-17-5"}`+"\n")
}

func benchmark(b *testing.B, format table.Format, heading, row string) {
	const rows = 100_000
	text := heading + strings.Repeat(row, rows)
	b.ReportAllocs()
	for b.Loop() {
		r := table.NewReader(strings.NewReader(text), format)
		n := 0
		for {
			if _, err := r.Next(); err == io.EOF {
				break
			} else if err != nil {
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
