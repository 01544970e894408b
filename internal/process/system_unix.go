//go:build unix

// Package process tells what the system lets this process have, and what it has used.
package process

import (
	"math"
	"syscall"
	"time"
)

// OpenFiles is how many files, connections among them, the system lets this process have open. (Go raises the soft limit to the hard one when it
// starts.)
func OpenFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return math.MaxInt32
	}
	return int(min(uint64(limit.Cur), math.MaxInt32))
}

// CPUTime is the CPU time that this process has used.
func CPUTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
