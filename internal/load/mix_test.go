package load_test

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/load"
)

// weighted is a list of requests with weights.
func weighted(weights ...float64) iter.Seq2[*fetcher.Request, error] {
	lines := [][]string{{"name", "weight"}}
	for i, w := range weights {
		lines = append(lines, []string{fmt.Sprint(i), fmt.Sprint(w)})
	}
	return table(lines...)
}

// places takes n requests from a mix and gives their places in the list.
func places(t testing.TB, list iter.Seq2[*fetcher.Request, error], o load.MixOptions, n int) []int {
	t.Helper()
	m, err := load.NewMix(list, o)
	if err != nil {
		t.Fatal(err)
	}
	of := make(map[*fetcher.Request]int)
	for i := range m.Len() {
		of[m.At(i)] = i
	}
	var all []int
	for req := range m.All() {
		if len(all) == n {
			break
		}
		all = append(all, of[req])
	}
	return all
}

func TestRoundAndRound(t *testing.T) {
	if got := places(t, weighted(1, 9, 1), load.MixOptions{}, 7); !slices.Equal(got, []int{0, 1, 2, 0, 1, 2, 0}) {
		t.Error(got)
	}
}

func TestSmoothTurns(t *testing.T) {
	for _, c := range []struct {
		weights []float64
		want    string
	}{
		{[]float64{5, 1, 1}, "a a b a c a a a a b a c a a"},
		{[]float64{1, 1, 1}, "a b c a b c"},
		{[]float64{0, 0.5, 0, 0.25}, "b d b b d b"},
		{[]float64{3}, "a a a"},
	} {
		want := strings.Fields(c.want)
		var got []string
		for _, place := range places(t, weighted(c.weights...), load.MixOptions{Weight: "weight"}, len(want)) {
			got = append(got, string(rune('a'+place)))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v: %v, want %v", c.weights, got, want)
		}
	}
}

// nginx gives the order of smooth weighted round robin by its definition.
func nginx(weights []float64, n int) (all []int) {
	total := 0.0
	for _, w := range weights {
		total += w
	}
	owed := make([]float64, len(weights))
	for range n {
		best := 0
		for i, w := range weights {
			owed[i] += w
			if owed[i] > owed[best] {
				best = i
			}
		}
		owed[best] -= total
		all = append(all, best)
	}
	return all
}

func TestTurnsAreThoseOfNginx(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var weights []float64
		for _, w := range rapid.SliceOfN(rapid.IntRange(0, 50), 1, 40).Draw(t, "weights") {
			weights = append(weights, float64(w)/4)
		}
		weights[0]++
		m, err := load.NewMix(weighted(weights...), load.MixOptions{Weight: "weight"})
		if err != nil {
			t.Fatal(err)
		}
		want := nginx(weights, 500)
		i := 0
		for req := range m.All() {
			if req != m.At(want[i]) {
				t.Fatalf("weights %v: step %d gives %s, want %d", weights, i, req.URL, want[i])
			}
			if i++; i == len(want) {
				break
			}
		}
	})
}

// The bounds are those of chi-square tests at 0.1 %: 29.6 with 10 degrees of freedom, 27.9 with 9.
func TestRandomMixFollowsItsWeights(t *testing.T) {
	weights := []float64{5, 1, 0, 1, 0.5, 20, 3, 3, 0.1, 7, 2, 1}
	alike := slices.Repeat([]float64{1}, 10)
	for seed := range uint64(5) {
		for _, c := range []struct {
			weights []float64
			column  string
			bound   float64
		}{{weights, "weight", 29.6}, {alike, "weight", 27.9}, {alike, "", 27.9}} {
			const n = 100_000
			got := make([]float64, len(c.weights))
			for _, place := range places(t, weighted(c.weights...), load.MixOptions{Weight: c.column, Random: true, Seed: seed}, n) {
				got[place]++
			}
			total, distance := 0.0, 0.0
			for _, w := range c.weights {
				total += w
			}
			for i, w := range c.weights {
				expected := n * w / total
				if w == 0 && got[i] > 0 {
					t.Errorf("seed %d: a request of weight 0 came %g times", seed, got[i])
				} else if w > 0 {
					distance += (got[i] - expected) * (got[i] - expected) / expected
				}
			}
			if distance > c.bound {
				t.Errorf("seed %d: chi-square %.1f: %v came for weights %v", seed, distance, got, c.weights)
			}
		}
	}
}

// Each draw is independent of the one before: pairs come as often as the product of their weights says.
func TestDrawsAreIndependent(t *testing.T) {
	weights := []float64{1, 2, 5}
	const n = 200_000
	all := places(t, weighted(weights...), load.MixOptions{Weight: "weight", Random: true, Seed: 1}, n+1)
	var pairs [3][3]float64
	for i := range n {
		pairs[all[i]][all[i+1]]++
	}
	distance := 0.0
	for a := range pairs {
		for b, got := range pairs[a] {
			expected := n * weights[a] * weights[b] / 64
			distance += (got - expected) * (got - expected) / expected
		}
	}
	if distance > 26.1 { // chi-square with 8 degrees of freedom, at 0.1 %
		t.Errorf("chi-square %.1f of pairs", distance)
	}
}

func TestMixSeeds(t *testing.T) {
	for _, column := range []string{"", "weight"} {
		take := func(seed uint64) []int {
			return places(t, weighted(1, 2, 3, 4, 5), load.MixOptions{Weight: column, Random: true, Seed: seed}, 100)
		}
		if !slices.Equal(take(1), take(1)) || slices.Equal(take(1), take(2)) {
			t.Errorf("column %q: the seed does not decide", column)
		}
	}
}

func TestBadMixes(t *testing.T) {
	broken := errors.New("broken")
	weight := load.MixOptions{Weight: "weight"}
	for _, c := range []struct {
		name string
		list iter.Seq2[*fetcher.Request, error]
		o    load.MixOptions
		want string
	}{
		{"empty", table([]string{}), load.MixOptions{}, "the list has no requests"},
		{"broken", func(yield func(*fetcher.Request, error) bool) { yield(nil, broken) }, load.MixOptions{}, "broken"},
		{"no row", again("http://a.test/"), weight, `request 77: it has no row of its own to take a weight from; give a table with a column "weight"`},
		{"hostile column", table([]string{"a\x1b[31m"}, []string{"a"}), weight, `the columns are "a\x1b[31m"`},
		{"no column", table([]string{"name", "share"}, []string{"a", "1"}), weight, `request 1: there is no column "weight" for the weight; the columns are "name", "share"`},
		{"no number", table([]string{"weight"}, []string{"1"}, []string{"much"}), weight, `request 2: the weight in column "weight" is "much"; write a number from 0`},
		{"negative", weighted(1, -1), weight, `request 2: the weight in column "weight" is "-1"`},
		{"infinite", table([]string{"weight"}, []string{"Inf"}), weight, `"Inf"; write a number`},
		{"not a number", table([]string{"weight"}, []string{"NaN"}), weight, `"NaN"; write a number`},
		{"nothing", weighted(0, 0), weight, `all weights in column "weight" are 0`},
		{"endless", again("http://a.test/"), load.MixOptions{}, "the list has more than 1000000 requests"},
	} {
		if _, err := load.NewMix(c.list, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %s", c.name, err, c.want)
		}
	}
}
