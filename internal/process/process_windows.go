// Package process tells what the system lets this process have, and what it has used.
package process

import (
	"math"
	"syscall"
	"time"
)

// OpenFiles is how many files, connections among them, the system lets this process have open: it has no such limit.
func OpenFiles() int { return math.MaxInt32 }

// CPUTime is the CPU time that this process has used.
func CPUTime() time.Duration {
	var created, exited, kernel, user syscall.Filetime
	self, err := syscall.GetCurrentProcess()
	if err == nil {
		err = syscall.GetProcessTimes(self, &created, &exited, &kernel, &user)
	}
	if err != nil {
		return 0
	}
	ticks := func(t syscall.Filetime) int64 { return int64(t.HighDateTime)<<32 | int64(t.LowDateTime) } // of 100 ns
	return time.Duration(100 * (ticks(kernel) + ticks(user)))
}
