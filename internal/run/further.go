package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/journal"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/secret"
	"example.com/fetch/internal/spec"
	"example.com/fetch/internal/units"
)

// restoreFunc takes over from a run the flags that the present command line does not give. With sourcesGiven there are
// sources on it.
type restoreFunc func(run *journal.Leg, sourcesGiven bool) error

// GoOn begins a further leg of a run. The arguments are its journal, and what is to take the place of the run's sources:
// most often nothing.
func GoOn(ctx context.Context, command string, flags *spec.Spec, args []string, choose func(*record.Record) bool,
	restore restoreFunc, s Streams) error {
	if len(args) == 0 {
		return exit.Usage(fmt.Errorf("%s: name the journal, such as run.jsonl", command))
	}
	path, sources := args[0], args[1:]
	file, before, err := journal.Continue(ctx, path)
	if err != nil {
		return JournalError(err)
	}
	l := &leg{path: path, file: file, line: journal.Leg{ID: before.Run().ID, Command: command}, before: before, choose: choose}
	defer l.Close()
	if before.Torn > 0 {
		Say(s.Err, "the last line of %s was torn, and has been cut off: %d bytes", record.Printable(path), before.Torn)
	}
	run := before.Run()
	given := spec.Secrets{Rules: rulesOf(run), Further: true}
	l.line.Args = spec.Invocation(command, flags.Given, args, given)
	l.line.Flags, _, _ = spec.Stored(flags.Given, nil, given)
	if err := canGoOn(command, run); err != nil {
		return exit.Usage(err)
	}
	now := flags.Given
	again := slices.Equal(sources, []string{spec.StdinSource})
	anew := len(sources) > 0 && !again
	if err := restore(run, anew); err != nil {
		return exit.Usage(err)
	}
	if err := sameFolder(run, now); err != nil {
		return exit.Usage(err)
	}
	if run.Key != "" {
		flags.KnownBy(run.Key, before.Last().List.Credentials)
	}
	if anew {
		err = sameSources(flags, run, sources)
	} else {
		sources = slices.Clone(run.Sources)
	}
	if err == nil && !again && flags.ReadsStdin(sources) {
		err = l.readCopy(flags, sources)
	}
	if err != nil {
		return exit.Usage(err)
	}
	j, err := newListRun(ctx, flags, sources, s, l)
	if err != nil {
		return err
	}
	defer j.Close()
	if left, known := j.left(); known && left == 0 {
		return j.nothingLeft(ctx, command)
	}
	return j.run(ctx)
}

// rulesOf are the rules of a run, by what its journal has of the command line.
func rulesOf(run *journal.Leg) *secret.Rules {
	var names []string
	for _, f := range run.Flags {
		if f.Name == "secret" {
			names = append(names, f.Value)
		}
	}
	return secret.NewRules(names...)
}

// canGoOn says why a run cannot be gone on with.
func canGoOn(command string, run *journal.Leg) error {
	if run.Command == loadCommand {
		return errors.New("this is the record of a load test, which is begun anew or not at all; fetch report shows what it came to")
	}
	if run.Command == "sync" {
		return errors.New("this is the record of a fetch sync: run that again, it asks only for what has changed or is missing")
	}
	if slices.ContainsFunc(run.Flags, func(f journal.Flag) bool { return f.Name == "every" }) {
		return fmt.Errorf("the rounds of --every have their times, so there is nothing to %s; start the run again with a journal of its own", command)
	}
	return nil
}

// sameFolder refuses to go on in another folder than that in which the run was started, where something is named from there.
func sameFolder(run *journal.Leg, anew []spec.Flag) error {
	relative := spec.Relative(run, anew)
	there, err := os.Stat(run.Directory)
	if err != nil || len(relative) == 0 {
		return nil // it was moved, with all that is in it; or nothing is in it
	}
	if here, err := os.Stat("."); err == nil && !os.SameFile(here, there) {
		return fmt.Errorf("the run was started in another folder, %s, and names from there: %s; go there first: cd %s",
			record.Printable(run.Directory), record.Printable(strings.Join(relative, ", ")), units.ShellPath(run.Directory))
	}
	return nil
}

// sameSources makes sure that sources which are given again for the sake of their secrets ask for what they asked for.
func sameSources(flags *spec.Spec, run *journal.Leg, sources []string) error {
	if !slices.ContainsFunc(run.Again, func(word string) bool { return strings.HasPrefix(word, spec.SourceWord) }) {
		return nil
	}
	_, masked, _ := spec.Stored(flags.Given, sources, spec.Secrets{Rules: flags.Secrets(), Variables: slices.Concat(run.List.Columns, flags.SecretEnv)})
	switch {
	case !slices.Equal(masked, run.Sources):
		return fmt.Errorf("what the run asks for cannot be changed; give all sources again as they were: %s", record.Printable(strings.Join(run.Sources, " ")))
	case slices.Equal(sources, run.Sources): // with what is shown of the secret
		return fmt.Errorf("%s stands for the secret that the journal does not hold: write that in its place", secret.Mask)
	}
	return nil
}

// readCopy has the copy of standard input read in its place, if it is whole.
func (l *leg) readCopy(flags *spec.Spec, sources []string) error {
	for _, span := range slices.Backward(l.before.Legs) {
		name := span.Leg.List.Copy
		if name == "" {
			continue
		}
		sum := sumOf(&span)
		if sum == "" {
			n, err := journal.Lines(name)
			if err != nil {
				return fmt.Errorf("the copy of standard input cannot be read: %w; give the list again: ... | fetch resume %s -", err, units.ShellPath(l.path))
			}
			return fmt.Errorf("the list came from standard input, and the copy of it, %s, stops at line %d; give the list again: ... | fetch resume %s -",
				record.Printable(name), n, units.ShellPath(l.path))
		}
		l.line.List.Copy, l.line.List.SHA256 = name, sum
		if flags.Rows == spec.StdinSource {
			flags.Rows = name
		}
		for i := range sources {
			if sources[i] == spec.StdinSource {
				sources[i] = name
			}
		}
		return nil
	}
	return errors.New("the list came from standard input, of which there is no copy; give it again, with - behind the journal")
}

// nothingLeft says that there is nothing to do, and reports what has been done.
func (j *listRun) nothingLeft(ctx context.Context, command string) error {
	j.line.Stop()
	what := "nothing is left to do"
	if command == "retry" {
		what = "nothing is to be done again"
	}
	j.streams.tell(j.flags, "%s", what)
	if err := j.leg.Close(); err != nil {
		return err
	}
	summary, err := j.report(ctx, measure.End{})
	if summary != nil {
		j.tellRest(ctx, summary)
	}
	return j.verdict(nil, err)
}
