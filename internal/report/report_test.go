package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report"

	"github.com/google/go-cmp/cmp"
	"github.com/mattn/go-runewidth"
)

var update = flag.Bool("update", false, "write the golden files")

type sample func() ([]*record.Record, *measure.Summary)

// render makes one report.
func render(t testing.TB, format string, o report.Options, rs []*record.Record, s *measure.Summary) string {
	t.Helper()
	var out bytes.Buffer
	h, err := report.New(format, &out, run, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rs {
		if err := h.Result(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.End(s); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (run with -update if the new one is right):\n%s", file, diff)
	}
}

var samples = map[string]sample{
	"slow": slow, "mixed": mixed, "hostile": hostile,
	"resumed": resumed, "paced": paced,
	"none": func() ([]*record.Record, *measure.Summary) { return nil, &measure.Summary{} },
	"many": func() ([]*record.Record, *measure.Summary) { return many(10_000) },
}

func TestTable(t *testing.T) {
	for name, sample := range samples {
		for _, o := range []struct {
			name string
			o    report.Options
		}{
			{"80", report.Options{Width: 80, BodiesDropped: true}}, {"200", report.Options{Width: 200, BodiesDropped: true}},
			{"piped", report.Options{BodiesDropped: true}}, {"color", report.Options{Width: 80, Color: true}},
			{"summary", report.Options{Width: 80, NoResults: true}},
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
	}
}

// narrow checks that no line is wider than the terminal.
func narrow(t *testing.T, text string, max int) {
	t.Helper()
	for line := range strings.Lines(text) {
		if w := runewidth.StringWidth(strings.TrimSuffix(line, "\n")); w > max {
			t.Errorf("%d columns of %d: %q", w, max, line)
		}
	}
}

// harmless checks that a terminal has nothing to obey, tabs and line feeds aside.
func harmless(t *testing.T, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Error("not UTF-8")
	}
	for _, r := range text {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf)) {
			t.Errorf("%U in the output", r)
		}
	}
}

func TestTableAtEveryWidth(t *testing.T) {
	for name, sample := range samples {
		if name == "many" {
			continue
		}
		rs, s := sample()
		for w := 1; w < 220; w++ {
			got := render(t, "table", report.Options{Width: w}, rs, s)
			if w >= 40 {
				narrow(t, got, w)
			}
			if t.Failed() {
				t.Fatalf("%s at %d", name, w)
			}
		}
	}
}

func TestFormats(t *testing.T) {
	for _, format := range []string{"json", "ndjson", "csv", "tsv", "markdown"} {
		for name, sample := range samples {
			if name == "many" {
				continue
			}
			for _, o := range []struct {
				name string
				o    report.Options
			}{{"", report.Options{}}, {"-summary", report.Options{NoResults: true}}} {
				t.Run(format+"-"+name+o.name, func(t *testing.T) {
					rs, s := sample()
					got := render(t, format, o.o, rs, s)
					if format != "csv" && format != "tsv" {
						harmless(t, got)
					}
					golden(t, format+"-"+name+o.name, got)
				})
			}
		}
	}
}

func TestJSONIsOneObject(t *testing.T) {
	for _, n := range []int{0, 1, 10_000} {
		rs, s := many(max(n, 1))
		rs = rs[:n]
		var got struct {
			V       int
			Run     report.Run
			Results []record.Record
			Summary measure.Summary
		}
		if err := json.Unmarshal([]byte(render(t, "json", report.Options{}, rs, s)), &got); err != nil {
			t.Fatal(err)
		}
		if got.V != 1 || len(got.Results) != n || got.Results == nil || got.Summary.Requests != s.Requests || !got.Run.Started.Equal(run.Started) {
			t.Errorf("%d results: %d read, %+v", n, len(got.Results), got.Run)
		}
		for i := range got.Results {
			if diff := cmp.Diff(rs[i], &got.Results[i]); diff != "" {
				t.Fatal(diff)
			}
		}
	}
}

// TestStreaming: all formats but the table write each result when it comes, so that memory does not grow.
func TestStreaming(t *testing.T) {
	rs, _ := mixed()
	for _, format := range report.Formats()[1:] {
		var out bytes.Buffer
		h, err := report.New(format, &out, run, report.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rs {
			before := out.Len()
			if err := h.Result(r); err != nil || out.Len() == before {
				t.Errorf("%s: nothing written for a result (%v)", format, err)
			}
		}
	}
}

// TestFromStored: what was written as NDJSON and read again gives the same reports.
func TestFromStored(t *testing.T) {
	for name, sample := range samples {
		live, s := sample()
		var stored []*record.Record
		for line := range strings.Lines(render(t, "ndjson", report.Options{}, live, s)) {
			var r record.Record
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Fatal(err)
			}
			stored = append(stored, &r)
		}
		for _, format := range report.Formats() {
			for _, o := range []report.Options{{}, {Width: 80}} {
				want := render(t, format, o, live, s)
				if diff := cmp.Diff(want, render(t, format, o, stored, s)); diff != "" {
					t.Errorf("%s, %s:\n%s", name, format, diff)
				}
			}
		}
	}
}

