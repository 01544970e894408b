package whatif

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// queued are requests one after another from so many slots to a server that does so many at once; 0: all.
func queued(r *rand.Rand, requests, slots, lanes int, draw func() time.Duration) []Job {
	jobs := make([]Job, requests)
	slot, lane := make([]time.Duration, slots), make([]time.Duration, max(lanes, 1))
	for i := range jobs {
		s := slices.Index(slot, slices.Min(slot))
		at := slot[s] + time.Duration(r.IntN(100))*time.Microsecond
		took := draw()
		if lanes > 0 {
			l := slices.Index(lane, slices.Min(lane))
			lane[l] = max(lane[l], at) + took
			took = lane[l] - at
		}
		slot[s] = at + took
		jobs[i] = Job{Seq: int64(i + 1), Page: 1, Steps: []Step{{Host: "a.test:80", Start: at, Service: took, Took: took}}}
	}
	return jobs
}

// TestKnee: where responses take longer the more are in flight, that is seen; and of requests that differ by themselves it is
// hardly ever said.
func TestKnee(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	alike := func() time.Duration { return time.Duration(95+r.IntN(10)) * time.Millisecond }
	const runs = 500
	share := func(requests, slots, lanes int, draw func() time.Duration) (share float64, last knee) {
		for range runs {
			if k, ok := kneeOf(byHost(queued(r, requests, slots, lanes, draw))["a.test:80"]); ok {
				share += 1.0 / runs
				last = k
			}
		}
		return share, last
	}
	for _, c := range []struct{ slots, lanes int }{{2, 1}, {4, 1}, {4, 2}, {8, 3}, {10, 2}, {10, 5}, {40, 4}} {
		found, k := share(60, c.slots, c.lanes, alike)
		if found < 0.99 || k.peak != c.slots || k.enough > c.slots-c.slots/4 {
			t.Errorf("-c %d, %d at once: seen in %.0f %%, the last one %+v", c.slots, c.lanes, 100*found, k)
		}
	}
	for _, spread := range []struct {
		name string
		draw func() time.Duration
	}{
		{"alike", alike},
		{"uniform", func() time.Duration { return time.Duration(20+r.IntN(400)) * time.Millisecond }},
		{"exponential", func() time.Duration { return time.Duration(r.ExpFloat64() * 2e8) }},
		{"lognormal", func() time.Duration { return time.Duration(math.Exp(r.NormFloat64()) * 1e8) }},
	} {
		for _, slots := range []int{2, 3, 6, 10, 40} {
			if found, _ := share(100, slots, 0, spread.draw); found > 0.04 {
				t.Errorf("%s, -c %d: seen in %.1f %% where there is none", spread.name, slots, 100*found)
			}
		}
	}
	// A list that begins with what is quick.
	n := 0
	quick := func() time.Duration {
		if n++; n%60 <= 5 {
			return time.Millisecond
		}
		return alike()
	}
	if found, k := share(60, 10, 0, quick); found > 0 {
		t.Errorf("quick ones first: seen in %.1f %%, the last one %+v", 100*found, k)
	}
}
