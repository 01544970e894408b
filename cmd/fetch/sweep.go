package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/load/knee"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report"
	"example.com/fetch/internal/units"
)

// sweepFlags are the flags of `fetch sweep`: those of a load test, with several loads in the place of one.
type sweepFlags struct {
	load        loadFlags
	concurrency string // "1,2,4"
	rate        string // "100/s,200/s"

	steps []knee.Step // without figures; set by check
}

const (
	defaultStep      = 5 * time.Second
	defaultSweep     = "1,2,4,8,16,32"
	defaultSweepWarm = time.Second
)

// newSweep is `fetch sweep`.
func newSweep(s streams) *cobra.Command {
	flags := &sweepFlags{}
	groups := flags.groups()
	cmd := &cobra.Command{
		Use:   "sweep [flags] SOURCE...",
		Short: "find the load beyond which a server only makes wait",
		Long: `sweep load-tests a server at several loads, one after the other, and finds the
knee: the load from which on more of it brings waiting and no more answers.

The loads are numbers of users (-c 1,2,4,8), or rates (--rate 100/s,200/s). Each
lasts for -z, after a --warm-up that is left out. A row for each, a plot, and
the knee in a sentence come out. The exit code is 3 if any request failed.`,
		Example: `  fetch sweep --testserver 'http://slow.test/sample?p50=50ms&capacity=8'
  fetch sweep --testserver --rate 25/s,50/s,100/s,200/s -z 10s \
                           'http://slow.test/sample?p50=50ms&capacity=8'`,
		Args:          cobra.ArbitraryArgs,
		Annotations:   map[string]string{sourcesKey: "yes"},
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runSweep(cmd.Context(), flags, args, s)
		},
	}
	for _, g := range groups {
		cmd.Flags().AddFlagSet(g.flags)
	}
	cmd.SetHelpFunc(groupedHelp(groups))
	return cmd
}

// groups defines the flags. Those of a load test that make no sense for several are left out.
func (f *sweepFlags) groups() []group {
	var groups []group
	for _, g := range f.load.groups() {
		flags := without(g.flags, "concurrency", "rate", "requests", "stages", "journal", "fresh", "records", "metrics", "threshold", "report", "group-by", "arrivals", "csv-safe")
		switch g.title {
		case "The load":
			loads := pflag.NewFlagSet("", pflag.ContinueOnError)
			loads.StringVarP(&f.concurrency, "concurrency", "c", "", "`N,N,…` users ("+defaultSweep+")")
			loads.StringVarP(&f.rate, "rate", "r", "", "`RATE,RATE,…` requests due per time, such as 100/s,200/s,400/s")
			loads.AddFlag(g.flags.Lookup("arrivals"))
			flags.Lookup("duration").Usage = "how long each of them lasts (5s)"
			flags.Lookup("warm-up").Usage = "time before each, which is left out of the figures (1s)"
			loads.AddFlagSet(flags)
			flags = loads
		case "What comes out":
			flags.Lookup("format").Usage = "`FORMAT` of standard output: table, json or csv"
		case "The verdict":
			continue
		}
		groups = append(groups, group{g.title, flags})
	}
	f.load.run.all = groups
	return groups
}

