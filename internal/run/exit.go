package run

import (
	"errors"
	"os"
	"syscall"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/exit"
)

// exitOf is the exit code of what was carried out, by the precedence in package exit. The error says what it was ended by, and
// written how it went with the reports. The results decide where nothing else does.
func exitOf(err, written error, signal os.Signal, results func() error) error {
	switch {
	case errors.Is(err, syscall.EPIPE), errors.Is(written, syscall.EPIPE):
		return &exit.Error{Code: exit.Pipe}
	case written != nil:
		return written
	case isInput(err):
		return exit.Usage(err)
	case err != nil && !errors.Is(err, errInterrupted) && !errors.Is(err, errCut) && !errors.Is(err, fetcher.KindDeadline):
		return err
	case signal != nil:
		return &exit.Error{Code: exit.OfSignal(signal)}
	}
	return results()
}
