package run

import (
	"errors"
	"os"
	"syscall"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/load/figures"
	"example.com/fetch/internal/load/verdict"
)

// judge holds the thresholds against the figures.
func judge(s *figures.Summary, limits []verdict.Threshold) {
	for _, limit := range limits {
		s.Checks = append(s.Checks, limit.Check(s))
	}
}

// verdict is the exit code of a load test that was carried out, by the precedence in exit.go. Written says how it went
// with the reports.
func (t *loadTest) verdict(s *figures.Summary, err, written error, signal os.Signal) error {
	switch {
	case errors.Is(written, syscall.EPIPE):
		return &exit.Error{Code: exit.Pipe}
	case written != nil:
		return written
	case isInput(err):
		return exit.Usage(err)
	case err != nil && !errors.Is(err, errInterrupted):
		return err
	case signal != nil:
		return &exit.Error{Code: exit.OfSignal(signal)}
	}
	if verdict.Unfinished(s, t.flags.Limits) {
		return &exit.Error{Code: exit.Unfinished}
	}
	for _, check := range s.Checks {
		if !check.OK {
			return &exit.Error{Code: exit.Threshold}
		}
	}
	switch {
	case !verdict.Fails(s, t.flags.Limits):
		return nil
	case s.Sent == 0:
		return &exit.Error{Code: exit.Failed, Cause: errors.New("nothing was sent, so that there is nothing to judge by; the load is to last longer, or to be higher")}
	case s.Classes[fetcher.KindExpect.String()] > 0:
		return &exit.Error{Code: exit.Unexpected}
	}
	return &exit.Error{Code: exit.Failed}
}
