//go:build !linux

package process

// NewFineTimer returns nil: the runtime waits for its own timers with nanosecond precision (kqueue), or there is
// no better one.
func NewFineTimer(func(), func(func())) Timer { return nil }
