package measure

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"example.com/fetch/internal/record"
)

// lognormal gives n times around median; the same for the same seed.
func lognormal(seed uint64, n int, median time.Duration, sigma float64) []record.Micros {
	r := rand.New(rand.NewPCG(seed, 0))
	times := make([]record.Micros, n)
	for i := range times {
		times[i] = record.Micros(float64(median.Microseconds()) * math.Exp(sigma*r.NormFloat64()))
	}
	return times
}

func timesOf(values ...record.Micros) *Distribution {
	t := new(Distribution)
	for _, v := range values {
		t.Add(v)
	}
	return t
}

func TestPercentilesAreNearestRanks(t *testing.T) {
	for _, n := range []int{1, 9, 10, 99, 100, 999, 1000, 1001, 25_000} { // packed and dense
		values := lognormal(uint64(n), n, 50*time.Millisecond, 1)
		times := timesOf(values...)
		sorted := slices.Sorted(slices.Values(values))
		for _, p := range []float64{50, 75, 90, 95, 99, 99.9, 99.99} {
			got, ok := times.Percentile(p)
			if enough := float64(n)*(100-p)+1e-6 >= 100; ok != enough {
				t.Errorf("n=%d p%g: told %v, want %v", n, p, ok, enough)
			}
			if !ok {
				continue
			}
			want := sorted[int(math.Ceil(float64(n)*p/100-1e-6))-1]
			if math.Abs(float64(got-want)) > 0.001*float64(want)+1 {
				t.Errorf("n=%d p%g = %v, want %v within 0.1 %%", n, p, got, want)
			}
		}
		l := times.Latency()
		var sum record.Micros
		for _, v := range values {
			sum += v
		}
		if l.N != int64(n) || *l.Min != sorted[0] || *l.Max != sorted[n-1] || *l.Mean != sum/record.Micros(n) || times.Sum() != sum {
			t.Errorf("n=%d: %d values, min %v, max %v, mean %v", n, l.N, *l.Min, *l.Max, *l.Mean)
		}
	}
}

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

func TestFewTimesAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		exact := rapid.SampledFrom([]int{99, 1000}).Draw(t, "exact")
		coarse := rapid.Bool().Draw(t, "coarse")
		d := Distribution{exact: int64(exact), coarse: coarse}
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
			got, ok := d.Percentile(float64(p))
			if !ok {
				continue
			}
			want := nearestRank(values, p)
			if n <= exact && got != want {
				t.Fatalf("p%d of %d values is %d, want exactly %d", p, n, got, want)
			}
			if off := math.Abs(float64(got - want)); off > float64(want)*math.Pow10(-(&Distribution{coarse: coarse}).digits())+1 {
				t.Fatalf("p%d of %d values is %d, want %d to %d digits", p, n, got, want, (&Distribution{coarse: coarse}).digits())
			}
		}
	})
}

// What is added from a distribution whose times are still kept as they are is counted, and nothing is lost.
func TestExactTimesCanBeMerged(t *testing.T) {
	for _, sizes := range [][2]int{{0, 5}, {5, 0}, {400, 600}, {1500, 3}, {3, 1500}} {
		a, b := lognormal(1, sizes[0], time.Second, 0.5), lognormal(2, sizes[1], time.Second, 0.5)
		merged, other := Distribution{exact: 1000}, Distribution{exact: 1000}
		for _, m := range a {
			merged.Add(m)
		}
		for _, m := range b {
			other.Add(m)
		}
		merged.Merge(&other)
		merged.Add(7)
		if sizes[1] == 0 {
			merged.pack()
		}
		if got, want := mustJSON(t, merged), mustJSON(t, timesOf(append(append(a, b...), 7)...)); got != want {
			t.Errorf("%v:\n%s\nwant\n%s", sizes, got, want)
		}
	}
}

func TestTimesOutsideOfTheHistogram(t *testing.T) {
	day := record.MicrosOf(24 * time.Hour)
	times := timesOf(-5, 0, day)
	if times.Min() != 0 || times.Max() != day || times.Sum() != day {
		t.Errorf("min %v, max %v, sum %v", times.Min(), times.Max(), times.Sum())
	}
	if h := times.Histogram(); h.TotalCount() != 3 {
		t.Errorf("the histogram has %d of 3 times", h.TotalCount())
	}
	if p, _ := timesOf(day, day, day).Percentile(50); p != day {
		t.Errorf("the median of days is %v", p)
	}
}

func TestEmptyTimes(t *testing.T) {
	var times Distribution
	if l := times.Latency(); l.N != 0 || l.Min != nil || l.P50 != nil || l.Max != nil {
		t.Errorf("%+v", l)
	}
	if times.Histogram().TotalCount() != 0 {
		t.Error("the histogram of nothing is not empty")
	}
	times.Merge(&Distribution{})
	clone := times.Clone()
	if clone.N() != 0 {
		t.Error("the clone of nothing is not empty")
	}
	for range times.All {
		t.Error("a time where there is none")
	}
}

