package sched

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const ms = time.Millisecond

// mostIn is the largest number of instants in any half-open window of that length; at must be in order.
func mostIn(at []time.Duration, window time.Duration) int {
	most, first := 0, 0
	for i := range at {
		for at[i]-at[first] >= window {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

// 500 hops at 50 a second, by a driver that is always somewhat late, but less than the interval.
func TestRateOfLateDriver(t *testing.T) {
	for name, late := range map[string]func(*rand.Rand) time.Duration{
		"on time":          func(*rand.Rand) time.Duration { return 0 },
		"a little late":    func(r *rand.Rand) time.Duration { return time.Duration(r.IntN(int(ms))) },
		"late":             func(r *rand.Rand) time.Duration { return time.Duration(r.IntN(int(20 * ms))) },
		"always very late": func(*rand.Rand) time.Duration { return 20*ms - 1 },
		"now and then":     func(r *rand.Rand) time.Duration { return time.Duration(r.IntN(2)) * (20*ms - 1) },
	} {
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(1, 2))
			s := New(Config{Slots: 1000, Total: Limit{Rates: []Rate{{Events: 50, Per: time.Second}}}})
			for i := range 500 {
				s.Add(0, &Hop{Seq: int64(i), Host: "a.test:80"})
			}
			var at []time.Duration
			now := time.Duration(0)
			for {
				for s.Next(now) != nil {
					at = append(at, now)
				}
				wake, ok := s.Wake(now)
				if !ok {
					break
				}
				now = max(now, wake+late(random))
			}
			if len(at) != 500 {
				t.Fatalf("%d hops left", len(at))
			}
			if n := mostIn(at, time.Second); n > 51 {
				t.Errorf("%d hops in one second", n)
			}
			if last := at[499]; last < 9980*ms || last >= 10*time.Second {
				t.Errorf("the last hop left after %v; want 9.98 s and what the driver was late", last)
			}
		})
	}
}

// No rate drifts: what is rounded up to a nanosecond is not lost again and again.
func TestRateDoesNotDrift(t *testing.T) {
	for _, r := range []Rate{{Events: 3, Per: time.Second}, {Events: 7, Per: time.Minute}, {Events: 999, Per: time.Second},
		{Events: 50_000, Per: time.Second, Burst: 10}, {Events: 1e-3, Per: time.Second}, {Events: 2.5, Per: time.Hour}} {
		bs := newBuckets([]Rate{r})
		now := time.Duration(0)
		const n = 10_000
		for range n {
			now = max(now, bs.ready())
			bs.take(now)
		}
		want := float64(n-r.Bucket()) / r.PerSecond()
		if off := now.Seconds() - want; off < -1e-6/r.PerSecond() || off > 1e-9*n+1e-9*want {
			t.Errorf("%d hops at %+v leave in %v, want %v s", n, r, now, want)
		}
	}
}

// In any window of time t at most Bucket + ceil(Events·t/Per) hops leave, however late and irregular they are taken.
func TestBucketWindows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRate(t)
		bs := newBuckets([]Rate{r})
		interval := time.Duration(float64(r.Per) / r.Events)
		now := time.Duration(rapid.Int64Range(0, int64(2*interval)).Draw(t, "begin"))
		var at []time.Duration
		for range 60 {
			now = max(now, bs.ready())
			switch rapid.IntRange(0, 3).Draw(t, "lateness") {
			case 1:
				now += time.Duration(rapid.Int64Range(0, int64(interval)-1).Draw(t, "late"))
			case 2:
				now += interval - 1
			case 3:
				now += time.Duration(rapid.Int64Range(0, int64(5*interval)).Draw(t, "very late"))
			}
			bs.take(now)
			at = append(at, now)
		}
		for _, intervals := range []float64{0.1, 0.5, 1, 1.5, 2, 3, 10, 20.5} {
			window := time.Duration(intervals * float64(interval))
			// Shorter by what the rounding to nanoseconds may come to.
			if n, most := mostIn(at, window-time.Microsecond), r.Bucket()+int(math.Ceil(intervals)); n > most {
				t.Fatalf("%+v: %d hops in %v intervals, want %d at the most: %v", r, n, intervals, most, at)
			}
		}
		// And the rate from the first hop on, which floors are made of.
		for i, x := range at {
			if least := float64(i+1-r.Bucket()) * float64(interval); float64(x-at[0]) < least-1000 && i > 0 && at[0] == 0 {
				t.Fatalf("%+v: hop %d left at %v, want %v at the least", r, i+1, x, time.Duration(least))
			}
		}
	})
}

