package measure

import (
	"runtime"
	"testing"
	"time"

	"example.com/fetch/internal/record"
)

// interval is one with n successes.
func anInterval(n int, sigma float64) *Interval {
	i := &Interval{OK: int64(n)}
	for _, v := range lognormal(1, n, 50*time.Millisecond, sigma) {
		i.Response.Add(v)
	}
	for _, d := range i.each() {
		d.pack()
	}
	return i
}

func TestSeriesIsBounded(t *testing.T) {
	i := anInterval(200, 0.3)
	var s series
	const seconds = 9000
	for at := range record.Micros(seconds) {
		i.From, i.To, i.InFlight = millis(1000)*at, millis(1000)*(at+1), int64(at)
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
		if second.From != end || second.OK != i.OK*int64((second.To-second.From)/millis(1000)) || second.InFlight != int64(second.To/millis(1000))-1 {
			t.Fatalf("entry %d: %+v", at, second)
		}
		if *second.Max != i.Response.Max() || *second.P99 < exact*99/100 || *second.P99 > exact*101/100 {
			t.Fatalf("entry %d: p99 %v, want %v; max %v", at, *second.P99, exact, *second.Max)
		}
		end = second.To
	}
	if end != millis(1000)*seconds {
		t.Errorf("it ends at %v", end.Duration())
	}
}

func TestSeriesIsSmall(t *testing.T) {
	i := anInterval(20_000, 1) // as wide as it gets
	before := heapSize()
	var s series
	for range maxSeconds / 10 {
		s.add(i, 0)
	}
	whole := 10 * (heapSize() - before)
	t.Logf("%d seconds take %.1f MB", maxSeconds, float64(whole)/1e6)
	if whole > 30e6 || len(s.seconds) != maxSeconds/10 {
		t.Errorf("%d seconds take %d bytes", maxSeconds, whole)
	}
}

func heapSize() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
