package knee_test

import (
	"encoding/csv"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/fetch/internal/load/knee"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/report"
	"example.com/fetch/internal/units"
)

var update = flag.Bool("update", false, "write the golden files")

// examples are sweeps by the names of their golden files.
func examples() map[string][]knee.Step {
	users := sweep(capacity(8), 0.03, 3, doubled(1, 32)...)
	users[5].Summary.Failed, users[5].Summary.OK = 120, users[5].Summary.OK-120
	users[5].Summary.Unsent = 7
	users[4].Summary.Warnings = []measure.Warning{{Code: "client_cpu", Text: "…"}, {Code: "sample"}}
	var rates []knee.Step
	for _, rate := range []float64{10, 20, 40, 60, 80, 120, 160} {
		rates = append(rates, open(8, rate))
	}
	nothing := sweep(capacity(8), 0, 0, 1, 2, 4)
	for i := range nothing {
		s := nothing[i].Summary
		*s = measure.LoadSummary{Asked: measure.Asked{Target: "http://a.test/\x1b[31m"}, Sent: s.Sent, Failed: s.Sent}
	}
	return map[string][]knee.Step{
		"users": users, "rates": rates, "nothing": nothing, "none": nil,
		"many": sweep(universal(0.02, 0.001), 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20, 24, 28, 32, 40, 48, 56, 64, 1000),
	}
}

func shown(t *testing.T, format string, steps []knee.Step, o report.Options) string {
	t.Helper()
	sweep := knee.SweepOf(steps)
	text, err := report.Sweep(format, &sweep, o)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestText(t *testing.T) {
	for name, steps := range examples() {
		golden(t, name+".txt", shown(t, "table", steps, report.Options{}))
	}
	golden(t, "users-color.txt", shown(t, "table", examples()["users"], report.Options{Color: true}))
	golden(t, "users-40.txt", shown(t, "table", examples()["users"], report.Options{Width: 40}))
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || got != string(want) {
		t.Errorf("%s (go test -update writes it): %v\n%s\nwant\n%s", file, err, got, want)
	}
}

// TestTextFits: no line is wider than the terminal, however many steps there are.
func TestTextFits(t *testing.T) {
	for _, width := range []int{1, 40, 60, 80, 132} {
		for n := 1; n < 140; n += 3 {
			steps := make([]knee.Step, n)
			for i := range steps {
				steps[i] = sweep(universal(0.02, 0.001), 0.03, 1, 9990+i)[0]
				steps[i].Summary.Asked.Target = "http://" + strings.Repeat("long.", 40) + "test/"
			}
			for line := range strings.Lines(shown(t, "table", steps, report.Options{Width: width})) {
				if got := units.Width(strings.TrimSuffix(line, "\n")); got > max(40, width) {
					t.Fatalf("%d steps: %d columns of %d: %s", n, got, width, line)
				}
			}
		}
	}
}

func TestJSON(t *testing.T) {
	for name, steps := range examples() {
		text := []byte(shown(t, "json", steps, report.Options{}))
		if strings.Count(string(text), "\n") != 1 || strings.ContainsRune(string(text), '\x1b') {
			t.Errorf("%s: %s", name, text)
		}
		var back struct {
			V     int
			Model string
			Steps []map[string]any
			Knee  struct {
				Found bool
				Users int
				Asked float64 `json:"asked_per_s"`
				Words string
			}
		}
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(name, err)
		}
		found := knee.Find(steps)
		if back.V != 1 || back.Steps == nil || len(back.Steps) != len(steps) || back.Knee.Found != found.Found || back.Knee.Words != found.Words {
			t.Errorf("%s: %s", name, text)
		}
		if name == "users" && (back.Model != "closed" || back.Knee.Users != 8) || name == "rates" && (back.Model != "open" || back.Knee.Asked != 80) {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func TestCSV(t *testing.T) {
	for name, steps := range examples() {
		lines, err := csv.NewReader(strings.NewReader(shown(t, "csv", steps, report.Options{}))).ReadAll()
		if err != nil || len(lines) != len(steps)+1 {
			t.Errorf("%s: %v, %d lines", name, err, len(lines))
		}
	}
	golden(t, "users.csv", shown(t, "csv", examples()["users"], report.Options{}))
	golden(t, "rates.csv", shown(t, "csv", examples()["rates"], report.Options{}))
}
