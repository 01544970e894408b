//go:build unix

package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/internal/exit"
)

// awkwardCells are cells that some program somewhere takes for something else: for a secret, a number, a formula, a flag,
// a comment, an escape, a column in braces, the end of a cell.
var awkwardCells = append([]string{
	"C[C@H](O)C", "[CH3:1][C@@H]([NH2:2])C(=O)O", "1,10-phenanthroline", "γ-butyrolactone", "5'-α-D", "InChI=1S/C2H6O/c1-2-3/h3H,2H2,1H3", "-NH2", "+/-", "H₂O", "(+)-α-pinene",
	"p.(Val600Glu)", "c.76A>T", "NM_004006.2:c.4375C>T", "HLA-A*02:01", "chr1:12345-67890", "MAR-1", "SEPT2",
	"10 @ 5 EUR", "=SUM(A1:A2)", "--", "(1,234.56)", "1.234,56 €", "$5", "50%", "0x1F", "1e400", "-0", "1.10", "007", "12345678901234567890123", "NaN", "-Inf", "true", "null", "#N/A", "1E5", "01/02/03",
	"a.b@example.org", "+44 20 7946 0000", "O'Neil & Söhne GmbH", "http://u:p@h/?key=1&token=x#f", `C:\temp\new`, "/etc/passwd", "../up", "..", "12 Main St., Apt #4", "me:geheim@host",
	"pkg:npm/lodash@4", "pass=3/fail=4", "p-value=0.05; sig=yes", "{name}", "{{x}}", "${HOME}", "$(touch x)", "`id`", "%zz", "%20", "%C3%BC", "a&b=c", "<b>x</b>", `\n`, "--flag", "@file", "***", "Bearer abcdef", "password: hunter2",
	"水", "שלום", "مرحبا \u202e", "👩‍🔬🏽", "e\u0301", "é", "ﬃ", "İstanbul", "\u00a0x\u00a0", "\ufeffbom", "\ufffd",
	`""`, `a"b`, "a,b", "a;b", "a\tb", " lead", "trail ", "line\nbreak", "cr\r\nlf", "cr\ralone", "tab\t\n\"q\",", "\n", "\x1b[31mred", "a|b", "a\x7fb",
}, punctuation()...)

func punctuation() (all []string) {
	for c := byte('!'); c <= '~'; c++ {
		if !('0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z') {
			all = append(all, string(c))
		}
	}
	return all
}

// awkwardHeadings are those of the columns behind id and name.
var awkwardHeadings = []string{
	"cell", "sig_level", "session_no", "pass/fail", "Session Date", "gene signature", "token_count", "cookie_type", "key", "password", "p(H)", "αβ", "a b", "x,y", `q"q`, "水", "100%", "new\nline",
	"=1+1", "-", "#", "ID", "value ", "null", "1",
}

type awkwardTable struct {
	headings []string
	rows     [][]string
}

// newAwkwardTable has each of the cells once in the column cell, which is the name, too, and in other columns all of them.
func newAwkwardTable() *awkwardTable {
	t := &awkwardTable{headings: append([]string{"id", "name"}, awkwardHeadings...)}
	for i, cell := range awkwardCells {
		row := []string{fmt.Sprint("r", i), cell}
		for j := range awkwardHeadings {
			row = append(row, awkwardCells[(i+7*j)%len(awkwardCells)])
		}
		t.rows = append(t.rows, row)
	}
	return t
}

func (t *awkwardTable) part(rows [][]string) *awkwardTable { return &awkwardTable{t.headings, rows} }

func (t *awkwardTable) shuffled(seed uint64) *awkwardTable {
	rows := slices.Clone(t.rows)
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	return t.part(rows)
}

// byID gives the cells of each row by the headings.
func (t *awkwardTable) byID() map[string]map[string]string {
	all := map[string]map[string]string{}
	for _, row := range t.rows {
		all[row[0]] = map[string]string{}
		for i, cell := range row {
			all[row[0]][t.headings[i]] = cell
		}
	}
	return all
}

