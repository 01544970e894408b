package process

import (
	"math"
	"time"
)

// Timer calls a function once after each Reset, unless it is stopped or reset before.
type Timer interface {
	Reset(time.Duration) bool
	Stop() bool
}

// NewTimer makes a timer that is not set: a fine one if that is wanted and there is one (see NewFineTimer).
func NewTimer(fine bool, fire func(), run func(func())) Timer {
	if fine {
		if t := NewFineTimer(fire, run); t != nil {
			return t
		}
	}
	return time.AfterFunc(math.MaxInt64, fire)
}
