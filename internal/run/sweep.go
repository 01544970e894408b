package run

import (
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

// nameOfSource is what a source is called in a message.
func nameOfSource(source string) string {
	if source == spec.StdinSource {
		return "standard input"
	}
	return record.Printable(source)
}

// printFirst prints the steps that a sweep was broken off after.
func printFirst(f *spec.Sweep, n int, w io.Writer) error {
	if n == 0 {
		return nil
	}
	f.Steps = f.Steps[:n]
	return printSweep(f, w)
}

// nameOfStep is the load of a step in words.
func nameOfStep(step *knee.Step) string {
	if step.Rate > 0 {
		return strconv.FormatFloat(step.Rate, 'g', -1, 64) + "/s"
	}
	return units.Counted(int64(step.Users), "user", "users")
}

// measureStep carries one load test out.
func measureStep(ctx context.Context, flags *spec.Load, sources []string, s Streams) (*measure.LoadSummary, error) {
	if err := flags.Check(); err != nil {
		return nil, exit.Usage(err)
	}
	test, err := newLoadTest(ctx, flags, sources, nil, s)
	if err != nil {
		return nil, err
	}
	defer test.Close()
	summary, signal, err := test.measure(ctx)
	switch {
	case signal != nil:
		return nil, &exit.Error{Code: exit.OfSignal(signal)}
	case err != nil:
		return nil, err
	}
	return summary, nil
}

// verdictOf is the exit code of a sweep that was carried out.
func verdictOf(f *spec.Sweep) error {
	code := exit.OK
	for i := range f.Steps {
		switch s := f.Steps[i].Summary; {
		case s.Classes[fetcher.KindExpect.String()] > 0:
			return &exit.Error{Code: exit.Unexpected}
		case s.Failed > 0 || s.OK == 0:
			code = exit.Failed
		}
	}
	if code == exit.OK {
		return nil
	}
	return &exit.Error{Code: code}
}

// printSweep prints the steps and the knee.
func printSweep(f *spec.Sweep, w io.Writer) error {
	run := &f.Load.Run
	sweep := knee.SweepOf(f.Steps)
	text, err := report.Sweep(run.Format, &sweep, shownOn(w, run.Color, report.Options{}))
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}

// Sweep is `fetch sweep`: a load test after the other.
func Sweep(ctx context.Context, flags *spec.Sweep, sources []string, s Streams) error {
	if err := s.ready(flags.Check(), sources); err != nil {
		return err
	}
	for _, source := range slices.Concat(sources, flags.Load.Run.List.FilesRead()) {
		if info, err := os.Stat(source); source == spec.StdinSource || err == nil && !info.Mode().IsRegular() {
			return exit.Usage(fmt.Errorf("sweep: each load reads the list anew, which %s cannot be: put it into a file", nameOfSource(source)))
		}
	}
	for i := range flags.Steps {
		step := &flags.Steps[i]
		if !flags.Load.Run.Quiet {
			fmt.Fprintf(s.Err, "fetch: %d of %d: %s\n", i+1, len(flags.Steps), nameOfStep(step))
		}
		var err error
		if step.Summary, err = measureStep(ctx, flags.OfStep(*step), sources, s); err != nil {
			return errors.Join(printFirst(flags, i, s.Out), err)
		}
	}
	if err := printSweep(flags, s.Out); err != nil {
		return err
	}
	return verdictOf(flags)
}
