package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/load/knee"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report"
	"example.com/fetch/internal/spec"
	"example.com/fetch/internal/units"
)

// nameOfStep describes the load of a step in words.
func nameOfStep(step *knee.Step) string {
	if step.Rate > 0 {
		return strconv.FormatFloat(step.Rate, 'g', -1, 64) + "/s"
	}
	return units.Counted(int64(step.Users), "user", "users")
}

// measureStep runs one load test of the sweep.
func measureStep(ctx context.Context, flags *spec.Load, sources []string, s Streams) (*measure.LoadSummary, error) {
	if err := flags.Check(); err != nil {
		return nil, exit.Usage(err)
	}
	test, err := newLoadTest(ctx, flags, sources, nil, s)
	if err != nil {
		return nil, err
	}
	defer test.Close()
	summary, err := test.measure(ctx)
	if signal := test.signal(); signal != nil {
		return nil, &exit.Error{Code: exit.OfSignal(signal)}
	}
	return summary, err
}

// printSweep prints the steps, if there are any, and the saturation point.
func printSweep(run *spec.Spec, steps []knee.Step, w io.Writer) error {
	if len(steps) == 0 {
		return nil
	}
	sweep := knee.SweepOf(steps)
	text, err := report.Sweep(run.Format, &sweep, shownOn(w, run.Color, report.Options{}))
	if err == nil {
		_, err = w.Write(text)
	}
	return err
}

// Sweep is `fetch sweep`: one load test after the other.
func Sweep(ctx context.Context, flags *spec.Sweep, sources []string, s Streams) error {
	if err := s.ready(&flags.Load.Run, flags.Check(), sources); err != nil {
		return err
	}
	for _, source := range slices.Concat(sources, flags.Load.Run.List.FilesRead()) {
		if info, err := os.Stat(source); source == spec.StdinSource || err == nil && !info.Mode().IsRegular() {
			name := record.Printable(source)
			if source == spec.StdinSource {
				name = "standard input"
			}
			return exit.Usage(fmt.Errorf("sweep: each load reads the list again, which is not possible for %s: save it to a file", name))
		}
	}
	var failed failures
	var short error
	for i := range flags.Steps {
		step := &flags.Steps[i]
		s.note(&flags.Load.Run, "%d of %d: %s", i+1, len(flags.Steps), nameOfStep(step))
		var err error
		if step.Summary, err = measureStep(ctx, flags.OfStep(*step), sources, s); err != nil {
			return errors.Join(printSweep(&flags.Load.Run, flags.Steps[:i], s.Out), err)
		}
		if err := shortOfUsers(step.Summary); err != nil && short == nil {
			short = &exit.Error{Code: exit.Unfinished, Cause: fmt.Errorf("%s: %w", nameOfStep(step), err)}
		}
		failed.unexpected += step.Summary.Classes[fetcher.KindExpect.String()]
		if step.Summary.Failed > 0 || step.Summary.OK == 0 {
			if failed.requests++; failed.requests == 1 { // the table has the count
				for _, class := range units.ByCount(step.Summary.Classes) {
					s.note(&flags.Load.Run, "%s: the first %s: %s", nameOfStep(step), class, record.Printable(step.Summary.Errors[class]))
				}
			}
		}
	}
	return cmp.Or(printSweep(&flags.Load.Run, flags.Steps, s.Out), short, failed.verdict())
}
