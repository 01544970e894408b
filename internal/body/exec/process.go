package exec

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/file"
	"example.com/fetch/internal/jsonx"
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

var errLeftBehind = errors.New("it has ended, but something that it started still holds its output; send that output elsewhere, such as >/dev/null")

// runProgram runs the program for one item, from start to end.
func (s *stage) runProgram(it *item) ([]byte, error) {
	if s.ctx.Err() != nil {
		return nil, s.ended()
	}
	body, err := os.Open(it.path)
	if err != nil {
		return nil, unreadable(file.Reason(err)) // the path is ours, and says nothing to users
	}
	defer body.Close()
	var input io.Reader = body // a file, so that no goroutine copies, and a program need not read all of it
	if s.pool.Input != nil {
		if input, err = s.pool.Input(it.result, body); err != nil {
			return nil, unreadable(err)
		}
	}

	ctx, cancel := context.WithCancelCause(s.ctx)
	defer cancel(nil)
	if limit := s.pool.Timeout; limit > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeoutCause(ctx, limit, fmt.Errorf("the program took longer than %v", limit))
		defer stop()
	}
	output := &limited{max: cmp.Or(s.pool.MaxOutput, DefaultMaxOutput), cancel: cancel}
	var complaints tail
	cmd := shell(ctx, s.pool.Command)
	cmd.Cancel = func() error {
		terminate(cmd)
		return nil
	}
	if cmd.Env, err = s.variables(it.result); err != nil {
		return nil, &fetcher.Error{Kind: fetcher.KindExpect, Err: err}
	}
	cmd.Stdin = input
	cmd.Stdout = output
	cmd.Stderr = &complaints
	cmd.WaitDelay = grace
	if err = cmd.Start(); err != nil {
		err = fmt.Errorf("the program cannot be started: %w", err)
	} else if err = cmd.Wait(); err != nil && ctx.Err() != nil || errors.Is(err, exec.ErrWaitDelay) {
		kill(cmd) // what is left of its group, too
	}
	switch exit, _ := errors.AsType[*exec.ExitError](err); {
	case err == nil:
		return output.bytes, nil
	case s.ctx.Err() != nil:
		return nil, s.ended()
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case exit != nil:
		err = failed(exit.ProcessState, &complaints)
	case errors.Is(err, exec.ErrWaitDelay):
		err = errLeftBehind
	}
	return nil, &fetcher.Error{Kind: fetcher.KindExpect, Err: err}
}

func unreadable(err error) error {
	return &fetcher.Error{Kind: fetcher.KindWrite, Err: fmt.Errorf("the kept body cannot be read again: %w", err)}
}

// ended is the error of a result whose program was not run, or not to its end.
func (s *stage) ended() error {
	return &fetcher.Error{Kind: fetcher.KindOfCause(context.Cause(s.ctx)), Err: errors.New("before the program had read the answer")}
}

// failed says how a process ended, and what it said last.
func failed(state *os.ProcessState, complaints *tail) error {
	problem := state.String() // "exit status 3", "signal: killed"
	if last := complaints.lastLine(); last != "" {
		problem += ": " + last
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
	bytes  []byte
	max    int64                   // less than 0: none
	cancel context.CancelCauseFunc // ends the process that prints more
}

func (l *limited) Write(p []byte) (int, error) {
	if l.max >= 0 && int64(len(l.bytes))+int64(len(p)) > l.max {
		err := fmt.Errorf("the program printed more than %d bytes", l.max)
		l.cancel(err)
		return 0, err
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
	t.bytes = append(t.bytes, p...)
	if extra := len(t.bytes) - keptErrors; extra > 0 {
		t.cut = true
		t.bytes = append(t.bytes[:0], t.bytes[extra:]...)
	}
	return len(p), nil
}

// lastLine is the last line that is not blank, shortened.
func (t *tail) lastLine() string {
	text := strings.TrimRightFunc(string(t.bytes), unicode.IsSpace)
	end := strings.LastIndexByte(text, '\n')
	line := strings.ToValidUTF8(strings.TrimSpace(text[end+1:]), "\uFFFD")
	if end < 0 && t.cut && line != "" {
		line = "…" + line
	}
	if len(line) > maxMessage {
		line = strings.ToValidUTF8(line[:maxMessage], "") + "…"
	}
	return line
}

// Value is what a program printed, as a value: without the newline at its end, and if it is JSON, that value; otherwise a
// string that holds it, with U+FFFD for bytes that are not UTF-8. It shares no memory with output. whole reports whether there
// were no such bytes.
func Value(output []byte) (value json.RawMessage, whole bool) {
	text := bytes.TrimSuffix(output, []byte("\n"))
	if len(text) < len(output) {
		text = bytes.TrimSuffix(text, []byte("\r"))
	}
	if whole = utf8.Valid(text); !whole {
		text = bytes.ToValidUTF8(text, []byte("\uFFFD"))
	}
	if jsonx.Valid(text) {
		return jsonx.Compact(text), whole
	}
	value, _ = jsontext.AppendQuote(nil, text) // all of it is UTF-8
	return value, whole
}
