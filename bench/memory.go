package main

import (
	"cmp"
	"fmt"
	"os"
	"strings"
	"time"
)

// The kernel's figure for the largest resident set of a process that ended (getrusage) starts from that of the process
// which started it, so nothing smaller than bench itself can be seen in it. For small tools /proc is looked at while
// they run: it counts from the start of the program proper, and never falls, so the last look misses little.
const lookEvery = 20 * time.Millisecond

// watchMemory looks at the memory of a process until stop, which gives the last figure in bytes, or 0 if there was none.
func watchMemory(pid string) (stop func() int64) {
	quit, seen := make(chan struct{}), make(chan int64)
	go func() {
		var last int64
		tick := time.NewTicker(lookEvery)
		defer tick.Stop()
		for {
			last = cmp.Or(peakOf(pid), last)
			select {
			case <-quit:
				seen <- last
				return
			case <-tick.C:
			}
		}
	}()
	return func() int64 { close(quit); return <-seen }
}

// memoryOf is the largest resident set of a process that ended: the kernel's figure if it is more than our own
// process can have put there, else what was seen of it.
func memoryOf(p *os.ProcessState, seen int64) int64 {
	most := maxMemory(p)
	if seen == 0 || most > peakOf("self") {
		return most
	}
	return seen
}

// peakOf is the largest resident set of a running process in bytes, or 0 where /proc does not tell.
func peakOf(pid string) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%s/status", pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(text), "VmHWM:")
	var kib int64
	_, _ = fmt.Sscan(after, &kib) // 0 where there is none
	return kib * 1024
}
