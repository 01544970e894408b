package main

import (
	"errors"
	"os"
	"syscall"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/threshold"
)

// judge holds the thresholds against the figures.
func judge(s *measure.LoadSummary, limits []threshold.Threshold) {
	for _, limit := range limits {
		s.Checks = append(s.Checks, limit.Check(s))
	}
}

// verdict is the exit code of a load test that was carried out, by the precedence in exit.go. Written says how it went
// with the reports.
func (t *loadTest) verdict(s *measure.LoadSummary, err, written error, signal os.Signal) error {
	switch {
	case errors.Is(written, syscall.EPIPE):
		return &exitError{code: exitPipe}
	case written != nil:
		return written
	case isInput(err):
		return usage(err)
	case err != nil && !errors.Is(err, errInterrupted):
		return err
	case signal != nil:
		return &exitError{code: codeOfSignal(signal)}
	}
	if threshold.Unfinished(s, t.flags.limits) {
		return &exitError{code: exitUnfinished}
	}
	for _, check := range s.Checks {
		if !check.OK {
			return &exitError{code: exitThreshold}
		}
	}
	switch {
	case !threshold.Fails(s, t.flags.limits):
		return nil
	case s.Sent == 0:
		return &exitError{exitFailed, errors.New("nothing was sent, so that there is nothing to judge by; the load is to last longer, or to be higher")}
	case s.Classes[fetcher.KindExpect.String()] > 0:
		return &exitError{code: exitUnexpected}
	}
	return &exitError{code: exitFailed}
}
