//go:build unix

package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"example.com/fetch/internal/exit"
)

// awkward is a name that a shell takes only when it is quoted.
const awkward = "it's my $run.jsonl"

// resumeCommand is the command to go on with, as it was printed.
func (p *process) resumeCommand() string {
	p.t.Helper()
	_, rest, ok := strings.Cut(p.err.String(), "resume with: ")
	command, _, _ := strings.Cut(rest, "\n")
	if !ok || !strings.HasPrefix(command, "fetch resume ") {
		p.t.Fatalf("no command to go on with; standard error: %s", p.err.String())
	}
	return command
}

// steady is a list of n quick requests, with one at every thirtieth place that fails for good.
func steady(n int) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprintf("n%d http://a.test/0.01%04[1]d", i)
		if i%30 == 19 {
			lines[i] = fmt.Sprintf("n%d http://gone%[1]d.test/status/404", i)
		}
	}
	return lines
}

// TestCutAndGoneOn: whatever ends a run before its time, it says how to go on, and that goes on with it as printed.
func TestCutAndGoneOn(t *testing.T) {
	const n = 120
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP) // nohup has it ignored, and so would the runs, which inherit that
	t.Cleanup(func() { signal.Stop(hangups) })
	for name, c := range map[string]struct {
		signal syscall.Signal
		args   []string
		code   int
		slow   bool // one request is in flight when the run is ended, and for longer than it is given then
	}{
		"interrupt":  {signal: syscall.SIGINT, code: exit.Interrupt, slow: true},
		"terminate":  {signal: syscall.SIGTERM, code: exit.Terminate},
		"hangup":     {signal: syscall.SIGHUP, code: exit.Hangup},
		"deadline":   {args: []string{"--deadline", "0.2"}, code: exit.Unfinished},
		"fail-fast":  {args: []string{"--fail-fast"}, code: exit.Unfinished},
		"max-errors": {args: []string{"--max-errors", "2"}, code: exit.Unfinished},
		"ordered":    {args: []string{"--fail-fast", "--ordered"}, code: exit.Unfinished},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := server(t)
			lines := steady(n)
			if c.slow {
				lines[10] = "n10 http://a.test/2.2"
			}
			source := list(t, lines...)
			args := []string{"--testserver=" + s.addr, "-c", "4", "--progress", "none", "-f", "json", "--no-results", "-o", "data/", "-j", awkward}
			whole, cut := t.TempDir(), t.TempDir()
			runIn(t, whole, exit.Failed, append(args, source)...)
			if err := s.forget(); err != nil {
				t.Fatal(err)
			}

			ledger := &ledger{t: t, server: s, folder: cut, journal: awkward}
			p := startIn(t, cut, nil, append(append(args, c.args...), source)...)
			if c.signal != 0 {
				p.waitForHops(s, 30, longest)
				p.signal(c.signal)
			}
			p.wantExit(c.code, longest)
			ledger.look()
			legs := 1
			for done := int64(-1); p.cmd.ProcessState.ExitCode() != exit.Failed; legs++ {
				if ledger.doneRequests() <= done && name != "deadline" { // which may come before the first answer does
					t.Fatalf("%d requests are done, after %d; standard error: %s", ledger.doneRequests(), done, p.err.String())
				}
				if done = ledger.doneRequests(); legs > 60 {
					t.Fatalf("%d requests are done after %d legs", done, legs)
				}
				p = shellIn(t, cut, p.resumeCommand())
				select {
				case <-p.done:
				case <-time.After(longest):
					t.Fatalf("still running; standard error: %s", p.err.String())
				}
				if code := p.cmd.ProcessState.ExitCode(); code != exit.Failed && code != c.code {
					t.Fatalf("exit code %d; standard error: %s", code, p.err.String())
				}
				ledger.look()
			}
			if legs < 2 || ledger.now.legs != legs {
				t.Errorf("%d legs, and %d in the journal", legs, ledger.now.legs)
			}
			ledger.check()
			checkSame(t, whole, cut, awkward, "data")
			if got, want := p.summary(), (summary{Requests: n, OK: n - n/30, Failed: n / 30}); got != want {
				t.Errorf("%+v, want %+v", got, want)
			}
			if c.slow {
				told := runIn(t, cut, 0, "report", awkward, "-f", "ndjson").out.String()
				if strings.Count(told, `"earlier_attempts":`) != 1 || !strings.Contains(told, `"earlier_attempts":1,`) {
					t.Error("the one request that was cancelled and sent again does not have the attempt of the first time")
				}
			}
		})
	}
}

