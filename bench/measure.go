package main

import (
	"bytes"
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
	peak      int   // the most requests at once that the server has seen since it started
}

// measure runs a tool once, and asks the server whether it has done what it was to do.
func measure(ctx context.Context, t tool, j job, s *server) (usage, error) {
	before, err := s.tally(ctx, s)
	if err != nil {
		return usage{}, err
	}
	u, out, err := timed(ctx, t.command(j), j.dir)
	if err != nil {
		return usage{}, err
	}
	after, err := s.tally(ctx, s)
	if err != nil {
		return usage{}, err
	}
	u.requests, u.peak = j.n, after.peak
	if t.counted != nil {
		found := t.counted.FindStringSubmatch(out)
		if found == nil {
			return usage{}, errors.New("it does not say how many requests it made")
		}
		if u.requests, err = strconv.Atoi(found[1]); err != nil || u.requests == 0 {
			return usage{}, fmt.Errorf("it made %s requests", found[1])
		}
	}
	if got := after.requests - before.requests; got < u.requests {
		return usage{}, fmt.Errorf("the server had %d requests of %d", got, u.requests)
	}
	if t.check != nil {
		if err := t.check(j); err != nil {
			return usage{}, err
		}
	}
	return u, nil
}

// timed runs a command on the clients' core, and says what it took and what it printed.
func timed(ctx context.Context, argv []string, dir string) (usage, string, error) {
	ctx, cancel := context.WithTimeout(ctx, maxRun)
	defer cancel()
	argv = pin(clientCore, argv)
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.WaitDelay = time.Second
	cmd.Dir = dir
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return usage{}, "", err
	}
	watch := watchMemory(cmd.Process.Pid)
	err := cmd.Wait()
	wall := time.Since(start)
	seen := watch.stop()
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return usage{}, "", fmt.Errorf("not done after %v", maxRun)
	case err != nil:
		return usage{}, "", fmt.Errorf("%w: %s", err, lastLine(errs.String()+out.String()))
	}
	state := cmd.ProcessState
	return usage{cpu: state.UserTime() + state.SystemTime(), wall: wall, memory: memoryOf(state, seen)}, out.String(), nil
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
