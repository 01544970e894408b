//go:build !linux

package process

// NewFineTimer gives none: the runtime waits for its own timers to the nanosecond (kqueue), or there is no better one.
func NewFineTimer(func(), func(func())) Timer { return nil }
