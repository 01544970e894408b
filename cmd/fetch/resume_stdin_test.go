//go:build unix

package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/fetch/internal/exit"
)

// piped starts the program with a pipe for its standard input, and gives the other end.
func piped(t *testing.T, folder string, args ...string) (*process, io.WriteCloser) {
	t.Helper()
	p := &process{t: t, cmd: command(args...), done: make(chan struct{})}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = folder, &p.out, &p.err
	in, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.begin()
	return p, in
}

// waitForFile waits until there is something in a file.
func waitForFile(t *testing.T, name, text string) {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	limit := time.After(longest)
	for {
		select {
		case <-ticker.C:
		case <-limit:
			t.Fatalf("no %q in %s", text, name)
		}
		if got, err := os.ReadFile(name); err == nil && bytes.Contains(got, []byte(text)) {
			return
		}
	}
}

func checkOwners(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s is to be its owner's alone: %v, %v", name, info, err)
		}
	}
}

// TestKilledWithListFromPipe: a list from standard input is copied beside the journal, ahead of what is sent, and a run that
// is killed can be gone on with although the pipe is gone.
func TestKilledWithListFromPipe(t *testing.T) {
	t.Parallel()
	const n = 300
	s := server(t)
	text := strings.Join(steady(n), "\n") + "\n"
	args := []string{"--testserver=" + s.addr, "-c", "4", "--progress", "none", "-o", "data/", "-j", "run.jsonl", "-"}
	whole, cut := t.TempDir(), t.TempDir()
	p, in := piped(t, whole, args...)
	io.WriteString(in, text)
	in.Close()
	p.wantExit(exit.Failed, longest)
	if err := s.forget(); err != nil {
		t.Fatal(err)
	}

	ledger := &ledger{t: t, server: s, folder: cut, journal: "run.jsonl"}
	p, in = piped(t, cut, args...)
	io.WriteString(in, text)
	in.Close()
	waitForFile(t, filepath.Join(cut, "run.jsonl"), `"list_end"`)
	p.waitForHops(s, n/4, longest)
	p.signal(syscall.SIGKILL)
	<-p.done
	ledger.look()
	journal, list := filepath.Join(cut, "run.jsonl"), filepath.Join(cut, "run.jsonl.stdin")
	checkOwners(t, journal, list)
	if got, err := os.ReadFile(list); err != nil || string(got) != text {
		t.Errorf("the copy has %d bytes, want %d, %v", len(got), len(text), err)
	}

	p = startIn(t, cut, nil, "resume", "run.jsonl") // killed again, while it goes on
	p.waitForHops(s, n/2, longest)
	p.signal(syscall.SIGKILL)
	<-p.done
	ledger.look()
	runIn(t, cut, exit.Failed, "resume", "run.jsonl")
	ledger.look()
	ledger.check()
	checkOwners(t, journal, list)
	checkSame(t, whole, cut, "run.jsonl", "data")
}

// TestKilledWithPipeCut: what wrote the list was cut off, too. Then the copy is no list; the list is to be given again, and what
// has been done of it is not done again.
func TestKilledWithPipeCut(t *testing.T) {
	t.Parallel()
	const n, written = 200, 60
	s := server(t)
	lines := steady(n)
	text := strings.Join(lines, "\n") + "\n"
	args := []string{"--testserver=" + s.addr, "-c", "4", "--progress", "none", "-o", "data/", "-j", "run.jsonl", "-"}
	whole, cut := t.TempDir(), t.TempDir()
	p, in := piped(t, whole, args...)
	io.WriteString(in, text)
	in.Close()
	p.wantExit(exit.Failed, longest)
	if err := s.forget(); err != nil {
		t.Fatal(err)
	}

	ledger := &ledger{t: t, server: s, folder: cut, journal: "run.jsonl"}
	p, in = piped(t, cut, args...)
	io.WriteString(in, strings.Join(lines[:written], "\n")+"\n"+lines[written][:12])
	p.waitForHops(s, written/2, longest)
	p.signal(syscall.SIGKILL)
	<-p.done
	in.Close()
	ledger.look()
	checkOwners(t, filepath.Join(cut, "run.jsonl"), filepath.Join(cut, "run.jsonl.stdin"))

	p = runIn(t, cut, exit.BadUsage, "resume", "run.jsonl")
	for _, want := range []string{"run.jsonl.stdin", "stops at line 60", "| fetch resume run.jsonl -"} {
		if !strings.Contains(p.err.String(), want) {
			t.Errorf("standard error has no %q: %s", want, p.err.String())
		}
	}
	if hops, err := s.hops(); err != nil || hops != total(ledger.sent) {
		t.Errorf("%d requests were sent, %v", hops-total(ledger.sent), err)
	}

	p, in = piped(t, cut, "resume", "run.jsonl", "-")
	io.WriteString(in, text)
	in.Close()
	p.wantExit(exit.Failed, longest)
	ledger.look()
	ledger.check()
	if got := ledger.doneRequests(); got != n {
		t.Errorf("%d requests are done", got)
	}
	checkSameButPlaces(t, whole, cut, "run.jsonl", "data")
	if p := runIn(t, cut, exit.Failed, "resume", "run.jsonl"); !strings.Contains(p.err.String(), "nothing is left to do") {
		t.Errorf("standard error: %s", p.err.String())
	}
}

func total(counts map[string]int64) (n int64) {
	for _, count := range counts {
		n += count
	}
	return n
}
