package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// maxRun is the longest that one run of one tool may take.
const maxRun = 3 * time.Minute

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
	before, err := s.tally(ctx)
	if err != nil {
		return usage{}, err
	}
	timely, cancel := context.WithTimeoutCause(ctx, maxRun, fmt.Errorf("not done after %v", maxRun))
	defer cancel()
	argv := b.argv(t, j, s)
	if j.c > 500 { // more files than a shell allows at first
		argv = append([]string{"sh", "-c", `ulimit -n $(ulimit -Hn); exec "$@"`, "sh"}, argv...)
	}
	u, out, err := timed(timely, pin(clientCore, argv), j.dir)
	if err != nil {
		return usage{}, err
	}
	after, err := s.tally(ctx)
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
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+filepath.Join(dir, "cache")) // not the user's
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return usage{}, "", err
	}
	stop := watchMemory(cmd.Process.Pid)
	err := cmd.Wait()
	u := usage{wall: time.Since(start), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), memory: stop()}
	switch {
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case err != nil:
		lines := strings.Split(strings.TrimSpace(errs.String()+out.String()), "\n")
		err = fmt.Errorf("%w: %s", err, lines[len(lines)-1])
	}
	return u, out.String(), err
}

// machine says what was measured on, and warns of other work on it: CPU times stand that, walls do not.
func machine() string {
	model, warning := runtime.GOARCH, ""
	text, _ := os.ReadFile("/proc/cpuinfo") // what is not there stays unsaid
	if found := regexp.MustCompile(`model name\s*:\s*(.+)`).FindSubmatch(text); found != nil {
		model = string(found[1])
	}
	text, _ = os.ReadFile("/proc/loadavg")
	load, _, _ := strings.Cut(string(text), " ")
	if n, err := strconv.ParseFloat(load, 64); err == nil && n >= 0.5 {
		warning = " The machine had other work when it began (load " + load + "), so walls say little."
	}
	return fmt.Sprintf("Measured on %s, %d cores of %s, with `make bench`.%s", runtime.GOOS, runtime.NumCPU(), model, warning)
}

// watchMemory looks at the memory of a process until stop, which gives the largest resident set, in bytes; 0 where /proc does
// not tell. What the kernel says of a process that ended (getrusage) starts from the process which started it, so nothing
// smaller than bench itself could be seen in that. /proc counts from the start of the program proper, and never falls, so the
// last look misses little.
func watchMemory(pid int) (stop func() int64) {
	quit, seen := make(chan struct{}), make(chan int64)
	go func() {
		var last int64
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			last = cmp.Or(peakOf(strconv.Itoa(pid)), last)
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

// peakOf is the largest resident set of a running process in bytes, or 0 where /proc does not tell.
func peakOf(pid string) (kib int64) {
	text, _ := os.ReadFile("/proc/" + pid + "/status")
	_, after, _ := strings.Cut(string(text), "VmHWM:")
	_, _ = fmt.Sscan(after, &kib) // 0 where there is none
	return kib * 1024
}
