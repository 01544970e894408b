package run

import (
	"errors"
	"os"
	"slices"
	"syscall"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/threshold"
)

// exitOf returns the error with the exit code of a run, by the precedence in package exit. Err is what ended
// the run, and written the outcome of writing the reports. The results decide if nothing else does.
func exitOf(err, written error, signal os.Signal, results func() error) error {
	switch {
	case errors.Is(err, syscall.EPIPE), errors.Is(written, syscall.EPIPE):
		return &exit.Error{Code: exit.Pipe}
	case written != nil && isFault(err):
		return joinOnce(err, written)
	case written != nil:
		return written
	case isInput(err):
		return exit.Usage(err)
	case isFault(err):
		return err
	case signal != nil:
		return &exit.Error{Code: exit.OfSignal(signal)}
	}
	return results()
}

// isFault reports whether what ended a run was neither a signal nor requested.
func isFault(err error) bool {
	return err != nil && !errors.Is(err, errInterrupted) && !errors.Is(err, errCut) && !errors.Is(err, fetcher.KindDeadline)
}

// joinOnce joins errors, each only once, because what ends a run may surface in several places.
func joinOnce(errs ...error) error {
	var told []error
	var add func(error)
	add = func(err error) {
		joined, ok := err.(interface{ Unwrap() []error })
		switch {
		case err == nil:
		case ok && errors.Join(joined.Unwrap()...).Error() == err.Error(): // a joined error without a text of its own
			for _, one := range joined.Unwrap() {
				add(one)
			}
		case !slices.ContainsFunc(told, func(other error) bool { return other.Error() == err.Error() }):
			told = append(told, err)
		}
	}
	for _, err := range errs {
		add(err)
	}
	if len(told) == 1 {
		return told[0]
	}
	return errors.Join(told...)
}

// verdict returns the exit code of the run: see exitOf.
func (j *listRun) verdict(err, written error) error {
	return exitOf(err, written, j.signal(), func() error {
		if err != nil || j.failures.broken > 0 || j.cut && j.engine.Stats().Canceled+j.notStarted() > 0 {
			return &exit.Error{Code: exit.Unfinished}
		}
		return j.failures.verdict()
	})
}

// failures counts failed requests, for the exit code.
type failures struct {
	requests   int64  // all failed requests
	first      string // class of the first failure
	firstSeq   int64  // place of the first failure in the list
	firstError string // error of the first failure
	unexpected int64  // failed expectations, including those of rows in batches
	broken     int64  // cut off early, in the request or in the program that read the body: not failures
}

// add reports whether a record is a failure. A cancelled request is not.
func (f *failures) add(r *record.Record) bool {
	for _, a := range r.Rows {
		if r.OK && !a.OK {
			f.unexpected++
		}
	}
	switch r.Class {
	case "":
		return false
	case fetcher.KindCanceled.String(), fetcher.KindDeadline.String():
		f.broken++
		return false
	case fetcher.KindExpect.String():
		f.unexpected++
	}
	if f.requests++; f.requests == 1 {
		f.first, f.firstSeq, f.firstError = r.Called(), r.Seq, r.Failure()
	}
	return true
}

// verdict returns the exit code for these failures.
func (f *failures) verdict() error {
	switch {
	case f.unexpected > 0:
		return &exit.Error{Code: exit.Unexpected}
	case f.requests > 0:
		return &exit.Error{Code: exit.Failed}
	}
	return nil
}

// judge evaluates the thresholds on the summary.
func judge(s *measure.LoadSummary, limits []threshold.Threshold) *measure.LoadSummary {
	for _, limit := range limits {
		s.Checks = append(s.Checks, limit.Check(s))
	}
	return s
}

// shortOfUsers returns an error if fewer users were active than requested, or nil.
func shortOfUsers(s *measure.LoadSummary) error {
	if i := slices.IndexFunc(s.Warnings, func(w measure.Warning) bool { return w.Code == measure.WarningUsers }); i >= 0 {
		return errors.New(s.Warnings[i].Text)
	}
	return nil
}

// verdict returns the exit code of the test: see exitOf.
func (t *loadTest) verdict(s *measure.LoadSummary, err, written error) error {
	return exitOf(err, written, t.signal(), func() error {
		aborted := t.aborted.Load()
		switch {
		case aborted != nil:
			return &exit.Error{Code: exit.Threshold, Cause: errors.New(*aborted)}
		case threshold.Unfinished(s, t.flags.Limits):
			return &exit.Error{Code: exit.Unfinished, Cause: shortOfUsers(s)}
		case slices.ContainsFunc(s.Checks, func(c measure.Check) bool { return !c.OK }):
			return &exit.Error{Code: exit.Threshold}
		case !threshold.Fails(s, t.flags.Limits):
			return nil
		case s.Sent == 0:
			return &exit.Error{Code: exit.Failed, Cause: errors.New("nothing was sent; make the load longer or higher")}
		case s.Classes[fetcher.KindExpect.String()] > 0:
			return &exit.Error{Code: exit.Unexpected}
		}
		return &exit.Error{Code: exit.Failed}
	})
}
