package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// The kernel's figure for the largest resident set of a process that ended (getrusage) starts from that of the process
// which started it, so nothing smaller than bench itself can be seen in it. For small tools /proc is looked at while
// they run: it counts from the start of the program proper, and never falls, so the last look misses little.
const lookEvery = 20 * time.Millisecond

// watch looks at the memory of a process until it is stopped.
type watch struct {
	quit chan struct{}
	seen chan int64
}

func watchMemory(pid int) *watch {
	w := &watch{quit: make(chan struct{}), seen: make(chan int64, 1)}
	go func() {
		var last int64
		tick := time.NewTicker(lookEvery)
		defer tick.Stop()
		for {
			if now := peakOf(strconv.Itoa(pid)); now > 0 {
				last = now
			}
			select {
			case <-w.quit:
				w.seen <- last
				return
			case <-tick.C:
			}
		}
	}()
	return w
}

// stop ends the looking and returns the last figure in bytes, or 0 if there was none.
func (w *watch) stop() int64 {
	close(w.quit)
	return <-w.seen
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
	fields := strings.Fields(after)
	if len(fields) == 0 {
		return 0
	}
	kib, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		return 0
	}
	return kib * 1024
}
