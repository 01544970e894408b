//go:build unix

// Package process reports the resource limits and the resource usage of this process.
package process

import (
	"math"
	"syscall"
	"time"
)

// OpenFiles returns the open-files limit of this process, which includes connections. (Go raises the soft limit
// to the hard one when it starts.)
func OpenFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return math.MaxInt32
	}
	return int(min(uint64(limit.Cur), math.MaxInt32))
}

// CPUTime returns the CPU time that this process has used.
func CPUTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
