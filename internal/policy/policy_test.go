package policy

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/fetcher"
)

// opened is the Set of a file with this text.
func opened(t testing.TB, text string, o Options) *Set {
	t.Helper()
	f, err := parse("/x/hosts.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	o.File = f
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// rated is the number of the first rate of a host's policy; 0: it has none.
func rated(s *Set, host string) float64 {
	if p := s.Of(host); p != nil && len(p.Limit.Rates) > 0 {
		return p.Limit.Rates[0].Events
	}
	return 0
}

func TestPresets(t *testing.T) {
	s := Presets()
	for _, host := range []string{"pubchem.ncbi.nlm.nih.gov:443", "pubchem.ncbi.nlm.nih.gov:80", "pubchem.test:80", "pubchem.test:8080"} {
		p := s.Of(host)
		want := fetcher.Limit{Rates: []fetcher.Rate{{Events: 5, Per: time.Second, Burst: 1}, {Events: 400, Per: time.Minute, Burst: 1}}, InFlight: 5,
			RunningTime: fetcher.RunningTime{Time: 5 * time.Minute, Per: time.Minute}}
		if p == nil || p.Source != "preset pubchem" || p.Timeout != 35*time.Second || p.Figures == "" {
			t.Errorf("%s: %+v", host, p)
			continue
		}
		if d := cmp.Diff(want, p.Limit); d != "" {
			t.Errorf("%s: %s", host, d)
		}
		if kept := p.Kept(); kept.Rates[0].Per != 1020*time.Millisecond || !kept.Rates[0].Strict || p.Limit.Rates[0].Strict {
			t.Errorf("%s is kept at %+v", host, kept)
		}
	}
	for host, name := range map[string]string{
		"fingertips.test:80": "fingertips", "fingertips.phe.org.uk:443": "fingertips", "eutils.ncbi.nlm.nih.gov:443": "ncbi", "api.github.com:443": "github",
		"de.wikipedia.org:443": "wikimedia", "www.wikidata.org:443": "wikimedia", "api.crossref.org:443": "crossref", "api.openalex.org:443": "openalex",
		"www.ebi.ac.uk:443": "chembl", "github.com:443": "", "example.org:80": "", "xpubchem.test:80": "", "a.pubchem.test:80": "", "[::1]:80": "", "": "",
	} {
		got := ""
		if p := s.Of(host); p != nil {
			got = p.Name
		}
		if got != name {
			t.Errorf("%s has %q, want %q", host, got, name)
		}
	}
	for _, one := range List().Presets {
		if len(one.Limits) == 0 || one.Figures == "" || len(one.Hosts) == 0 && one.Name != "ncbi-key" {
			t.Errorf("%+v", one)
		}
	}
	if text := string(List().Text()); !strings.Contains(text, "pubchem ") || strings.Contains(text, ".invalid") {
		t.Error(text)
	}
}

func TestMostSpecific(t *testing.T) {
	s := opened(t, `
hosts."*.org".rates = ["1/s"]
hosts."*.example.org".rates = ["2/s"]
hosts."*.example.org:8080".rates = ["3/s"]
hosts."a.example.org".rates = ["4/s"]
hosts."a.example.org:8080".rates = ["5/s"]
hosts."[::1]:80".rates = ["6/s"]
hosts."BÜCHER.example".rates = ["7/s"]
`, Options{})
	for host, want := range map[string]float64{
		"x.org:80": 1, "example.org:80": 1, "b.example.org:80": 2, "c.b.example.org:443": 2, "b.example.org:8080": 3, "a.example.org:80": 4,
		"a.example.org:8080": 5, "x.a.example.org:80": 2, "org:80": 0, "[::1]:80": 6, "[::1]:81": 0, "xn--bcher-kva.example:443": 7,
	} {
		for range 2 { // what is remembered is the same
			if got := rated(s, host); got != want {
				t.Errorf("%s: %v, want %v", host, got, want)
			}
		}
	}
}

func TestPlaceOfPreset(t *testing.T) {
	s := opened(t, `
[hosts."pubchem.test"]
preset = "pubchem"
slots = 2
burst = 3
[hosts."fingertips.test"]
rates = ["9/s"]
[hosts."one.test"]
name = "ours"
rates = ["2/s"]
headers = { X-Api-Key = "s3cret" }
[hosts."two.test"]
preset = "ours"
timeout = "1m"
`, Options{Presets: []string{"three.test=ours", "*.four.test=ncbi-key", "pubchem"}})
	p := s.Of("pubchem.test:80")
	if p.Limit.InFlight != 2 || len(p.Limit.Rates) != 2 || p.Limit.Rates[1].Burst != 3 || p.Timeout != 35*time.Second || p.Source != "hosts.toml:2" ||
		p.Lines["slots"] != "hosts.toml:4" || p.Lines["rates"] != "preset pubchem" {
		t.Errorf("%+v", p)
	}
	if p := s.Of("pubchem.ncbi.nlm.nih.gov:443"); p.Limit.InFlight != 5 || p.Source != "preset pubchem" {
		t.Errorf("the preset itself was changed: %+v", p)
	}
	if p := s.Of("fingertips.test:80"); p.Limit.InFlight != 0 || p.Timeout != 0 || rated(s, "fingertips.test:80") != 9 {
		t.Errorf("%+v", p)
	}
	for host, want := range map[string]float64{"one.test:80": 2, "two.test:80": 2, "three.test:80": 2, "x.four.test:80": 10, "else.test:80": 5} {
		if got := rated(s, host); got != want {
			t.Errorf("%s: %v, want %v", host, got, want)
		}
		if p := s.Of(host); (p.Header != nil) != (host == "one.test:80") {
			t.Errorf("%s has the header of another: %v", host, p.Header)
		}
	}
	if !s.Chosen["--preset *.four.test=ncbi-key"]("a.four.test:80") || s.Chosen["--preset three.test=ours"]("a.test:80") {
		t.Error("which hosts were chosen is wrong")
	}
	if p := opened(t, "", Options{NoPresets: true}).Of("pubchem.test:80"); p != nil {
		t.Errorf("%+v", p)
	}
}

func TestContact(t *testing.T) {
	const text = `
[hosts."a.test"]
rates = ["1/s"]
rates-with-contact = ["9/s"]
[hosts."b.test"]
rates = ["1/s"]
rates-with-contact = ["9/s"]
headers = { User-Agent = "x (me@example.org)" }
`
	if a, b := rated(opened(t, text, Options{}), "a.test:80"), rated(opened(t, text, Options{}), "b.test:80"); a != 1 || b != 9 {
		t.Error(a, b)
	}
	if a := rated(opened(t, text, Options{Contact: true}), "a.test:80"); a != 9 {
		t.Error(a)
	}
}

func TestStricter(t *testing.T) {
	rate := func(n float64) fetcher.Rate { return fetcher.Rate{Events: n, Per: time.Second, Burst: 1} }
	used := func(n int) fetcher.RunningTime {
		return fetcher.RunningTime{Time: time.Duration(n) * time.Second, Per: time.Minute}
	}
	a := fetcher.Limit{Rates: []fetcher.Rate{rate(5), rate(1)}, InFlight: 3, RunningTime: used(300)}
	b := fetcher.Limit{Rates: []fetcher.Rate{rate(5), rate(2)}, InFlight: 4, RunningTime: used(200)}
	want := fetcher.Limit{Rates: []fetcher.Rate{rate(5), rate(1), rate(2)}, InFlight: 3, RunningTime: used(200)}
	if d := cmp.Diff(want, Stricter(a, b)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(b, Stricter(fetcher.Limit{}, b), cmp.Comparer(func(a, b []fetcher.Rate) bool { return slices.Equal(a, b) })); d != "" {
		t.Error(d)
	}
	if got := Stricter(a, fetcher.Limit{}); got.InFlight != 3 || got.RunningTime != a.RunningTime {
		t.Errorf("%+v", got)
	}
}

func TestWrongFiles(t *testing.T) {
	const host = "[hosts.\"a.test\"]\n"
	for text, want := range map[string]string{
		"x = 1":                                                 ":1: unknown table or key x",
		"hosts = 1":                                             ":1: write a table for each host",
		"hosts.a = 1":                                           ":1: write a table for each host",
		"defaults = 1":                                          ":1: unknown table or key defaults",
		"[[hosts]]\na=1":                                        ":1: there are no tables in [[ ]]",
		"[hosts":                                                ":1: not TOML",
		host + "[hosts.\"a.test\"]":                             ":2: not TOML",
		host + "[hosts.\"A.test\"]":                             ":2: A.test: this is the host of line 1",
		"[hosts.\"\"]":                                          ":1: the name of a host: write a host",
		"[hosts.\"a*b\"]":                                       ":1: the name of a host: write a host",
		"[hosts.\"http://a.test/\"]":                            ":1: the name of a host: a URL is more than a host",
		"[hosts.\"me:s3cret@a.test\"]":                          "a name and a password do not belong here",
		host + "rat = []":                                       ":2: unknown key rat",
		host + "rates.a = 1":                                    ":2: unknown key rates.a",
		host + "rates = \"5/s\"":                                ":2: rates: write a list",
		host + "rates = [5]":                                    ":2: rates: write a list",
		host + "\nrates = [\"5/s\",\n\"x\"]":                    ":3: rates: \"x\": write a rate",
		host + "burst = 0":                                      ":2: burst: write a number from 1",
		host + "slots = 1.5":                                    ":2: slots: write a number",
		host + "running-time = \"300s\"":                        ":2: running-time: \"300s\": write a time in a time",
		host + "timeout = 5":                                    ":2: timeout: write a text in quotes, such as",
		host + "timeout = \"0\"":                                ":2: timeout: \"0\": a time is more than 0",
		host + "retry-on = \"often\"":                           ":2: retry-on: \"often\" is no status",
		host + "preset = \"a=b\"":                               ":2: preset: a name",
		host + "preset = \"none\"":                              ":2: preset none: there is no preset",
		host + "name = \"x\"\npreset = \"x\"":                   ":3: preset x: this starts from itself",
		host + "headers = \"x\"":                                ":2: headers: write a table",
		host + "headers = { \"X Y\" = \"\" }":                   ":2: headers: \"X Y\" is not a header name",
		host + "headers = { X-Api-Key = \"s3cret\\n\" }":        ":2: headers: X-Api-Key: the value holds",
		host + "headers = { X-Api-Key = s3cret }":               ":2: not TOML",
		host + "headers = { X-Api-Key = [\"s3cret\"] }":         ":2: headers: X-Api-Key: write a text",
		host + "headers = { Proxy-Authorization = \"s3cret\" }": ":2: headers: Proxy-Authorization is for a proxy",
		host + "headers = { X-A = \"1\", x-a = \"2\" }":         ":2: headers: X-A: it is there twice",
		"[hosts.x.headers.y]\nz = \"s3cret\"":                   ":1: headers: Y: write a text in quotes",
		"[hosts.a]\npreset=\"b\"\nname=\"a\"\n[hosts.b]\nname=\"b\"\npreset=\"a\"": "this starts from itself",
	} {
		f, err := parse("/x/hosts.toml", []byte(text))
		if err == nil {
			_, err = New(Options{File: f})
		}
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "/x/hosts.toml:") {
			t.Errorf("%q: %v, want %q", text, err, want)
		} else if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v has the secret", text, err)
		}
	}
	for _, text := range []string{"pubchen", "a b=pubchem", "a.test=", "=pubchem"} {
		if _, err := New(Options{Presets: []string{text}}); err == nil {
			t.Errorf("--preset %q is taken", text)
		}
	}
}

// A file may be of any kind, with a mark of UTF-8 and line ends of Windows, but not without end.
func TestOpen(t *testing.T) {
	name := filepath.Join(t.TempDir(), "hosts.toml")
	if err := os.WriteFile(name, []byte("\xef\xbb\xbf[hosts.\"a.test\"]\r\nslots = 2\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(name)
	if err != nil || len(f.Entries) != 2 || f.Entries[1].Line != 2 {
		t.Fatal(f, err)
	}
	if _, err := Open(t.TempDir()); err == nil || runtime.GOOS != "windows" && !strings.Contains(err.Error(), "directory") {
		t.Error(err)
	}
	if runtime.GOOS == "linux" {
		if _, err := Open("/dev/zero"); err == nil || !strings.Contains(err.Error(), "larger than 1 MiB") {
			t.Error(err)
		}
	}
}

// What a journal keeps of a file makes the same policies, but for secrets.
func TestKept(t *testing.T) {
	const text = `
[hosts."*.a.test"]
preset = "pubchem"
rates = ["2/s", "30/m"]
running-time = "10s/1m"
timeout = "3s"
retry-on = "429,5xx"
slots = 7
[hosts."*.a.test".headers]
Accept = "text/csv"
X-Api-Key = "s3cret"
`
	live := opened(t, text, Options{})
	kept, left := live.File().Kept(func(name string) bool { return name == "X-Api-Key" })
	line, err := json.Marshal(kept)
	if err != nil || !left || strings.Contains(string(line), "s3cret") {
		t.Fatalf("%s %v %v", line, left, err)
	}
	var read []Entry
	if err := json.Unmarshal(line, &read); err != nil {
		t.Fatal(err)
	}
	f, err := OfEntries("/x/hosts.toml", read)
	if err != nil {
		t.Fatal(err)
	}
	again, err := New(Options{File: f})
	if err != nil {
		t.Fatal(err)
	}
	a, b := live.Of("x.a.test:80"), again.Of("x.a.test:80")
	if d := cmp.Diff(a.Limit, b.Limit); d != "" || a.Timeout != b.Timeout || a.RetryOn.Text != b.RetryOn.Text || a.Source != b.Source || len(b.Header) != 1 {
		t.Errorf("%s\n%+v\n%+v", d, a, b)
	}
	for _, bad := range [][]Entry{{{}}, {{Key: []string{"hosts"}}}, {{Key: []string{"hosts", "a", "slots"}}}, {{Key: []string{"hosts", "a", "rates"}, Many: true, Values: []string{"x"}}}} {
		if _, err := OfEntries("j", bad); err == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}

func TestDefaults(t *testing.T) {
	f, err := parse("/x/hosts.toml", []byte(`
[defaults]
concurrency = 5
insecure = true
header = ["A: 1", "B: 2"]
[defaults.sync]
concurrency = 2
[defaults.load]
duration = "30s"
`))
	if err != nil {
		t.Fatal(err)
	}
	for command, want := range map[string]string{
		"run": "concurrency=5 insecure=true header=A: 1|B: 2", "sync": "insecure=true header=A: 1|B: 2 concurrency=2", "load": "duration=30s", "sweep": "",
	} {
		all, err := f.DefaultsOf(command)
		var got []string
		for _, d := range all {
			got = append(got, d.Flag+"="+strings.Join(d.Values, "|"))
		}
		if strings.Join(got, " ") != want || err != nil {
			t.Errorf("%s: %q %v, want %q", command, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"[defaults.report]\nformat=\"csv\"": ":1: [defaults.report]", "[defaults]\nx.y.z = 1": "has a value", "[defaults]\nx = 1979-05-27": ":2: x: write a text",
		"[defaults]\nheader = [1, [2]]": ":2: header: write a text",
	} {
		f, err := parse("/x/hosts.toml", []byte(text))
		if err == nil {
			_, err = f.DefaultsOf("run")
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// FuzzFile: no text makes the reader of files panic; what it takes makes policies that are kept and read again.
func FuzzFile(f *testing.F) {
	f.Add(string(presetsText))
	f.Add("[hosts.\"a.test\"]\nrates=[\"5/s\"]\nheaders={A=\"b\"}\n[defaults.load]\nheader=[\"a\"]\n")
	f.Add("hosts.a.b.c=1\n[[x]]\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := parse("/x/hosts.toml", []byte(text))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "/x/hosts.toml:") {
				t.Errorf("%v has no place", err)
			}
			return
		}
		file.DefaultsOf("run")
		s, err := New(Options{File: file})
		if err != nil {
			return
		}
		s.Of("a.test:80")
		kept, _ := file.Kept(func(string) bool { return false })
		line, err := json.Marshal(kept)
		if err != nil {
			t.Fatal(err)
		}
		var read []Entry
		if err := json.Unmarshal(line, &read); err != nil {
			t.Fatal(err)
		}
		if again, err := OfEntries("/x/hosts.toml", read); err != nil && strings.ToValidUTF8(text, "") == text {
			t.Errorf("what was kept of %q is wrong: %v", text, err)
		} else if err == nil && len(again.tables) != len(file.tables) {
			t.Errorf("%d policies, and %d before", len(again.tables), len(file.tables))
		}
	})
}
