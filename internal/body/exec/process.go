package exec

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/fetch/fetcher"
)

const (
	// grace is how long a process that was asked to end has before it is killed, and how long output is waited for
	// that a process which has ended left to its children.
	grace = time.Second
	// keptErrors is how much of the end of what a process says on its standard error is kept.
	keptErrors = 1000
	// maxMessage is how much of that a message repeats.
	maxMessage = 200
)

var (
	errLeftBehind = errors.New("it has ended, but something that it started still holds its output; send that output elsewhere, such as >/dev/null")
	errTooMuch    = errors.New("too much output")
	errEnded      = errors.New("the context has ended")
)

// runProgram runs the program for one item, from start to end.
func (s *stage) runProgram(it *item) ([]byte, error) {
	if s.ctx.Err() != nil {
		return nil, s.ended()
	}
	body, err := os.Open(it.path)
	if err != nil {
		if e, ok := errors.AsType[*fs.PathError](err); ok {
			err = e.Err // the path is ours, and says nothing to users
		}
		return nil, &fetcher.Error{Kind: fetcher.KindWrite, Err: fmt.Errorf("the kept body cannot be read again: %w", err)}
	}
	defer body.Close()
	var input io.Reader = body // a file, so that no goroutine copies, and a program need not read all of it
	if s.pool.Input != nil {
		if input, err = s.pool.Input(it.result, body); err != nil {
			return nil, &fetcher.Error{Kind: fetcher.KindWrite, Err: fmt.Errorf("the kept body cannot be read again: %w", err)}
		}
	}

	output := &limited{max: cmp.Or(s.pool.MaxOutput, DefaultMaxOutput), full: make(chan struct{})}
	var complaints tail
	cmd := shell(s.pool.Command)
	if cmd.Env, err = s.variables(it.result); err != nil {
		return nil, &fetcher.Error{Kind: fetcher.KindExpect, Err: err}
	}
	cmd.Stdin = input
	cmd.Stdout = output
	cmd.Stderr = &complaints
	cmd.WaitDelay = grace
	err = s.wait(cmd, output)
	switch exit, _ := errors.AsType[*exec.ExitError](err); {
	case err == nil:
		return output.bytes, nil
	case exit != nil:
		err = failed(exit.ProcessState, &complaints)
	case errors.Is(err, errEnded):
		return nil, s.ended()
	case errors.Is(err, errTooMuch):
		err = fmt.Errorf("the program printed more than %d bytes", output.max)
	case errors.Is(err, exec.ErrWaitDelay):
		err = errLeftBehind
	}
	return nil, &fetcher.Error{Kind: fetcher.KindExpect, Err: err}
}

// wait starts a process and waits for its end, which it brings about if need be.
func (s *stage) wait(cmd *exec.Cmd, output *limited) error {
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("the program cannot be started: %w", err)
	}
	ended := make(chan error, 1)
	var waiting sync.WaitGroup
	waiting.Go(func() { ended <- cmd.Wait() })
	defer waiting.Wait()

	var late <-chan time.Time
	if s.pool.Timeout > 0 {
		timer := time.NewTimer(s.pool.Timeout)
		defer timer.Stop()
		late = timer.C
	}
	var cause error
	select {
	case err := <-ended:
		select {
		case <-output.full: // it ended because nobody read on
			err = errTooMuch
		default:
		}
		if errors.Is(err, exec.ErrWaitDelay) {
			kill(cmd)
		}
		return err
	case <-s.ctx.Done():
		cause = errEnded
	case <-late:
		cause = fmt.Errorf("the program took longer than %v", s.pool.Timeout)
	case <-output.full:
		cause = errTooMuch
	}
	terminate(cmd)
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
	}
	kill(cmd) // what is left of its group, too
	return cause
}

// ended is the error of a result whose program was not run, or not to its end.
func (s *stage) ended() error {
	cause := context.Cause(s.ctx)
	kind := fetcher.KindCanceled
	switch k, ok := errors.AsType[fetcher.Kind](cause); {
	case ok:
		kind = k
	case errors.Is(cause, context.DeadlineExceeded):
		kind = fetcher.KindDeadline
	}
	return &fetcher.Error{Kind: kind, Err: errors.New("before the program had read the answer")}
}

// failed says how a process ended, and what it said last.
func failed(state *os.ProcessState, complaints *tail) error {
	problem := state.String() // "exit status 3", "signal: killed"
	if last := complaints.lastLine(); last != "" {
		return errors.New(problem + ": " + last)
	}
	return errors.New(problem)
}

// inherited is our own environment without what is to be left out.
func (p *Pool) inherited() []string {
	return slices.DeleteFunc(os.Environ(), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.ContainsFunc(p.Without, func(secret string) bool { return sameVariable(name, secret) })
	})
}

// variables is the environment of the process for one result.
func (s *stage) variables(r *fetcher.Result) ([]string, error) {
	if s.pool.Env == nil {
		return s.environment, nil
	}
	own := s.pool.Env(r)
	for _, variable := range own {
		if strings.Contains(variable, "\x00") {
			name, _, _ := strings.Cut(variable, "=")
			return nil, fmt.Errorf("%s would hold a zero byte, which no environment variable can", name)
		}
	}
	return slices.Concat(s.environment, own), nil
}

// limited gathers what a process prints, up to a limit.
type limited struct {
	bytes []byte
	max   int64         // less than 0: none
	full  chan struct{} // closed when it would be more
}

func (l *limited) Write(p []byte) (int, error) {
	if l.max >= 0 && int64(len(l.bytes))+int64(len(p)) > l.max {
		close(l.full) // once: after an error nothing more is written
		return 0, errTooMuch
	}
	l.bytes = append(l.bytes, p...)
	return len(p), nil
}

// tail keeps the end of what is written to it.
type tail struct {
	bytes []byte
	cut   bool // of what came before
}

func (t *tail) Write(p []byte) (int, error) {
	t.bytes = append(t.bytes, p[max(0, len(p)-keptErrors):]...)
	t.cut = t.cut || len(p) > keptErrors
	if extra := len(t.bytes) - keptErrors; extra > 0 {
		t.cut = true
		t.bytes = append(t.bytes[:0], t.bytes[extra:]...)
	}
	return len(p), nil
}

// lastLine is the last line that is not blank, shortened.
func (t *tail) lastLine() string {
	lines := bytes.Split(t.bytes, []byte("\n"))
	for i, line := range slices.Backward(lines) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		text := strings.ToValidUTF8(string(line), "\uFFFD")
		if i == 0 && t.cut {
			text = "…" + text
		}
		if len(text) > maxMessage {
			text = strings.ToValidUTF8(text[:maxMessage], "") + "…"
		}
		return text
	}
	return ""
}
