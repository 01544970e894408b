package units

import (
	"math"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"example.com/fetch/internal/record"
)

func TestSeconds(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                              "0ms",
		time.Microsecond:               "0.00ms",
		420 * time.Microsecond:         "0.42ms",
		994 * time.Microsecond:         "0.99ms",
		995 * time.Microsecond:         "1.0ms",
		9949 * time.Microsecond:        "9.9ms",
		9950 * time.Microsecond:        "10ms",
		123 * time.Millisecond:         "123ms",
		999499 * time.Microsecond:      "999ms",
		999500 * time.Microsecond:      "1.0s",
		59950 * time.Millisecond:       "60.0s",
		99949 * time.Millisecond:       "99.9s",
		99950 * time.Millisecond:       "100s",
		599499 * time.Millisecond:      "599s",
		599500 * time.Millisecond:      "10m00s",
		725 * time.Second:              "12m05s",
		3599499 * time.Millisecond:     "59m59s",
		3599500 * time.Millisecond:     "1h00m",
		187 * time.Minute:              "3h07m",
		100*time.Hour - 31*time.Second: "99h59m",
		100*time.Hour - 30*time.Second: "4d04h",
		1000 * time.Hour:               "41d16h",
		-123 * time.Millisecond:        "-123ms",
	} {
		if got := Seconds(record.MicrosOf(d)); got != want {
			t.Errorf("%v is %s, not %s", d, got, want)
		}
	}
	for m, want := range map[record.Micros]string{math.MaxInt64: "106751991d04h", math.MinInt64: "-106751991d04h"} {
		if got := Seconds(m); got != want {
			t.Errorf("%d µs is %s, not %s", m, got, want)
		}
	}
}

func TestSecondsOf(t *testing.T) {
	m := record.Micros(1500)
	if got := SecondsOf(nil) + " " + SecondsOf(&m); got != "- 1.5ms" {
		t.Errorf("got %q", got)
	}
}

func TestSecondsCompared(t *testing.T) {
	for m, want := range map[record.Micros]string{
		0: "0ms", 999_499: "999ms", 999_500: "1.00s", 1_234_000: "1.23s", 9_994_000: "9.99s", 9_995_000: "10.0s",
		123_000_000: "123s", -1_234_000: "-1.2s",
	} {
		if got := SecondsCompared(m); got != want {
			t.Errorf("%d µs is %s, not %s", m, got, want)
		}
	}
}

