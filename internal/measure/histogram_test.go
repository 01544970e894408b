package measure

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/internal/record"
)

func TestDrawnHistograms(t *testing.T) {
	hour := record.MicrosOf(time.Hour)
	for _, test := range []struct {
		name   string
		times  []record.Micros
		fewest int // bars
	}{
		{"one", []record.Micros{millis(50)}, 1},
		{"nothing but zeros", []record.Micros{0, 0}, 1},
		{"zeros and an hour", []record.Micros{0, hour}, 8},
		{"microseconds", []record.Micros{1, 2, 3, 4, 5, 6}, 5},
		{"a web server", lognormal(1, 10_000, 50*time.Millisecond, 1), 10},
		{"a narrow one", lognormal(1, 10_000, 50*time.Millisecond, 0.1), 10},
		{"beyond the histogram", []record.Micros{millis(1), 24 * hour}, 8},
	} {
		times := timesOf(test.times...)
		bars := draw(times).Bars
		if len(bars) < test.fewest || len(bars) > maxBars {
			t.Errorf("%s: %d bars", test.name, len(bars))
		}
		var n int64
		for i, bar := range bars {
			n += bar.Count
			if bar.From >= bar.To || i > 0 && bar.From != bars[i-1].To {
				t.Errorf("%s: bars %+v", test.name, bars)
			}
		}
		first, last := bars[0], bars[len(bars)-1]
		if n != times.N() || first.Count == 0 || first.From > times.Min() || last.To < times.Max() || last.From >= max(times.Max(), 1) {
			t.Errorf("%s: %d of %d in %+v", test.name, n, times.N(), bars)
		}
	}
	if draw(&Distribution{}) != nil {
		t.Error("a histogram of nothing")
	}
}

func TestBarsAreExact(t *testing.T) {
	got := draw(timesOf(millis(40), millis(49.5), millis(50), millis(50), millis(55)))
	want := &Histogram{Bars: []Bar{
		{millis(37.5), millis(40), 1}, {millis(40), millis(42.5), 0}, {millis(42.5), millis(45), 0}, {millis(45), millis(47.5), 0}, {millis(47.5), millis(50), 3},
		{millis(50), millis(53), 0}, {millis(53), millis(56), 1},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
