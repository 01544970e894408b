// Package process reports the resource limits and the resource usage of this process.
package process

import (
	"math"
	"syscall"
	"time"
)

// OpenFiles returns the open-files limit of this process: the system has none.
func OpenFiles() int { return math.MaxInt32 }

// CPUTime returns the CPU time that this process has used.
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
