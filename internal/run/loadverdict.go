package run

import (
	"errors"
	"os"
	"slices"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/threshold"
)

// judge holds the thresholds against the figures.
func judge(s *measure.LoadSummary, limits []threshold.Threshold) {
	for _, limit := range limits {
		s.Checks = append(s.Checks, limit.Check(s))
	}
}

// verdict is the exit code of the test: see exitOf.
func (t *loadTest) verdict(s *measure.LoadSummary, err, written error, signal os.Signal) error {
	return exitOf(err, written, signal, func() error {
		switch {
		case threshold.Unfinished(s, t.flags.Limits):
			return &exit.Error{Code: exit.Unfinished}
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
