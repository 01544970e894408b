package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// The client has one core to itself and the server another, where there are two and a taskset to say so.
const (
	serverCore = 0
	clientCore = 1
)

func canPin() bool { return runtime.NumCPU() > 1 && lookPath("taskset") != "" }

// pin is argv on one core.
func pin(core int, argv []string) []string {
	if !canPin() {
		return argv
	}
	return append([]string{"taskset", "-c", strconv.Itoa(core)}, argv...)
}

func pinning() string {
	if canPin() {
		return "each client on one core, the server on another"
	}
	return "NOT pinned to cores (no taskset, or one core only), so clients and server disturb one another"
}

// usage is what one run took.
type usage struct {
	requests  int
	cpu, wall time.Duration
	memory    int64 // bytes: the largest resident set; 0 where the system does not tell
	peak      int64 // the most requests at once that the server has seen since it started
}

// measure runs a tool once on the clients' core, and asks the server whether it has done what it was to do.
func (b *bench) measure(ctx context.Context, t tool, j job, s *server) (usage, error) {
	before, err := s.tally(ctx, s)
	if err != nil {
		return usage{}, err
	}
	timely, cancel := context.WithTimeoutCause(ctx, maxRun, fmt.Errorf("not done after %v", maxRun))
	defer cancel()
	u, out, err := timed(timely, pin(clientCore, b.argv(t, j, s)), j.dir)
	if err != nil {
		return usage{}, err
	}
	after, err := s.tally(ctx, s)
	if err != nil {
		return usage{}, err
	}
	u.requests, u.peak = j.n, after.Peak
	if t.counted != nil {
		found := t.counted.FindStringSubmatch(out)
		if found == nil {
			return usage{}, errors.New("it does not say how many requests it made")
		}
		if u.requests, err = strconv.Atoi(found[1]); err != nil || u.requests == 0 {
			return usage{}, fmt.Errorf("it made %s requests", found[1])
		}
	}
	if got := int(after.Hops - before.Hops); got < u.requests {
		return usage{}, fmt.Errorf("the server had %d requests of %d", got, u.requests)
	}
	if t.check != nil {
		err = t.check(j)
	}
	return u, err
}

// timed runs a command, and says what it took and what it printed, also of one that fails.
func timed(ctx context.Context, argv []string, dir string) (usage, string, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.WaitDelay = time.Second
	cmd.Dir = dir
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return usage{}, "", err
	}
	stop := watchMemory(strconv.Itoa(cmd.Process.Pid))
	err := cmd.Wait()
	u := usage{wall: time.Since(start), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), memory: memoryOf(cmd.ProcessState, stop())}
	switch {
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case err != nil:
		err = fmt.Errorf("%w: %s", err, lastLine(errs.String()+out.String()))
	}
	return u, out.String(), err
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}

// busy warns of a machine that has other work: CPU times stand it, walls do not.
func busy() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	load, _, _ := strings.Cut(string(text), " ")
	if n, err := strconv.ParseFloat(load, 64); err != nil || n < 0.5 {
		return ""
	}
	return " The machine had other work when it began (load " + load + "), so walls say little."
}

// machine says what was measured on.
func machine() string {
	model := runtime.GOARCH
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	return fmt.Sprintf("Measured on %s, %d cores of %s, with `make bench`.%s", runtime.GOOS, runtime.NumCPU(), model, busy())
}

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
