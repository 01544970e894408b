package diff

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/threshold"
)

// loadOf is a load test of so many seconds with 100 answers each, lognormal about a median in milliseconds. Each second has a
// factor of its own that varies by together.
func loadOf(random *rand.Rand, seconds int, median, together float64) Load {
	l := Load{Name: "x.jsonl", Summary: &measure.LoadSummary{Sent: int64(100*seconds) + 3, OK: int64(100 * seconds), Failed: 3,
		Asked: measure.Asked{Model: measure.ModelOpen, Rate: 100}}}
	for range seconds {
		var d measure.Distribution
		factor := math.Exp(together * random.NormFloat64())
		for range 100 {
			d.Add(record.Micros(1000 * median * factor * math.Exp(0.3*random.NormFloat64())))
		}
		l.Seconds = append(l.Seconds, measure.Times{Response: d})
	}
	return l
}

func TestCompareLoads(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	a, b := loadOf(random, 10, 50, 0), loadOf(random, 10, 60, 0)
	c := CompareLoads(a, b)
	if c.Latency.Verdict != VerdictDifferent || c.Latency.Of != "response" || c.Latency.Overall.A != 1000 || c.Changes != nil || !c.Histograms {
		t.Errorf("20 %% slower is %s, of %s, %d values", c.Latency.Verdict, c.Latency.Of, c.Latency.Overall.A)
	}
	all := whole(a.successes())
	if p95, _ := all.Percentile(95); c.Latency.Overall.Quantiles[2].A != p95 {
		t.Errorf("p95 is %v, and in the report %v", c.Latency.Overall.Quantiles[2].A, p95)
	}
	b.Summary.Failed, b.Summary.Asked.Rate = 14, 200
	c = CompareLoads(a, b)
	for text, crossed := range map[string]bool{"failed>+11 requests": false, "failed>+10 requests": true, "failed>+1%": true, "failed>+2%": false, "p50>+10%": true, "p50>+40%": false} {
		limit, err := threshold.ParseRise(text)
		if err != nil {
			t.Fatal(err)
		}
		c.Thresholds = nil
		c.Check([]threshold.Rise{limit})
		if got := c.Thresholds[0]; got.Crossed != crossed {
			t.Errorf("%s: %+v", text, got)
		}
	}
	text := string(c.AppendText(nil, false))
	for _, want := range []string{"1,003 results · 1,000 ok · 3 failed · at 100/s", "from histograms", "that takes --records", "the loads are not the same"} {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if strings.Contains(text, "new failures") {
		t.Errorf("which requests failed is not known:\n%s", text)
	}
	none := Load{Summary: &measure.LoadSummary{}}
	if got := CompareLoads(none, none).Latency.Verdict; got != VerdictTooFew {
		t.Errorf("of nothing the verdict is %s", got)
	}
}

// A high percentile is told where there are enough answers for it, however few of them would do for others.
func TestHighPercentileOfLoads(t *testing.T) {
	limit, err := threshold.ParseRise("p99.999>+50%")
	if err != nil {
		t.Fatal(err)
	}
	for n, undecided := range map[int]bool{380_000: false, 900_000: false, 360_000: true} {
		var d measure.Distribution
		for i := range n {
			d.Add(record.Micros(1000 + i/100))
		}
		l := Load{Summary: &measure.LoadSummary{Sent: int64(n), OK: int64(n)}, Seconds: []measure.Times{{Response: d}}}
		c := CompareLoads(l, l)
		c.Check([]threshold.Rise{limit})
		if got := c.Thresholds[0]; got.Crossed || got.Undecided != undecided || undecided && !strings.Contains(got.Words, "it takes 366,501 successes in each") {
			t.Errorf("of %d: %+v", n, got)
		}
	}
}

// Where answers of one second are slow together, two tests of the same server are not called different for that.
func TestLoadsOfUnequalSeconds(t *testing.T) {
	const pairs = 100
	different := 0
	random := rand.New(rand.NewPCG(3, 4))
	for range pairs {
		if CompareLoads(loadOf(random, 20, 50, 0.2), loadOf(random, 20, 50, 0.2)).Latency.Verdict == VerdictDifferent {
			different++
		}
	}
	if different > 12 { // 5 are expected at the most; more than half would be, were all taken for independent
		t.Errorf("%d of %d pairs are called different", different, pairs)
	}
}

// As many stand for all as they are worth, at evenly spread ranks.
func TestThinned(t *testing.T) {
	var d measure.Distribution
	for i := range 1000 {
		d.Add(record.Micros(1000 * (i + 1)))
	}
	for each, want := range map[float64]int{1: 1000, 2: 500, 3.7: 270, 1000: 1, 5000: 0} {
		logs := thinned(&d, each, mostValues)
		if len(logs) != want {
			t.Errorf("1000 that count as one in %v are %d", each, len(logs))
		}
		if n := len(logs); n > 0 {
			if middle := math.Exp(logs[n/2]); math.Abs(middle-500) > each+5 {
				t.Errorf("one in %v: %v is in the middle", each, middle)
			}
		}
	}
}
