package report_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/report"
	"example.com/fetch/internal/units"
)

func renderLoad(t testing.TB, format string, s *measure.LoadSummary, o report.Options) string {
	t.Helper()
	var out bytes.Buffer
	if err := report.WriteLoad(format, &out, s, o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func goldenLoad(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "load", name+".golden")
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
		t.Errorf("%s is not what it was (-want +got):\n%s\nIf it should be, run this test with -update.", file, diff)
	}
}

func widest(text string) int {
	most := 0
	for line := range strings.Lines(text) {
		most = max(most, units.Width(strings.TrimSuffix(line, "\n")))
	}
	return most
}

func TestLoadTables(t *testing.T) {
	for name, s := range loadSamples() {
		for _, o := range []struct {
			name string
			report.Options
		}{{"file", report.Options{}}, {"80", report.Options{Width: 80}}, {"120", report.Options{Width: 120}}} {
			t.Run(name+"-"+o.name, func(t *testing.T) {
				got := renderLoad(t, "table", s, o.Options)
				if w := widest(got); o.Width > 0 && w > o.Width {
					t.Errorf("a line has %d columns", w)
				}
				goldenLoad(t, "table-"+name+"-"+o.name, got)
			})
		}
	}
}

// What is printed on a terminal is no wider than it, has nothing that it obeys, and is what it would be without colours.
func TestLoadTablesOnAnyTerminal(t *testing.T) {
	colors := regexp.MustCompile("\x1b\\[[0-9]+m")
	for name, s := range loadSamples() {
		for _, width := range []int{40, 41, 47, 53, 60, 67, 73, 79, 81, 97, 110, 133, 200} {
			plain := renderLoad(t, "table", s, report.Options{Width: width})
			if w := widest(plain); w > width {
				t.Errorf("%s: on a terminal of %d columns a line has %d", name, width, w)
			}
			if strings.ContainsFunc(plain, func(r rune) bool { return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) }) {
				t.Errorf("%s: a control character is printed:\n%q", name, plain)
			}
			colored := renderLoad(t, "table", s, report.Options{Width: width, Color: true})
			if diff := cmp.Diff(plain, colors.ReplaceAllString(colored, "")); diff != "" {
				t.Errorf("%s: colours change the text (-without +with):\n%s", name, diff)
			}
		}
	}
}

func TestLoadColors(t *testing.T) {
	goldenLoad(t, "table-half-failed-color", renderLoad(t, "table", loadSamples()["half-failed"], report.Options{Width: 80, Color: true}))
	s := loadSample()
	s.OK, s.Failed = 0, 12
	if got := renderLoad(t, "table", s, report.Options{Color: true}); !strings.Contains(got, units.Red+"5,000 requests · 0 ok · 12 failed") {
		t.Errorf("a run that failed altogether is not red:\n%s", got)
	}
}

func TestLoadMarkdown(t *testing.T) {
	for name, s := range loadSamples() {
		t.Run(name, func(t *testing.T) {
			got := renderLoad(t, "markdown", s, report.Options{Width: 80, Color: true})
			if strings.ContainsAny(got, "\x1b<>") {
				t.Errorf("it has what a terminal or a browser obeys:\n%s", got)
			}
			goldenLoad(t, "markdown-"+name, got)
		})
	}
}

// What a class's first failure was is a line of its own, without a label.
func TestLoadMarkdownOfErrors(t *testing.T) {
	s := halfFailedLoad()
	s.Classes, s.Errors = measure.Counts{"dns": 1}, measure.Errors{"dns": "no such host"}
	if got := renderLoad(t, "markdown", s, report.Options{}); !strings.Contains(got, "\n- errors: dns: 1\n- the first dns: no such host\n") {
		t.Error(got)
	}
}

func TestLoadFormats(t *testing.T) {
	want := []string{"table", "json", "csv", "markdown", "hlog", "hgrm", "junit"}
	if diff := cmp.Diff(want, report.LoadFormats()); diff != "" {
		t.Error(diff)
	}
	for name, want := range map[string]string{
		"a.txt": "table", "a/b.JSON": "json", "a.csv": "csv", "a.md": "markdown", "a.hlog": "hlog", "a.hgrm": "hgrm", "a.xml": "junit", "csv": "", "": "",
	} {
		if got, ok := report.LoadByExtension(name); got != want || ok != (want != "") {
			t.Errorf("%q is %q, %v", name, got, ok)
		}
	}
	err := report.WriteLoad("yaml", nil, loadSample(), report.Options{})
	if want := `there is no format "yaml": use one of table, json, csv, markdown, hlog, hgrm, junit`; err == nil || err.Error() != want {
		t.Errorf("the error is %v, want %s", err, want)
	}
}

// failing is a disk that is full.
type failing struct{}

var errFull = errors.New("no space left on device")

func (failing) Write([]byte) (int, error) { return 0, errFull }

func TestLoadWriterErrorsAreGiven(t *testing.T) {
	o := report.Options{Response: timesOf(1000)}
	for _, format := range report.LoadFormats() {
		if format == report.LogFormat { // TestLogKeepsItsError
			continue
		}
		if err := report.WriteLoad(format, failing{}, loadSample(), o); !errors.Is(err, errFull) {
			t.Errorf("%s: the error is %v", format, err)
		}
	}
}
