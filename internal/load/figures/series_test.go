package figures

import (
	"runtime"
	"testing"
	"time"

	"example.com/fetch/internal/record"
)

// interval is one with n successes.
func interval(n int, sigma float64) *Interval {
	i := &Interval{OK: int64(n)}
	for _, v := range lognormal(1, n, 50*time.Millisecond, sigma) {
		i.Response.Add(v)
	}
	i.pack()
	return i
}

func TestSeriesIsBounded(t *testing.T) {
	i := interval(200, 0.3)
	var s series
	const seconds = 9000
	for at := range record.Micros(seconds) {
		i.From, i.To, i.InFlight = ms(1000)*at, ms(1000)*(at+1), int64(at)
		s.add(i, 0)
	}
	if len(s.seconds) > maxSeconds || len(s.seconds) <= maxSeconds/2 {
		t.Fatalf("%d entries", len(s.seconds))
	}
	exact, _ := i.Response.Percentile(99)
	var end record.Micros
	width := s.seconds[0].To - s.seconds[0].From
	for at, second := range s.seconds {
		if second.To-second.From != width && at < len(s.seconds)-1 {
			t.Fatalf("entry %d of %v, where the first is of %v", at, (second.To - second.From).Duration(), width.Duration())
		}
		if second.From != end || second.OK != i.OK*int64((second.To-second.From)/ms(1000)) || second.InFlight != int64(second.To/ms(1000))-1 {
			t.Fatalf("entry %d: %+v", at, second)
		}
		if *second.Max != i.Response.Max() || *second.P99 < exact*99/100 || *second.P99 > exact*101/100 {
			t.Fatalf("entry %d: p99 %v, want %v; max %v", at, *second.P99, exact, *second.Max)
		}
		end = second.To
	}
	if end != ms(1000)*seconds {
		t.Errorf("it ends at %v", end.Duration())
	}
}

func TestSeriesIsSmall(t *testing.T) {
	i := interval(20_000, 1) // as wide as it gets
	before := heap()
	var s series
	for range maxSeconds / 10 {
		s.add(i, 0)
	}
	whole := 10 * (heap() - before)
	t.Logf("%d seconds take %.1f MB", maxSeconds, float64(whole)/1e6)
	if whole > 30e6 || len(s.seconds) != maxSeconds/10 {
		t.Errorf("%d seconds take %d bytes", maxSeconds, whole)
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
