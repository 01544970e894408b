package measure

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"example.com/fetch/internal/record"
)

// nearestRank is the definition: the least value such that p percent of all are no larger.
func nearestRank(values []record.Micros, p int64) record.Micros {
	sorted := slices.Sorted(slices.Values(values))
	for i, v := range sorted {
		if int64(i+1)*100 >= p*int64(len(sorted)) {
			return v
		}
	}
	return 0
}

func TestPercentilesNeedValues(t *testing.T) {
	for _, test := range []struct{ p, from int64 }{{50, 2}, {90, 10}, {95, 20}, {99, 100}} {
		var d Distribution
		for n := int64(1); n <= 100; n++ {
			d.Add(record.Micros(n))
			if _, ok := d.Percentile(test.p); ok != (n >= test.from) {
				t.Errorf("p%d of %d values given: %v", test.p, n, ok)
			}
		}
	}
	var none Distribution
	if l := none.Latency(); l.Min != nil || l.Mean != nil || l.Max != nil || l.N != 0 {
		t.Errorf("an empty distribution gives %+v", l)
	}
}

func TestDistribution(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		exact := rapid.SampledFrom([]int{99, 1000}).Draw(t, "exact")
		digits := rapid.IntRange(2, 3).Draw(t, "digits")
		d := Distribution{exact: exact, digits: digits}
		n := rapid.SampledFrom([]int{1, 2, 99, 100, 150, 1000, 1001, 1500}).Draw(t, "n")
		top := rapid.SampledFrom([]int64{1, 1000, 10_000_000, highest}).Draw(t, "top")
		seed := rapid.Int64Range(0, top).Draw(t, "seed")
		values := make([]record.Micros, n)
		var sum int64
		for i := range values {
			seed = (seed*6364136223846793005 + 1442695040888963407) & math.MaxInt64
			values[i] = record.Micros(seed % (top + 1))
			sum += int64(values[i])
			d.Add(values[i])
		}
		l := d.Latency()
		if *l.Min != slices.Min(values) || *l.Max != slices.Max(values) || int64(*l.Mean) != sum/int64(n) || l.N != int64(n) {
			t.Fatalf("n, min, mean or max is wrong: %+v", l)
		}
		for _, p := range []int64{50, 90, 95, 99} {
			got, ok := d.Percentile(p)
			if !ok {
				continue
			}
			want := nearestRank(values, p)
			if n <= exact && got != want {
				t.Fatalf("p%d of %d values is %d, want exactly %d", p, n, got, want)
			}
			if off := math.Abs(float64(got - want)); off > float64(want)*math.Pow10(-digits)+1 {
				t.Fatalf("p%d of %d values is %d, want %d to %d digits", p, n, got, want, digits)
			}
		}
	})
}

func TestDistributionMerge(t *testing.T) {
	for _, sizes := range [][2]int{{0, 0}, {0, 5}, {5, 0}, {400, 600}, {400, 601}, {1500, 3}, {3, 1500}, {1200, 1300}} {
		var all, a, b Distribution
		for i := range sizes[0] {
			all.Add(record.Micros(i * 17))
			a.Add(record.Micros(i * 17))
		}
		for i := range sizes[1] {
			all.Add(record.Micros(i*i + 3))
			b.Add(record.Micros(i*i + 3))
		}
		a.Merge(&b)
		if got, want := plainLatency(a.Latency()), plainLatency(all.Latency()); got != want {
			t.Errorf("%v: merged %v, gathered in one %v", sizes, got, want)
		}
	}
}

func plainLatency(l Brief) (values [8]record.Micros) {
	values[0] = record.Micros(l.N)
	for i, p := range []*record.Micros{l.Min, l.Mean, l.P50, l.P90, l.P95, l.P99, l.Max} {
		values[i+1] = -1
		if p != nil {
			values[i+1] = *p
		}
	}
	return values
}

func TestDistributionOutOfRange(t *testing.T) {
	d := Distribution{exact: 1}
	d.Add(-5)
	d.Add(math.MaxInt64 / 4)
	if l := d.Latency(); *l.Min != 0 || *l.Max != math.MaxInt64/4 {
		t.Errorf("min %d, max %d", *l.Min, *l.Max)
	}
}

func TestDistinct(t *testing.T) {
	for _, n := range []int{0, 1, 1000, maxKept, 300_000} {
		var d distinct
		for round := range 2 {
			for i := range n {
				d.add(hostNumber(i))
			}
			if off := math.Abs(float64(d.count()) - float64(n)); n <= maxKept && off > 0 || off > 0.02*float64(n) {
				t.Errorf("round %d: %d strings count as %d", round, n, d.count())
			}
		}
		if len(d.kept) > maxKept {
			t.Errorf("%d are kept", len(d.kept))
		}
	}
}
