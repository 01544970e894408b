package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/load/figures"
	"example.com/fetch/internal/load/knee"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
)

// nameOfSource is what a source is called in a message.
func nameOfSource(source string) string {
	if source == stdinSource {
		return "standard input"
	}
	return record.Printable(source)
}

// printFirst prints the steps that a sweep was broken off after.
func printFirst(f *sweepFlags, n int, w io.Writer) error {
	if n == 0 {
		return nil
	}
	f.steps = f.steps[:n]
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
func measureStep(ctx context.Context, flags *loadFlags, sources []string, s streams) (*figures.Summary, error) {
	if err := flags.check(); err != nil {
		return nil, usage(err)
	}
	test, err := newLoadTest(ctx, flags, sources, nil, s)
	if err != nil {
		return nil, err
	}
	defer test.Close()
	summary, signal, err := test.measure(ctx)
	switch {
	case signal != nil:
		return nil, &exitError{code: codeOfSignal(signal)}
	case err != nil:
		return nil, err
	}
	return summary, nil
}

// verdictOf is the exit code of a sweep that was carried out.
func verdictOf(f *sweepFlags) error {
	code := exitOK
	for i := range f.steps {
		switch s := f.steps[i].Summary; {
		case s.Classes[fetcher.KindExpect.String()] > 0:
			return &exitError{code: exitUnexpected}
		case s.Failed > 0 || s.OK == 0:
			code = exitFailed
		}
	}
	if code == exitOK {
		return nil
	}
	return &exitError{code: code}
}

// printSweep prints the steps and the knee.
func printSweep(f *sweepFlags, w io.Writer) error {
	run := &f.load.run
	var text []byte
	switch run.format {
	case "json":
		var err error
		if text, err = knee.JSON(f.steps); err != nil {
			return err
		}
	case "csv":
		text = []byte(knee.CSV(f.steps))
	default:
		text = []byte(knee.Text(f.steps, knee.Options{Color: colored(run.color, w), Width: widthOf(w)}))
	}
	_, err := w.Write(text)
	return err
}

func runSweep(ctx context.Context, flags *sweepFlags, sources []string, s streams) error {
	if err := flags.check(); err != nil {
		return usage(err)
	}
	if len(sources) == 0 {
		return noSource(s.in)
	}
	for _, source := range slices.Concat(sources, flags.load.run.listFlags.filesRead()) {
		if info, err := os.Stat(source); source == stdinSource || err == nil && !info.Mode().IsRegular() {
			return usage(fmt.Errorf("sweep: each load reads the list anew, which %s cannot be: put it into a file", nameOfSource(source)))
		}
	}
	for i := range flags.steps {
		step := &flags.steps[i]
		if !flags.load.run.quiet {
			fmt.Fprintf(s.err, "fetch: %d of %d: %s\n", i+1, len(flags.steps), nameOfStep(step))
		}
		var err error
		if step.Summary, err = measureStep(ctx, flags.ofStep(*step), sources, s); err != nil {
			return errors.Join(printFirst(flags, i, s.out), err)
		}
	}
	if err := printSweep(flags, s.out); err != nil {
		return err
	}
	return verdictOf(flags)
}
