package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"example.com/fetch/testserver"
)

// command is the program with these arguments, as a process that is not started yet.
func command(args ...string) *exec.Cmd {
	cmd := exec.Command("fetch", args...)
	cmd.Env = append(os.Environ(), "GORACE="+raceOptions())
	return cmd
}

// serverProcess is a `fetch serve`.
type serverProcess struct {
	addr, secure string // host:port of HTTP, and of HTTPS if asked for
	cmd          *exec.Cmd
	said         bytes.Buffer // read it when done is closed
	done         chan struct{}
	err          error // of the process, when done is closed

	mu     sync.Mutex
	killed bool
}

// startServer starts `fetch serve` with these further arguments, on a free port, and waits until it listens.
func startServer(args ...string) (*serverProcess, error) {
	s := &serverProcess{cmd: command(append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...), done: make(chan struct{})}
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	lines := newReader(io.TeeReader(stderr, &s.said))
	s.addr = listening(lines, "http://")
	if strings.Contains(strings.Join(args, " "), "--tls") {
		s.secure = listening(lines, "https://")
	}
	go func() {
		defer close(s.done)
		io.Copy(io.Discard, lines)
		s.err = s.cmd.Wait()
	}()
	if s.addr == "" {
		return nil, fmt.Errorf("fetch serve does not listen: %w", s.stop())
	}
	return s, nil
}

// listening reads a line that tells an address; "" if it tells none.
func listening(lines *bufio.Reader, scheme string) string {
	line, _ := lines.ReadString('\n')
	_, addr, _ := strings.Cut(strings.TrimSpace(line), "listening on "+scheme)
	return addr
}

func newReader(r io.Reader) *bufio.Reader { return bufio.NewReader(r) }

// stop asks the server to stop, and tells what went wrong with it, unless it was killed.
func (s *serverProcess) stop() error {
	s.cmd.Process.Signal(os.Interrupt)
	select {
	case <-s.done:
	case <-time.After(10 * time.Second):
		s.cmd.Process.Kill()
		<-s.done
		return errors.New("fetch serve did not stop within 10 s")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil && !s.killed {
		return fmt.Errorf("fetch serve: %w: %s", s.err, s.said.String())
	}
	return nil
}

func (s *serverProcess) kill() {
	s.mu.Lock()
	s.killed = true
	s.mu.Unlock()
	s.cmd.Process.Kill()
}

// truth is what the server saw; query may be "?hops=0".
func (s *serverProcess) truth(query string) ([]byte, error) {
	resp, err := http.Get("http://" + s.addr + "/__truth" + query)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

// waitForHops waits until the server has seen n requests; it gives up when the server ends, or after 20 s.
func (s *serverProcess) waitForHops(n int64) error {
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	limit := time.After(20 * time.Second)
	for {
		select {
		case <-ticker.C:
		case <-s.done:
			return errors.New("the server has ended")
		case <-limit:
			return errors.New("the requests have not come")
		}
		seen, err := s.hops()
		if err != nil {
			return err
		}
		if seen >= n {
			return nil
		}
	}
}

// hops is how many requests the server has seen.
func (s *serverProcess) hops() (int64, error) {
	text, err := s.truth("?hops=0")
	if err != nil {
		return 0, err
	}
	var truth testserver.Truth
	err = json.Unmarshal(text, &truth)
	return truth.Total.Hops, err
}
