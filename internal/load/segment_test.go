package load

import (
	"math"
	"testing"
	"time"
)

// Long after the start arrivals are where they should be, too, to the nanosecond.
func TestNoDrift(t *testing.T) {
	p := Plan{Stages: []Stage{{To: 3000}}, Open: true}
	s := p.segments()[0]
	for _, k := range []int64{1e9, 1e9 + 1, 3e10, 3e10 + 1} {
		want := time.Duration(k/3000)*time.Second + time.Duration(math.Round(float64(k%3000)*1e9/3000))
		if got := s.reaches(float64(k)); got < want-1 || got > want+1 {
			t.Errorf("arrival %d: %v, want %v", k, got, want)
		}
	}
}

func TestReaching(t *testing.T) {
	p := Plan{Stages: []Stage{
		{10 * time.Second, 10}, {10 * time.Second, 0}, {5 * time.Second, 0}, {0, 4}, {5 * time.Second, 4}, {4 * time.Second, 8},
	}}
	all := p.segments()
	for _, c := range []struct {
		target   float64
		at, want time.Duration
		never    bool
	}{
		{0.5, 0, 500 * time.Millisecond, false},
		{9.5, 0, 9500 * time.Millisecond, false},
		{9.5, 10 * time.Second, 10 * time.Second, false},
		{7.5, 12 * time.Second, 12 * time.Second, false},
		{7.5, 13 * time.Second, 33500 * time.Millisecond, false},
		{3.5, 17 * time.Second, 25 * time.Second, false},
		{3.5, 26 * time.Second, 26 * time.Second, false},
		{8.5, 12 * time.Second, 0, true},
		{0.5, 34 * time.Second, 0, true},
	} {
		got, ok := reaching(all, c.target, c.at)
		if ok == c.never || ok && got != c.want {
			t.Errorf("%g from %v on: %v, %v; want %v", c.target, c.at, got, ok, c.want)
		}
	}
}