var tsvEscapes = strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`)

// write writes the table as a file of a format.
func (t *awkwardTable) write(tb testing.TB, path string) {
	tb.Helper()
	var b bytes.Buffer
	switch filepath.Ext(path) {
	case ".csv":
		w := csv.NewWriter(&b)
		w.Write(t.headings)
		w.WriteAll(t.rows)
	case ".tsv":
		for _, row := range append([][]string{t.headings}, t.rows...) {
			for i, cell := range row {
				if i > 0 {
					b.WriteByte('\t')
				}
				if cell = tsvEscapes.Replace(cell); strings.HasPrefix(cell, `"`) {
					cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
				}
				b.WriteString(cell)
			}
			b.WriteByte('\n')
		}
	default:
		var objects []string
		for _, row := range t.rows {
			objects = append(objects, object(t.headings, row))
		}
		if filepath.Ext(path) == ".json" {
			b.WriteString("[" + strings.Join(objects, ",\n ") + "]")
		} else {
			b.WriteString(strings.Join(objects, "\n") + "\n")
		}
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		tb.Fatal(err)
	}
}

// object is a JSON object with its members in this order.
func object(names, values []string) string {
	var members []string
	for i, name := range names {
		k, _ := json.Marshal(name)
		v, _ := json.Marshal(values[i])
		members = append(members, string(k)+":"+string(v))
	}
	return "{" + strings.Join(members, ",") + "}"
}

// readCSV reads RFC 4180 to the letter; encoding/csv makes LF of CRLF within a cell.
func readCSV(tb testing.TB, text string) (rows [][]string) {
	tb.Helper()
	var row []string
	for text != "" {
		cell := ""
		if strings.HasPrefix(text, `"`) {
			for text = text[1:]; ; {
				i := strings.IndexByte(text, '"')
				if i < 0 {
					tb.Fatalf("a quote is not closed: %q", text)
				}
				cell, text = cell+text[:i], text[i+1:]
				if !strings.HasPrefix(text, `"`) {
					break
				}
				cell, text = cell+`"`, text[1:]
			}
		} else {
			i := strings.IndexAny(text, ",\n\"")
			if i < 0 || text[i] == '"' {
				tb.Fatalf("a quote within a cell, or no line end: %q", text)
			}
			cell, text = text[:i], text[i:]
			cell = strings.TrimSuffix(cell, "\r")
		}
		row = append(row, cell)
		switch {
		case strings.HasPrefix(text, ","):
			text = text[1:]
			continue
		case strings.HasPrefix(text, "\n"):
			text = text[1:]
		case strings.HasPrefix(text, "\r\n"):
			text = text[2:]
		default:
			tb.Fatalf("behind a cell stands %q", text)
		}
		rows, row = append(rows, row), nil
	}
	return rows
}

