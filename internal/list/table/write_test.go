package table_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"example.com/fetch/internal/list/table"
)

// awkward are texts that formats stumble over.
var awkward = []string{
	"", " ", "  a ", "-NH2", "+/-", "-", "+44 20", "=1+1", "@a", "C[C@H](O)C", `C/C=C\n1cccc1`, `\`, `\\`, `\t`, `"`, `""`, `"q"`, `"a, b"`, `"abc`, `abc"`,
	`a"b`, ",", ";", "a,b", "a;b", "\t", "\n", "\r", "\r\n", "a\nb", "a\r\nb", "\n\n", "\rx", "'", "'-1", "sep=;", "\ufeff", "\ufeffa", "{", "[1]", "#", "null",
	"NA", "1.10", "-0", "1e400", "007", "123456789012345678901234567890", "日本語", "עברית", "👩‍👩‍👧", "e\u0301", "\u202egpj.exe", "\u2028", "\u0085",
	"\x1b[31m", "\x07", "\x00", "a\x00b", "\x7f", "\u009b", "\ufffd", "\U0010ffff", `!"#$%&'()*+,-./:;<=>?@[\]^_{|}~` + "`", "x\\", "\\.",
}

// cells draws awkward texts, alone and put together, and any others.
func cells() *rapid.Generator[string] {
	one := rapid.OneOf(rapid.SampledFrom(awkward), rapid.String())
	return rapid.OneOf(one, rapid.Map(rapid.SliceOfN(one, 2, 4), func(parts []string) string { return strings.Join(parts, "") }))
}

// drawTable draws names and rows.
func drawTable(t *rapid.T) (names []string, rows [][]string) {
	for range rapid.IntRange(1, 4).Draw(t, "columns") {
		name := strings.TrimSpace(strings.ReplaceAll(cells().Draw(t, "name"), "\x00", "")) // which stands in no text file
		for name == "" || slices.Contains(names, name) {
			name += "x"
		}
		names = append(names, name)
	}
	row := rapid.SliceOfN(cells(), len(names), len(names))
	return names, rapid.SliceOfN(row, 0, 4).Draw(t, "rows")
}

func written(w table.Writer, names []string, rows [][]string) string {
	text := w.AppendHeading(nil, names)
	for _, row := range rows {
		text = w.AppendRow(text, row)
	}
	return string(text)
}

// readBack reads a table whose format is known.
func readBack(text string, format table.Format) (all [][]string, err error) {
	r := table.NewReader(strings.NewReader(text), format)
	names, err := r.Columns()
	if err != nil {
		return nil, err
	}
	all = append(all, names)
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		var cells []string
		for _, c := range row {
			cells = append(cells, c.Value)
		}
		all = append(all, cells)
	}
}

// TestWriterIsExact: what is written and read again is the same table, whatever its cells and names are.
func TestWriterIsExact(t *testing.T) {
	for _, format := range []table.Format{table.CSV, table.TSV} {
		rapid.Check(t, func(t *rapid.T) {
			names, rows := drawTable(t)
			text := written(table.Writer{Format: format}, names, rows)
			got, err := readBack(text, format)
			if diff := cmp.Diff(append([][]string{names}, rows...), got); err != nil || diff != "" {
				t.Fatalf("%q: %v\n%s", text, err, diff)
			}
			if n := strings.Count(text, "\n"); format == table.TSV && n != len(rows)+1 {
				t.Fatalf("%d lines for %d rows: %q", n, len(rows), text)
			}
		})
	}
}

// pythonReads reads CSV and TSV with Python's csv, and prints what it found as JSON.
const pythonReads = `
import csv, json, re, sys
plain = {"t": "\t", "n": "\n", "r": "\r", "\\": "\\"}
tables = []
for name in sys.argv[1:]:
    with open(name, encoding="utf-8", newline="") as f:
        if name.endswith(".csv"):
            tables.append(list(csv.reader(f, strict=True)))
        else:
            rows = csv.reader(f, delimiter="\t", strict=True)
            tables.append([[re.sub(r"\\(.)", lambda m: plain[m[1]], cell) for cell in row] for row in rows])
print(json.dumps(tables))
`

