package testserver

import (
	"hash/fnv"
	"math/rand/v2"
	"time"
)

// random gives the numbers that belong to a key: the same ones for the same seed, key and visit.
func random(seed uint64, key string, visit int64) *rand.Rand {
	f := fnv.New64a()
	_, _ = f.Write([]byte(key)) // never fails
	return rand.New(rand.NewPCG(seed, f.Sum64()+uint64(visit)*0x9e3779b97f4a7c15))
}

// draw gives the wait of a path.
func (d Delay) draw(seed uint64, path string) time.Duration {
	if d.Max <= d.Min {
		return d.Max
	}
	return d.Min + time.Duration(random(seed, path, 0).Int64N(int64(d.Max-d.Min)))
}
