//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is the program at work.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	out  bytes.Buffer // read it when done is closed
	err  watched
	done chan struct{}
}

// start starts the program. It is killed at the end of the test, if it still runs.
func start(t *testing.T, stdin io.Reader, args ...string) *process {
	t.Helper()
	return startCommand(t, stdin, command(args...))
}

func startCommand(t *testing.T, stdin io.Reader, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, cmd: cmd, done: make(chan struct{})}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = stdin, &p.out, &p.err
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.done)
		p.cmd.Wait()
	}()
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		<-p.done
	})
	return p
}

func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// wantExit waits for the end, which must come within a time and with a code.
func (p *process) wantExit(code int, within time.Duration) {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(within):
		p.t.Fatalf("still running after %v; standard error: %s", within, p.err.String())
	}
	if got := p.cmd.ProcessState.ExitCode(); got != code {
		p.t.Fatalf("exit code %d, want %d; standard error: %s", got, code, p.err.String())
	}
}

// wantEndBy waits for the end, which a signal must have brought about.
func (p *process) wantEndBy(s syscall.Signal, within time.Duration) {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(within):
		p.t.Fatalf("still running after %v", within)
	}
	status := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !(status.Signaled() && status.Signal() == s) && status.ExitStatus() != 128+int(s) {
		p.t.Fatalf("it ended with %v, not by %v", p.cmd.ProcessState, s)
	}
}

// graceful is how long a run may take to end after the first signal. The promise is two seconds; the rest is for a slow
// machine under the race detector.
const graceful = 2*time.Second + 500*time.Millisecond