// TestTableOrder: the table does not depend on the order in which results come.
func TestTableOrder(t *testing.T) {
	for _, n := range []int{1, 999, 1000, 1001, 3000} {
		rs, s := many(n)
		want := render(t, "table", report.Options{}, rs, s)
		rand.Shuffle(n, func(i, j int) { rs[i], rs[j] = rs[j], rs[i] })
		if diff := cmp.Diff(want, render(t, "table", report.Options{}, rs, s)); diff != "" {
			t.Errorf("%d results: %s", n, diff)
		}
		if whole := !strings.Contains(want, "too many"); whole != (n <= 1000) {
			t.Errorf("%d results: all in the table is %v", n, whole)
		}
	}
}

// TestCSVIsReadBack: cells are as they were, but for a spreadsheet or a terminal.
func TestCSVIsReadBack(t *testing.T) {
	rs, s := hostile()
	read := func(o report.Options) [][]string {
		text := render(t, "csv", o, rs, s)
		rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil || len(rows) != 4 {
			t.Fatal(len(rows), err)
		}
		if o.Terminal {
			harmless(t, text)
		}
		return rows
	}
	rows := read(report.Options{})
	if rows[1][4] != "-5" || rows[2][3] != "+44 20" || rows[2][4] != "-5+cmd|x" || rows[1][5] != "\tx" {
		t.Errorf("%q", rows[1:3])
	}
	for i, r := range rs {
		if got, want := rows[i+1][2], strings.ReplaceAll(r.Name, "\r\n", "\n"); got != want { // which is encoding/csv's way
			t.Errorf("%q, want %q", got, want)
		}
	}
	safe := read(report.Options{SafeCells: true})
	for _, row := range safe {
		for _, cell := range row {
			if cell != "-5" && cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("a formula: %q", cell)
			}
		}
	}
	if safe[1][4] != "-5" || safe[2][3] != "'+44 20" || safe[2][4] != "'-5+cmd|x" || safe[1][5] != "'\tx" {
		t.Errorf("%q", safe[1:3])
	}
	if shown := read(report.Options{Terminal: true}); shown[1][5] != `\tx` {
		t.Errorf("%q", shown[1])
	}
	for line := range strings.Lines(render(t, "tsv", report.Options{}, rs, s)) {
		if n := strings.Count(line, "\t"); n != len(rows[0])-1 {
			t.Errorf("%d tabs in %q", n, line)
		}
	}
}

func TestChoosing(t *testing.T) {
	for path, want := range map[string]string{
		"a.json": "json", "a.ndjson": "ndjson", "a.JSONL": "ndjson", "x/a.csv": "csv", "a.tsv": "tsv", "a.md": "markdown", "a.txt": "table", "a": "", "a.csv/b": "",
	} {
		if got, ok := report.ByExtension(path); got != want || ok != (want != "") {
			t.Errorf("%s: %q", path, got)
		}
	}
	if _, err := report.New("xml", nil, run, report.Options{}); err == nil || !strings.Contains(err.Error(), "ndjson") {
		t.Errorf("error %v does not name the formats", err)
	}
	if f := report.Formats(); f[0] != "table" {
		t.Errorf("the default is %s", f[0])
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestWriteErrors(t *testing.T) {
	rs, s := slow()
	for _, format := range report.Formats() {
		h, _ := report.New(format, broken{}, run, report.Options{})
		if err := errors.Join(h.Result(rs[0]), h.End(s)); !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s: %v", format, err)
		}
	}
}

func FuzzPrintable(f *testing.F) {
	f.Add("plain")
	f.Add("\x1b[31m\u009b\u202e\u2066\u200f\u061c\x00\x7f\xff\xc2")
	f.Fuzz(func(t *testing.T, s string) {
		got := record.Printable(s)
		if strings.ContainsFunc(got, record.IsControl) || !utf8.ValidString(got) {
			t.Errorf("%q became %q", s, got)
		}
		if record.Printable(got) != got {
			t.Errorf("%q is changed again", got)
		}
		rs, sum := slow()
		rs[0].Name, rs[0].URL, rs[0].Error = s, s, s
		for _, format := range report.Formats() {
			out := render(t, format, report.Options{Width: 60, Terminal: true}, rs, sum)
			if strings.ContainsFunc(strings.NewReplacer("\n", "", "\t", "").Replace(out), record.IsControl) {
				t.Errorf("%s: %q", format, out)
			}
		}
	})
}

func BenchmarkResult(b *testing.B) {
	rs, _ := many(2000)
	for _, format := range report.Formats() {
		b.Run(format, func(b *testing.B) {
			h, _ := report.New(format, &discard{}, run, report.Options{})
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				_ = h.Result(rs[i%len(rs)])
				i++
			}
		})
	}
}

type discard struct{ n int }

func (d *discard) Write(p []byte) (int, error) { d.n += len(p); return len(p), nil }

func Example() {
	h, _ := report.New("table", os.Stdout, &report.Run{}, report.Options{})
	_ = h.Result(&record.Record{Seq: 1, Page: 1, URL: "http://localhost/", Status: 200, OK: true, Service: 12_300, Bytes: 42})
	_ = h.End(&measure.Summary{Requests: 1, OK: 1, Hosts: 1, Wall: 12_500})
	fmt.Println("done")
	// Output:
	// SEQ  STATUS  LATENCY  TTFB  WAITED  SIZE  ATTEMPTS  URL or error
	//   1  200        12ms   0ms       -  42 B         0  http://localhost/
	//
	// 1 request · 1 host · 1 ok · 0 failed · wall 12ms
	// done
}
