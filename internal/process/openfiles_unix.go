//go:build unix

package process

import (
	"math"
	"syscall"
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