// TestClosedOutputAndGoneOn: when whoever read the results has gone, nothing is said, and the journal can be gone on with.
func TestClosedOutputAndGoneOn(t *testing.T) {
	t.Parallel()
	const n = 2000
	s := server(t)
	source := list(t, steady(n)...)
	args := []string{"--testserver=" + s.addr, "-c", "4", "-f", "ndjson", "-j", "run.jsonl", source}
	cut := t.TempDir()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: command(args...), done: make(chan struct{})}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = cut, write, &p.err
	p.begin()
	write.Close()
	if _, err := newReader(read).ReadString('\n'); err != nil {
		t.Error(err)
	}
	read.Close()
	p.wantExit(exit.Pipe, longest)
	if p.err.String() != "" {
		t.Errorf("standard error: %q", p.err.String())
	}
	ledger := &ledger{t: t, server: s, folder: cut, journal: "run.jsonl"}
	ledger.look()
	if done := ledger.doneRequests(); done == 0 || done > n/2 {
		t.Errorf("%d requests are done", done)
	}
	p = runIn(t, cut, exit.Failed, "resume", "run.jsonl", "-c", "20")
	ledger.look()
	ledger.check()
	if ledger.doneRequests() != n || strings.Count(p.out.String(), "\n") != n {
		t.Errorf("%d requests are done, %d are told of; standard error: %s", ledger.doneRequests(), strings.Count(p.out.String(), "\n"), p.err.String())
	}
}

// TestTwoAtOnce: a journal is one process's at a time. The second is told who has it, and the first does not notice.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	last, release := make(chan struct{}), make(chan struct{})
	came := sync.OnceFunc(func() { close(last) }) // more than once if something is wrong
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.URL.Path == "/last" {
			came()
			<-release
		}
	}))
	defer s.Close()
	folder := t.TempDir()
	source := list(t, append(repeat(20, "http://a.test/%d"), "http://a.test/last")...)
	args := []string{"--testserver=" + s.Listener.Addr().String(), "-c", "2", "--progress", "none", "-f", "json", "-j", "run.jsonl", source}
	before := time.Now().Truncate(time.Second)
	first := startIn(t, folder, nil, args...)
	released := sync.OnceFunc(func() { close(release) })
	defer released()
	select {
	case <-last:
	case <-time.After(longest):
		t.Fatalf("the last request has not come; standard error: %s", first.err.String())
	}

	pid := strconv.Itoa(first.cmd.Process.Pid)
	for _, second := range [][]string{{"resume", "run.jsonl"}, {"retry", "run.jsonl"}, args, append([]string{"--fresh"}, args...)} {
		p := runIn(t, folder, exit.BadUsage, second...)
		said := p.err.String()
		if !strings.Contains(said, "run.jsonl is in use by process "+pid+" since ") || strings.Count(said, "\n") != 1 {
			t.Errorf("%q: standard error: %s", second, said)
			continue
		}
		_, since, _ := strings.Cut(said, " since ")
		since, _, _ = strings.Cut(since, ";")
		at, err := time.ParseInLocation(time.DateTime, since, time.Local)
		if err != nil || at.Before(before) || at.After(time.Now()) {
			t.Errorf("%q: since %q, %v", second, since, err)
		}
	}
	if p := runIn(t, folder, 0, "report", "run.jsonl", "-f", "ndjson"); strings.Count(p.out.String(), "\n") < 15 {
		t.Errorf("a report meanwhile: %s", p.out.String())
	}
	released()
	first.wantExit(0, longest)
	if want := (summary{Requests: 21, OK: 21}); first.summary() != want || first.err.String() != "" {
		t.Errorf("%+v, want %+v; standard error: %s", first.summary(), want, first.err.String())
	}
	if asked.Load() != 21 {
		t.Errorf("%d requests were sent", asked.Load())
	}
	if got := records(t, folder, "run.jsonl"); len(got) != 21 {
		t.Errorf("%d records", len(got))
	}
	p := runIn(t, folder, 0, "resume", "run.jsonl")
	if !strings.Contains(p.err.String(), "nothing is left to do") {
		t.Errorf("standard error: %s", p.err.String())
	}
	if _, err := os.Stat(filepath.Join(folder, "run.jsonl.lock")); err == nil {
		t.Error("the lock is a file of its own")
	}
}
