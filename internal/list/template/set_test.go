package template

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/internal/list/format"
)

func combinationsOf(t *testing.T, fastest string, texts ...string) []string {
	t.Helper()
	s, err := parseSets(texts)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	c := s.combine(fastest)
	for range 2 { // it can be gone through again
		got = nil
		for c.next() {
			var values []string
			for _, cell := range c.on(nil) {
				values = append(values, cell.Value)
			}
			got = append(got, strings.Join(values, " "))
		}
	}
	if int64(len(got)) != s.count {
		t.Errorf("%q: %d combinations, counted %d", texts, len(got), s.count)
	}
	return got
}

func TestSets(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("v.txt", []byte("\ufeffacetic acid\r\n\n2,4-D\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		texts, fastest string
		want           string
	}{
		{"id=1..4", "", "1|2|3|4"},
		{"id=008..011", "", "008|009|010|011"},
		{"id=8..010", "", "008|009|010"},
		{"id=3..1", "", "3|2|1"},
		{"id=-1..1", "", "-1|0|1"},
		{"id=1..10..4", "", "1|5|9"},
		{"id=5", "", "5"},
		{"name=water,ethanol,a..b", "", "water|ethanol|a..b"},
		{"x=1..2,7,9..10", "", "1|2|7|9|10"},
		{"name=@v.txt", "", "acetic acid|2,4-D"},
		{"a=1..2 b=x,y", "", "1 x|1 y|2 x|2 y"},
		{"a=1..2 b=x,y", "a", "1 x|2 x|1 y|2 y"},
		{"a=1,1 b=x", "", "1 x|1 x"},
	} {
		if d := cmp.Diff(strings.Split(tt.want, "|"), combinationsOf(t, tt.fastest, strings.Fields(tt.texts)...)); d != "" {
			t.Errorf("%s: %s", tt.texts, d)
		}
	}

	if err := os.WriteFile("empty.txt", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const write = "; write it like id=1..100, name=water,ethanol or name=@FILE"
	for text, want := range map[string]string{
		"id":                         "--set: there is no NAME=VALUES" + write,
		"=1":                         "--set: there is no NAME=VALUES" + write,
		"id=":                        "--set id: there is an empty value" + write,
		"id=1,,2":                    "--set id: there is an empty value" + write,
		"id=1..3..0":                 "--set id: the step of the range is not a whole number over 0" + write,
		"id=1..99999999999999999999": "--set id: a number of the range is too large" + write,
		"id=-9223372036854775808..1": "--set id: the range has too many numbers" + write,
		"id=\xe9":                    "--set id: a value is not UTF-8" + write,
		"id=@none":                   "--set id: none cannot be read: no such file or directory",
		"id=@empty.txt":              "--set id: there is no value in empty.txt; write one on each line",
	} {
		_, err := parseSets([]string{text})
		wantError(t, err, want)
	}
	_, err := parseSets([]string{"a=1..1000000", "b=1..1000000", "c=1..1000000"})
	wantError(t, err, "--set: there are too many combinations; take smaller ranges")
}

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || err.Error() != want || !errors.Is(err, format.ErrInput) {
		t.Errorf("\n got %v\nwant %s", err, want)
	}
}
