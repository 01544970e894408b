package plan

import (
	"math"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

// rateFloor is when the last of n requests can leave at a rate: (n - burst) / rate.
func rateFloor(n int64, r fetcher.Rate) record.Micros {
	late := float64(n - int64(r.Bucket()))
	if late <= 0 {
		return 0
	}
	return micros(late / r.PerSecond() * 1e6)
}

// slotFloor is how long n answers take in so many slots, if each takes the same: rounds of all slots together.
func slotFloor(n int64, slots int, each record.Micros) record.Micros {
	rounds := (n + int64(slots) - 1) / int64(slots)
	return micros(float64(rounds) * float64(each))
}

// micros is what fits: a plan of a thousand years is long enough.
func micros(f float64) record.Micros { return record.Micros(math.Min(f, math.MaxInt64/4)) }
