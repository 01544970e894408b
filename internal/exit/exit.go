// Package exit defines the exit codes, and errors that carry one.
package exit

import (
	"errors"
	"os"
	"syscall"
)

// The exit codes. If several apply, the precedence is 1, 2, the signals, 7, 99, 4, 3.
const (
	OK         = 0
	Fault      = 1   // internal error, or a full disk
	BadUsage   = 2   // usage error, or unreadable input
	Failed     = 3   // done, and at least one request failed
	Unexpected = 4   // a response was not what was expected
	Unfinished = 7   // --deadline, --fail-fast or --max-errors
	Threshold  = 99  // a limit that was set was crossed: --fail-if
	Hangup     = 129 // SIGHUP: the terminal has gone
	Interrupt  = 130 // SIGINT
	Pipe       = 141 // SIGPIPE: the reader of standard output has gone
	Terminate  = 143 // SIGTERM
)

// Error is an error with an exit code. Without a cause nothing is printed, because the report says everything.
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

// Usage returns a usage error; nil for nil.
func Usage(err error) error {
	if err == nil {
		return nil
	}
	return &Error{BadUsage, err}
}

// CodeOf returns the exit code of an error.
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

// Silent reports whether the error has no message besides its exit code.
func Silent(err error) bool {
	var exit *Error
	return errors.As(err, &exit) && exit.Cause == nil || errors.Is(err, syscall.EPIPE)
}

// OfSignal returns the exit code of a run that a signal ended.
func OfSignal(s os.Signal) int {
	switch s {
	case syscall.SIGTERM:
		return Terminate
	case syscall.SIGHUP:
		return Hangup
	}
	return Interrupt
}
