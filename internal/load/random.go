package load

import "math/rand/v2"

// Streams of random numbers, so that what one seed makes of arrivals and of a mix have nothing to do with each other.
const (
	arrivalStream = 1
	mixStream     = 2
)

func newRandom(seed, stream uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, stream)) }
