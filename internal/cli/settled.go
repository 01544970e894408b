package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/spf13/pflag"

	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/journal"
	"example.com/fetch/internal/nearest"
	"example.com/fetch/internal/policy"
	"example.com/fetch/internal/record"
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
			case err != nil || alone:
				return err
			case command == "plan":
				return s.CheckPlan()
			case command == "sync":
				return s.CheckSync()
			}
			return s.CheckGuesses()
		}
	}
	file, err := openPolicies(f.Parsed().PolicyFile)
	if err == nil && file != nil {
		f.defaults, err = setDefaults(f.Groups, file, command, fresh)
	}
	if err == nil {
		err = f.Parsed().TakePolicies(file)
	}
	return f.Spec, printable(err)
}

// SettleLoad gives the flags of a load test, or of a sweep, the defaults that the user's own file has for it. There are no
// others: what a load test does is what its command line says.
func SettleLoad(groups []Group, command string) error {
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
	if err == nil && file != nil {
		_, err = setDefaults(groups, file, command, fresh)
	}
	return printable(err)
}

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

// trying makes flags that are as if nothing had been given, and what checks them together: for the command, or defaults alone,
// which are for others, too.
type trying func() (groups []Group, check func(alone bool) error)

// setDefaults gives flags that were not given the defaults of a file, but for those that would stand against what was given.
// It tells which have them: see Flags.defaults.
func setDefaults(groups []Group, file *policy.File, command string, fresh trying) (map[string]bool, error) {
	all, err := file.DefaultsOf(command)
	if err != nil {
		return nil, err
	}
	typed := GivenIn(groups)
	var wanted []policy.Default
	for _, d := range all {
		trial, _ := fresh()
		if err := setDefault(trial, d); err != nil {
			return nil, file.Wrong(d.Line, err)
		}
		if d.Values = untyped(d, typed); len(d.Values) > 0 {
			wanted = append(wanted, d)
		}
	}
	check := func(typed []spec.Flag, defaults []policy.Default, alone bool) error {
		trial, check := fresh()
		for _, v := range typed {
			if err := set(trial, v.Name, v.Value); err != nil {
				return err
			}
		}
		for _, d := range defaults {
			if err := setDefault(trial, d); err != nil {
				return err
			}
		}
		return check(alone)
	}
	together := func(defaults []policy.Default) bool { return check(typed, defaults, false) == nil }
	if !together(wanted) {
		if !together(nil) { // what was typed is wrong by itself, and is reported
			return nil, nil
		}
		for i, d := range wanted {
			if err := check(nil, wanted[:i+1], true); err != nil {
				return nil, file.Wrong(d.Line, err)
			}
		}
		wanted = beside(wanted, together)
	}
	given := map[string]bool{}
	for _, d := range wanted {
		if err := setDefault(groups, d); err != nil {
			return nil, file.Wrong(d.Line, err)
		}
		for _, value := range d.Values {
			given[defaultKey(d.Flag, value)] = true
		}
	}
	return given, nil
}

// beside are the defaults that can be beside what was typed: all but one, or as many as go.
func beside(all []policy.Default, together func([]policy.Default) bool) (kept []policy.Default) {
	for i := range all {
		if others := slices.Delete(slices.Clone(all), i, i+1); together(others) {
			return others
		}
	}
	for _, d := range all {
		if more := append(slices.Clone(kept), d); together(more) {
			kept = more
		}
	}
	return kept
}

// defaultKey is how a value of a flag is known among the defaults: each header field by itself, other flags as one whole.
func defaultKey(flag, value string) string {
	if flag == "header" {
		return flag + " " + value
	}
	return flag
}

// untyped are the values of a default that the command line does not take the place of.
func untyped(d policy.Default, typed []spec.Flag) []string {
	var fields []string
	for _, v := range typed {
		switch {
		case v.Name == "header" && d.Flag == "header":
			parts, _ := partsOf("header", v.Value) // an error comes where they are sent
			fields = append(fields, parts...)
		case v.Name == d.Flag, slices.Contains(instead[d.Flag], v.Name):
			return nil
		}
	}
	return slices.DeleteFunc(slices.Clone(d.Values), func(value string) bool {
		return slices.ContainsFunc(fields, func(f string) bool { return samePart("header", f, spec.PartName("header", value)) })
	})
}

// setDefault sets a flag to a default.
func setDefault(groups []Group, d policy.Default) error {
	var f *pflag.Flag
	var names []string
	for _, g := range groups {
		f = cmp.Or(f, g.Flags.Lookup(d.Flag))
		g.Flags.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	}
	switch {
	case f == nil:
		hint := ""
		if near := nearest.To(d.Flag, names); near != "" {
			hint = "; did you mean " + near + "?"
		}
		return fmt.Errorf("there is no flag --%s here%s", d.Flag, hint)
	case d.Flag == "policy":
		return errors.New("--policy names such a file as this, which cannot name another")
	}
	_, isSlice := f.Value.(pflag.SliceValue)
	_, isList := f.Value.(interface{ Values() []string })
	if len(d.Values) > 1 && !isSlice && !isList {
		return fmt.Errorf("--%s has one value", d.Flag)
	}
	for _, value := range d.Values {
		err := set(groups, d.Flag, value)
		if d.Flag == "header" {
			err = cmp.Or(err, spec.CheckHeader(value))
		}
		if err != nil {
			return fmt.Errorf("--%s: %w", d.Flag, err)
		}
	}
	return nil
}

// set sets a flag, as if it had been given.
func set(groups []Group, name, value string) error {
	for _, g := range groups {
		if f := g.Flags.Lookup(name); f != nil {
			err := f.Value.Set(value)
			f.Changed = f.Changed || err == nil
			return err
		}
	}
	return fmt.Errorf("there is no flag --%s", name)
}

// restorePolicies has the policies hold that a run had: as its journal has them, with the secrets of a file that was found again,
// or of a file that is named anew.
func (f *Flags) restorePolicies(run *journal.Leg, anew string, found bool) error {
	var file, now *policy.File
	var err error
	if anew != "" {
		now, err = openPolicies(anew)
	}
	switch {
	case err != nil:
	case anew != "" && !found:
		file = now
	case run.Policies != nil:
		var entries []policy.Entry
		if err = json.Unmarshal(run.Policies.Entries, &entries); err == nil {
			file, err = policy.OfEntries(run.Policies.File, entries)
		}
		if err == nil && found {
			file, err = file.WithSecrets(now, f.Parsed().Secrets().Header)
		}
		if err != nil {
			err = fmt.Errorf("the journal has policies of hosts that cannot be taken over: %w", err)
		}
	}
	if err != nil {
		return err
	}
	return f.Parsed().TakePolicies(file)
}

// findPolicies names the file again of which the journal could not keep all, if it is where it was, and reports whether it is.
func (f *Flags) findPolicies(run *journal.Leg) bool {
	if f.Spec.PolicyFile != "" || run.Policies == nil || !slices.Contains(run.Again, "--policy") {
		return false
	}
	_, err := os.Stat(run.Policies.File)
	return err == nil && set(f.Groups, "policy", run.Policies.File) == nil
}
