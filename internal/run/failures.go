package run

import (
	"fmt"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/record"
)

// failures counts what failed, for the exit code.
type failures struct {
	requests   int64  // all that failed
	first      string // what went wrong first
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
		f.first = fmt.Sprintf("request %d: %s", r.Seq, r.Error)
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
