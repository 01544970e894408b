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

// restoreFunc restores from a run the flags that the present command line does not give. SourcesGiven reports
// whether that command line names sources.
type restoreFunc func(run *journal.Leg, sourcesGiven bool) error

// GoOn begins a further part of a run. The arguments are its journal and, rarely, sources that replace
// those of the run.
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
	l := &part{path: path, file: file, line: journal.Leg{ID: before.Run().ID, Command: command}, before: before, choose: choose}
	defer l.Close()
	if before.Torn > 0 {
		Say(s.Err, "the last line of %s was incomplete and has been removed: %d bytes", record.Printable(path), before.Torn)
	}
	run := before.Run()
	given := spec.Secrets{Rules: rulesOf(run), Further: true}
	l.line.Args = spec.Invocation(command, flags.Given, args, given)
	l.line.Flags, _, _ = spec.Stored(flags.Given, nil, given)
	if err := canResume(command, run); err != nil {
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

// rulesOf returns the masking rules of a run, from the command line that its journal stores.
func rulesOf(run *journal.Leg) *secret.Rules {
	var names []string
	for _, f := range run.Flags {
		if f.Name == "secret" {
			names = append(names, f.Value)
		}
	}
	return secret.NewRules(names...)
}

// canResume returns an error that says why a run cannot be resumed, or nil.
func canResume(command string, run *journal.Leg) error {
	if run.Command == loadCommand {
		return errors.New("this is the journal of a load test, which cannot be resumed; fetch report shows its results")
	}
	if run.Command == "sync" {
		return errors.New("this is the journal of a fetch sync: run fetch sync again, it requests only what has changed or is missing")
	}
	if slices.ContainsFunc(run.Flags, func(f journal.Flag) bool { return f.Name == "every" }) {
		return fmt.Errorf("fetch %s cannot continue a run with --every, whose rounds have fixed times; start it again with a new journal", command)
	}
	return nil
}

// sameFolder refuses to resume in another folder than the run was started in, if the run uses relative paths.
func sameFolder(run *journal.Leg, anew []spec.Flag) error {
	relative := spec.Relative(run, anew)
	there, err := os.Stat(run.Directory)
	if err != nil || len(relative) == 0 {
		return nil // the folder was moved with its contents, or nothing in it is used
	}
	if here, err := os.Stat("."); err == nil && !os.SameFile(here, there) {
		return fmt.Errorf("the run was started in another folder, %s, and uses relative paths: %s; change to it first: cd %s",
			record.Printable(run.Directory), record.Printable(strings.Join(relative, ", ")), units.ShellPath(run.Directory))
	}
	return nil
}

// sameSources makes sure that sources which are given again, because of their secrets, match those of the
// run.
func sameSources(flags *spec.Spec, run *journal.Leg, sources []string) error {
	if !slices.ContainsFunc(run.Again, func(word string) bool { return strings.HasPrefix(word, spec.SourceWord) }) {
		return nil
	}
	_, masked, _ := spec.Stored(flags.Given, sources, spec.Secrets{Rules: flags.Secrets(), Variables: slices.Concat(run.List.Columns, flags.SecretEnv)})
	switch {
	case !slices.Equal(masked, run.Sources):
		return fmt.Errorf("the sources of a run cannot be changed; give all of them again as they were: %s", record.Printable(strings.Join(run.Sources, " ")))
	case slices.Equal(sources, run.Sources): // as they were stored, with the secret masked
		return fmt.Errorf("%s hides a secret that the journal does not store: write the secret in its place", secret.Mask)
	}
	return nil
}

// readCopy makes the run read the stored copy of standard input, if it is complete.
func (l *part) readCopy(flags *spec.Spec, sources []string) error {
	for _, span := range slices.Backward(l.before.Legs) {
		name := span.Leg.List.Copy
		if name == "" {
			continue
		}
		sum := digestOf(&span)
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

// nothingLeft says that there is nothing to do, and reports the run so far.
func (j *listRun) nothingLeft(ctx context.Context, command string) error {
	j.line.Stop()
	what := "nothing is left to do"
	if command == "retry" {
		what = "nothing to retry"
	}
	j.streams.note(j.flags, "%s", what)
	if err := j.part.Close(); err != nil {
		return err
	}
	summary, err := j.report(ctx, measure.End{})
	if summary != nil {
		j.printUnreported(ctx, summary)
	}
	return j.verdict(nil, err)
}
