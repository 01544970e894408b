//go:build !linux

package fetcher

// newFineTimer gives none: the runtime waits for its own timers to the nanosecond (kqueue), or there is no better one.
func newFineTimer(func(), func(func())) timer { return nil }
