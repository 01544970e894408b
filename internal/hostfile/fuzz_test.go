package hostfile

import (
	"testing"
	"time"

	"example.com/fetch/internal/sched"
)

// FuzzParse: whatever stands in a file, what is taken from it makes sense.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"v":1,"host":"a.test:80","found":"2026-01-01T00:00:00Z","pace_per_s":5,"slots":3,"concurrency":2,"until":"2026-01-01T00:01:00Z"}`))
	f.Add([]byte(`{"v":1,"written_ns":1767225600000000000,"until_ns":0,"rates":[{"Events":4.9,"Per":1000000000,"Burst":0,"full_ns":1767225600000000000,"asked_ns":1767225600000000000}]}` + "\n"))
	f.Add([]byte(`{"v":1,"rates":[{"Events":1e-300,"Per":1,"Burst":1000000000,"full_ns":1}]}`))
	now := time.Date(2026, 1, 1, 0, 0, 1, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text []byte) {
		if k, err := parse(text, "a.test:80", now); err == nil {
			if known := k.known(now); known != nil && (!(known.Pace >= 0 && known.Pace <= most) || !(known.Slots >= 0 && known.Slots <= most) ||
				known.Age < 0 || known.Wait < 0 || known.Wait > maxWait) {
				t.Errorf("%+v", known)
			}
		}
		b, err := parseBudget(text, wall(now))
		if err != nil {
			return
		}
		start := max(wall(now), b.spend(wall(now), []sched.Rate{{Events: 3000, Per: time.Minute, Burst: 3000}}, 7))
		at, again := b.lease(wall(now), []sched.Rate{{Events: 5, Per: time.Second}}, 3, start, 0)
		if len(at) == 0 && (again <= wall(now) || again > wall(now)+patience) {
			t.Errorf("it asks again at %v of %s", again, text)
		}
		for i, instant := range at {
			if instant < wall(now) || instant > wall(now)+ahead || i > 0 && instant < at[i-1] {
				t.Errorf("%v of %s", at, text)
			}
		}
	})
}