func TestMergedTimesAreAsIfAddedTogether(t *testing.T) {
	for _, n := range []int{0, 10, 5000} {
		for _, m := range []int{0, 10, 5000} {
			a, b := lognormal(1, n, time.Second, 0.5), lognormal(2, m, time.Millisecond, 0.5)
			merged, other := timesOf(a...), timesOf(b...)
			before := mustJSON(t, other)
			merged.Merge(other)
			if got, want := mustJSON(t, merged), mustJSON(t, timesOf(append(a, b...)...)); got != want {
				t.Errorf("%d + %d:\n%s\nwant\n%s", n, m, got, want)
			}
			if mustJSON(t, other) != before {
				t.Errorf("%d + %d: merging changed what was merged", n, m)
			}
			merged.Add(7) // and it goes on
			if merged.N() != int64(n+m+1) || merged.Histogram().TotalCount() != merged.N() {
				t.Errorf("%d + %d: %d times, %d in the histogram", n, m, merged.N(), merged.Histogram().TotalCount())
			}
		}
	}
}

func TestCoarseTimesStayAsTheyAre(t *testing.T) {
	coarse := &Distribution{coarse: true}
	for _, v := range lognormal(3, 5000, time.Second, 1) {
		coarse.Add(v)
	}
	var merged Distribution
	merged.Merge(coarse)
	if got, want := mustJSON(t, merged), mustJSON(t, coarse); got != want {
		t.Errorf("merged into nothing:\n%s\nwant\n%s", got, want)
	}
}

func TestClonesShareNothing(t *testing.T) {
	for _, n := range []int{10, 5000} {
		times := timesOf(lognormal(1, n, time.Second, 0.5)...)
		before := mustJSON(t, times)
		clone := times.Clone()
		clone.Add(1)
		if mustJSON(t, times) != before {
			t.Errorf("n=%d: adding to a clone changed the original", n)
		}
	}
}

func mustJSON(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTimesInJSONComeBack(t *testing.T) {
	coarse := &Distribution{coarse: true}
	for _, v := range lognormal(3, 5000, time.Second, 1) {
		coarse.Add(v)
	}
	for _, times := range []*Distribution{{}, timesOf(0), timesOf(1500), timesOf(lognormal(1, 5000, 50*time.Millisecond, 1)...),
		timesOf(record.MicrosOf(1000 * time.Hour)), coarse} {
		text := mustJSON(t, times)
		var back Distribution
		if err := json.Unmarshal([]byte(text), &back); err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if again := mustJSON(t, &back); again != text {
			t.Errorf("came back as\n%s\nwant\n%s", again, text)
		}
		if back.coarse != times.coarse && times.n > 0 {
			t.Error("the number of digits was lost")
		}
	}
}

func TestTimesThatCannotBeTrueAreRefused(t *testing.T) {
	good := mustJSON(t, timesOf(1500, 2500))
	var times Distribution
	if err := json.Unmarshal([]byte(good), &times); err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{`"n":2`, `"n":3`}, {`"n":2`, `"n":-2`}, {`"min_ms":1.5`, `"min_ms":1`}, {`"max_ms":2.5`, `"max_ms":3`},
		{`"min_ms":1.5`, `"min_ms":-1.5`}, {`"sum_us":4000`, `"sum_us":-4000`}, {`"sum_us":4000`, `"sum_us":9000`},
		{`"hdr":"`, `"hdr":"!`}, {`"hdr":"HI`, `"hdr":"HJ`},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		if bad == good {
			t.Fatalf("%s has no %s", good, change[0])
		}
		if err := json.Unmarshal([]byte(bad), &times); err == nil {
			t.Errorf("%s with %s: no error", good, change[1])
		}
	}
}

func FuzzTimesJSON(f *testing.F) {
	f.Add([]byte(`{"n":0}`))
	f.Add([]byte(mustJSON(f, timesOf(0))))
	f.Add([]byte(mustJSON(f, timesOf(1500, 2500))))
	f.Add([]byte(mustJSON(f, timesOf(lognormal(1, 200, time.Second, 1)...))))
	f.Fuzz(func(t *testing.T, data []byte) {
		var times Distribution
		if json.Unmarshal(data, &times) != nil {
			return
		}
		if l := times.Latency(); l.N > 0 && (*l.Mean < *l.Min || *l.Mean > *l.Max || l.P50 != nil && (*l.P50 < *l.Min || *l.P50 > *l.Max)) {
			t.Errorf("%+v", l)
		}
		var back Distribution
		if err := json.Unmarshal([]byte(mustJSON(t, &times)), &back); err != nil {
			t.Error(err)
		}
	})
}

func BenchmarkTimesAdd(b *testing.B) {
	values := lognormal(1, 1<<14, 50*time.Millisecond, 0.3)
	for _, bench := range []struct {
		name   string
		every  int // a new one after so many
		coarse bool
	}{{"100 a second", 100, false}, {"1,000 a second", 1000, false}, {"50,000 a second", 50_000, false}, {"a group", math.MaxInt, true}} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			times, i := &Distribution{coarse: bench.coarse, sparse: bench.coarse}, 0
			for b.Loop() {
				times.Add(values[i&(1<<14-1)])
				if i++; i%bench.every == 0 {
					times = new(Distribution)
				}
			}
		})
	}
}
