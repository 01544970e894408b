package diff

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/internal/record"
	"example.com/fetch/internal/threshold"
	"example.com/fetch/internal/units"
)

// TestText is what people see.
func TestText(t *testing.T) {
	rng := rand.New(rand.NewPCG(16, 16))
	var a, b []*record.Record
	for n := range 200 {
		host := n % 2
		a = append(a, success(host, n, int64(n+1), 100*(1+rng.Float64())))
		slower := 1.0
		if host == 1 {
			slower = 1.5
		}
		b = append(b, success(host, n, int64(n+1), slower*100*(1+rng.Float64())))
	}
	b[10].SHA256, a[10].SHA256 = strings.Repeat("ab", 32), strings.Repeat("cd", 32)
	b[11].Bytes = 4200
	fails(503, "rate_limited")(b[20])
	fails(0, "timeout_ttfb")(b[21])
	fails(404, "http_4xx")(a[22])
	b[23].Status = 206
	taken := func(texts ...string) (all []json.RawMessage) {
		for _, s := range texts {
			all = append(all, json.RawMessage(s))
		}
		return all
	}
	a[30].Values, b[30].Values, b[30].Bytes = taken("2"), taken("3"), 11
	a[31].Values, b[31].Values = taken(`"a\u202eb"`, "1"), taken(`"`+strings.Repeat("長", 30)+`"`)
	a[32].Values = taken("null")
	a[33].Rows = []record.Answer{{OK: true, Values: taken("1")}, {OK: true, Values: taken("2")}, {OK: true}}
	b[33].Rows = []record.Answer{{OK: true, Values: taken("1")}, {OK: true, Values: taken("3")}, {}}
	a[34].ETag, b[34].ETag = `W/"v1"`, `W/"v2"`
	a[35].ETag = `"\x1b[31m"`
	b[24].Method = "POST"
	b[24].ID = strings.Repeat("0", 24)
	runA, runB := runOf(a...), runOf(b...)
	runA.Name, runB.Name, runA.Wall = "before.jsonl", "after.jsonl", 9_000_000
	c := compared(t, runA, runB)
	var limits []threshold.Rise
	for _, s := range []string{"p50>+10%", "p99>+10%", "p90>+200ms", "failed>+0"} {
		l, err := threshold.ParseRise(s)
		if err != nil {
			t.Fatal(err)
		}
		limits = append(limits, l)
	}
	c.Check(limits)
	got := checkText(t, c)
	want := `
A             before.jsonl: 200 results · 199 ok · 1 failed · wall 9.00s
B             after.jsonl: 200 results · 198 ok · 2 failed
results       199 in both
new failures  2
          21  200 → 503 rate_limited  http://h0.test:80/20
          22  200 → timeout_ttfb  http://h1.test:80/21
fixed         1
          23  404 http_4xx → 200  http://h0.test:80/22
statuses      1
          24  200 → 206  http://h1.test:80/23
values        4
          31  2 → 3  http://h0.test:80/30
          32  "a\u202eb", 1 → "長長長長長長長長長…  http://h1.test:80/31
          33  null → none  http://h0.test:80/32
          34  2 rows  http://h1.test:80/33
bodies        2
          11  10 B, other content  http://h0.test:80/10
          12  10 B → 4.2 kB  http://h1.test:80/11
ETags         2
          35  W/"v1" → W/"v2"  http://h0.test:80/34
          36  "\x1b[31m" → none  http://h1.test:80/35
only in A     1
          25  200  http://h0.test:80/24
only in B     1
          25  200  POST http://h0.test:80/24
latency             A        B    B/A  between         verdict
all: 195 pairs
  each pair                      1.25  1.13 and 1.32   different: slower
  p50           153ms    180ms   1.18  1.08 and 1.34   different: slower
  p90           192ms    270ms   1.41  1.32 and 1.51   different: slower
  p95           197ms    285ms   1.45  1.39 and 1.51   different: slower
  p99           199ms    298ms   1.50  ? and ?         too few to tell
host h0.test: 96 pairs
  each pair                      0.97  0.89 and 1.06   no difference seen (13 %)
host h1.test: 99 pairs
  each pair                      1.53  1.36 and 1.76   different: slower
  p50           146ms    232ms   1.59  1.32 and 1.82   different: slower
  p90           192ms    285ms   1.48  1.40 and 1.59   different: slower
verdict       latencies are different in 7 of 12 comparisons; that any is called
              so by chance has a risk of 5 %
fail if       p50>+10%: not crossed: p50 went from 153ms to 180ms: +17.9 %, with
              95 % confidence from +9.6 % to +31.1 %
fail if       p99>+10%: not decided: p99 went from 199ms to 298ms: +49.7 %, with
              95 % confidence from ? to ?; it takes 365 successes in each run to
              tell
fail if       p90>+200ms: not crossed: p90 went from 192ms to 270ms: +78.6ms,
              with 95 % confidence from +65.7ms to +92.1ms
fail if       failed>+0: crossed: 2 requests have failed that had not failed in
              A
`
	if d := cmp.Diff(strings.TrimPrefix(want, "\n"), got); d != "" {
		t.Errorf("%s\n%s", d, got)
	}
	colored := string(c.AppendText(nil, true))
	for _, code := range []string{units.Red, units.Green, units.Yellow, units.Dim, units.Reset} {
		if !strings.Contains(colored, code) {
			t.Errorf("no %q", code)
		}
		colored = strings.ReplaceAll(colored, code, "")
	}
	if colored != got {
		t.Error("the colours change the text")
	}
}
