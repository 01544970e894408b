//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// maxMemory is the largest resident set in bytes; the kernel counts in KiB, that of macOS in bytes.
func maxMemory(p *os.ProcessState) int64 {
	u, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return int64(u.Maxrss)
	}
	return int64(u.Maxrss) * 1024
}

// openFiles is how many files a process may have open, or 0 if that is not known. Go has raised its own limit to what is
// allowed; setting it once more hands that down to the tools, which else would get the lower one.
func openFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
	return int(min(limit.Cur, 1<<30))
}
