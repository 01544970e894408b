package live

import (
	"testing"
	"time"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
)

func TestProgress(t *testing.T) {
	asked := func(a measure.Asked) Load { return Load{Asked: a} }
	for _, test := range []struct {
		name    string
		view    Load
		live    measure.Live
		elapsed time.Duration
		want    string
		share   float64 // -1: it has none
	}{
		{"by time", open, measure.Live{}, 12600 * time.Millisecond, "12s of 30s, 18s left", 0.42},
		{"the beginning", open, measure.Live{}, 0, "0s of 30s, 30s left", 0},
		{"after the end", open, measure.Live{}, 31 * time.Second, "30s of 30s", 1},
		{"long", Load{End: 3 * time.Hour}, measure.Live{}, time.Hour, "1h00m of 3h00m, 2h00m left", 1. / 3},
		{"warm-up", Load{Asked: measure.Asked{WarmUp: 5e6}, End: 15 * time.Second}, measure.Live{}, 2 * time.Second,
			"warm-up, 2s of 5s, 3s left", 0.4},
		{"after the warm-up", Load{Asked: measure.Asked{WarmUp: 5e6}, End: 15 * time.Second}, measure.Live{}, 7 * time.Second,
			"2s of 10s, 8s left", 0.2},
		{"by requests", asked(measure.Asked{Requests: 10_000}),
			measure.Live{Interval: measure.Interval{OK: 1900, Failed: 90, Canceled: 10}, Recent: measure.Interval{To: 4e6, OK: 1900, Failed: 100}},
			4 * time.Second, "2,000 of 10,000, 16s left", 0.2},
		{"nothing answered yet", asked(measure.Asked{Requests: 10_000}), measure.Live{}, time.Second, "0 of 10,000", 0},
		{"all requests", asked(measure.Asked{Requests: 10}), measure.Live{Interval: measure.Interval{OK: 10}, Recent: measure.Interval{To: 4e6, OK: 10}},
			time.Second, "10 of 10", 1},
		{"so slow that nobody knows", asked(measure.Asked{Requests: 1e15}), measure.Live{Interval: measure.Interval{OK: 1}, Recent: measure.Interval{To: 4e6, OK: 1}},
			time.Second, "1 of 1,000,000,000,000,000", 1e-15},
		{"both, nearer by time", Load{Asked: measure.Asked{Requests: 100}, End: 10 * time.Second}, measure.Live{Interval: measure.Interval{OK: 10}},
			5 * time.Second, "5s of 10s, 5s left", 0.5},
		{"both, nearer by requests", Load{Asked: measure.Asked{Requests: 100}, End: 10 * time.Second},
			measure.Live{Interval: measure.Interval{OK: 90}, Recent: measure.Interval{To: 5e6, OK: 90}}, 5 * time.Second, "90 of 100, 1s left", 0.9},
		{"without end", Load{}, measure.Live{}, 70 * time.Second, "70s", -1},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := test.view.at(test.live, test.elapsed).progress()
			if got := p.text + p.ending(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if share := p.share; p.bounded != (test.share >= 0) || p.bounded && share != test.share {
				t.Errorf("got share %v (%v), want %v", share, p.bounded, test.share)
			}
		})
	}
}

func TestRates(t *testing.T) {
	var nothing measure.Live
	v := Load{Asked: measure.Asked{Model: measure.ModelOpen, WarmUp: 2e6}}
	if now, average, recent := v.at(nothing, time.Second).rateNow(), v.at(nothing, time.Second).averageRate(), v.at(nothing, time.Second).recentRate(); now+average+recent != 0 {
		t.Errorf("before anything was answered the rates are %v, %v, %v", now, average, recent)
	}
	l := measure.Live{Interval: measure.Interval{OK: 900, Failed: 100}, Seconds: []measure.Second{{To: 1e6, OK: 5}, {From: 1e6, To: 3e6, OK: 200, Failed: 100}}}
	if now := v.at(l, 0).rateNow(); now != 150 {
		t.Errorf("%v a second now, want the 300 in the last 2 s as 150", now)
	}
	if average := v.at(l, 6*time.Second).averageRate(); average != 250 {
		t.Errorf("%v a second on average, want the 1,000 in the 4 s after the warm-up as 250", average)
	}
}

func TestTarget(t *testing.T) {
	ramp := Load{Asked: measure.Asked{Model: measure.ModelOpen, Rate: 7}, Target: func(at time.Duration) float64 { return at.Seconds() }}
	users := Load{Asked: measure.Asked{Model: measure.ModelClosed, Concurrency: 50}}
	for _, test := range []struct {
		view Load
		want float64
	}{{open, 1000}, {users, 50}, {ramp, 3}} {
		if got := test.view.at(measure.Live{}, 3*time.Second).target(); got != test.want {
			t.Errorf("%+v: got %v, want %v", test.view.Asked, got, test.want)
		}
	}
}

func TestScale(t *testing.T) {
	for _, test := range []struct{ least, most, from, to record.Micros }{
		{0, 0, 10, 20},
		{9, 12, 10, 20},
		{20, 20, 20, 50},
		{20, 50, 20, 50},
		{20, 51, 20, 100},
		{1999, 2_000_001, 1000, 5_000_000},
		{1 << 51, 1 << 51, 2e15, 5e15},
	} {
		s := newScale(test.least, test.most, 30)
		if s.from != test.from || s.to != test.to {
			t.Errorf("from %d to %d: got %d to %d, want %d to %d", test.least, test.most, s.from, s.to, test.from, test.to)
		}
		if first, last := s.cell(test.least), s.cell(test.most); first < 0 || last >= s.cells || s.cell(s.from) != 0 || s.cell(s.to) != 29 {
			t.Errorf("from %d to %d: cells %d to %d of %d", test.least, test.most, first, last, s.cells)
		}
	}
}