// check finds what is wrong with the flags, and makes the steps.
func (f *sweepFlags) check() error {
	if f.concurrency != "" && f.rate != "" {
		return errors.New("-c sweeps over users, --rate over rates: choose one")
	}
	if !f.load.planGiven("duration") {
		f.load.length = seconds(defaultStep)
	}
	if !f.load.planGiven("warm-up") {
		f.load.warm = seconds(defaultSweepWarm)
	}
	if !slices.Contains([]string{"table", "json", "csv"}, f.load.run.format) {
		return fmt.Errorf("sweep -f %s: table, json or csv", f.load.run.format)
	}
	var err error
	if f.rate != "" {
		f.steps, err = parseSteps("--rate", f.rate, func(text string) (knee.Step, error) {
			rate, err := parseRate(text)
			if err != nil {
				return knee.Step{}, err
			}
			return knee.Step{Rate: rate.PerSecond()}, nil
		})
	} else {
		if f.concurrency == "" {
			f.concurrency = defaultSweep
		}
		f.steps, err = parseSteps("-c", f.concurrency, func(text string) (knee.Step, error) {
			n, err := strconv.Atoi(text)
			if err != nil || n < 1 {
				return knee.Step{}, errors.New("write whole numbers from 1, such as 1,2,4,8")
			}
			return knee.Step{Users: n}, nil
		})
	}
	if err != nil {
		return err
	}
	for _, step := range f.steps {
		if err := f.ofStep(step).check(); err != nil {
			return err
		}
	}
	return nil
}

// parseSteps reads the loads of a sweep, which have to rise.
func parseSteps(flag, text string, parse func(string) (knee.Step, error)) ([]knee.Step, error) {
	var steps []knee.Step
	for part := range strings.SplitSeq(text, ",") {
		step, err := parse(strings.TrimSpace(part))
		if err != nil {
			return nil, fmt.Errorf("%s %q: %w", flag, part, err)
		}
		if n := len(steps); n > 0 && (step.Users < steps[n-1].Users || step.Rate < steps[n-1].Rate || step == steps[n-1]) {
			return nil, fmt.Errorf("%s %s: name the loads from the least to the greatest, each once", flag, text)
		}
		steps = append(steps, step)
	}
	if len(steps) < 2 {
		return nil, fmt.Errorf("%s %s: name two loads or more, such as 1,2,4,8", flag, text)
	}
	return steps, nil
}

// ofStep are the flags of the load test that is one step.
func (f *sweepFlags) ofStep(step knee.Step) *loadFlags {
	one := f.load
	one.rate = arrivalRate{}
	if step.Rate > 0 {
		one.rate = arrivalRate{f.rate, step.Rate}
	} else {
		one.run.concurrency = step.Users
	}
	one.concurrencyGiven = func() bool { return step.Users > 0 }
	one.run.perHost.every = slices.Clone(one.run.perHost.every)
	return &one
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
			return errors.Join(flags.printFirst(i, s.out), err)
		}
	}
	if err := flags.print(s.out); err != nil {
		return err
	}
	return flags.verdict()
}

// nameOfSource is what a source is called in a message.
func nameOfSource(source string) string {
	if source == stdinSource {
		return "standard input"
	}
	return record.Printable(source)
}

// printFirst prints the steps that a sweep was broken off after.
func (f *sweepFlags) printFirst(n int, w io.Writer) error {
	if n == 0 {
		return nil
	}
	f.steps = f.steps[:n]
	return f.print(w)
}

// nameOfStep is the load of a step in words.
func nameOfStep(step *knee.Step) string {
	if step.Rate > 0 {
		return strconv.FormatFloat(step.Rate, 'g', -1, 64) + "/s"
	}
	return units.Counted(int64(step.Users), "user", "users")
}

// measureStep carries one load test out.
func measureStep(ctx context.Context, flags *loadFlags, sources []string, s streams) (*measure.LoadSummary, error) {
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

// verdict is the exit code of a sweep that was carried out.
func (f *sweepFlags) verdict() error {
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

// print prints the steps and the knee.
func (f *sweepFlags) print(w io.Writer) error {
	run := &f.load.run
	sweep := knee.SweepOf(f.steps)
	var text []byte
	switch run.format {
	case "json":
		var err error
		if text, err = report.SweepJSON(sweep); err != nil {
			return err
		}
	case "csv":
		text = []byte(report.SweepCSV(sweep))
	default:
		text = []byte(report.SweepText(sweep, report.Options{Color: run.colored(w), Width: widthOf(w)}))
	}
	_, err := w.Write(text)
	return err
}
