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

// exitOf is the exit code of what was carried out, by the precedence in package exit. The error says what it was ended by, and
// written how it went with the reports. The results decide where nothing else does.
func exitOf(err, written error, signal os.Signal, results func() error) error {
	switch {
	case errors.Is(err, syscall.EPIPE), errors.Is(written, syscall.EPIPE):
		return &exit.Error{Code: exit.Pipe}
	case written != nil && isFault(err):
		return once(err, written)
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

// isFault reports whether what ended a run was neither a signal nor asked for.
func isFault(err error) bool {
	return err != nil && !errors.Is(err, errInterrupted) && !errors.Is(err, errCut) && !errors.Is(err, fetcher.KindDeadline)
}

// once joins errors, each of which is told once: what ends a run shows in more than one place.
func once(errs ...error) error {
	var told []error
	var add func(error)
	add = func(err error) {
		joined, ok := err.(interface{ Unwrap() []error })
		switch {
		case err == nil:
		case ok && errors.Join(joined.Unwrap()...).Error() == err.Error(): // it says nothing by itself
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

// verdict is the exit code of the run: see exitOf.
func (j *listRun) verdict(err, written error) error {
	return exitOf(err, written, j.signal(), func() error {
		if err != nil || j.failures.broken > 0 || j.cut && j.engine.Stats().Canceled+j.notStarted() > 0 {
			return &exit.Error{Code: exit.Unfinished}
		}
		return j.failures.verdict()
	})
}

// failures counts what failed, for the exit code.
type failures struct {
	requests   int64  // all that failed
	first      string // what the first of them is called
	firstSeq   int64  // its place in the list
	firstError string // what went wrong with it
	unexpected int64  // those of them, and the rows of batches, where the answer was not what was expected
	broken     int64  // cut off before their end, in the request or in the program that read the answer: no failures
}

// add reports whether a record is a failure. What was cancelled is none.
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

// verdict is the exit code that they make.
func (f *failures) verdict() error {
	switch {
	case f.unexpected > 0:
		return &exit.Error{Code: exit.Unexpected}
	case f.requests > 0:
		return &exit.Error{Code: exit.Failed}
	}
	return nil
}

// judge holds the thresholds against the figures.
func judge(s *measure.LoadSummary, limits []threshold.Threshold) *measure.LoadSummary {
	for _, limit := range limits {
		s.Checks = append(s.Checks, limit.Check(s))
	}
	return s
}

// shortOfUsers is nil where as many users were at work as were asked for.
func shortOfUsers(s *measure.LoadSummary) error {
	if i := slices.IndexFunc(s.Warnings, func(w measure.Warning) bool { return w.Code == measure.WarningUsers }); i >= 0 {
		return errors.New(s.Warnings[i].Text)
	}
	return nil
}

// verdict is the exit code of the test: see exitOf.
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
			return &exit.Error{Code: exit.Failed, Cause: errors.New("nothing was sent, so that there is nothing to judge by; the load is to last longer, or to be higher")}
		case s.Classes[fetcher.KindExpect.String()] > 0:
			return &exit.Error{Code: exit.Unexpected}
		}
		return &exit.Error{Code: exit.Failed}
	})
}
