package cli

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/nearest"
	"example.com/fetch/internal/policy"
	"example.com/fetch/internal/spec"
)

// trying makes flags that are as if nothing had been given, and what checks them together: for the command, or defaults alone,
// which are for others, too.
type trying func() (groups []Group, check func(alone bool) error)

// defaults are those that the flags of a command have of a file.
type defaults struct {
	file *policy.File
	all  []policy.Default
	also map[string]bool // by flag: it has typed values beside its defaults
}

// given are the values that are defaults, by defaultKey.
func (d *defaults) given() map[string]bool {
	given := map[string]bool{}
	for _, one := range d.all {
		for _, value := range one.Values {
			given[defaultKey(one.Flag, value)] = true
		}
	}
	return given
}

// blame adds to an error where the default stands that it is about: it begins with the name of its flag, or has its value. What
// was typed is never blamed on the file.
func (d *defaults) blame(groups []Group, err error) error {
	if d == nil || err == nil || exit.Silent(err) {
		return err
	}
	text := err.Error()
	begins := func(word string) bool {
		rest, ok := strings.CutPrefix(text, word)
		return ok && (rest == "" || strings.ContainsRune(" :=,", rune(rest[0])))
	}
	for _, one := range d.all {
		f := lookupIn(groups, one.Flag)
		if f == nil || d.also[one.Flag] {
			continue
		}
		isIt := begins("--"+f.Name) || f.Shorthand != "" && begins("-"+f.Shorthand)
		for _, value := range one.Values {
			isIt = isIt || value != "" && (begins(value) || strings.Contains(text, strconv.Quote(value)) || strings.Contains(text, " "+value+":"))
		}
		if isIt {
			return d.file.Wrong(one.Line, err)
		}
	}
	return err
}

// checkSections finds what is wrong with the defaults of any command, whichever runs.
func checkSections(file *policy.File) error {
	for _, command := range []string{"run", "plan", "sync", "load", "sweep"} {
		all, err := file.DefaultsOf(command)
		if err != nil {
			return err
		}
		for _, d := range all {
			groups := NewFlags().Groups
			switch command {
			case "load":
				groups = LoadGroups(&spec.Load{})
			case "sweep":
				groups = SweepGroups(&spec.Sweep{})
			}
			if err := setDefault(groups, d); err != nil {
				return file.Wrong(d.Line, err)
			}
		}
	}
	return nil
}

// setDefaults gives flags that were not given the defaults of a file, but for those that would stand against what was given.
// It tells which these are.
func setDefaults(groups []Group, file *policy.File, command string, fresh trying) (*defaults, error) {
	if err := checkSections(file); err != nil {
		return nil, err
	}
	all, err := file.DefaultsOf(command)
	if err != nil {
		return nil, err
	}
	typed := GivenIn(groups)
	var wanted []policy.Default
	for _, d := range all {
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
	set := &defaults{file: file, all: wanted, also: map[string]bool{}}
	for _, v := range typed {
		set.also[v.Name] = true
	}
	for _, d := range wanted {
		if err := setDefault(groups, d); err != nil {
			return nil, file.Wrong(d.Line, err)
		}
	}
	return set, nil
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
	f := lookupIn(groups, d.Flag)
	switch {
	case f == nil:
		return fmt.Errorf("there is no flag --%s here%s", d.Flag, meant(groups, d.Flag))
	case d.Flag == "policy":
		return errors.New("--policy names such a file as this, which cannot name another")
	case d.Bool && f.NoOptDefVal != "" && f.Value.Type() != "bool": // true is the flag without a value, false is no flag
		if d.Values[0] == "false" {
			return nil
		}
		d.Values = []string{f.NoOptDefVal}
	}
	_, isSlice := f.Value.(pflag.SliceValue)
	_, isList := f.Value.(interface{ Values() []string })
	if len(d.Values) > 1 && !isSlice && !isList {
		return fmt.Errorf("--%s has one value", d.Flag)
	}
	for _, value := range d.Values {
		if d.Flag == "header" {
			if err := spec.CheckHeader(value); err != nil {
				return errors.New("--header" + strings.TrimPrefix(err.Error(), "-H"))
			}
		}
		if err := set(groups, d.Flag, value); err != nil {
			advice := "write a number"
			if f.Value.Type() == "bool" {
				advice = "write true or false"
			}
			return fmt.Errorf("--%s: %s", d.Flag, goNumberError.ReplaceAllString(err.Error(), advice))
		}
	}
	return nil
}

// meant says which flag was probably meant, by a letter, another program's name of it, or a slip.
func meant(groups []Group, name string) string {
	all := pflag.NewFlagSet("", pflag.ContinueOnError)
	var names []string
	for _, g := range groups {
		all.AddFlagSet(g.Flags)
		g.Flags.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	}
	near := ""
	AddAliases(all)
	if f := lookup(all, name); f != nil {
		near = f.Name
		if of, ok := f.Value.(*alias); ok {
			near = of.of.Name
		}
	} else if said := instructed(all, name); said != "" {
		return "; " + said
	} else {
		near = nearest.To(name, names)
	}
	if near == "" {
		return ""
	}
	return "; did you mean " + near + "?"
}

// lookupIn finds a flag by its name.
func lookupIn(groups []Group, name string) (f *pflag.Flag) {
	for _, g := range groups {
		f = cmp.Or(f, g.Flags.Lookup(name))
	}
	return f
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
