package run

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strconv"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/spec"
)

// baselineSample is how many requests --baseline does one at a time; 0 means all.
func baselineSample(f *spec.Spec) (int64, error) {
	if f.Baseline == "" || f.Baseline == spec.BaselineAll {
		return 0, nil
	}
	n, err := strconv.ParseInt(f.Baseline, 10, 64)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("--baseline=%s: write --baseline, or --baseline=20 for the first 20", f.Baseline)
	}
	return n, nil
}

// checkBaseline refuses to send twice, for the sake of a figure, what may change something, or cannot be read twice.
func (j *job) checkBaseline(ctx context.Context) error {
	if j.flags.Baseline == "" {
		return nil
	}
	if j.flags.Every > 0 {
		return errors.New("--baseline and --every: rounds have their own times, so there is nothing to compare; choose one")
	}
	if _, known := j.list.Total(); !known {
		return errors.New("--baseline reads the list twice, so it is refused for standard input and pipes; save it to a file")
	}
	for req, err := range firstOf(j.list.Requests(ctx), j.sample) {
		if err != nil {
			return err
		}
		switch req.Method {
		case "", http.MethodGet, http.MethodHead, http.MethodOptions:
		default:
			return fmt.Errorf("--baseline sends the list twice, so it is refused for %s (request %d)", req.Method, req.Seq)
		}
	}
	return nil
}

// measureBaseline does the list, or its first part, one request at a time, and gives the time that took; 0 without
// --baseline.
func (j *job) measureBaseline(ctx context.Context) (time.Duration, error) {
	if j.flags.Baseline == "" {
		return 0, nil
	}
	one := j.flags.Engine()
	one.Workers = 1
	one.Transport = j.network.Transport
	j.current.Store(one)
	defer j.current.Store(j.engine)
	defer j.network.Transport.CloseIdleConnections() // so that the run has to connect, too
	start := time.Now()
	for _, err := range one.Run(ctx, firstOf(j.requests(ctx), j.sample)) {
		if err != nil {
			return 0, fmt.Errorf("--baseline: %w", err)
		}
	}
	return time.Since(start), nil
}

// firstOf is the first n of a sequence; all of it if n is 0.
func firstOf(reqs iter.Seq2[*fetcher.Request, error], n int64) iter.Seq2[*fetcher.Request, error] {
	return func(yield func(*fetcher.Request, error) bool) {
		var given int64
		for req, err := range reqs {
			given++
			if !yield(req, err) || given == n {
				return
			}
		}
	}
}
