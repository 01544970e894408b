package hostfile

import "time"

// Instants are leased shortly before they come, so that a process that ends takes little along. Whose turn it is nobody has to
// say: who has waited longer may take the next one a little earlier.
const (
	ahead     = 250 * time.Millisecond // the last instant of a lease is no further off
	nearest   = 150 * time.Millisecond // nor the first, for who has waited for long,
	soonest   = 50 * time.Millisecond  // or for who has just come
	halfway   = 4                      // turns, after which it is half of both
	leastTurn = 100 * time.Millisecond
	patience  = 5 * time.Second // then one who waits asks again, so that his rates go on to hold
)

// near is how far off the first instant may be for one who has waited so long, where a turn of each takes so long.
func near(waited, turn time.Duration) time.Duration {
	turns := float64(waited) / float64(turn)
	return soonest + time.Duration(float64(nearest-soonest)*turns/(turns+halfway))
}
