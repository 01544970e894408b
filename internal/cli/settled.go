package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/policy"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report"
	"example.com/fetch/internal/spec"
)

// Settle completes a command line by the file of --policy, or else the user's own: flags that are not given get its defaults,
// and its policies hold, with the presets. The command is "run" for a list. The error is of how the program was called.
func (f *Flags) Settle(command string) (*spec.Spec, error) {
	fresh := func() ([]Group, func(alone bool) error) {
		flags := NewFlags()
		return flags.Groups, func(alone bool) error {
			s := flags.Parsed()
			switch err := s.Check(); {
			case err != nil:
				return err
			case alone && !slices.Contains(report.Formats(), s.Format):
				return fmt.Errorf("-f: there is no format %q: use one of %s", s.Format, strings.Join(report.Formats(), ", "))
			case alone:
				return nil
			case command == "plan":
				return s.CheckPlan()
			case command == "sync":
				return s.CheckSync()
			}
			return s.CheckGuesses()
		}
	}
	if err := f.Parsed().CheckEmpty(); err != nil { // an empty --policy is not the user's own file
		return nil, exit.Usage(err)
	}
	file, err := openPolicies(f.Spec.PolicyFile)
	if err == nil && file != nil {
		if f.settled, err = setDefaults(f.Groups, file, command, fresh); f.settled != nil {
			f.defaults = f.settled.given()
		}
	}
	if err == nil {
		err = f.Blame(exit.Usage(f.Parsed().TakePolicies(file)))
	}
	return f.Spec, printable(err)
}

// SettleLoad gives the flags of a load test, or of a sweep, the defaults that the user's own file has for it. There are no
// others: what a load test does is what its command line says. An error of how the program was called is told by blame with the
// place of the default that it is about.
func SettleLoad(groups []Group, command string) (blame func(error) error, err error) {
	fresh := func() ([]Group, func(alone bool) error) {
		if command == "sweep" {
			s := &spec.Sweep{}
			groups := SweepGroups(s)
			return groups, func(bool) error { s.Load.Run.Given = GivenIn(groups); return s.Check() }
		}
		s := &spec.Load{}
		groups := LoadGroups(s)
		return groups, func(bool) error { s.Run.Given = GivenIn(groups); return s.Check() }
	}
	file, err := openPolicies("")
	var set *defaults
	if err == nil && file != nil {
		set, err = setDefaults(groups, file, command, fresh)
	}
	return func(err error) error { return set.blame(groups, err) }, printable(err)
}

// Blame adds to an error of how the program was called where the default stands that it is about, if it is about one.
func (f *Flags) Blame(err error) error { return f.settled.blame(f.Groups, err) }

// printable is an error of how the program was called. It may repeat names of a file.
func printable(err error) error {
	if err == nil {
		return nil
	}
	return exit.Usage(errors.New(record.Printable(err.Error())))
}

// openPolicies opens the file that --policy names, or the user's own; nil: there is none.
func openPolicies(path string) (*policy.File, error) {
	if path != "" {
		file, err := policy.Open(path)
		if err != nil {
			err = fmt.Errorf("--policy: %w", err)
		}
		return file, err
	}
	if path = policy.OwnPath(); path == "" {
		return nil, nil
	}
	file, err := policy.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return file, err
}