func TestSize(t *testing.T) {
	for n, want := range map[int64][2]string{
		0:             {"0 B", "0 B"},
		999:           {"999 B", "999 B"},
		1000:          {"1.0 kB", "1 kB"},
		4249:          {"4.2 kB", "4.25 kB"},
		9949:          {"9.9 kB", "9.95 kB"},
		9950:          {"10 kB", "9.95 kB"},
		999_499:       {"999 kB", "999 kB"},
		999_500:       {"1.0 MB", "1 MB"},
		1_500_000_000: {"1.5 GB", "1.5 GB"},
		math.MaxInt64: {"9.2 EB", "9.22 EB"},
		-4249:         {"-4.2 kB", "-4.25 kB"},
		math.MinInt64: {"-9.2 EB", "-9.22 EB"},
	} {
		if got := [2]string{Size(n), SizeCompared(n)}; got != want {
			t.Errorf("%d is %q, not %q", n, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0", 999: "999", 1000: "1,000", 12345: "12,345", -999: "-999", -1000: "-1,000", 1234567: "1,234,567",
		math.MaxInt64: "9,223,372,036,854,775,807", math.MinInt64: "-9,223,372,036,854,775,808",
	} {
		if got := Count(n); got != want {
			t.Errorf("%d is %s, not %s", n, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0 boxes", 1: "1 box", 2: "2 boxes", 1234: "1,234 boxes"} {
		if got := Counted(n, "box", "boxes"); got != want {
			t.Errorf("%d is %s, not %s", n, got, want)
		}
	}
}

func TestFractions(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Ratio(4.86), "4.9x"}, {Ratio(99.94), "99.9x"}, {Ratio(99.95), "100x"},
		{Percent(0), "0.0 %"}, {Percent(0.29), "29.0 %"}, {Percent(0.4166), "41.7 %"}, {Percent(0.99999), "99.9 %"}, {Percent(1), "100.0 %"},
		{PerSecond(0), "0/s"}, {PerSecond(0.0421), "0.0421/s"}, {PerSecond(7.0 / 3600), "0.001944/s"}, {PerSecond(0.095), "0.1/s"}, {PerSecond(50), "50.0/s"},
		{PerSecond(999.4), "999.4/s"}, {PerSecond(999.5), "1,000/s"}, {PerSecond(1e20), "100,000,000,000,000,000,000/s"},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
}

func TestColumns(t *testing.T) {
	for s, want := range map[string]int{"": 0, "abc": 3, "é": 1, "日本": 4, "…": 1, "│█": 2} {
		if got := Width(s); got != want {
			t.Errorf("%q is %d wide, not %d", s, got, want)
		}
	}
	for _, c := range []struct{ got, want string }{
		{Cut("abc", 3), "abc"}, {Cut("abcd", 3), "ab…"}, {Cut("abc", 0), ""}, {Cut("abc", -1), ""}, {Cut("日本語", 4), "日…"},
		{PadLeft("日本", 5), " 日本"}, {PadRight("é", 3), "é  "}, {PadRight("abc", 2), "abc"}, {PadLeft("", -1), ""},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestPainted(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Painted("a", Red, true), "\x1b[31ma\x1b[0m"}, {Painted("a", Red, false), "a"}, {Painted("a", "", true), "a"}, {Painted("", Red, true), ""},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestHost(t *testing.T) {
	for host, want := range map[string]string{
		"a.test:80": "a.test", "a.test:443": "a.test", "a.test:8080": "a.test:8080", "[::1]:80": "[::1]",
		"": "(none)", "(others)": "(others)", "a\x1b.test:80": `a\x1b.test`,
	} {
		if got := Host(host); got != want {
			t.Errorf("%q is %s, not %s", host, got, want)
		}
	}
}

func TestHosts(t *testing.T) {
	hosts := []string{"a.test:80", "b.test:443", "a.test:443", "a.test:8080", "\x1b:80", "\x1b:443"}
	got := strings.Join(Hosts(hosts, func(s *string) string { return *s }), " ")
	if want := `a.test:80 b.test a.test:443 a.test:8080 \x1b:80 \x1b:443`; got != want {
		t.Errorf("%s, not %s", got, want)
	}
}

func TestShellWord(t *testing.T) {
	for word, want := range map[string]string{
		"run.jsonl": "run.jsonl", "/a/b-c_d.jsonl": "/a/b-c_d.jsonl", "a b": "'a b'", "it's": `'it'\''s'`, "-j": "-j",
		"läufe/x": "läufe/x", "a\x1b": `$'a\x1b'`, "it's\n\\": `$'it\'s\n\\'`, "$HOME": "'$HOME'", "": "''", "~": "'~'",
	} {
		if got := ShellWord(word); got != want {
			t.Errorf("%q is %s, not %s", word, got, want)
		}
	}
	if got := ShellPath("-j") + " " + ShellPath("a-b"); got != "./-j a-b" {
		t.Errorf("got %s", got)
	}
}

// TestShellTakesTheWord asks a shell, where there is one that knows all of the quoting.
func TestShellTakesTheWord(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		return
	}
	words := []string{"a b", "it's", "", "*", "$(x)`y`", "a\x1b1", "\u202e1", "it's\n\\n\t", "\xff1", "a\\", "!x", "é日"}
	for _, word := range words {
		command := exec.Command(bash, "-c", "printf %s "+ShellWord(word))
		command.Env = []string{"LC_ALL=C.UTF-8"}
		if got, err := command.Output(); err != nil || string(got) != word {
			t.Errorf("%q as %s arrives as %q: %v", word, ShellWord(word), got, err)
		}
	}
}

// FuzzText: what came from elsewhere neither gets past a report's columns nor to the terminal unescaped.
func FuzzText(f *testing.F) {
	f.Add("a.test:80", 5)
	f.Add("日本\x1b[31m\u202e\xff", 3)
	f.Fuzz(func(t *testing.T, s string, n int) {
		n %= 1000
		host := Host(s)
		if record.Printable(host) != host || record.Printable(ShellWord(s)) != ShellWord(s) {
			t.Errorf("%q is shown as %q and %q", s, host, ShellWord(s))
		}
		if cut := Cut(host, n); Width(cut) > max(n, 0) || !utf8.ValidString(cut) || Width(PadLeft(cut, n)) != max(n, 0) {
			t.Errorf("%q is cut to %q for %d columns", host, cut, n)
		}
	})
}

func TestRounded(t *testing.T) {
	for f, want := range map[float64]float64{
		0: 0, 1.0 / 3: 0.3333, 2.0 / 3e1: 0.06667, 7.0 / 3600: 0.001944, -7.0 / 3600: -0.001944, 952.380952: 952.381, 1e20: 1e20,
		math.Inf(1): 0, math.Inf(-1): 0, math.NaN(): 0, 5e-324: 5e-324, math.MaxFloat64: math.MaxFloat64,
	} {
		if got := Rounded(f); got != want {
			t.Errorf("%g is rounded to %g, want %g", f, got, want)
		}
	}
}

func TestByCount(t *testing.T) {
	if got := ByCount(map[string]int64{"b": 2, "a": 2, "c": 3}); !slices.Equal(got, []string{"c", "a", "b"}) {
		t.Error(got)
	}
}

func TestBlock(t *testing.T) {
	var got strings.Builder
	for eighths := -1; eighths < 10; eighths++ {
		got.WriteString(Block(eighths))
	}
	if got.String() != "  ▁▂▃▄▅▆▇██" {
		t.Errorf("%q", got.String())
	}
}
