package process

import "time"

// Timer calls a function once after each Reset, unless it is stopped or reset before.
type Timer interface {
	Reset(time.Duration) bool
	Stop() bool
}
