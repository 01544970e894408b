package format

import (
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/fetch/fetcher"
)

// TestListsOfTheDocument reads each example of docs/lists.md: it is told to be of the format that it stands for, has no
// bad line, and every format has one.
func TestListsOfTheDocument(t *testing.T) {
	page, err := os.ReadFile("../../../docs/lists.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile("body.json", []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	var shown []string
	for _, m := range regexp.MustCompile("(?s)```([a-z0-9-]+)\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		name, text := m[1], m[2]
		shown = append(shown, name)
		f := byBeginning([]byte(text))
		if f == someJSONFormat {
			f = jsonlFormat // the first line may be of either
			if name == "vegeta-json" {
				f = vegetaJSONFormat
			}
		}
		if want, _ := Of(name); f != want {
			t.Errorf("the example of %s is taken for format %d", name, f)
		}
		n := 0
		for d := (&Reader{input: &Input{kind: stdinInput}, source: strings.NewReader(text)}); ; n++ {
			err := d.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			var req fetcher.Request
			if d.Fill(&req); !strings.HasPrefix(req.URL, "http://a.test/") {
				t.Errorf("%s: %s", name, req.URL)
			}
		}
		if n == 0 {
			t.Errorf("%s: no request", name)
		}
	}
	for _, name := range Names() {
		if name != "tsv" && !slices.Contains(shown, name) {
			t.Errorf("%s has no example", name)
		}
	}
}
