package sched

import "time"

// Limit bounds hops by rate and by number in flight. The zero Limit bounds nothing.
type Limit struct {
	Rates    []Rate // all hold at once, such as 5 a second and 400 a minute
	InFlight int    // slots; 0 means no bound
}

// Rate allows Events hops in every Per, as a token bucket that holds Burst tokens and starts full.
// So at most Burst + Events·(t/Per) hops leave in any time t; see Scheduler for the one exception.
type Rate struct {
	Events float64       // more than 0
	Per    time.Duration // more than 0
	Burst  int           // 0 means 1
}

// PerSecond is the rate in hops per second.
func (r Rate) PerSecond() float64 { return r.Events / r.Per.Seconds() }

// Bucket is the number of tokens that the bucket holds.
func (r Rate) Bucket() int { return max(r.Burst, 1) }
