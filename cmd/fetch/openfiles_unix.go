//go:build unix

package main

import (
	"math"
	"syscall"
)

// ownFiles is how many open files are needed for other things than connections.
const ownFiles = 64

// openFiles is how many connections the system lets this process have. (Go raises the soft limit to the hard one when it
// starts.)
func openFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return math.MaxInt32
	}
	return max(1, int(min(uint64(limit.Cur), math.MaxInt32))-ownFiles)
}