// server starts a `fetch serve` for one test.
func server(t *testing.T) *serverProcess {
	t.Helper()
	s, err := startServer()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// list writes a list and gives its name.
func list(t *testing.T, lines ...string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "list.txt")
	if err := os.WriteFile(name, []byte(strings.Join(lines, "\n")+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

func repeat(n int, format string) []string {
	var lines []string
	for i := range n {
		lines = append(lines, fmt.Sprintf(format, i+1))
	}
	return lines
}

// watched is a buffer of which one can wait until it holds something.
type watched struct {
	mu   sync.Mutex
	buf  bytes.Buffer
	news chan struct{} // closed at the next Write; nil if nobody waits
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.news != nil {
		close(w.news)
		w.news = nil
	}
	return w.buf.Write(p)
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.String()
}

// holds reports whether the buffer holds the text, and if not, what to wait for before asking again.
func (w *watched) holds(text string) (bool, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.news == nil {
		w.news = make(chan struct{})
	}
	return strings.Contains(w.buf.String(), text), w.news
}

// waitForStderr waits until the program has said so on standard error.
func (p *process) waitForStderr(text string) {
	p.t.Helper()
	limit := time.After(10 * time.Second)
	for {
		ok, news := p.err.holds(text)
		if ok {
			return
		}
		select {
		case <-news:
		case <-p.done:
			p.t.Fatalf("it ended without %q; standard error: %s", text, p.err.String())
		case <-limit:
			p.t.Fatalf("no %q; standard error: %s", text, p.err.String())
		}
	}
}

// summary is the part of the JSON report that the tests look at.
type summary struct {
	Requests   int64 `json:"requests"`
	OK         int64 `json:"ok"`
	Failed     int64 `json:"failed"`
	Canceled   int64 `json:"canceled"`
	NotStarted int64 `json:"not_started"`
}

func (p *process) summary() summary {
	p.t.Helper()
	var report struct{ Summary summary }
	if err := json.Unmarshal(p.out.Bytes(), &report); err != nil {
		p.t.Fatalf("the report is not whole: %v in %s", err, p.out.String())
	}
	return report.Summary
}

// TestInterrupt: Ctrl-C at half time. Nothing new is sent; what is in flight may end for a while and is cancelled then;
// the report tells of what was done, and the rest is counted.
func TestInterrupt(t *testing.T) {
	for _, c := range []struct {
		signal syscall.Signal
		code   int
	}{{syscall.SIGINT, 130}, {syscall.SIGTERM, 143}} {
		t.Run(c.signal.String(), func(t *testing.T) {
			t.Parallel()
			s := server(t)
			lines := append(repeat(4, "http://a.test/0?%d"), repeat(2, "http://a.test/60?%d")...)
			lines = append(lines, repeat(14, "http://a.test/0?%d")...)
			p := start(t, nil, "--testserver="+s.addr, "-c", "2", "--progress", "none", "-f", "json", list(t, lines...))
			if err := s.waitForHops(6); err != nil {
				t.Fatal(err)
			}
			p.signal(c.signal)
			p.wantExit(c.code, graceful)
			if want := (summary{Requests: 20, OK: 4, Canceled: 2, NotStarted: 14}); p.summary() != want {
				t.Errorf("%+v, want %+v", p.summary(), want)
			}
			if hops, err := s.hops(); hops != 6 || err != nil {
				t.Errorf("%d requests were sent, %v", hops, err)
			}
			if !strings.HasPrefix(p.err.String(), "fetch: stopping;") || strings.Count(p.err.String(), "\n") != 1 {
				t.Errorf("standard error: %q", p.err.String())
			}
		})
	}
}

// TestInterruptLetsEnd: what is in flight and ends in time is a result like any other.
func TestInterruptLetsEnd(t *testing.T) {
	t.Parallel()
	s := server(t)
	p := start(t, nil, "--testserver="+s.addr, "-c", "1", "-q", "-f", "json", "http://a.test/0.5", "http://a.test/0")
	if err := s.waitForHops(1); err != nil {
		t.Fatal(err)
	}
	p.signal(syscall.SIGINT)
	p.wantExit(130, graceful)
	if want := (summary{Requests: 2, OK: 1, NotStarted: 1}); p.summary() != want {
		t.Errorf("%+v, want %+v", p.summary(), want)
	}
	if p.err.String() != "" {
		t.Errorf("-q, and yet on standard error: %q", p.err.String())
	}
}

// TestInterruptWhileWaiting: at a limit, and asleep between two attempts.
func TestInterruptWhileWaiting(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want summary
	}{
		"rate":  {[]string{"--rate", "1/m", "http://a.test/0", "http://a.test/0"}, summary{Requests: 2, OK: 1, NotStarted: 1}},
		"retry": {[]string{"http://a.test/flaky/x/1?retry_after=50", "--progress", "json"}, summary{Requests: 1, Canceled: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := server(t)
			p := start(t, nil, append([]string{"--testserver=" + s.addr, "-f", "json"}, c.args...)...)
			if err := s.waitForHops(1); err != nil {
				t.Fatal(err)
			}
			if name == "retry" {
				p.waitForStderr(`"sleeping":1`) // until then its answer may still come, which makes it a failure
			}
			p.signal(syscall.SIGINT)
			p.wantExit(130, graceful)
			if p.summary() != c.want {
				t.Errorf("%+v, want %+v", p.summary(), c.want)
			}
		})
	}
}

// TestSecondInterrupt ends the program at once, whatever is in flight.
func TestSecondInterrupt(t *testing.T) {
	t.Parallel()
	s := server(t)
	p := start(t, nil, "--testserver="+s.addr, "http://a.test/60")
	if err := s.waitForHops(1); err != nil {
		t.Fatal(err)
	}
	twiceInterrupted(p)
}

func twiceInterrupted(p *process) {
	p.signal(syscall.SIGINT)
	p.waitForStderr("stopping") // or the two may be taken for one
	p.signal(syscall.SIGINT)
	p.wantEndBy(syscall.SIGINT, 500*time.Millisecond)
}

// TestSecondInterruptInTheBackground: a shell has SIGINT ignored by what it starts with &.
func TestSecondInterruptInTheBackground(t *testing.T) {
	t.Parallel()
	s := server(t)
	fetch := command("--testserver="+s.addr, "http://a.test/60")
	cmd := exec.Command("sh", append([]string{"-c", `trap "" INT; exec "$@"`, "sh"}, fetch.Args...)...)
	cmd.Env = fetch.Env
	p := startCommand(t, nil, cmd)
	if err := s.waitForHops(1); err != nil {
		t.Fatal(err)
	}
	twiceInterrupted(p)
}

// TestInterruptOfBaseline: while the list is done one at a time, too.
func TestInterruptOfBaseline(t *testing.T) {
	t.Parallel()
	s := server(t)
	p := start(t, nil, "--testserver="+s.addr, "--baseline", list(t, repeat(9, "http://a.test/60?%d")...))
	if err := s.waitForHops(1); err != nil {
		t.Fatal(err)
	}
	p.signal(syscall.SIGINT)
	p.wantExit(130, graceful)
}

// TestInterruptOfSilentInput: a read of standard input cannot be interrupted, and must not be waited for.
func TestInterruptOfSilentInput(t *testing.T) {
	t.Parallel()
	s := server(t)
	silent, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	defer writer.Close()
	p := start(t, silent, "--testserver="+s.addr, "-f", "json", "-")
	io.WriteString(writer, "http://a.test/0\n")
	if err := s.waitForHops(1); err != nil { // sent while the list is still open
		t.Fatal(err)
	}
	p.signal(syscall.SIGINT)
	p.wantExit(130, graceful)
	if got := p.summary(); got.OK != 1 || got.Requests != got.OK+got.NotStarted {
		t.Errorf("%+v", got)
	}
}

// TestInterruptOfNamedPipe: nor must the opening of a pipe that nobody writes to.
func TestInterruptOfNamedPipe(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Skip(err)
	}
	p := start(t, nil, "--progress", "json", name)
	p.waitForStderr("progress")
	p.signal(syscall.SIGINT)
	p.wantExit(130, graceful)
}

// TestClosedOutput: whoever read standard output has gone, as head does: exit 141 at once, and nothing to say.
func TestClosedOutput(t *testing.T) {
	for _, format := range []string{"ndjson", "csv", "json", "markdown"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			s := server(t)
			read, write, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer read.Close()
			cmd := command("--testserver="+s.addr, "-c", "4", "-f", format, list(t, repeat(5000, "http://a.test/0.01?%d")...))
			var said bytes.Buffer
			cmd.Stdout, cmd.Stderr = write, &said
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			write.Close()
			if _, err := newReader(read).ReadString('\n'); err != nil {
				t.Error(err)
			}
			read.Close()
			kill := time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() })
			defer kill.Stop()
			err = cmd.Wait()
			if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 141 {
				t.Errorf("%v, want exit code 141", err)
			}
			if said.Len() > 0 {
				t.Errorf("standard error: %q", said.String())
			}
			if hops, err := s.hops(); hops > 4000 || err != nil {
				t.Errorf("it went on for %d requests, %v", hops, err)
			}
		})
	}
}

// TestCutLongList: of a list whose length is known, what was not even read was not started either.
func TestCutLongList(t *testing.T) {
	t.Parallel()
	const n = 25_000 // more than is read ahead
	s := server(t)
	list := filepath.Join(t.TempDir(), "list.txt")
	if err := os.WriteFile(list, []byte(strings.Repeat("http://a.test/1\n", n)), 0o666); err != nil {
		t.Fatal(err)
	}
	p := start(t, nil, "--testserver="+s.addr, "-q", "--deadline", "0.3", "-f", "json", "--no-results", list)
	p.wantExit(7, graceful)
	if want := (summary{Requests: n, Canceled: 10, NotStarted: n - 10}); p.summary() != want {
		t.Errorf("%+v, want %+v", p.summary(), want)
	}
}