// A bucket that nothing was taken from yet owes nothing for the time before its first hop.
func TestFreshBucketStartsWithItsFirstHop(t *testing.T) {
	for _, begin := range []time.Duration{0, 1, 500 * ms, 999 * ms, time.Second, time.Minute} {
		bs := newBuckets([]Rate{{Events: 1, Per: time.Second}})
		if bs.ready() > begin {
			t.Errorf("a fresh bucket has no token at %v", begin)
		}
		bs.take(begin)
		if got := bs.ready() - begin; got != time.Second {
			t.Errorf("after a first hop at %v the next leaves %v later, want 1s", begin, got)
		}
	}
}

func TestBucketDebt(t *testing.T) {
	bs := newBuckets([]Rate{{Events: 10, Per: time.Second, Burst: 2}})
	for range 5 {
		bs.take(0)
	}
	if got := bs.ready(); got != 400*ms {
		t.Errorf("five taken from two: the next is ready at %v, want 400ms", got)
	}
	if full := bs.full(); full <= 599*ms || full > 601*ms {
		t.Errorf("it is full at %v, want 500ms, and an interval later as good as new", bs[0].full)
	}
}

func TestSeveralWindows(t *testing.T) {
	bs := newBuckets([]Rate{{Events: 5, Per: time.Second, Burst: 5}, {Events: 60, Per: time.Minute, Burst: 8}})
	now := time.Duration(0)
	var at []time.Duration
	for range 20 {
		now = max(now, bs.ready())
		bs.take(now)
		at = append(at, now)
	}
	for i, want := range []time.Duration{0, 0, 0, 0, 0, 200 * ms, 400 * ms, 600 * ms, time.Second, 2 * time.Second} {
		if off := at[i] - want; off < 0 || off > 10 {
			t.Errorf("hop %d left at %v, want %v", i+1, at[i], want)
		}
	}
}

func TestExtremeRates(t *testing.T) {
	for _, r := range []Rate{{Events: 1e-30, Per: time.Hour}, {Events: 1e30, Per: 1}, {Events: math.MaxFloat64, Per: time.Hour},
		{Events: math.SmallestNonzeroFloat64, Per: math.MaxInt64}, {Events: 1, Per: time.Second, Burst: math.MaxInt32}} {
		bs := newBuckets([]Rate{r})
		now := time.Duration(0)
		for range 3 {
			if at := bs.ready(); at < 0 || at > math.MaxInt64/2 {
				t.Errorf("%+v: ready at %d", r, at)
			}
			bs.take(now)
			now += time.Second
		}
	}
}

func drawRate(t *rapid.T) Rate {
	return Rate{
		Events: rapid.Float64Range(0.2, 200).Draw(t, "events"),
		Per:    rapid.SampledFrom([]time.Duration{time.Second, 3 * time.Second, time.Minute}).Draw(t, "per"),
		Burst:  rapid.IntRange(0, 6).Draw(t, "burst"),
	}
}

// With a strict rate of 5 in 1.02 s no second has more than 5, however late the driver is.
func TestStrictRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bs := newBuckets([]Rate{{Events: 5, Per: 1020 * time.Millisecond, Strict: true}})
		var left []time.Duration
		now := time.Duration(1)
		for range 100 {
			now = max(now, bs.ready()) + time.Duration(rapid.Int64Range(0, int64(time.Second)).Draw(t, "late"))/time.Duration(rapid.SampledFrom([]int{1, 10, 1000}).Draw(t, "part"))
			bs.take(now)
			if left = append(left, now); len(left) > 5 && now-left[len(left)-6] < time.Second+9*time.Millisecond {
				t.Fatalf("6 hops in %v", now-left[len(left)-6])
			}
		}
	})
}
