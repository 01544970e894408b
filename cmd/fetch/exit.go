package main

import (
	"errors"
	"os"
	"syscall"
)

// The exit codes, and their precedence where several apply: 1, 2, the signals, 7, 99, 4, 3.
const (
	exitOK         = 0
	exitFault      = 1   // our own: disk, internal
	exitUsage      = 2   // usage, or input that cannot be read
	exitFailed     = 3   // done, and at least one request failed
	exitUnexpected = 4   // an answer was not what was expected
	exitUnfinished = 7   // --deadline, --fail-fast or --max-errors
	exitThreshold  = 99  // a limit that was set was crossed: --fail-if
	exitHangup     = 129 // SIGHUP: the terminal has gone
	exitInterrupt  = 130 // SIGINT
	exitPipe       = 141 // SIGPIPE: whoever read standard output has gone
	exitTerminate  = 143 // SIGTERM
)

// exitError is an error that knows its exit code. Without a cause nothing is printed: the report has said it all.
type exitError struct {
	code  int
	cause error
}

func (e *exitError) Error() string {
	if e.cause == nil {
		return "exit"
	}
	return e.cause.Error()
}

func (e *exitError) Unwrap() error { return e.cause }

// usage makes an error of how the program was called.
func usage(err error) error { return &exitError{exitUsage, err} }

// codeOf is the exit code that an error stands for.
func codeOf(err error) int {
	var exit *exitError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &exit):
		return exit.code
	case errors.Is(err, syscall.EPIPE):
		return exitPipe
	}
	return exitFault
}

// silent reports whether the error has nothing to tell beside its exit code.
func silent(err error) bool {
	var exit *exitError
	return errors.As(err, &exit) && exit.cause == nil || errors.Is(err, syscall.EPIPE)
}

// codeOfSignal is the exit code of a run that a signal ended.
func codeOfSignal(s os.Signal) int {
	switch s {
	case syscall.SIGTERM:
		return exitTerminate
	case syscall.SIGHUP:
		return exitHangup
	}
	return exitInterrupt
}
