package sched

import "time"

// backoff is the upper end of full jitter: MinWait, doubled for each retry before, up to MaxWait.
func (s *Scheduler) backoff(retries int) time.Duration {
	base, limit := min(s.config.MinWait, s.config.MaxWait), s.config.MaxWait
	for ; retries > 0 && base > 0; retries-- {
		if base > limit/2 {
			return limit
		}
		base *= 2
	}
	return base
}