func readTSV(text string) (rows [][]string) {
	for line := range strings.Lines(text) {
		var row []string
		for cell := range strings.SplitSeq(strings.TrimSuffix(line, "\n"), "\t") {
			if strings.HasPrefix(cell, `"`) {
				cell = strings.ReplaceAll(cell[1:len(cell)-1], `""`, `"`)
			}
			row = append(row, strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n", `\r`, "\r").Replace(cell))
		}
		rows = append(rows, row)
	}
	return rows
}

// ofRows is what a table read back has in these columns, by the id of the row.
func ofRows(rows [][]string) map[string]map[string]string {
	all := map[string]map[string]string{}
	at := slices.Index(rows[0], "id")
	for _, row := range rows[1:] {
		cells := map[string]string{}
		for i, cell := range row {
			cells[rows[0][i]] = cell
		}
		all[row[at]] = cells
	}
	return all
}

// awkwardServer answers with what it was asked for, and counts what it was asked.
type awkwardServer struct {
	mu    sync.Mutex
	asked map[string]int // by id and cell
	fails map[string]bool
}

func (s *awkwardServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if r.URL.Path == "/batch" {
		var found []map[string]string
		_, list, _ := strings.Cut(r.URL.RawQuery, "c=")
		for one := range strings.SplitSeq(list, ",") {
			cell, _ := url.QueryUnescape(strings.ReplaceAll(one, "+", "%2B"))
			found = append(found, map[string]string{"k": cell, "v": "<" + cell + ">"})
		}
		slices.Reverse(found)
		json.NewEncoder(w).Encode(found)
		return
	}
	s.mu.Lock()
	s.asked[q.Get("id")+" "+q.Get("c")]++
	failing := s.fails[q.Get("id")]
	s.mu.Unlock()
	if failing {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	body, _ := json.Marshal(map[string]string{"c": q.Get("c"), "id": q.Get("id"), "key": q.Get("key"), "header": r.Header.Get("X-Id")})
	sum := sha256.Sum256(body)
	tag := fmt.Sprintf(`"%x"`, sum[:8])
	w.Header().Set("Etag", tag)
	w.Header().Set("Content-Type", "application/json")
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Write(body)
}

// take gives what was asked since the last time.
func (s *awkwardServer) take() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.asked
	s.asked = map[string]int{}
	return asked
}

// wants is what the server should have been asked for the rows of a table: each once.
func (t *awkwardTable) wants() map[string]int {
	all := map[string]int{}
	for _, row := range t.rows {
		all[row[0]+" "+row[1]]++
	}
	return all
}

const awkwardTemplate = "http://a.test/echo?c={name}&key={name}&id={id}"

// Whatever a cell, a name or a heading is, it comes back as it was: by every kind of table, in every format, from files,
// programs and journals; and no row is taken for another one when a run is gone on with, or a folder is kept in step.
func TestAwkwardCells(t *testing.T) {
	if len(awkwardCells) < 60 || len(slices.Compact(slices.Sorted(slices.Values(awkwardCells)))) < len(awkwardCells) {
		t.Fatal("too few cells, or one is there twice")
	}
	table := newAwkwardTable()
	start := func(t *testing.T) (s *awkwardServer, folder string, run func(code int, args ...string) string) {
		t.Parallel()
		s = &awkwardServer{asked: map[string]int{}, fails: map[string]bool{}}
		server := httptest.NewServer(s)
		t.Cleanup(server.Close)
		folder = t.TempDir()
		return s, folder, func(code int, args ...string) string {
			t.Helper()
			if !slices.Contains([]string{"report", "diff"}, args[0]) {
				args = append(args, "--testserver="+server.Listener.Addr().String())
			}
			return runIn(t, folder, code, args...).out.String()
		}
	}
	same := func(t *testing.T, what string, want, got any) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got): %s", what, diff)
		}
	}
	// ndjson gives the rows of the results, and checks names, URLs and values.
	ndjson := func(t *testing.T, text string) map[string]map[string]string {
		t.Helper()
		all := map[string]map[string]string{}
		for line := range strings.Lines(text) {
			var r struct {
				Name, URL, Value string
				Row              map[string]string
			}
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Fatal(err, line)
			}
			u, err := url.Parse(r.URL)
			if err != nil {
				t.Fatal(err)
			}
			cell := r.Row["name"]
			if r.Name != cell || u.Query().Get("c") != cell || u.Query().Get("key") != cell || r.Value != cell {
				t.Errorf("%q: name %q, URL %s, value %q", cell, r.Name, r.URL, r.Value)
			}
			all[r.Row["id"]] = r.Row
		}
		return all
	}

	for _, kind := range []string{"csv", "tsv", "jsonl", "json"} {
		t.Run("rows "+kind, func(t *testing.T) {
			s, folder, run := start(t)
			table.write(t, filepath.Join(folder, "t."+kind))
			got := run(exit.OK, "--rows", "t."+kind, awkwardTemplate, "--select", ".c", "-f", "ndjson", "-j", "run.jsonl")
			same(t, "rows", table.byID(), ndjson(t, got))
			same(t, "what was asked", table.wants(), s.take())
			same(t, "the report of the journal", table.byID(), ndjson(t, run(exit.OK, "report", "run.jsonl", "-f", "ndjson")))
		})
	}

	t.Run("formats", func(t *testing.T) {
		s, folder, run := start(t)
		table.write(t, filepath.Join(folder, "t.csv"))
		text := run(exit.OK, "--rows", "t.csv", awkwardTemplate, "--select", "{answer: .c}", "-f", "csv", "--report", "r.tsv", "--report", "r.json", "--report", "r.ndjson")
		want := table.byID()
		for _, row := range want {
			row["answer"] = row["name"]
		}
		rows := readCSV(t, text)
		same(t, "csv", want, ofRows(rows))
		for i, row := range rows[1:] {
			if row[0] != table.rows[i][0] {
				t.Fatalf("row %d is %q", i, row)
			}
		}
		read := func(name string) string {
			text, err := os.ReadFile(filepath.Join(folder, name))
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
		same(t, "tsv", want, ofRows(readTSV(read("r.tsv"))))
		var report struct {
			Results []struct{ Row map[string]string }
		}
		if err := json.Unmarshal([]byte(read("r.json")), &report); err != nil {
			t.Fatal(err)
		}
		got := map[string]map[string]string{}
		for _, r := range report.Results {
			got[r.Row["id"]] = r.Row
		}
		same(t, "json", table.byID(), got)

		// What was written is read: the same table.
		s.take()
		for _, name := range []string{"again.csv", "again.tsv"} {
			text := text
			if name == "again.tsv" {
				text = read("r.tsv")
			}
			if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			again := readCSV(t, run(exit.OK, "--rows", name, awkwardTemplate, "--select", "{answer: .c}", "-f", "csv"))
			same(t, name, table.wants(), s.take())
			for id, row := range ofRows(again) {
				for column, cell := range want[id] {
					if row[column] != cell {
						t.Errorf("%s: %s of %s is %q, not %q", name, column, id, row[column], cell)
					}
				}
			}
		}
	})

	t.Run("lists", func(t *testing.T) {
		s, folder, run := start(t)
		list := &awkwardTable{headings: append([]string{"url"}, table.headings...)}
		var objects strings.Builder
		for _, row := range table.rows {
			if strings.TrimSpace(row[1]) != row[1] || strings.ContainsFunc(row[1], func(c rune) bool { return c < ' ' || c == 0x7f || c == '\ufeff' || c == '\u202e' }) {
				continue // no name
			}
			q := url.QueryEscape(row[1])
			address := "http://a.test/echo?c=" + q + "&key=" + q + "&id=" + row[0]
			list.rows = append(list.rows, append([]string{address}, row...))
			name, _ := json.Marshal(row[1])
			fmt.Fprintf(&objects, `{"url": "%s", "name": %s, "row": %s}`+"\n", address, name, object(table.headings, row))
		}
		want := (&awkwardTable{table.headings, nil}).part(nil)
		for _, row := range list.rows {
			want.rows = append(want.rows, row[1:])
		}
		if len(want.rows) < 60 {
			t.Fatal("too few names")
		}
		list.write(t, filepath.Join(folder, "l.csv"))
		list.write(t, filepath.Join(folder, "l.tsv"))
		if err := os.WriteFile(filepath.Join(folder, "l.jsonl"), []byte(objects.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"l.csv", "l.tsv", "l.jsonl"} {
			text := run(exit.OK, name, "--select", ".c", "-f", "ndjson")
			same(t, name+": what was asked", want.wants(), s.take())
			got := map[string]map[string]string{}
			for line := range strings.Lines(text) {
				var r struct {
					Name, Value string
					Row         map[string]string
				}
				if err := json.Unmarshal([]byte(line), &r); err != nil {
					t.Fatal(err)
				}
				if r.Name != r.Row["name"] || r.Value != r.Row["name"] {
					t.Errorf("%s: %q is called %q, its value is %q", name, r.Row["name"], r.Name, r.Value)
				}
				got[r.Row["id"]] = r.Row
			}
			same(t, name, want.byID(), got)
		}
	})

	t.Run("batches", func(t *testing.T) {
		_, folder, run := start(t)
		table.write(t, filepath.Join(folder, "t.csv"))
		text := run(exit.OK, "--rows", "t.csv", "http://a.test/batch?c={name}", "--batch", "name:10", "--split", ".[]", "--row-key", "name=.k", "--select", "{v}", "-f", "csv")
		want := table.byID()
		for _, row := range want {
			row["v"] = "<" + row["name"] + ">"
		}
		same(t, "batches", want, ofRows(readCSV(t, text)))
	})

	t.Run("files and programs", func(t *testing.T) {
		s, folder, run := start(t)
		table.write(t, filepath.Join(folder, "t.csv"))
		text := run(exit.OK, "--rows", "t.csv", awkwardTemplate, "-o", "out", "--exec", `printf 'x%sx' "$FETCH_NAME"`, "-f", "ndjson", "-j", "run.jsonl")
		files := map[string]bool{}
		for line := range strings.Lines(text) {
			var r struct {
				Row         map[string]string
				Value, File string
			}
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Fatal(err)
			}
			if r.Value != "x"+r.Row["name"]+"x" {
				t.Errorf("FETCH_NAME of %q was %q", r.Row["name"], r.Value)
			}
			body, err := os.ReadFile(filepath.Join(folder, r.File))
			var asked map[string]string
			if err != nil || json.Unmarshal(body, &asked) != nil || asked["id"] != r.Row["id"] || asked["c"] != r.Row["name"] {
				t.Errorf("%q of %q has %q: %v", r.File, r.Row["name"], body, err)
			}
			files[r.File] = true
		}
		if len(files) != len(table.rows) {
			t.Errorf("%d files for %d rows", len(files), len(table.rows))
		}
		// Nothing of it is fetched again, in whatever order.
		s.take()
		before := tree(t, filepath.Join(folder, "out"))
		run(exit.OK, "resume", "run.jsonl")
		table.shuffled(1).write(t, filepath.Join(folder, "t.csv"))
		run(exit.OK, "resume", "run.jsonl")
		same(t, "what was asked", map[string]int{}, s.take())
		same(t, "the folder", before, tree(t, filepath.Join(folder, "out")))
	})

	t.Run("resume and retry", func(t *testing.T) {
		s, folder, run := start(t)
		half := len(table.rows) / 2
		for _, row := range table.rows[:half:half] {
			s.fails[row[0]] = strings.HasSuffix(row[0], "3")
		}
		table.part(table.rows[:half]).write(t, filepath.Join(folder, "t.csv"))
		run(exit.Failed, "--rows", "t.csv", awkwardTemplate, "--select", ".c", "-j", "run.jsonl", "--retries", "0", "-H", "X-Id: {id}", "-q", "-f", "json")
		same(t, "the first half", table.part(table.rows[:half]).wants(), s.take())

		table.shuffled(2).write(t, filepath.Join(folder, "t.csv"))
		run(exit.Failed, "resume", "run.jsonl")
		same(t, "the second half", table.part(table.rows[half:]).wants(), s.take())

		want := map[string]int{}
		for _, row := range table.rows {
			if s.fails[row[0]] {
				want[row[0]+" "+row[1]]++
			}
		}
		s.mu.Lock()
		s.fails = map[string]bool{}
		s.mu.Unlock()
		run(exit.OK, "retry", "run.jsonl")
		same(t, "what had failed", want, s.take())
		same(t, "the report", table.byID(), ndjson(t, run(exit.OK, "report", "run.jsonl", "-f", "ndjson")))

		// Two runs over the same rows differ in nothing, in whatever order they are.
		run(exit.OK, "--rows", "t.csv", awkwardTemplate, "--select", ".c", "-j", "b.jsonl", "-H", "X-Id: {id}", "-q", "-f", "json")
		var d struct {
			Changes map[string]json.RawMessage
		}
		if err := json.Unmarshal([]byte(run(exit.OK, "diff", "run.jsonl", "b.jsonl", "-f", "json")), &d); err != nil {
			t.Fatal(err)
		}
		if string(d.Changes["paired"]) != fmt.Sprint(len(table.rows)) {
			t.Errorf("paired are %s", d.Changes["paired"])
		}
		for _, kind := range slices.Sorted(maps.Keys(d.Changes)) {
			if text := string(d.Changes[kind]); strings.HasPrefix(text, "{") && !strings.HasPrefix(text, `{"n":0`) {
				t.Errorf("%s: %s", kind, text)
			}
		}
	})

	t.Run("sync", func(t *testing.T) {
		s, folder, run := start(t)
		table.part(table.rows[5:]).write(t, filepath.Join(folder, "t.csv"))
		run(exit.OK, "sync", "--rows", "t.csv", awkwardTemplate, "-o", "data")
		same(t, "at first", table.part(table.rows[5:]).wants(), s.take())
		table.shuffled(3).write(t, filepath.Join(folder, "t.csv"))
		said := run(exit.OK, "sync", "--rows", "t.csv", awkwardTemplate, "-o", "data")
		if want := fmt.Sprintf("5 new · 0 changed · %d unchanged · 0 gone\n", len(table.rows)-5); !strings.HasSuffix(said, want) {
			t.Errorf("%q, want %q", said, want)
		}
		same(t, "then", table.wants(), s.take())
		contents := map[string]int{}
		for name := range tree(t, filepath.Join(folder, "data")) {
			body, err := os.ReadFile(filepath.Join(folder, "data", name))
			var asked map[string]string
			if err != nil || json.Unmarshal(body, &asked) != nil || strings.HasPrefix(name, ".") {
				continue
			}
			contents[asked["id"]+" "+asked["c"]]++
		}
		same(t, "the files", table.wants(), contents)
	})
}