// TestPythonReadsWhatIsWritten: a reader that is not ours finds the same cells.
func TestPythonReadsWhatIsWritten(t *testing.T) {
	const python = "python3"
	if exec.Command(python, "-c", "import sys; sys.exit(sys.version_info < (3, 11))").Run() != nil {
		t.Skip("there is no Python 3.11, whose csv was the first to read zero bytes")
	}
	var want [][][]string
	args := []string{"-c", pythonReads}
	dir := t.TempDir()
	add := func(names []string, rows [][]string) {
		for extension, format := range map[string]table.Format{".csv": table.CSV, ".tsv": table.TSV} {
			name := filepath.Join(dir, fmt.Sprint(len(want), extension))
			if err := os.WriteFile(name, []byte(written(table.Writer{Format: format}, names, rows)), 0o600); err != nil {
				t.Fatal(err)
			}
			args = append(args, name)
			want = append(want, append([][]string{names}, rows...))
		}
	}
	var alone, beside [][]string
	for _, cell := range awkward {
		alone = append(alone, []string{cell})
		beside = append(beside, []string{"", cell, "x" + cell})
	}
	add([]string{"a"}, alone)
	add([]string{"a", "b;c", `"d`}, beside)
	for seed := range 40 {
		rows := rapid.SliceOfN(rapid.SliceOfN(cells(), 3, 3), 1, 5).Example(seed)
		add([]string{"x", "y", "z"}, rows)
	}
	out, err := exec.Command(python, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var got [][][]string
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestWriterIsShort: quotes and escapes stand only where they are needed.
func TestWriterIsShort(t *testing.T) {
	for _, tt := range []struct {
		w     table.Writer
		cells []string
		want  string
	}{
		{table.Writer{Format: table.CSV}, []string{"a b", " x", "p;q", "-NH2", "+44 20", "\x1b", `\n`, "", "it's"}, "a b, x,p;q,-NH2,+44 20,\x1b,\\n,,it's\n"},
		{table.Writer{Format: table.CSV}, []string{"a,b", "c\nd", `e"f`, "\r"}, "\"a,b\",\"c\nd\",\"e\"\"f\",\"\r\"\n"},
		{table.Writer{Format: table.CSV}, []string{""}, "\"\"\n"},
		{table.Writer{Format: table.TSV}, []string{"a b", "-", `a"b"`, "c,d", "", "\x1b", "\\t\t"}, "a b\t-\ta\"b\"\tc,d\t\t\x1b\t\\\\t\\t\n"},
		{table.Writer{Format: table.TSV}, []string{`"a"`, `"b`, ""}, "\"\"\"a\"\"\"\t\"\"\"b\"\t\n"},
		{table.Writer{Format: table.CSV, Safe: true}, []string{"=1", "+1", "-1.5e+3", "-", "@a", "\tx", "\n=1", "＝1", "a=1", "-1-1", "+-1", "-.5", "-1e", "+."},
			"'=1,+1,-1.5e+3,'-,'@a,'\tx,\"'\n=1\",'＝1,a=1,'-1-1,'+-1,-.5,'-1e,'+.\n"},
		{table.Writer{Format: table.TSV, Safe: true}, []string{"-NH2", "\tx"}, "'-NH2\t'\\tx\n"},
		{table.Writer{Format: table.CSV, Terminal: true}, []string{"a\nb", "\x1b[31m", "\u202e", "c,d"}, `"a\nb",\x1b[31m,\u202e,"c,d"` + "\n"},
		{table.Writer{Format: table.TSV, Terminal: true}, []string{"a\nb\t", "\x1b[31m"}, `a\nb\t` + "\t" + `\x1b[31m` + "\n"},
	} {
		if got := string(tt.w.AppendRow(nil, tt.cells)); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.cells, got, tt.want)
		}
	}
}
