// Package exit has the exit codes, and the errors that know theirs.
package exit

import (
	"errors"
	"os"
	"syscall"
)

// The exit codes, and their precedence where several apply: 1, 2, the signals, 7, 99, 4, 3.
const (
	OK         = 0
	Fault      = 1   // our own: disk, internal
	BadUsage   = 2   // usage, or input that cannot be read
	Failed     = 3   // done, and at least one request failed
	Unexpected = 4   // an answer was not what was expected
	Unfinished = 7   // --deadline, --fail-fast or --max-errors
	Threshold  = 99  // a limit that was set was crossed: --fail-if
	Hangup     = 129 // SIGHUP: the terminal has gone
	Interrupt  = 130 // SIGINT
	Pipe       = 141 // SIGPIPE: whoever read standard output has gone
	Terminate  = 143 // SIGTERM
)

// Error is an error that knows its exit code. Without a cause nothing is printed: the report has said it all.
type Error struct {
	Code  int
	Cause error
}

func (e *Error) Error() string {
	if e.Cause == nil {
		return "exit"
	}
	return e.Cause.Error()
}

func (e *Error) Unwrap() error { return e.Cause }

// Usage makes an error of how the program was called; of nil, none.
func Usage(err error) error {
	if err == nil {
		return nil
	}
	return &Error{BadUsage, err}
}

// CodeOf is the exit code that an error stands for.
func CodeOf(err error) int {
	var exit *Error
	switch {
	case err == nil:
		return OK
	case errors.As(err, &exit):
		return exit.Code
	case errors.Is(err, syscall.EPIPE):
		return Pipe
	}
	return Fault
}

// Silent reports whether the error has nothing to tell beside its exit code.
func Silent(err error) bool {
	var exit *Error
	return errors.As(err, &exit) && exit.Cause == nil || errors.Is(err, syscall.EPIPE)
}

// OfSignal is the exit code of a run that a signal ended.
func OfSignal(s os.Signal) int {
	switch s {
	case syscall.SIGTERM:
		return Terminate
	case syscall.SIGHUP:
		return Hangup
	}
	return Interrupt
}
